//! `x-windlass`: what a project decides about its conversion, at the top level, for a service and for a volume. What is not
//! written follows from the rest of the project; a flag of the command line wins.
//!
//! To docker compose it is an extension like any other. Here an unknown key is an error, since it would decide nothing.

use smol_str::SmolStr;
use windlass_source::Spanned;
use windlass_yaml::{Node, Value};

use crate::model::context::Context;
use crate::model::quantity::Duration;
use crate::model::read::Read;
use crate::model::record::{record, words};
use crate::model::rule::{BOOL, INT, INT_OR_TEXT, Kinds, Names, Object, Rule, TEXT, TEXT_OR_TEXTS, TEXTS};

/// Declares settings: a [`record`] without extensions, and what each setting is for people who read the JSON Schema.
macro_rules! settings {
    (
        $(#[$meta:meta])*
        pub struct $name:ident as $table:ident, $about:ident {
            $($text:literal $field:ident: $type:ty = $rule:expr,)*
        }
    ) => {
        record! {
            $(#[$meta])*
            pub struct $name as $table.without_extensions() {
                $(#[doc = $text] $field: $type = $rule,)*
            }
        }

        pub(crate) static $about: &[(&str, &str)] = &[$((stringify!($field), $text)),*];
    };
}

settings! {
    /// `x-windlass` at the top level.
    pub struct ProjectSettings as PROJECT_SETTINGS, ABOUT_PROJECT {
        "Namespace of every object (`--namespace`)." namespace: Option<Spanned<SmolStr>> = TEXT,
        "Storage class of every claim that names none (`--storage-class`)." storage_class: Option<Spanned<SmolStr>> = TEXT,
        "What can be reached from outside where no service says it (`--expose`)." expose: Option<Spanned<ExposeDefault>> = TEXT.words(ExposeDefault::WORDS),
        "Domain that hosts of Ingresses and HTTPRoutes are below (`--domain`)." domain: Option<Spanned<SmolStr>> = TEXT,
        "Class of every Ingress." ingress_class: Option<Spanned<SmolStr>> = TEXT,
        "Gateway that HTTPRoutes belong to, `NAME` or `NAMESPACE/NAME`." gateway: Option<Spanned<SmolStr>> = TEXT,
        "Registry of images that the project builds (`--registry`)." registry: Option<Spanned<SmolStr>> = TEXT,
        "How services wait for what they depend on (`--wait`)." wait: Option<Spanned<Wait>> = TEXT.words(Wait::WORDS),
        "Image that waits for a port (`--wait-image`)." wait_image: Option<Spanned<SmolStr>> = TEXT,
        "Image that waits for a Job (`--wait-kubectl-image`)." wait_kubectl_image: Option<Spanned<SmolStr>> = TEXT,
        "When NetworkPolicies are written (`--network-policies`)." network_policies: Option<Spanned<NetworkPolicies>> = TEXT.words(NetworkPolicies::WORDS),
        "How far containers are restricted (`--security`)." security: Option<Spanned<Security>> = TEXT.words(Security::WORDS),
        "Where probes and resources come from that the project leaves open (`--defaults`)." defaults: Option<Spanned<Defaults>> = TEXT.words(Defaults::WORDS),
        "How several pods share a volume (`--shared-volumes`)." shared_volumes: Option<Spanned<SharedVolumes>> = TEXT.words(SharedVolumes::WORDS),
        "Whether alike services such as `app1` and `app2` become one with replicas (`--consolidate`)." consolidate: Option<Spanned<bool>> = BOOL,
        "Findings of `windlass audit` that the project lives with: rule and reason." ignore: Option<Spanned<Node>> = IGNORED,
    }
}

settings! {
    /// `x-windlass` of a service.
    pub struct ServiceSettings as SERVICE_SETTINGS, ABOUT_SERVICE {
        "Kind of its workload." kind: Option<Spanned<WorkloadKind>> = TEXT.words(WorkloadKind::WORDS),
        "Cron schedule in UTC, such as `0 3 * * *`; it becomes a CronJob." schedule: Option<Spanned<SmolStr>> = TEXT,
        "What happens when a scheduled run is due while the last one still runs." concurrency: Option<Spanned<Concurrency>> = TEXT.words(Concurrency::WORDS),
        "Number of pods (`--replicas`)." replicas: Option<Spanned<i64>> = INT_OR_TEXT.range(0, 10_000),
        "Number of pods as load asks for them." autoscale: Option<Spanned<Autoscale>> = Rule::object(&AUTOSCALE),
        "How its published ports are reached from outside, for all or by container port (`--expose`)." expose: Option<Spanned<Expose>> = EXPOSE,
        "Hosts of its Ingress or HTTPRoute; without a dot below the project's domain." domain: Vec<Spanned<SmolStr>> = TEXT_OR_TEXTS,
        "Path of its Ingress or HTTPRoute." path: Option<Spanned<SmolStr>> = TEXT,
        "Secret with the certificate of its Ingress." tls_secret: Option<Spanned<SmolStr>> = TEXT,
        "Class of its Ingress." ingress_class: Option<Spanned<SmolStr>> = TEXT,
        "Gateway that its HTTPRoute belongs to, `NAME` or `NAMESPACE/NAME`." gateway: Option<Spanned<SmolStr>> = TEXT,
        "Command that migrates its data; a Job of the same image runs it before new pods start." migrate: Option<Spanned<Exec>> = TEXTS.or(Kinds::TEXT),
        "How far its container is restricted (`--security`)." security: Option<Spanned<Security>> = TEXT.words(Security::WORDS),
        "How it waits for what it depends on (`--wait`)." wait: Option<Spanned<Wait>> = TEXT.words(Wait::WORDS),
        "Its probes: `none`, or those that differ from what follows from its health check." probes: Option<Spanned<Probes>> = TEXT.words(&["none"]).or_object(&PROBES),
        "ServiceAccount of its pods." service_account: Option<Spanned<SmolStr>> = TEXT,
        "Secrets with the credentials of its image's registry." pull_secrets: Vec<Spanned<SmolStr>> = TEXT_OR_TEXTS,
        "Findings of `windlass audit` that the service lives with: rule and reason." ignore: Option<Spanned<Node>> = IGNORED,
    }
}

settings! {
    /// `x-windlass` of a volume.
    pub struct VolumeSettings as VOLUME_SETTINGS, ABOUT_VOLUME {
        "Size of the claim, such as `10Gi` (`--volume-size`)." size: Option<Spanned<SmolStr>> = TEXT,
        "Storage class of the claim (`--storage-class`)." storage_class: Option<Spanned<SmolStr>> = TEXT,
        "How several pods share it (`--shared-volumes`)." shared: Option<Spanned<SharedVolumes>> = TEXT.words(SharedVolumes::WORDS),
        "Findings of `windlass audit` that the volume lives with: rule and reason." ignore: Option<Spanned<Node>> = IGNORED,
    }
}

settings! {
    /// `autoscale`: a HorizontalPodAutoscaler.
    pub struct Autoscale as AUTOSCALE_OBJECT, ABOUT_AUTOSCALE {
        "Fewest pods; 1 without." min: Option<Spanned<i64>> = INT_OR_TEXT.range(1, 10_000),
        "Most pods." max: Option<Spanned<i64>> = INT_OR_TEXT.range(1, 10_000),
        "Share of the requested CPU that a pod may use on average, in percent; 70 where neither is written." cpu: Option<Spanned<i64>> = INT_OR_TEXT.range(1, 1000),
        "Share of the requested memory that a pod may use on average, in percent." memory: Option<Spanned<i64>> = INT_OR_TEXT.range(1, 1000),
    }
}

static AUTOSCALE: Object = AUTOSCALE_OBJECT.requiring(&["max"]);

settings! {
    /// The probes that differ.
    pub struct ProbeSettings as PROBES, ABOUT_PROBES {
        "Until it has worked once, the others wait." startup: Option<Spanned<Probe>> = PROBE,
        "While it fails, nobody is led to the pod." readiness: Option<Spanned<Probe>> = PROBE,
        "When it fails, the container is started again." liveness: Option<Spanned<Probe>> = PROBE,
    }
}

settings! {
    /// A probe of one's own: `http` with `port`, `tcp`, or `exec`; with neither only the times differ.
    pub struct ProbeCheck as PROBE_CHECK, ABOUT_PROBE {
        "Path that is asked for by HTTP." http: Option<Spanned<SmolStr>> = TEXT,
        "Port for `http`; the service's main one without." port: Option<Spanned<i64>> = INT_OR_TEXT.range(1, 65_535),
        "Port that is connected to." tcp: Option<Spanned<i64>> = INT_OR_TEXT.range(1, 65_535),
        "Command that is run: words, or a text for a shell." exec: Option<Spanned<Exec>> = TEXTS.or(Kinds::TEXT),
        "Time between two checks." interval: Option<Spanned<Duration>> = TEXT,
        "Time that a check may take." timeout: Option<Spanned<Duration>> = TEXT,
        "Failures in a row that count." retries: Option<Spanned<i64>> = INT.range(1, 10_000),
    }
}

/// `RULE reason`, a list of them, or a map of rules and reasons, as room `audit` reads them.
const IGNORED: Rule = {
    static REASONS: Names = Names { allows: |_| true, wanted: None, rule: TEXT.or(Kinds::NULL) };
    let mut rule = Rule::names(&REASONS).or(Kinds::TEXT);
    rule.items = Some(&TEXT);
    rule
};

const PROBE: Rule = TEXT.words(&["none"]).or_object(&PROBE_CHECK);

/// How published ports are reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Expose {
    /// All of them.
    All(Exposure),
    /// By container port; the others as without.
    Ports(Vec<(Spanned<SmolStr>, Exposure)>),
}

const EXPOSE: Rule = {
    static PORTS: Names = Names { allows: is_port, wanted: Some("the digits of a container port"), rule: TEXT.words(Exposure::WORDS) };
    let mut rule = Rule::names(&PORTS);
    let all = TEXT.words(Exposure::WORDS);
    rule.kinds = all.kinds;
    rule.limit = all.limit;
    rule
};

fn is_port(name: &str) -> bool {
    name.parse::<u16>().is_ok_and(|port| port > 0)
}

impl Read for Expose {
    fn read(node: &Node, context: &mut Context<'_>) -> Option<Self> {
        let Value::Map(map) = &node.value else { return Exposure::read(node, context).map(Self::All) };
        let mut ports = Vec::with_capacity(map.len());
        for (key, value) in map.iter() {
            if let Some(how) = context.within_name(key.name(), |context| Exposure::read(value, context)) {
                let origin = key.span.map_or(windlass_source::Origin::DEFAULT, windlass_source::Origin::at);
                ports.push((Spanned::new(key.name().clone(), origin), how));
            }
        }
        Some(Self::Ports(ports))
    }
}

/// The probes of a service.
#[derive(Clone, Debug)]
pub enum Probes {
    /// None at all.
    Off,
    /// Those that differ.
    Some(Box<ProbeSettings>),
}

/// One probe.
#[derive(Clone, Debug)]
pub enum Probe {
    /// None.
    Off,
    /// Another one.
    Check(Box<ProbeCheck>),
}

/// A command of its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Exec {
    /// Words.
    Words(Vec<Spanned<SmolStr>>),
    /// A text for a shell.
    Shell(Spanned<SmolStr>),
}

impl Read for Probes {
    fn read(node: &Node, context: &mut Context<'_>) -> Option<Self> {
        if node.as_str().is_some() { Some(Self::Off) } else { Read::read(node, context).map(Self::Some) }
    }
}

impl Read for Probe {
    fn read(node: &Node, context: &mut Context<'_>) -> Option<Self> {
        if node.as_str().is_some() { Some(Self::Off) } else { Read::read(node, context).map(Self::Check) }
    }
}

impl Read for Exec {
    fn read(node: &Node, context: &mut Context<'_>) -> Option<Self> {
        match &node.value {
            Value::Sequence(_) => Read::read(node, context).map(Self::Words),
            _ => Read::read(node, context).map(Self::Shell),
        }
    }
}

words! {
    /// The kind of a workload.
    pub enum WorkloadKind {
        /// Pods that are alike.
        Deployment = "deployment",
        /// Pods with a name and a claim each.
        StatefulSet = "statefulset",
        /// A pod on every node.
        DaemonSet = "daemonset",
        /// Pods that end.
        Job = "job",
        /// Jobs by the clock.
        CronJob = "cronjob",
    }
}

words! {
    /// What happens when a scheduled run is due while the last one still runs.
    pub enum Concurrency {
        /// Both run.
        Allow = "allow",
        /// The new one is left out.
        Forbid = "forbid",
        /// The old one is ended.
        Replace = "replace",
    }
}

words! {
    /// How a port is reached from outside.
    pub enum Exposure {
        /// An Ingress.
        Ingress = "ingress",
        /// An HTTPRoute of a Gateway.
        Gateway = "gateway",
        /// A port of every node.
        NodePort = "nodeport",
        /// A load balancer.
        LoadBalancer = "loadbalancer",
        /// Not at all.
        None = "none",
    }
}

words! {
    /// What can be reached where nothing else says it.
    pub enum ExposeDefault {
        /// Host ports 80 and 443.
        Auto = "auto",
        /// Nothing.
        None = "none",
    }
}

words! {
    /// Who waits.
    pub enum Wait {
        /// Init containers.
        Init = "init",
        /// Nobody.
        None = "none",
    }
}

words! {
    /// When NetworkPolicies are written.
    pub enum NetworkPolicies {
        /// With several networks, or an internal one.
        Auto = "auto",
        /// Always.
        Always = "always",
        /// Never.
        Never = "never",
    }
}

words! {
    /// How far containers are restricted.
    pub enum Security {
        /// As the project says.
        Preserve = "preserve",
        /// The baseline Pod Security Standard.
        Baseline = "baseline",
        /// The restricted Pod Security Standard.
        Restricted = "restricted",
    }
}

words! {
    /// Where values come from that nobody wrote.
    pub enum Defaults {
        /// From the catalogue, or inferred.
        Inferred = "inferred",
        /// Nowhere.
        None = "none",
    }
}

words! {
    /// How several pods share a volume.
    pub enum SharedVolumes {
        /// They run on one node.
        Affinity = "affinity",
        /// The claim asks for ReadWriteMany.
        Rwx = "rwx",
    }
}

/// The settings and what each is, for the JSON Schema: the object that its rules name, and the words about its keys.
pub(crate) static ABOUT: [(&Object, &[(&str, &str)]); 6] = [
    (&PROJECT_SETTINGS, ABOUT_PROJECT),
    (&SERVICE_SETTINGS, ABOUT_SERVICE),
    (&VOLUME_SETTINGS, ABOUT_VOLUME),
    (&AUTOSCALE, ABOUT_AUTOSCALE),
    (&PROBES, ABOUT_PROBES),
    (&PROBE_CHECK, ABOUT_PROBE),
];

#[cfg(test)]
mod tests {
    use crate::model::case::web;

    #[test]
    fn what_the_settings_do_not_know_is_refused() {
        let cases: &[(&str, &str)] = &[
            ("kinds: job", "`x-windlass` of service `web` has no attribute `kinds` @ kinds"),
            ("kind: pod", "`x-windlass.kind` of service `web` cannot be `pod` @ pod"),
            ("replicas: -1", "`x-windlass.replicas` of service `web` must be from 0 to 10000 @ -1"),
            ("autoscale: { min: 2 }", "`x-windlass.autoscale` of service `web` needs `max` @ { min: 2 }"),
            ("expose: { '0': ingress }", "`x-windlass.expose` of service `web` cannot have the name `0` @ '0'"),
            ("probes: { live: none }", "`x-windlass.probes` of service `web` has no attribute `live` @ live"),
            ("ignore: [{}]", "`x-windlass.ignore[0]` of service `web` must be text @ {}"),
        ];
        for (text, expected) in cases {
            assert_eq!(web(&[&format!("x-windlass: {{ {text} }}")]), *expected, "{text}");
        }
    }

    #[test]
    fn settings_are_merged_and_kept_as_they_are() {
        let first = "x-windlass: { kind: job, domain: a.example.com, expose: ingress, probes: { liveness: none } }";
        let second = "x-windlass: { kind: cronjob, replicas: '2', probes: { readiness: { http: /up, port: 80 } } }";
        assert_eq!(
            web(&[first, second]),
            r#"{x-windlass: {kind: "cronjob", domain: "a.example.com", expose: "ingress", probes: {liveness: "none", readiness: {http: "/up", port: 80}}, replicas: "2"}}"#
        );
    }
}
