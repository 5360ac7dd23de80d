//! Kinds that hold pods, and the containers of a pod.

use smol_str::SmolStr;
use windlass_yaml::Node;

use super::{Fields, text};

/// An object that is a pod or makes pods.
#[derive(Clone, Copy, Debug)]
pub struct Workload<'a> {
    /// The whole object.
    pub root: &'a Node,
    /// Its kind.
    pub kind: &'a str,
    /// What holds the pod's `metadata` and `spec`: the object itself for a Pod.
    pub template: &'a Node,
    /// The pod's `spec`.
    pub pod: &'a Node,
}

/// Which list of a pod a container stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ContainerKind {
    /// Runs to its end before the others start.
    Init,
    /// An init container with `restartPolicy: Always`: starts before the others and goes on beside them.
    Sidecar,
    /// One of `containers`.
    Main,
    /// Put into a running pod by a person.
    Ephemeral,
}

/// A container of a pod.
#[derive(Clone, Copy, Debug)]
pub struct Container<'a> {
    /// Where it stands.
    pub kind: ContainerKind,
    /// Its fields.
    pub node: &'a Node,
}

impl<'a> Workload<'a> {
    /// The pods of an object; `None` for kinds without, and where the template or its `spec` is missing.
    pub fn of(root: &'a Node) -> Option<Self> {
        let kind = root.text("kind")?;
        let template = match kind {
            "Pod" => root,
            "PodTemplate" => root.field("template")?,
            "CronJob" => root.at(&["spec", "jobTemplate", "spec", "template"])?,
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "ReplicationController" | "Job" => {
                root.at(&["spec", "template"])?
            }
            _ => return None,
        };
        // Other groups have kinds of these names too.
        let api_version = root.text("apiVersion").unwrap_or_default();
        if !matches!(api_version.split_once('/').map_or("", |(group, _)| group), "" | "apps" | "batch" | "extensions") {
            return None;
        }
        Some(Self { root, kind, template, pod: template.field("spec")? })
    }

    /// The labels that its pods have.
    pub fn labels(&self) -> impl Iterator<Item = (&'a SmolStr, &'a str)> {
        let labels = self.template.at(&["metadata", "labels"]).and_then(Node::as_map);
        labels.into_iter().flat_map(|map| map.iter()).map(|(key, value)| (key.name(), text(value).unwrap_or_default()))
    }

    /// The value of a label of its pods.
    pub fn label(&self, key: &str) -> Option<&'a str> {
        self.template.at(&["metadata", "labels"])?.text(key)
    }

    /// Its containers: init containers first, as they run.
    pub fn containers(&self) -> impl Iterator<Item = Container<'a>> {
        let pod = self.pod;
        let init = pod.items("initContainers").iter().map(|node| {
            let kind = if node.text("restartPolicy") == Some("Always") { ContainerKind::Sidecar } else { ContainerKind::Init };
            Container { kind, node }
        });
        let of = |kind: ContainerKind| move |node| Container { kind, node };
        init.chain(pod.items("containers").iter().map(of(ContainerKind::Main)))
            .chain(pod.items("ephemeralContainers").iter().map(of(ContainerKind::Ephemeral)))
    }

    /// True when its pods end by themselves: Jobs, CronJobs, and Pods that are not restarted.
    pub fn runs_to_completion(&self) -> bool {
        matches!(self.kind, "Job" | "CronJob") || self.pod.text("restartPolicy").is_some_and(|policy| policy != "Always")
    }

    /// How many pods it asks for; 1 where it does not say. `None` for kinds without replicas.
    pub fn replicas(&self) -> Option<i64> {
        let counts = matches!(self.kind, "Deployment" | "StatefulSet" | "ReplicaSet" | "ReplicationController");
        counts.then(|| self.root.field("spec").and_then(|spec| spec.int("replicas")).unwrap_or(1))
    }
}

impl<'a> Container<'a> {
    /// Its name; empty where it has none.
    pub fn name(&self) -> &'a str {
        self.node.text("name").unwrap_or_default()
    }

    /// The port that a number or a name of this container means.
    pub fn port(&self, port: &Node) -> Option<i64> {
        match text(port) {
            Some(name) => self.node.items("ports").iter().find(|port| port.text("name") == Some(name))?.int("containerPort"),
            None => super::int(port),
        }
    }
}
