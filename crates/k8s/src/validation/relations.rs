//! What the objects of one input are to each other: selectors, ports, names. The API server accepts each of them alone; together they
//! do not work.
//!
//! An input may be a part of what a cluster has. So a missing object is spoken of only where the input has others of its kind in the
//! same namespace: who writes one Service into a directory writes them all there.

use std::collections::{BTreeMap, BTreeSet};

use windlass_source::{FileId, Span, in_parallel};
use windlass_yaml::Node;

use super::{FEW, Object};
use crate::validity::{path_of, selector_matches};
use crate::view::{Container, ContainerKind, Fields as _, Workload, int, text};

/// Something that does not fit, beside an object's own verdict.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The rule of the catalogue: `KN003`.
    pub rule: &'static str,
    /// The field.
    pub path: String,
    /// What does not fit.
    pub message: String,
    /// The place of the field.
    pub span: Option<Span>,
    /// Another place that belongs to it.
    pub related: Option<Span>,
    /// True for what will not work; false for what may be meant.
    pub is_error: bool,
}

/// The rules on several objects, and what each finds.
pub const RULES: [(&str, &str); 17] = [
    ("KN002", "policy that selects no pod"),
    ("KN003", "Service that selects no pod"),
    ("KN004", "target port that no selected pod has"),
    ("KN008", "Ingress without its Service or port"),
    ("KN012", "host and path that stand twice"),
    ("KN014", "ServiceMonitor that selects no Service"),
    ("KV152", "object that stands twice"),
    ("KV308", "role that is not there"),
    ("KV310", "claim that is not there"),
    ("KV313", "object that an admission policy denies"),
    ("KV314", "field that an update can't change"),
    ("KW009", "probe of a port that the container does not name"),
    ("KW042", "service account that is not there"),
    ("KW048", "ConfigMap or Secret that is not there"),
    ("KW053", "disruption budget that lets no pod go"),
    ("KW055", "autoscaler without its target"),
    ("KW065", "StatefulSet without its governing Service"),
];
/// The namespace of an object that names none.
const DEFAULT: &str = "default";
const WORKLOADS: [&str; 7] = ["Pod", "Deployment", "StatefulSet", "DaemonSet", "ReplicaSet", "Job", "CronJob"];

/// Objects by namespace, kind and name.
#[derive(Default)]
struct Index<'a> {
    by_name: BTreeMap<(&'a str, &'a str, &'a str), &'a Object<'a>>,
    workloads: BTreeMap<&'a str, Vec<Workload<'a>>>,
    /// Of each namespace, label and value: which of its workloads have it.
    labelled: BTreeMap<(&'a str, &'a str, &'a str), Vec<usize>>,
    /// Services by each of their own labels with its value, whatever the namespace.
    services: BTreeMap<(&'a str, &'a str), Vec<&'a Object<'a>>>,
    /// How many pods autoscalers make at most, by the namespace, kind and name of what they scale.
    most: BTreeMap<(&'a str, &'a str, &'a str), i64>,
    /// The labels that pods of kinds which are not Kubernetes' own get: a Rollout's.
    other_pods: BTreeMap<&'a str, Vec<&'a Node>>,
    /// What roles name one by one, by namespace: something makes a Secret that an account may read by its name.
    named_in_roles: BTreeSet<(&'a str, &'a str)>,
    /// The first place of each host and path of an Ingress, by file, namespace and class.
    routes: BTreeMap<Route<'a>, &'a Node>,
}

/// File, namespace, class, host, path and its type.
type Route<'a> = (FileId, &'a str, &'a str, &'a str, &'a str, &'a str);

impl<'a> Index<'a> {
    fn new(objects: &'a [Object<'a>]) -> Self {
        let mut index = Self::default();
        for object in objects.iter().filter(|object| !object.kind().is_empty()) {
            let namespace = object.namespace().unwrap_or(DEFAULT);
            index.by_name.entry((namespace, object.kind(), object.name())).or_insert(object);
            match object.kind() {
                "Service" => {
                    let labels = object.root.at(&["metadata", "labels"]).and_then(Node::as_map);
                    for (key, value) in labels.into_iter().flat_map(|map| map.iter()) {
                        index.services.entry((key.as_str(), text(value).unwrap_or_default())).or_default().push(object);
                    }
                }
                "HorizontalPodAutoscaler" => {
                    let Some(spec) = object.root.field("spec") else { continue };
                    let part = |name: &str| spec.field("scaleTargetRef").and_then(|target| target.text(name)).unwrap_or_default();
                    index.most.insert((namespace, part("kind"), part("name")), spec.int("maxReplicas").unwrap_or_default());
                }
                "Role" => {
                    let names = object.root.items("rules").iter().flat_map(|rule| rule.items("resourceNames"));
                    index.named_in_roles.extend(names.filter_map(text).map(|name| (namespace, name)));
                }
                "Ingress" => {
                    for (route, node) in routes(object, namespace) {
                        index.routes.entry(route).or_insert(node);
                    }
                }
                _ => {}
            }
            if let Some(workload) = Workload::of(object.root) {
                let workloads = index.workloads.entry(namespace).or_default();
                for (key, value) in workload.labels() {
                    index.labelled.entry((namespace, key, value)).or_default().push(workloads.len());
                }
                workloads.push(workload);
            } else if let Some(labels) = object.root.at(&["spec", "template", "metadata", "labels"]) {
                index.other_pods.entry(namespace).or_default().push(labels);
            }
        }
        index
    }

    fn has_any(&self, namespace: &str, kind: &str) -> bool {
        let next = self.by_name.range((namespace, kind, "")..).next();
        next.is_some_and(|((of, other, _), _)| *of == namespace && *other == kind)
    }

    fn get(&self, namespace: &str, kind: &str, name: &str) -> Option<&'a Object<'a>> {
        self.by_name.get(&(namespace, kind, name)).copied()
    }

    /// True when the input has objects of the kind there, but not this one.
    fn lacks(&self, namespace: &str, kind: &str, name: &str) -> bool {
        !name.is_empty() && self.has_any(namespace, kind) && self.get(namespace, kind, name).is_none()
    }

    fn workloads(&self, namespace: &str) -> &[Workload<'a>] {
        self.workloads.get(namespace).map_or(&[], Vec::as_slice)
    }

    /// The workloads that may have all of these labels: those that have the rarest of them. Without labels, all.
    fn candidates<'s>(&'s self, namespace: &'s str, labels: Option<&'s Node>) -> impl Iterator<Item = &'s Workload<'a>> {
        let with = |key: &'s str, value: &'s str| self.labelled.get(&(namespace, key, value)).map_or(&[][..], Vec::as_slice);
        let wanted = labels.and_then(Node::as_map).into_iter().flat_map(|map| map.iter());
        let rarest = wanted.map(|(key, value)| with(key.name(), text(value).unwrap_or_default())).min_by_key(|found| found.len());
        let workloads = self.workloads(namespace);
        let all = if rarest.is_none() { workloads } else { &[] };
        all.iter().chain(rarest.unwrap_or_default().iter().filter_map(|&at| workloads.get(at)))
    }
}

/// What does not fit: for each of the objects, in their order.
pub fn relations(objects: &[Object<'_>]) -> Vec<Vec<Finding>> {
    let index = Index::new(objects);
    let one = |object: &Object<'_>| {
        let root = object.root;
        let namespace = object.namespace().unwrap_or(DEFAULT);
        let mut findings = Vec::new();
        twice(object, &index, &mut findings);
        match object.kind() {
            "Service" => service(root, namespace, &index, &mut findings),
            "Ingress" => {
                ingress(root, namespace, &index, &mut findings);
                routes_twice(object, namespace, &index, &mut findings);
            }
            "ServiceMonitor" => monitor(root, namespace, &index, &mut findings),
            "HorizontalPodAutoscaler" => autoscaler(root, namespace, &index, &mut findings),
            "PodDisruptionBudget" => budget(root, namespace, &index, &mut findings),
            "NetworkPolicy" => policy(root, namespace, &index, &mut findings),
            "RoleBinding" | "ClusterRoleBinding" => binding(root, namespace, &index, &mut findings),
            _ => {}
        }
        if let Some(workload) = Workload::of(root) {
            pods(&workload, namespace, &index, &mut findings);
        }
        findings
    };
    in_parallel(objects, FEW, one)
}

pub(super) fn finding(rule: &'static str, is_error: bool, path: impl Into<String>, node: Option<&Node>, message: String) -> Finding {
    Finding { rule, path: path.into(), message, span: node.and_then(Node::span), related: None, is_error }
}

fn twice(object: &Object<'_>, index: &Index<'_>, findings: &mut Vec<Finding>) {
    let (namespace, kind, name) = (object.namespace().unwrap_or(DEFAULT), object.kind(), object.name());
    let Some(first) = index.get(namespace, kind, name).filter(|first| !std::ptr::eq(first.root, object.root)) else { return };
    let group = |object: &Object<'_>| object.api_version().split_once('/').map_or(String::new(), |(group, _)| group.to_owned());
    // `generateName` gives each a name of its own; variants of a stack stand in directories of their own.
    let has_name = object.root.at(&["metadata", "name"]).is_some();
    if has_name && group(first) == group(object) && first.file == object.file {
        let node = object.root.at(&["metadata", "name"]);
        let mut told =
            finding("KV152", true, "metadata.name", node, format!("`{kind}/{name}` stands twice in this input; the last one wins"));
        told.related = first.root.at(&["metadata", "name"]).and_then(Node::span);
        findings.push(told);
    }
}

/// Whether a Service's selector, a map of labels, matches a pod.
fn selects(selector: &Node, workload: &Workload<'_>) -> bool {
    selector.as_map().is_some_and(|map| map.iter().all(|(key, value)| workload.label(key.name()) == text(value)))
}

fn service(root: &Node, namespace: &str, index: &Index<'_>, findings: &mut Vec<Finding>) {
    let Some(spec) = root.field("spec") else { return };
    let Some(selector) = spec.field("selector").filter(|selector| selector.as_map().is_some_and(|map| !map.is_empty())) else { return };
    let workloads = index.workloads(namespace);
    if workloads.is_empty() || spec.text("type") == Some("ExternalName") {
        return;
    }
    let selected: Vec<_> = index.candidates(namespace, Some(selector)).filter(|workload| selects(selector, workload)).collect();
    let has = |labels: &&Node| selector.as_map().is_some_and(|map| map.iter().all(|(key, value)| labels.text(key.name()) == text(value)));
    if selected.is_empty() {
        if index.other_pods.get(namespace).is_some_and(|pods| pods.iter().any(has)) {
            return;
        }
        findings.push(finding("KN003", true, "spec.selector", Some(selector), "no pod of this input has these labels".into()));
        return;
    }
    for (at, port) in spec.items("ports").iter().enumerate() {
        let Some(name) = port.field("targetPort").and_then(text) else { continue };
        let has = |workload: &&Workload<'_>| workload.containers().any(|container| declares(&container, name));
        if !selected.iter().any(has) {
            let message = format!("no container of the selected pods has a port named `{name}`");
            findings.push(finding("KN004", true, format!("spec.ports[{at}].targetPort"), port.field("targetPort"), message));
        }
    }
}

fn declares(container: &Container<'_>, name: &str) -> bool {
    container.node.items("ports").iter().any(|port| port.text("name") == Some(name))
}

fn ingress(root: &Node, namespace: &str, index: &Index<'_>, findings: &mut Vec<Finding>) {
    let Some(spec) = root.field("spec") else { return };
    let mut backends: Vec<(String, &Node)> = Vec::new();
    if let Some(default) = spec.field("defaultBackend") {
        backends.push(("spec.defaultBackend".into(), default));
    }
    for (rule_at, rule) in spec.items("rules").iter().enumerate() {
        let paths = rule.field("http").map(|http| http.items("paths")).unwrap_or_default();
        for (path_at, path) in paths.iter().enumerate() {
            if let Some(backend) = path.field("backend") {
                backends.push((format!("spec.rules[{rule_at}].http.paths[{path_at}].backend"), backend));
            }
        }
    }
    for (path, backend) in backends {
        let Some(service) = backend.field("service") else { continue };
        // To the controller of AWS this is the name of an action in an annotation.
        if service.at(&["port", "name"]).and_then(text) == Some("use-annotation") {
            continue;
        }
        let name = service.text("name").unwrap_or_default();
        if index.lacks(namespace, "Service", name) {
            let message = format!("there is no Service `{name}` in this input");
            findings.push(finding("KN008", true, format!("{path}.service.name"), service.field("name"), message));
            continue;
        }
        let Some(target) = index.get(namespace, "Service", name) else { continue };
        let ports = target.root.field("spec").map(|spec| spec.items("ports")).unwrap_or_default();
        let Some(port) = service.field("port") else { continue };
        let is_there = match (port.text("name"), port.int("number")) {
            (Some(name), _) => ports.iter().any(|port| port.text("name") == Some(name)),
            (None, Some(number)) => ports.iter().any(|port| port.int("port") == Some(number)),
            (None, None) => true,
        };
        if !is_there {
            findings.push(finding("KN008", true, format!("{path}.service.port"), Some(port), format!("Service `{name}` has no such port")));
        }
    }
}

/// What an Ingress routes: of a canary, which shares its routes on purpose, nothing.
fn routes<'a>(object: &Object<'a>, namespace: &'a str) -> Vec<(Route<'a>, &'a Node)> {
    let (file, root) = (object.file, object.root);
    let annotation = |name: &str| root.at(&["metadata", "annotations", name]).and_then(text);
    let Some(spec) = root.field("spec").filter(|_| annotation("nginx.ingress.kubernetes.io/canary") != Some("true")) else {
        return Vec::new();
    };
    let class = spec.text("ingressClassName").or(annotation("kubernetes.io/ingress.class")).unwrap_or_default();
    let mut routes = Vec::new();
    for rule in spec.items("rules") {
        // Without a host, two examples in one file are more likely than two parts of one thing.
        let Some(host) = rule.text("host") else { continue };
        for path in rule.field("http").map(|http| http.items("paths")).unwrap_or_default() {
            let (at, kind) = (path.text("path").unwrap_or("/"), path.text("pathType").unwrap_or_default());
            routes.push(((file, namespace, class, host, at, kind), path));
        }
    }
    routes
}

fn routes_twice(object: &Object<'_>, namespace: &str, index: &Index<'_>, findings: &mut Vec<Finding>) {
    for (route, node) in routes(object, namespace) {
        let Some(first) = index.routes.get(&route).filter(|first| !std::ptr::eq(**first, node)) else { continue };
        let (_, _, _, host, path, _) = route;
        let message = format!("`{host}{path}` stands twice in this input; one of them gets no request");
        let mut told = finding("KN012", true, path_of(object.root, node), Some(node), message);
        told.related = first.span();
        findings.push(told);
    }
}

fn monitor(root: &Node, namespace: &str, index: &Index<'_>, findings: &mut Vec<Finding>) {
    let Some(selector) = root.at(&["spec", "selector"]).filter(|_| !index.services.is_empty()) else { return };
    let named = root.at(&["spec", "namespaceSelector"]);
    let any = named.is_some_and(|named| named.flag("any") == Some(true));
    let names: Vec<&str> = named.map(|named| named.items("matchNames")).unwrap_or_default().iter().filter_map(text).collect();
    let is_in = |service: &Object<'_>| {
        let of = service.namespace().unwrap_or(DEFAULT);
        any || if names.is_empty() { of == namespace } else { names.contains(&of) }
    };
    // Where no Service of the input could be meant, those of the cluster are.
    let mut candidates = index.services.values().flatten().filter(|service| is_in(service)).peekable();
    let matches = |service: &Object<'_>| selector_matches(selector, service.root.at(&["metadata", "labels"]));
    let first = selector.field("matchLabels").and_then(Node::as_map).and_then(|map| map.iter().next());
    let is_met = match first {
        Some((key, value)) => {
            let labelled = index.services.get(&(key.as_str(), text(value).unwrap_or_default()));
            labelled.into_iter().flatten().any(|service| is_in(service) && matches(service))
        }
        None => candidates.clone().any(|service| matches(service)),
    };
    if candidates.peek().is_some() && !is_met {
        let message = "no Service of this input has these labels".to_owned();
        findings.push(finding("KN014", false, "spec.selector", Some(selector), message));
    }
}

fn autoscaler(root: &Node, namespace: &str, index: &Index<'_>, findings: &mut Vec<Finding>) {
    let Some(target) = root.at(&["spec", "scaleTargetRef"]) else { return };
    let (kind, name) = (target.text("kind").unwrap_or_default(), target.text("name").unwrap_or_default());
    if !name.is_empty() && WORKLOADS.contains(&kind) && !index.workloads(namespace).is_empty() && index.get(namespace, kind, name).is_none()
    {
        let message = format!("there is no {kind} `{name}` in this input");
        findings.push(finding("KW055", true, "spec.scaleTargetRef.name", target.field("name"), message));
    }
}

fn budget(root: &Node, namespace: &str, index: &Index<'_>, findings: &mut Vec<Finding>) {
    let Some(spec) = root.field("spec") else { return };
    let selector = spec.field("selector");
    let selects = |labels: Option<&Node>| selector.is_some_and(|selector| selector_matches(selector, labels));
    let labels = selector.and_then(|selector| selector.field("matchLabels"));
    let selected = index
        .candidates(namespace, labels)
        .filter(|workload| workload.kind != "Job" && workload.kind != "CronJob" && selects(workload.template.at(&["metadata", "labels"])));
    // What an autoscaler counts may have more pods than are written.
    let most = |workload: &Workload<'_>| {
        let name = workload.root.at(&["metadata", "name"]).and_then(text).unwrap_or_default();
        index.most.get(&(namespace, workload.kind, name)).copied()
    };
    let replicas: i64 = selected.filter_map(|workload| most(workload).or(workload.replicas())).sum();
    let percent = |node: &Node| text(node).and_then(|text| text.strip_suffix('%')?.parse::<i64>().ok());
    let blocks =
        |node: &Node, is_blocked: &dyn Fn(i64) -> bool, share: i64| percent(node) == Some(share) || int(node).is_some_and(is_blocked);
    if let Some(node) = spec.field("maxUnavailable").filter(|node| blocks(node, &|count| count == 0, 0)) {
        findings.push(finding("KW053", true, "spec.maxUnavailable", Some(node), "no pod may ever go, so no node can be drained".into()));
    }
    if let Some(node) = spec.field("minAvailable").filter(|node| blocks(node, &|count| replicas > 0 && count >= replicas, 100)) {
        let message = "as many pods have to be there as there are, so no node can be drained".to_owned();
        findings.push(finding("KW053", true, "spec.minAvailable", Some(node), message));
    }
}

fn policy(root: &Node, namespace: &str, index: &Index<'_>, findings: &mut Vec<Finding>) {
    let Some(spec) = root.field("spec").filter(|_| !index.workloads(namespace).is_empty()) else { return };
    let selects = |selector: &Node| {
        let mut candidates = index.candidates(namespace, selector.field("matchLabels"));
        candidates.any(|workload| selector_matches(selector, workload.template.at(&["metadata", "labels"])))
    };
    if let Some(selector) = spec.field("podSelector").filter(|selector| !selects(selector)) {
        findings.push(finding("KN002", false, "spec.podSelector", Some(selector), "the policy selects no pod of this input".into()));
    }
    // Peers of other namespaces may be anybody's.
    let peers = [("ingress", "from"), ("egress", "to")].into_iter().flat_map(|(rules, peers)| {
        spec.items(rules).iter().flat_map(move |rule| rule.items(peers)).filter(|peer| peer.field("namespaceSelector").is_none())
    });
    for selector in peers.filter_map(|peer| peer.field("podSelector")).filter(|selector| !selects(selector)) {
        let message = "the peer is no pod of this input".to_owned();
        findings.push(finding("KN002", false, path_of(root, selector), Some(selector), message));
    }
}

fn binding(root: &Node, namespace: &str, index: &Index<'_>, findings: &mut Vec<Finding>) {
    let Some(role) = root.field("roleRef") else { return };
    let (kind, name) = (role.text("kind").unwrap_or_default(), role.text("name").unwrap_or_default());
    // Every cluster has roles of its own: `view`, `cluster-admin`.
    if kind == "Role" && index.lacks(namespace, "Role", name) {
        findings.push(finding("KV308", false, "roleRef.name", role.field("name"), format!("there is no Role `{name}` in this input")));
    }
}

fn pods(workload: &Workload<'_>, namespace: &str, index: &Index<'_>, findings: &mut Vec<Finding>) {
    let spec = workload.pod;
    let path = |node: Option<&Node>| node.map_or_else(String::new, |node| path_of(workload.root, node));
    let mut lacking = |rule: &'static str, kind: &str, name: &str, node: Option<&Node>| {
        let is_made = kind == "Secret" && index.named_in_roles.contains(&(namespace, name));
        if index.lacks(namespace, kind, name) && !is_made {
            findings.push(finding(rule, false, path(node), node, format!("there is no {kind} `{name}` in this input")));
        }
    };
    if let Some(account) = spec.text("serviceAccountName").filter(|account| *account != "default") {
        lacking("KW042", "ServiceAccount", account, spec.field("serviceAccountName"));
    }
    let required = |reference: &&Node| reference.flag("optional") != Some(true);
    for container in workload.containers() {
        for source in container.node.items("envFrom") {
            for (field, kind) in [("configMapRef", "ConfigMap"), ("secretRef", "Secret")] {
                if let Some(reference) = source.field(field).filter(required) {
                    lacking("KW048", kind, reference.text("name").unwrap_or_default(), reference.field("name"));
                }
            }
        }
        for variable in container.node.items("env") {
            for (field, kind) in [("configMapKeyRef", "ConfigMap"), ("secretKeyRef", "Secret")] {
                if let Some(reference) = variable.at(&["valueFrom", field]).filter(required) {
                    lacking("KW048", kind, reference.text("name").unwrap_or_default(), reference.field("name"));
                }
            }
        }
    }
    for volume in spec.items("volumes") {
        let claim = volume.at(&["persistentVolumeClaim"]);
        lacking(
            "KV310",
            "PersistentVolumeClaim",
            claim.and_then(|claim| claim.text("claimName")).unwrap_or_default(),
            claim.and_then(|claim| claim.field("claimName")),
        );
    }
    for container in workload.containers().filter(|container| container.kind != ContainerKind::Ephemeral) {
        for probe in ["livenessProbe", "readinessProbe", "startupProbe"] {
            for handler in ["httpGet", "tcpSocket"] {
                let Some(port) = container.node.at(&[probe, handler, "port"]) else { continue };
                if let Some(name) = text(port).filter(|name| !declares(&container, name)) {
                    let message = format!("container `{}` has no port named `{name}`", container.name());
                    findings.push(finding("KW009", true, path(Some(port)), Some(port), message));
                }
            }
        }
    }
    if workload.kind == "StatefulSet"
        && let Some(name) =
            workload.root.at(&["spec", "serviceName"]).filter(|node| text(node).is_some_and(|name| index.lacks(namespace, "Service", name)))
    {
        let message = format!("there is no Service `{}` in this input, so its pods have no names", text(name).unwrap_or_default());
        findings.push(finding("KW065", false, "spec.serviceName", Some(name), message));
    }
}

#[cfg(test)]
mod tests {
    use crate::schema::Version;
    use crate::validation::{Input, validate};

    const WEB: &str = "
apiVersion: apps/v1
kind: Deployment
metadata: { name: web }
spec:
  replicas: 2
  selector: { matchLabels: { app: web } }
  template:
    metadata: { labels: { app: web } }
    spec:
      serviceAccountName: web
      containers: [{ name: web, image: a, ports: [{ name: http, containerPort: 80 }], readinessProbe: { httpGet: { port: http } } }]
";

    fn rules(text: &str) -> Vec<&'static str> {
        let mut input = Input::default();
        let file = input.sources.add("all.yaml", format!("{WEB}---\n{text}"));
        input.files.push(file);
        let validation = validate(&input, &Input::default(), Version::DEFAULT);
        let all = validation.resources.iter();
        for resource in all.clone() {
            assert!(resource.problems.iter().all(|problem| problem.is_warning), "{:?}", resource.problems);
        }
        all.flat_map(|resource| &resource.findings).map(|finding| finding.rule).collect()
    }

    #[test]
    fn objects_that_fit_each_other_have_no_findings() {
        let fits = "
{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80, targetPort: http}]}}
---
{apiVersion: v1, kind: ServiceAccount, metadata: {name: web}}
---
{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web}, spec: {minAvailable: 1, selector: {matchLabels: {app: web}}}}
---
{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: web}, spec: {defaultBackend: {service: {name: web, port: {number: 80}}}}}
";
        assert_eq!(rules(fits), Vec::<&str>::new());
        assert_eq!(rules(""), Vec::<&str>::new(), "one object alone refers to what the cluster has");
    }

    #[test]
    fn what_does_not_fit_is_found() {
        let check = |text: &str, rule: &str| assert_eq!(rules(text), [rule], "{text}");
        check("{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: wob}, ports: [{port: 80}]}}", "KN003");
        check(
            "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: web}, ports: [{port: 80, targetPort: web}]}}",
            "KN004",
        );
        check("{apiVersion: v1, kind: ServiceAccount, metadata: {name: other}}", "KW042");
        check(
            "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web}, spec: {minAvailable: 2, selector: {matchLabels: {app: web}}}}",
            "KW053",
        );
        check(
            "{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {name: web}, spec: {maxReplicas: 3, scaleTargetRef: {apiVersion: apps/v1, kind: Deployment, name: wob}}}",
            "KW055",
        );
        check(
            "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: web}, spec: {podSelector: {matchLabels: {app: x}}}}",
            "KN002",
        );
        check(
            "{apiVersion: networking.k8s.io/v1, kind: NetworkPolicy, metadata: {name: web}, spec: {podSelector: {matchLabels: {app: web}}, egress: [{to: [{podSelector: {matchLabels: {app: x}}}, {podSelector: {}}, {podSelector: {matchLabels: {app: x}}, namespaceSelector: {}}]}]}}",
            "KN002",
        );
        check(WEB, "KV152");
        let monitor = "{apiVersion: monitoring.coreos.com/v1, kind: ServiceMonitor, metadata: {name: web}, spec: {selector: {matchLabels: {app: web}}}}";
        let service = |label: &str| {
            format!(
                "{monitor}\n---\n{{apiVersion: v1, kind: Service, metadata: {{name: web, labels: {{app: {label}}}}}, spec: {{selector: {{app: web}}, ports: [{{port: 80}}]}}}}"
            )
        };
        assert_eq!((rules(&service("wob")), rules(&service("web"))), (vec!["KN014"], vec![]));
    }

    #[test]
    fn a_host_and_path_stand_once_in_a_file_unless_one_is_a_canary() {
        let ingress = |name: &str, annotations: &str| {
            format!(
                "{{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {{name: {name}, annotations: {{{annotations}}}}}, spec: {{rules: [{{host: a.example, \
                 http: {{paths: [{{path: /, pathType: Prefix, backend: {{service: {{name: web, port: {{number: 80}}}}}}}}]}}}}]}}}}\n---\n"
            )
        };
        let canary = r#"nginx.ingress.kubernetes.io/canary: "true", nginx.ingress.kubernetes.io/canary-weight: "10""#;
        assert_eq!(rules(&(ingress("a", "") + &ingress("b", ""))), ["KN012"]);
        assert_eq!(rules(&(ingress("a", "") + &ingress("b", canary))), Vec::<&str>::new());
    }

    #[test]
    fn what_others_make_is_there() {
        let service = "{apiVersion: v1, kind: Service, metadata: {name: web}, spec: {selector: {app: roll}, ports: [{port: 80}]}}";
        let rollout =
            "{apiVersion: argoproj.io/v1alpha1, kind: Rollout, metadata: {name: web}, spec: {template: {metadata: {labels: {app: roll}}}}}";
        assert_eq!((rules(service), rules(&format!("{service}\n---\n{rollout}"))), (vec!["KN003"], vec![]));
        let pod = "{apiVersion: v1, kind: Pod, metadata: {name: a}, spec: {containers: [{name: a, image: a, envFrom: [{secretRef: {name: made}}]}]}}\n---\n{apiVersion: v1, kind: Secret, metadata: {name: other}}";
        let role = "{apiVersion: rbac.authorization.k8s.io/v1, kind: Role, metadata: {name: a}, rules: [{apiGroups: [''], resources: [secrets], resourceNames: [made], verbs: [get]}]}";
        assert_eq!((rules(pod), rules(&format!("{pod}\n---\n{role}"))), (vec!["KW048"], vec![]));
        let ingress = "{apiVersion: networking.k8s.io/v1, kind: Ingress, metadata: {name: a}, spec: {defaultBackend: {service: {name: act, port: {name: use-annotation}}}}}\n---\n{apiVersion: v1, kind: Service, metadata: {name: b}, spec: {ports: [{port: 1}]}}";
        assert_eq!(rules(ingress), Vec::<&str>::new());
    }

    #[test]
    fn a_budget_is_measured_by_what_the_autoscaler_may_make() {
        let budget = "{apiVersion: policy/v1, kind: PodDisruptionBudget, metadata: {name: web}, spec: {minAvailable: 2, selector: {matchLabels: {app: web}}}}";
        let scaler = |most: u8| {
            format!(
                "{budget}\n---\n{{apiVersion: autoscaling/v2, kind: HorizontalPodAutoscaler, metadata: {{name: web}}, \
                 spec: {{minReplicas: 1, maxReplicas: {most}, scaleTargetRef: {{apiVersion: apps/v1, kind: Deployment, name: web}}}}}}"
            )
        };
        assert_eq!((rules(&scaler(6)), rules(&scaler(2))), (vec![], vec!["KW053"]));
    }
}
