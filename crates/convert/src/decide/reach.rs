//! Under which names services are called, and which networks keep them apart.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use foldhash::fast::RandomState;
use memchr::memmem::Finder;
use smol_str::{SmolStr, format_smolstr};
use windlass_compose::model::{ByName, NetworkMode, Service, ServiceNetwork, Test};
use windlass_k8s::labels::annotation;
use windlass_k8s::name::{LABEL_LIMIT, label_value, service_name};
use windlass_source::Spanned;

use super::hosts::{announces_host, ends_in_authority, follows_key, has_port, hosts, is_no_host, is_word, words};
use super::{Input, ServicePlan};
use crate::options::NetworkPolicies;

/// What stands before a service's name in Swarm's name for the tasks behind it.
pub(crate) const TASKS: &str = "tasks.";

/// Names that lead to services, and the networks in which they are.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    /// Every name as it is written in the project → the service, by its place. A service's own name beats an alias.
    names: BTreeMap<SmolStr, usize>,
    /// Aliases and links that several services own, by their places: who calls decides which one is meant.
    contested: BTreeMap<SmolStr, Vec<usize>>,
    /// Names that differ in the cluster.
    renamed: BTreeMap<SmolStr, SmolStr>,
    /// Names beside a service's own for which there is a Service.
    extra: BTreeSet<SmolStr>,
    /// Names with dots beside a service's own by which browsers, issuers and certificates may know it. They keep their spelling, which no
    /// Service can have.
    outside: BTreeSet<SmolStr>,
    /// Fixed addresses in networks of Docker, with whose they are. The cluster gives pods addresses of its own.
    addresses: BTreeMap<SmolStr, usize>,
    /// The services by the names of their Services. A service's own name beats an alias, the first alias beats later ones.
    by_label: BTreeMap<SmolStr, usize>,
    /// Networks that someone is in, with the label of their pods, while they are kept apart.
    labels: BTreeMap<SmolStr, SmolStr>,
    /// Several networks that are not kept apart.
    merged: bool,
    internal: BTreeSet<SmolStr>,
    external: BTreeSet<SmolStr>,
    policies: bool,
}

/// A name that stays in a text.
pub(crate) enum Left<'r> {
    /// Nothing in the cluster has it.
    Outside { name: &'r SmolStr, target: usize },
    /// The address of `target`, which nothing in the cluster has.
    Address { address: &'r SmolStr, target: usize },
    /// `target` is meant, and it leads to another one.
    Contested { name: &'r SmolStr, leads: usize, target: usize },
    /// It is `label` in the cluster, and nothing says that it stands as a host.
    Renamed { name: &'r SmolStr, label: &'r SmolStr },
}

/// What a service is called in the cluster by one of its names.
fn label_of(name: &str, service: &ServicePlan<'_>) -> SmolStr {
    if service.service.name.as_str() == name { service.name.clone() } else { service_name(name) }
}

impl Reach {
    pub(super) fn of(services: &[ServicePlan<'_>], files: &[&str], input: &Input<'_>) -> Self {
        let mut reach = Self { policies: input.options.network_policies != NetworkPolicies::Never, ..Self::default() };
        for plan in services {
            let name = plan.service.name.value.clone();
            if plan.part_of.is_some() {
                reach.extra.insert(name.clone());
            }
            reach.names.insert(name, plan.part_of.unwrap_or(plan.index));
        }
        let mentioned = mentioned_words(services, files);
        for plan in services {
            let service = plan.service;
            for network in service.networks.iter().filter_map(|network| network.value.as_ref()) {
                for alias in &network.aliases {
                    reach.contest(&alias.value, plan.index, services);
                }
                if let Some(address) = &network.ipv4_address {
                    reach.addresses.entry(address.value.clone()).or_insert(plan.index);
                }
            }
            // These two are on most services and mostly for people, so they count where somebody calls them.
            for name in [&service.container_name, &service.hostname].into_iter().flatten() {
                if mentioned.contains(name.as_str()) {
                    reach.add_name(&name.value, plan.index, services);
                }
            }
            if !mentioned.is_empty() {
                let tasks = format_smolstr!("{TASKS}{}", service.name.value);
                if mentioned.contains(tasks.as_str()) {
                    reach.add_name(&tasks, plan.index, services);
                }
            }
            for link in &service.links {
                let Some((target, alias)) = link.split_once(':') else { continue };
                if let Ok(target) = services.binary_search_by(|other| other.service.name.as_str().cmp(target)) {
                    reach.contest(&alias.into(), target, services);
                }
            }
        }
        // Who gives such an address a name of its own means the service.
        let has_addresses = !reach.addresses.is_empty();
        for plan in services.iter().filter(|_| has_addresses) {
            for host in &plan.service.extra_hosts {
                if let Some(target) = host.value.iter().find_map(|address| reach.at_address(address.trim())) {
                    reach.contest(&host.name.value, target, services);
                }
            }
        }
        for plan in services.iter().filter(|plan| plan.is_converted()) {
            reach.by_label.insert(plan.name.clone(), plan.index);
        }
        for (name, &service) in reach.names.iter().filter(|(name, _)| !reach.outside.contains(*name)) {
            let label = label_of(name, &services[service]);
            if label != *name {
                reach.renamed.insert(name.clone(), label.clone());
            }
            reach.by_label.entry(label).or_insert(service);
        }
        reach.keep_apart(services, input);
        reach
    }

    fn add_name(&mut self, name: &SmolStr, service: usize, services: &[ServicePlan<'_>]) {
        if !self.names.contains_key(name) {
            self.names.insert(name.clone(), service);
            let is_outside = name.contains('.') && !name.starts_with(TASKS) && is_public(name, service, services);
            let kept = if is_outside { &mut self.outside } else { &mut self.extra };
            kept.insert(name.clone());
        }
    }

    /// As [`add_name`](Self::add_name), for a name that means its service to some callers only.
    fn contest(&mut self, name: &SmolStr, service: usize, services: &[ServicePlan<'_>]) {
        self.add_name(name, service, services);
        let first = self.names[name];
        if first != service && !self.outside.contains(name) {
            let owners = self.contested.entry(name.clone()).or_insert_with(|| vec![first]);
            if !owners.contains(&service) {
                owners.push(service);
            }
        }
    }

    fn keep_apart(&mut self, services: &[ServicePlan<'_>], input: &Input<'_>) {
        let used: BTreeSet<&SmolStr> =
            services.iter().flat_map(|plan| plan.service.networks.iter().map(|network| &network.name.value)).collect();
        let is_internal = |name: &SmolStr| {
            input.project.networks.get(name).and_then(|network| network.internal.as_ref()).is_some_and(|internal| internal.value)
        };
        let differ = used.len() > 1 || used.iter().any(|name| is_internal(name));
        self.internal = used.iter().filter(|name| is_internal(name)).map(|name| (*name).clone()).collect();
        match input.options.network_policies {
            NetworkPolicies::Never => self.merged = differ,
            NetworkPolicies::Auto if !differ => {}
            NetworkPolicies::Auto | NetworkPolicies::Always => {
                for name in used {
                    let network = input.project.networks.get(name);
                    let is_external = network.and_then(|network| network.external.as_ref()).is_some_and(|external| external.value);
                    // Projects that share an external network know it by its own name.
                    let own_name = network.and_then(|network| network.name.as_ref()).filter(|name| is_external && !name.is_empty());
                    self.labels.insert(name.clone(), network_label(own_name.map_or(name, |name| &name.value)));
                    if is_external {
                        self.external.insert(name.clone());
                    }
                }
            }
        }
    }

    /// The name of the Service that a name leads to; `None` when it leads to nothing that could be called.
    pub(crate) fn object_name(&self, name: &str, services: &[ServicePlan<'_>]) -> Option<SmolStr> {
        let target = &services[self.service(name)?];
        let label = label_of(name, target);
        (target.is_reachable() && self.owner_of_label(&label) == Some(target.index)).then_some(label)
    }

    /// True when a Service is called so.
    pub(crate) fn is_label_taken(&self, label: &str) -> bool {
        self.by_label.contains_key(label)
    }

    /// The service that has a label as the name of one of its Services.
    fn owner_of_label(&self, label: &str) -> Option<usize> {
        self.by_label.get(label).copied()
    }

    /// The service that a name leads to.
    pub(crate) fn service(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }

    /// The names beside its own for which a service has a Service, as they are written.
    pub(crate) fn extra_names(&self) -> impl Iterator<Item = (&SmolStr, usize)> {
        self.extra.iter().filter_map(|name| Some((name, *self.names.get(name)?)))
    }

    /// True for a name with dots that nothing in the cluster has.
    pub(crate) fn is_outside(&self, name: &str) -> bool {
        self.outside.contains(name)
    }

    /// True when some name does not mean in the cluster what it means in Docker.
    pub(crate) fn has_differences(&self) -> bool {
        !self.renamed.is_empty() || !self.outside.is_empty() || !self.contested.is_empty() || !self.addresses.is_empty()
    }

    /// The service that has a fixed address.
    pub(crate) fn at_address(&self, address: &str) -> Option<usize> {
        self.addresses.get(address).copied()
    }

    /// The first fixed address of a service in a line of a file, and whose it is.
    pub(crate) fn address_in(&self, line: &str) -> Option<(&SmolStr, usize)> {
        let mut words = words(line).filter(|_| !self.addresses.is_empty());
        words.find_map(|(_, word)| self.addresses.get_key_value(word)).map(|(address, target)| (address, *target))
    }

    /// The first name of another service that stays in a text of one, though it does not lead there in the cluster.
    pub(crate) fn left_in(&self, variable: &str, text: &str, caller: &ServicePlan<'_>, services: &[ServicePlan<'_>]) -> Option<Left<'_>> {
        if !self.has_differences() {
            return None;
        }
        let is_others = |name: &str| Some(self.service(name)?).filter(|target| services[*target].pod != caller.pod);
        let outside = hosts(variable, text).find_map(|(_, word)| {
            let name = self.outside.get(word)?;
            Some(Left::Outside { name, target: is_others(name)? })
        });
        outside.or_else(|| {
            let hosts: Vec<usize> = hosts(variable, text).map(|(start, _)| start).collect();
            words(text).find_map(|(start, word)| {
                if let Some((address, &target)) = self.addresses.get_key_value(word) {
                    let is_changed = hosts.binary_search(&start).is_ok() && services[target].pod != caller.pod;
                    return (!is_changed).then_some(Left::Address { address, target });
                }
                let (name, &leads) = self.names.get_key_value(word)?;
                let meant = self.meant_by(caller, word, services);
                let left = match meant {
                    Some(target) => Left::Contested { name, leads, target },
                    None => Left::Renamed { name, label: self.renamed.get(word).filter(|_| is_others(word).is_some())? },
                };
                let is_other = hosts.binary_search(&start).is_ok() || is_no_host(variable, &text[..start], &text[start + word.len()..]);
                (!is_other).then_some(left)
            })
        })
    }

    /// The service that one service means by a name that leads all others to another one: links are its own, aliases those of its
    /// networks. `None` where it is the same for all, or several that it reaches have the name.
    fn meant_by(&self, caller: &ServicePlan<'_>, name: &str, services: &[ServicePlan<'_>]) -> Option<usize> {
        let owners = self.contested.get(name)?;
        let link = caller.service.links.iter().filter_map(|link| link.split_once(':')).find(|(_, alias)| *alias == name);
        let target = match link {
            Some((target, _)) => services.binary_search_by(|other| other.service.name.as_str().cmp(target)).ok()?,
            None => {
                let networks = &services[caller.pod].service.networks;
                let mut near = owners.iter().filter(|owner| is_called(services[**owner].service, name, networks));
                near.next().filter(|_| near.next().is_none()).copied()?
            }
        };
        (self.service(name) != Some(target) && services[target].is_reachable()).then_some(target)
    }

    /// True when the pods of two services are in a common network, or networks are not kept apart.
    pub(crate) fn have_common_network(&self, one: &ServicePlan<'_>, other: &ServicePlan<'_>) -> bool {
        let other = &other.service.networks;
        self.labels.is_empty() || one.service.networks.iter().any(|network| other.contains(&network.name.value))
    }

    /// The label of the pods in a network, while networks are kept apart.
    pub(crate) fn network_label(&self, network: &str) -> Option<SmolStr> {
        self.labels.get(network).cloned()
    }

    /// The networks that are kept apart, with the labels of their pods.
    pub(crate) fn networks(&self) -> impl Iterator<Item = (&SmolStr, &SmolStr)> {
        self.labels.iter()
    }

    /// True for a network without a way out.
    pub(crate) fn is_internal(&self, network: &str) -> bool {
        self.internal.contains(network)
    }

    /// True for a network that other projects share.
    pub(crate) fn is_external(&self, network: &str) -> bool {
        self.external.contains(network)
    }

    /// Several networks are treated as one, as the options say.
    pub(crate) fn are_networks_merged(&self) -> bool {
        self.merged
    }

    /// The label of pods that have no network, unless policies are not wanted.
    pub(crate) fn isolation_label(&self) -> Option<&'static str> {
        self.policies.then_some("windlass.dev/network")
    }

    /// The first name in a line of a file that stands for a host and differs in the cluster, with what it is there.
    pub(crate) fn renamed_in(&self, line: &str) -> Option<(&SmolStr, &SmolStr)> {
        if self.renamed.is_empty() {
            return None;
        }
        words(line).find_map(|(start, word)| {
            let found = self.renamed.get_key_value(word)?;
            let (before, after) = (&line[..start], &line[start + word.len()..]);
            let is_host = || has_port(after) || ends_in_authority(before) || announces_host(before) || follows_key(before);
            (word.starts_with(TASKS) || is_host()).then_some(found)
        })
    }

    /// `value` with the names that differ in the cluster, or mean another service to `caller`, replaced where they stand as a host
    /// ([`hosts`]). Nothing else is touched: `postgres://u@my_db/my_db` keeps the name of its database. `variable` is what holds the value,
    /// or the flag before it.
    pub(crate) fn rewrite<'a>(
        &self,
        variable: &str,
        value: &'a str,
        caller: &ServicePlan<'_>,
        services: &[ServicePlan<'_>],
    ) -> Cow<'a, str> {
        if self.renamed.is_empty() && self.contested.is_empty() && self.addresses.is_empty() {
            return Cow::Borrowed(value);
        }
        let meant = |word: &str| Some(&services[self.meant_by(caller, word, services)?].name);
        // Of its own address a server may say that it listens there.
        let other = |word: &str| Some(&services[self.at_address(word)?]).filter(|other| other.pod != caller.pod && other.is_reachable());
        with_hosts(variable, value, |word| meant(word).or_else(|| self.renamed.get(word)).or_else(|| Some(&other(word)?.name)))
    }
}

/// `value` with other names where hosts stand.
fn with_hosts<'a, 'r>(variable: &str, value: &'a str, other: impl Fn(&str) -> Option<&'r SmolStr>) -> Cow<'a, str> {
    let mut rewritten = String::new();
    let mut copied = 0;
    for (start, word) in hosts(variable, value) {
        let Some(label) = other(word) else { continue };
        rewritten.push_str(&value[copied..start]);
        rewritten.push_str(label);
        copied = start + word.len();
    }
    if copied == 0 {
        return Cow::Borrowed(value);
    }
    rewritten.push_str(&value[copied..]);
    Cow::Owned(rewritten)
}

/// True when who is in these networks knows a service by a name.
fn is_called(service: &Service, name: &str, networks: &ByName<Option<Spanned<ServiceNetwork>>>) -> bool {
    let names = [Some(&service.name), service.container_name.as_ref(), service.hostname.as_ref()];
    let is_own = names.into_iter().flatten().any(|own| own.as_str() == name);
    let has_alias = |network: &ServiceNetwork| network.aliases.iter().any(|alias| alias.as_str() == name);
    let of_service = service.networks.iter().filter(|network| networks.contains(&network.name.value));
    of_service.into_iter().any(|network| is_own || network.value.as_ref().is_some_and(|network| has_alias(network)))
}

/// True when somebody outside may know a service by a name: it stands in the address of a site, be it a secure one or one that the service
/// itself is told, or is all that a variable of the service says.
fn is_public(name: &str, service: usize, services: &[ServicePlan<'_>]) -> bool {
    let is_site = |text: &str, scheme: &str| {
        let addresses = || text.match_indices(scheme).map(|(at, _)| &text[at + scheme.len()..]);
        addresses().any(|address| address.strip_prefix(name).is_some_and(|rest| !rest.starts_with(is_word)))
    };
    services.iter().any(|plan| {
        let service_itself = plan.index == service;
        let values = plan.service.environment.iter().filter_map(|entry| entry.value.as_ref());
        let words = [&plan.service.command, &plan.service.entrypoint].into_iter().flatten().flat_map(|line| line.iter());
        values
            .chain(words)
            .filter(|text| text.contains(name))
            .any(|text| is_site(text, "https://") || (service_itself && (text.as_str() == name || is_site(text, "http://"))))
    })
}

/// Every word in the environment and the commands of all services, and in the files that they mount: of all texts where a service has a
/// name beside its own, else of those that speak of tasks.
fn mentioned_words<'a>(services: &[ServicePlan<'a>], files: &[&'a str]) -> HashSet<&'a str, RandomState> {
    // Only where a name beside the service's own exists is there anything to find.
    let is_named = services.iter().any(|plan| plan.service.container_name.is_some() || plan.service.hostname.is_some());
    if !is_named && services.iter().all(|plan| plan.service.deploy.is_none()) {
        return HashSet::default();
    }
    let texts = services.iter().flat_map(|plan| {
        let service: &'a windlass_compose::model::Service = plan.service;
        let values = service.environment.iter().filter_map(|entry| entry.value.as_ref()).map(|value| value.as_str());
        let commands = [&service.command, &service.entrypoint].into_iter().flatten();
        let test: &[_] = match service.healthcheck.as_ref().and_then(|check| check.test.as_ref()).map(|test| &test.value) {
            Some(Test::Exec(words)) => words,
            Some(Test::Shell(script)) => std::slice::from_ref(script),
            _ => &[],
        };
        let commands = commands.flat_map(|command| command.iter()).chain(test);
        values.chain(commands.map(|word| word.as_str()))
    });
    let tasks = Finder::new(TASKS);
    let texts = texts.chain(files.iter().copied()).filter(|text| is_named || tasks.find(text.as_bytes()).is_some());
    texts.flat_map(|text| words(text).map(|(_, word)| word)).collect()
}

fn network_label(network: &str) -> SmolStr {
    let network = format!("network-{network}");
    let name = label_value(&network);
    annotation(&name[..name.len().min(LABEL_LIMIT)]).into()
}

/// True when a service has no network at all.
pub(crate) fn is_isolated(plan: &ServicePlan<'_>) -> bool {
    plan.service.network_mode.as_ref().is_some_and(|mode| mode.value == NetworkMode::None)
}

#[cfg(test)]
mod tests;
