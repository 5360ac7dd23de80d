//! The picture of a project, and of what it becomes.

use std::collections::BTreeMap;

use windlass_compose::model::{Condition, MountKind, Namespace, NetworkMode, Project, Service};
use windlass_convert::{AttributeEntry, Fate, Report, arguments, hosts};
use windlass_k8s::labels::selects;
use windlass_k8s::name::object_name;
use windlass_k8s::{Kind, Object, ObjectRef, Objects, Resource};
use windlass_yaml::{Path, Segment};

use super::{Edge, Fact, Form, Graph, Means, Network, Node};

impl Graph {
    /// The picture of a project alone.
    pub fn of_project(project: &Project) -> Self {
        Self::new(project, None)
    }

    /// The picture of a project and of what it becomes.
    pub fn of_conversion(project: &Project, report: &Report, objects: &Objects) -> Self {
        Self::new(project, Some((report, objects)))
    }

    fn new(project: &Project, conversion: Option<(&Report, &Objects)>) -> Self {
        let mut picture = Picture::new(project, conversion);
        picture.services();
        picture.volumes();
        picture.entries();
        picture.finish()
    }
}

/// What is known while the picture is made.
struct Picture<'a> {
    project: &'a Project,
    conversion: Option<(&'a Report, &'a Objects)>,
    /// The services by name; those of the conversion may be more than those of the project (jobs that a scheduler starts).
    names: Vec<&'a str>,
    networks: Vec<&'a str>,
    nodes: Vec<Node>,
    edges: BTreeMap<(usize, usize), Means>,
}

impl<'a> Picture<'a> {
    fn new(project: &'a Project, conversion: Option<(&'a Report, &'a Objects)>) -> Self {
        let names: Vec<&str> = match conversion {
            Some((report, _)) => report.services.iter().map(|service| service.name.as_str()).collect(),
            None => project.services.iter().map(|service| service.name.as_str()).collect(),
        };
        let is_used = |name: &str| project.services.iter().any(|service| service.networks.contains(name));
        let networks = project.networks.iter().map(|network| network.name.as_str()).filter(|name| is_used(name)).collect();
        Self { project, conversion, names, networks, nodes: Vec::new(), edges: BTreeMap::new() }
    }

    fn objects(&self) -> Option<&'a Objects> {
        self.conversion.map(|(_, objects)| objects)
    }

    fn service(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|own| *own == name)
    }

    fn services(&mut self) {
        for at in 0..self.names.len() {
            let name = self.names[at];
            let told = self.conversion.and_then(|(report, _)| report.services.iter().find(|service| service.name == name));
            let workload = told.and_then(|service| service.workload.as_ref());
            let attributes = told.map_or(&[][..], |service| &service.attributes);
            let mounts = Path::root().key("services").key(name).key("volumes");
            let is_left_out = |entry: &AttributeEntry| matches!(entry.fate, Fate::Refused | Fate::Lost);
            let mut node = Node {
                form: Form::Service,
                name: name.to_owned(),
                becomes: workload.map(|workload| self.workload(workload)),
                kind: workload.map(|workload| workload.kind),
                image: None,
                facts: Vec::new(),
                networks: Vec::new(),
                left_out: attributes.iter().filter(|entry| is_left_out(entry) && !mounts.contains(&entry.path)).count(),
            };
            if let Some(service) = self.project.service(name) {
                node.image = match (&service.image, &service.build) {
                    (Some(image), _) => Some(image.to_string()),
                    (None, Some(_)) => Some("built from its Dockerfile".into()),
                    (None, None) => None,
                };
                node.networks = (0..self.networks.len()).filter(|network| service.networks.contains(self.networks[*network])).collect();
                node.facts.extend(self.ports(workload, service));
                node.facts.extend(self.files(service, attributes));
                self.needs(at, service);
            }
            if node.image.is_none() {
                node.image = workload.and_then(|workload| {
                    let object = self.objects()?.get(workload.kind, &workload.name)?;
                    object.resource.containers().first()?.image.clone()
                });
            }
            self.nodes.push(node);
        }
    }

    /// `Deployment/web × 3`.
    fn workload(&self, workload: &ObjectRef) -> String {
        let resource = self.objects().and_then(|objects| objects.get(workload.kind, &workload.name)).map(|object| &object.resource);
        let replicas = match resource {
            Some(Resource::Deployment(value)) => value.spec.as_ref().and_then(|spec| spec.replicas),
            Some(Resource::StatefulSet(value)) => value.spec.as_ref().and_then(|spec| spec.replicas),
            _ => None,
        };
        match (resource, replicas) {
            (Some(Resource::CronJob(value)), _) => format!("{workload} at {}", value.spec.schedule),
            (_, Some(replicas)) if replicas != 1 => format!("{workload} × {replicas}"),
            _ => workload.to_string(),
        }
    }

    /// The ports of the Service of its own name; without a conversion, those that the service names.
    fn ports(&self, workload: Option<&ObjectRef>, service: &Service) -> Option<Fact> {
        let mut ports: Vec<String> = match (self.objects(), workload) {
            (Some(objects), Some(workload)) => {
                let object = objects.get(Kind::Service, &workload.name);
                let Some(Resource::Service(value)) = object.map(|object| &object.resource) else { return None };
                let ports = value.spec.iter().flat_map(|spec| spec.ports.iter().flatten());
                ports.map(|port| suffixed(port.port.to_string(), port.protocol.as_deref())).collect()
            }
            _ => service.ports.iter().map(|port| port.target.to_string()).collect(),
        };
        let mut seen = Vec::new();
        ports.retain(|port| {
            !seen.contains(port) && {
                seen.push(port.clone());
                true
            }
        });
        (!ports.is_empty()).then(|| Fact::Ports(format!("{} {}", if ports.len() == 1 { "port" } else { "ports" }, ports.join(", "))))
    }

    /// Files that become ConfigMaps or Secrets, and mounts that become nothing.
    fn files(&self, service: &Service, attributes: &[AttributeEntry]) -> Vec<Fact> {
        let mut kinds: BTreeMap<&str, usize> = BTreeMap::new();
        let (mut refused, mut lost) = (0, 0);
        for at in 0..service.volumes.len() {
            let entries = of_mount(service, at, attributes);
            match entries.iter().map(|entry| entry.fate).max() {
                Some(Fate::Refused) => refused += 1,
                Some(Fate::Lost) => lost += 1,
                _ => {
                    if let Some(kind) = entries.iter().find_map(|entry| self.file_kind(entry)) {
                        *kinds.entry(kind).or_default() += 1;
                    }
                }
            }
        }
        let told = |count: usize, what: &str| format!("{count} mount{} {what}", if count == 1 { "" } else { "s" });
        let files =
            kinds.iter().map(|(kind, count)| Fact::Files(told(*count, &format!("from {kind}{}", if *count == 1 { "" } else { "s" }))));
        let mut facts: Vec<Fact> = files.collect();
        facts.extend((refused > 0).then(|| Fact::LeftOut(told(refused, "refused"))));
        facts.extend((lost > 0).then(|| Fact::LeftOut(told(lost, "lost"))));
        facts
    }

    /// What a mount shows, where it shows files.
    fn file_kind(&self, entry: &AttributeEntry) -> Option<&'static str> {
        let object = self.objects()?;
        entry.becomes.iter().find_map(|becomes| {
            let spec = object.get(becomes.object.kind, &becomes.object.name)?.resource.pod_spec()?;
            let (container, mount) = mount_at(&becomes.path)?;
            let name = &spec.containers.get(container)?.volume_mounts.as_ref()?.get(mount)?.name;
            let volume = spec.volumes.as_ref()?.iter().find(|volume| volume.name == *name)?;
            match (&volume.config_map, &volume.secret, &volume.projected) {
                (Some(_), ..) => Some("ConfigMap"),
                (_, Some(_), _) => Some("Secret"),
                (.., Some(_)) => Some("projected file"),
                _ => None,
            }
        })
    }

    /// What a service needs of others.
    fn needs(&mut self, at: usize, service: &'a Service) {
        for dependency in service.depends_on.iter() {
            let means = match dependency.value.condition.value {
                Condition::Started => Means::StartsAfter,
                Condition::Healthy => Means::WaitsForHealth,
                Condition::CompletedSuccessfully => Means::WaitsForEnd,
            };
            self.edge(at, self.service(&dependency.name), means);
        }
        if let Some(NetworkMode::Service(name)) = service.network_mode.as_deref() {
            self.edge(at, self.service(name), Means::Shares);
        }
        for namespace in [&service.pid, &service.ipc].into_iter().flatten() {
            if let Namespace::Service(name) = &namespace.value {
                self.edge(at, self.service(name), Means::Shares);
            }
        }
        for from in &service.volumes_from {
            self.edge(at, self.service(from.split(':').next().unwrap_or_default()), Means::Shares);
        }
        for link in &service.links {
            self.edge(at, self.service(link.split(':').next().unwrap_or_default()), Means::StartsAfter);
        }
        let values = service.environment.iter().filter_map(|entry| Some((entry.name.as_str(), entry.value.as_ref()?.as_str())));
        let words = [&service.command, &service.entrypoint].into_iter().flatten().flat_map(|line| arguments(line));
        let words = words.map(|(flag, word)| (flag, word.as_str()));
        for (variable, text) in values.chain(words) {
            for (_, word) in hosts(variable, text) {
                for to in self.called(service, word) {
                    self.edge(at, Some(to), Means::Calls);
                }
            }
        }
    }

    /// The services that a host name leads one to: where several have an alias on a network of the caller, Docker takes each in turn.
    fn called(&self, caller: &Service, host: &str) -> Vec<usize> {
        let has_name = |service: &&Service, is_near: &dyn Fn(&str) -> bool| {
            let networks = service.networks.iter().filter(|network| is_near(&network.name));
            let mut aliases = networks.filter_map(|network| network.value.as_ref()).flat_map(|network| &network.aliases);
            service.container_name.as_ref().is_some_and(|name| name.as_str() == host) || aliases.any(|alias| alias.as_str() == host)
        };
        if let Some(own) = self.service(host) {
            return vec![own];
        }
        let services = || self.project.services.iter();
        let place = |service: &Service| self.service(&service.name);
        let near: Vec<usize> =
            services().filter(|service| has_name(service, &|network| caller.networks.contains(network))).filter_map(place).collect();
        if near.is_empty() { services().find(|service| has_name(service, &|_| true)).and_then(place).into_iter().collect() } else { near }
    }

    fn edge(&mut self, from: usize, to: Option<usize>, means: Means) {
        let Some(to) = to.filter(|to| *to != from) else { return };
        self.edges.entry((from, to)).and_modify(|known| *known = (*known).min(means)).or_insert(means);
    }

    /// Named volumes and claims: those of one service go into its box.
    fn volumes(&mut self) {
        // What is mounted, under the name of the volume, or of the claim when it has no name.
        let mut mounted: BTreeMap<String, (Option<&'a ObjectRef>, Vec<usize>)> = BTreeMap::new();
        for (at, name) in self.names.iter().enumerate() {
            let Some(service) = self.project.service(name) else { continue };
            let told = self.conversion.and_then(|(report, _)| report.services.iter().find(|told| told.name == *name));
            let attributes = told.map_or(&[][..], |service| &service.attributes);
            for (index, mount) in service.volumes.iter().enumerate() {
                let becomes = of_mount(service, index, attributes).into_iter().flat_map(|entry| &entry.becomes);
                let claim = becomes.map(|becomes| &becomes.object).find(|object| object.kind == Kind::PersistentVolumeClaim);
                let named = mount.source.as_ref().filter(|_| mount.kind.value == MountKind::Volume).map(|source| source.to_string());
                let Some(key) = named.or_else(|| claim.map(|claim| claim.name.to_string())) else { continue };
                let (known, users) = mounted.entry(key).or_default();
                *known = known.or(claim);
                if !users.contains(&at) {
                    users.push(at);
                }
            }
        }
        for (name, (claim, users)) in mounted {
            let is_external = || self.project.volumes.get(&name)?.external.as_ref()?.value.then_some("external");
            let size = claim.and_then(|claim| self.size(claim)).or_else(is_external);
            if let [user] = users[..] {
                let text = size.map_or_else(|| name.clone(), |size| format!("{name}, {size}"));
                let facts = &mut self.nodes[user].facts;
                let at = facts.iter().take_while(|fact| matches!(fact, Fact::Ports(_) | Fact::Volume(_))).count();
                facts.insert(at, Fact::Volume(text));
                continue;
            }
            let node = self.nodes.len();
            self.nodes.push(Node {
                form: Form::Volume,
                name,
                becomes: match claim {
                    Some(claim) => Some(format!("{claim}{}", size.map(|size| format!(", {size}")).unwrap_or_default())),
                    None => size.map(str::to_owned),
                },
                kind: claim.map(|claim| claim.kind),
                image: None,
                facts: Vec::new(),
                networks: Vec::new(),
                left_out: 0,
            });
            for user in users {
                self.edge(user, Some(node), Means::Mounts);
            }
        }
    }

    /// What a claim asks for; the cluster has those that are not among the objects.
    fn size(&self, claim: &ObjectRef) -> Option<&'a str> {
        let Some(object) = self.objects()?.get(claim.kind, &claim.name) else { return Some("external") };
        let Resource::PersistentVolumeClaim(claim) = &object.resource else { return None };
        let requests = claim.spec.as_ref()?.resources.as_ref()?.requests.as_ref()?;
        Some(requests.get("storage")?.0.as_str())
    }

    /// The ways in from outside: Services with an address of their own, Ingresses, HTTPRoutes.
    fn entries(&mut self) {
        let Some(objects) = self.objects() else { return };
        for object in objects {
            let (ports, backends): (Vec<String>, Vec<String>) = match &object.resource {
                Resource::Service(service) => {
                    let Some(spec) = &service.spec else { continue };
                    if !matches!(spec.type_.as_deref(), Some("LoadBalancer" | "NodePort")) {
                        continue;
                    }
                    let ports = spec
                        .ports
                        .iter()
                        .flatten()
                        .map(|port| suffixed(format!(":{}", port.node_port.unwrap_or(port.port)), port.protocol.as_deref()));
                    (ports.collect(), vec![object.reference().name.to_string()])
                }
                Resource::Ingress(ingress) => {
                    let rules = ingress.spec.iter().flat_map(|spec| spec.rules.iter().flatten());
                    let hosts = rules.clone().map(|rule| rule.host.clone().unwrap_or_else(|| "any host".into())).collect();
                    let paths = rules.filter_map(|rule| rule.http.as_ref()).flat_map(|http| &http.paths);
                    let first = ingress.spec.iter().filter_map(|spec| spec.default_backend.as_ref());
                    let backends = paths.map(|path| &path.backend).chain(first);
                    (hosts, backends.filter_map(|backend| Some(backend.service.as_ref()?.name.clone())).collect())
                }
                Resource::Custom(custom) if custom.kind == Kind::HttpRoute => {
                    let spec = custom.body.get("spec");
                    let list = |value: Option<&'a serde_json::Value>, key: &str| {
                        value.and_then(|value| value.get(key)?.as_array()).map_or(&[][..], Vec::as_slice)
                    };
                    let hosts = list(spec, "hostnames").iter().filter_map(|host| Some(host.as_str()?.to_owned())).collect();
                    let backends = list(spec, "rules").iter().flat_map(|rule| list(Some(rule), "backendRefs"));
                    (hosts, backends.filter_map(|backend| Some(backend.get("name")?.as_str()?.to_owned())).collect())
                }
                _ => continue,
            };
            let mut told: Vec<String> = Vec::new();
            ports.into_iter().for_each(|port| {
                if !told.contains(&port) {
                    told.push(port)
                }
            });
            let kind = match &object.resource {
                Resource::Service(service) => service.spec.as_ref().and_then(|spec| spec.type_.clone()).unwrap_or_default(),
                _ => object.kind().to_string(),
            };
            let node = self.nodes.len();
            self.nodes.push(Node {
                form: Form::Entry,
                name: if told.is_empty() { object.reference().name.to_string() } else { told.join(" ") },
                becomes: Some(kind),
                kind: Some(object.kind()),
                image: None,
                facts: Vec::new(),
                networks: Vec::new(),
                left_out: 0,
            });
            for target in backends.iter().flat_map(|backend| self.behind(objects, backend)).collect::<Vec<_>>() {
                self.edge(node, Some(target), Means::Enters);
            }
        }
    }

    /// The services whose pods a Service leads to; of several in one pod, the first that has the workload's name.
    fn behind(&self, objects: &Objects, name: &str) -> Vec<usize> {
        let Some(Resource::Service(service)) = objects.get(Kind::Service, name).map(|object| &object.resource) else { return Vec::new() };
        let Some(selector) = service.spec.as_ref().and_then(|spec| spec.selector.as_ref()).filter(|selector| !selector.is_empty()) else {
            return Vec::new();
        };
        let is_behind = |object: &&Object| {
            let labels = object.resource.pod_template().and_then(|template| template.metadata.as_ref()?.labels.as_ref());
            labels.is_some_and(|labels| selects(selector, labels))
        };
        let workloads = objects.workloads().filter(is_behind).map(Object::reference);
        let found = workloads.filter_map(|workload| {
            let services = &self.conversion?.0.services;
            let runs = |service: &&windlass_convert::ServiceReport| service.workload.as_ref() == Some(&workload);
            let own = services.iter().filter(runs).find(|service| object_name(&service.name) == workload.name);
            self.service(&own.or_else(|| services.iter().find(runs))?.name)
        });
        found.collect()
    }

    /// Ways in first, as they are read; edges follow.
    fn finish(self) -> Graph {
        let rank = |node: &Node| match node.form {
            Form::Entry => 0,
            Form::Service => 1,
            Form::Volume => 2,
        };
        let mut order: Vec<usize> = (0..self.nodes.len()).collect();
        order.sort_by_key(|at| rank(&self.nodes[*at]));
        let mut places = vec![0; order.len()];
        order.iter().enumerate().for_each(|(place, at)| places[*at] = place);
        let mut edges: Vec<Edge> =
            self.edges.iter().map(|((from, to), means)| Edge { from: places[*from], to: places[*to], means: *means }).collect();
        edges.sort_by_key(|edge| (edge.from, edge.to));
        let networks = self.networks.iter().map(|name| {
            let network = self.project.networks.get(name);
            let policy = object_name(&format!("network-{name}"));
            Network {
                name: (*name).to_owned(),
                becomes: self
                    .objects()
                    .filter(|objects| objects.contains(Kind::NetworkPolicy, &policy))
                    .map(|_| format!("NetworkPolicy/{policy}")),
                internal: network.and_then(|network| network.internal.as_ref()).is_some_and(|internal| internal.value),
            }
        });
        let networks = networks.collect();
        let mut nodes: Vec<Option<Node>> = self.nodes.into_iter().map(Some).collect();
        Graph {
            name: self.project.name.value.to_string(),
            nodes: order.into_iter().filter_map(|at| nodes[at].take()).collect(),
            edges,
            networks,
        }
    }
}

/// The fates of one mount.
fn of_mount<'r>(service: &Service, index: usize, attributes: &'r [AttributeEntry]) -> Vec<&'r AttributeEntry> {
    let path = Path::root().key("services").key(service.name.as_str()).key("volumes").index(index);
    attributes.iter().filter(|entry| path.contains(&entry.path)).collect()
}

/// The container and the mount in `spec.template.spec.containers[0].volumeMounts[2]`.
fn mount_at(path: &Path) -> Option<(usize, usize)> {
    match &path.segments()[..] {
        [.., Segment::Key(containers), Segment::Index(container), Segment::Key(mounts), Segment::Index(mount)]
            if containers == "containers" && mounts == "volumeMounts" =>
        {
            Some((*container, *mount))
        }
        _ => None,
    }
}

fn suffixed(port: String, protocol: Option<&str>) -> String {
    match protocol {
        Some(protocol) if protocol != "TCP" => format!("{port}/{}", protocol.to_lowercase()),
        _ => port,
    }
}

#[cfg(test)]
mod tests {
    use windlass_compose::{Request, load};
    use windlass_source::MemoryFileSystem;

    use super::*;

    /// The lines between services of a project.
    fn lines(text: &str) -> Vec<String> {
        let mut files = MemoryFileSystem::new();
        files.insert("/shop/compose.yaml", text, 0o644);
        let graph = Graph::of_project(&load(&Request::new("/shop"), &files).project);
        let name = |at: usize| graph.nodes[at].name.as_str();
        graph.edges.iter().map(|edge| format!("{} → {}", name(edge.from), name(edge.to))).collect()
    }

    #[test]
    fn an_alias_leads_to_each_service_that_has_it_on_a_network_of_the_caller() {
        let text = "
services:
  a: { image: acme/a, networks: { near: { aliases: [queue] } } }
  b: { image: acme/b, networks: { near: { aliases: [queue] } } }
  far: { image: acme/c, networks: { far: { aliases: [queue, only] } } }
  web: { image: acme/d, networks: [near], environment: { URL: 'amqp://queue:5672', OTHER: 'http://only:80', ITSELF: 'http://a:80' } }
networks: { near: {}, far: {} }
";
        assert_eq!(lines(text), ["web → a", "web → b", "web → far"]);
        // A service's own name beats an alias.
        let named = text.replace("services:\n", "services:\n  queue: { image: acme/q, networks: [near] }\n");
        assert_eq!(lines(&named), ["web → a", "web → far", "web → queue"]);
    }
}
