//! Under which names services are called, and which networks keep them apart.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use smol_str::SmolStr;
use windlass_compose::model::NetworkMode;
use windlass_k8s::labels::annotation;
use windlass_k8s::name::{LABEL_LIMIT, label_value, service_name};

use super::{Input, ServicePlan};
use crate::options::NetworkPolicies;

/// Names that lead to services, and the networks in which they are.
#[derive(Debug, Default)]
pub(crate) struct Reach {
    /// Every name as it is written in the project → the service, by its place. A service's own name beats an alias.
    names: BTreeMap<SmolStr, usize>,
    /// Names that differ in the cluster.
    renamed: BTreeMap<SmolStr, SmolStr>,
    /// Names beside a service's own for which there is a Service.
    extra: BTreeSet<SmolStr>,
    /// Networks that someone is in, with the label of their pods, while they are kept apart.
    labels: BTreeMap<SmolStr, SmolStr>,
    /// Several networks that are not kept apart.
    merged: bool,
    internal: BTreeSet<SmolStr>,
    policies: bool,
}

impl Reach {
    pub(super) fn of(services: &[ServicePlan<'_>], files: &[&str], input: &Input<'_>) -> Self {
        let mut reach = Self { policies: input.options.network_policies != NetworkPolicies::Never, ..Self::default() };
        for plan in services {
            reach.names.insert(plan.service.name.value.clone(), plan.index);
        }
        let mentioned = mentioned_words(services, files);
        for plan in services {
            let service = plan.service;
            for alias in service.networks.iter().filter_map(|network| network.value.as_ref()).flat_map(|network| &network.aliases) {
                reach.add_name(&alias.value, plan.index);
            }
            // These two are on most services and mostly for people, so they count where somebody calls them.
            for name in [&service.container_name, &service.hostname].into_iter().flatten() {
                if mentioned.contains(name.as_str()) {
                    reach.add_name(&name.value, plan.index);
                }
            }
            for link in &service.links {
                let Some((target, alias)) = link.split_once(':') else { continue };
                if let Ok(target) = services.binary_search_by(|other| other.service.name.as_str().cmp(target)) {
                    reach.add_name(&alias.into(), target);
                }
            }
        }
        for name in reach.names.keys() {
            let label = service_name(name);
            if label != *name {
                reach.renamed.insert(name.clone(), label);
            }
        }
        reach.keep_apart(services, input);
        reach
    }

    fn add_name(&mut self, name: &SmolStr, service: usize) {
        if !self.names.contains_key(name) {
            self.names.insert(name.clone(), service);
            self.extra.insert(name.clone());
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
                self.labels = used.into_iter().map(|name| (name.clone(), network_label(name))).collect();
            }
        }
    }

    /// The service that a name leads to.
    pub(crate) fn service(&self, name: &str) -> Option<usize> {
        self.names.get(name).copied()
    }

    /// The names beside its own for which a service has a Service, as they are written.
    pub(crate) fn extra_names(&self) -> impl Iterator<Item = (&SmolStr, usize)> {
        self.extra.iter().filter_map(|name| Some((name, *self.names.get(name)?)))
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
            (has_port(after) || ends_in_authority(before) || announces_host(before)).then_some(found)
        })
    }

    /// `value` with the names that differ in the cluster replaced where they stand as a host: in a URL's authority, before a
    /// port number, or as the whole value of a variable whose name says that it holds a host. Nothing else is touched:
    /// `postgres://u@my_db/my_db` keeps the name of its database.
    pub(crate) fn rewrite<'a>(&self, variable: &str, value: &'a str) -> Cow<'a, str> {
        if self.renamed.is_empty() {
            return Cow::Borrowed(value);
        }
        if let Some(label) = self.renamed.get(value) {
            let variable = variable.to_ascii_uppercase();
            let holds_host = ["HOST", "ADDR", "SERVER", "URL"].iter().any(|ending| variable.ends_with(ending));
            return if holds_host { Cow::Owned(label.to_string()) } else { Cow::Borrowed(value) };
        }
        let mut rewritten = String::new();
        let mut copied = 0;
        for (start, word) in words(value) {
            let Some(label) = self.renamed.get(word) else { continue };
            let (before, after) = (&value[..start], &value[start + word.len()..]);
            if has_port(after) || ends_in_authority(before) {
                rewritten.push_str(&value[copied..start]);
                rewritten.push_str(label);
                copied = start + word.len();
            }
        }
        if copied == 0 {
            return Cow::Borrowed(value);
        }
        rewritten.push_str(&value[copied..]);
        Cow::Owned(rewritten)
    }
}

/// True when a port number follows.
fn has_port(after: &str) -> bool {
    after.strip_prefix(':').is_some_and(|port| port.starts_with(|character: char| character.is_ascii_digit()))
}

/// True when `before` says that a host follows, as configuration files do: `server NAME;`, `host: NAME`, `host=NAME`.
fn announces_host(before: &str) -> bool {
    let before = before.trim_end_matches(['"', '\'', ' ', '\t', ':', '=']);
    let word = before.rsplit(|character: char| !character.is_ascii_alphanumeric()).next().unwrap_or_default();
    ["server", "host", "hostname", "address"].iter().any(|known| word.eq_ignore_ascii_case(known))
}

/// True when a host may stand after `before`: `scheme://`, with or without `user:password@` or other hosts and a comma.
fn ends_in_authority(before: &str) -> bool {
    let Some(at) = before.rfind("://") else { return false };
    let authority = &before[at + 3..];
    !authority.contains(['/', '?', '#', ' ']) && (authority.is_empty() || authority.ends_with(['@', ',']))
}

/// The words that could be names, with where they start.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let is_word = |character: char| character.is_ascii_alphanumeric() || matches!(character, '_' | '-' | '.');
    text.split(move |character| !is_word(character))
        .filter(|word| !word.is_empty())
        .map(move |word| (word.as_ptr() as usize - text.as_ptr() as usize, word))
}

/// Every word in the environment and the commands of all services, and in the files that they mount.
fn mentioned_words<'a>(services: &[ServicePlan<'a>], files: &[&'a str]) -> BTreeSet<&'a str> {
    // Only where a name beside the service's own exists is there anything to find.
    let is_named = |plan: &ServicePlan<'_>| plan.service.container_name.is_some() || plan.service.hostname.is_some();
    if !services.iter().any(is_named) {
        return BTreeSet::new();
    }
    let texts = services.iter().flat_map(|plan| {
        let service: &'a windlass_compose::model::Service = plan.service;
        let values = service.environment.iter().filter_map(|entry| entry.value.as_ref()).map(|value| value.as_str());
        let commands = [&service.command, &service.entrypoint].into_iter().flatten();
        values.chain(commands.flat_map(|command| command.iter().map(|word| word.as_str())))
    });
    texts.chain(files.iter().copied()).flat_map(|text| words(text).map(|(_, word)| word)).collect()
}

fn network_label(network: &str) -> SmolStr {
    let name = label_value(&format!("network-{network}"));
    annotation(&name[..name.len().min(LABEL_LIMIT)]).into()
}

/// True when a service has no network at all.
pub(crate) fn is_isolated(plan: &ServicePlan<'_>) -> bool {
    plan.service.network_mode.as_ref().is_some_and(|mode| mode.value == NetworkMode::None)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_rewritten_in_host_position_only() {
        let renamed = [("my_db", "my-db"), ("Cache", "cache")].map(|(name, label)| (SmolStr::from(name), SmolStr::from(label)));
        let reach = Reach { renamed: renamed.into_iter().collect(), ..Reach::default() };
        let check =
            |variable: &str, value: &str, expected: &str| assert_eq!(reach.rewrite(variable, value), expected, "{variable}={value}");
        check("URL", "postgres://u:p@my_db/my_db", "postgres://u:p@my-db/my_db");
        check("URL", "postgres://my_db:5432/my_db?x=my_db", "postgres://my-db:5432/my_db?x=my_db");
        check("DB_HOST", "my_db", "my-db");
        check("DB_NAME", "my_db", "my_db");
        check("BROKERS", "my_db:9092,Cache:9092", "my-db:9092,cache:9092");
        check("MONGO", "mongodb://my_db,Cache/my_db", "mongodb://my-db,cache/my_db");
        check("TEXT", "see my_db and Cache", "see my_db and Cache");
        check("URL", "http://other/my_db", "http://other/my_db");
    }
}
