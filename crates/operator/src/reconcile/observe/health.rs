//! How an object is, from its own status: the rules are those of kstatus. A status that is about an earlier generation says nothing.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
use k8s_openapi::jiff::Timestamp;
use serde::Deserialize;
use windlass_k8s::Kind;

use super::Light;
use crate::step::Health;

/// What is looked at of a spec.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Spec {
    replicas: Option<i64>,
    completions: Option<i64>,
    suspend: Option<bool>,
    update_strategy: Option<UpdateStrategy>,
    r#type: Option<String>,
    #[serde(rename = "clusterIP")]
    cluster_ip: Option<String>,
}

impl Spec {
    pub(super) fn replicas(&self) -> Option<i64> {
        self.replicas
    }

    pub(super) fn is_headless(&self) -> bool {
        self.cluster_ip.as_deref() == Some("None")
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct UpdateStrategy {
    r#type: String,
}

/// What is looked at of a status.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct Status {
    observed_generation: Option<i64>,
    phase: Option<String>,
    replicas: i64,
    updated_replicas: i64,
    ready_replicas: i64,
    available_replicas: i64,
    current_revision: Option<String>,
    update_revision: Option<String>,
    desired_number_scheduled: i64,
    updated_number_scheduled: i64,
    number_available: i64,
    active: i64,
    succeeded: i64,
    conditions: Vec<Condition>,
    load_balancer: Option<LoadBalancer>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default)]
struct LoadBalancer {
    ingress: Vec<serde::de::IgnoredAny>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Condition {
    r#type: String,
    status: String,
    reason: Option<String>,
    message: Option<String>,
    last_update_time: Option<Time>,
}

impl Status {
    /// When a Deployment made progress last, as its controller says.
    pub(super) fn progressed_at(&self) -> Option<Timestamp> {
        let condition = self.conditions.iter().find(|condition| condition.r#type == "Progressing" && condition.status == "True")?;
        condition.last_update_time.as_ref().map(|time| time.0)
    }

    pub(super) fn newest_revision(&self, generation: Option<i64>) -> Option<&str> {
        self.update_revision.as_deref().filter(|_| self.observed_generation >= generation)
    }

    pub(super) fn is_ready(&self) -> bool {
        self.holds("Ready").is_some()
    }

    fn holds(&self, name: &str) -> Option<&Condition> {
        self.conditions.iter().find(|condition| condition.r#type == name && condition.status == "True")
    }
}

/// What people should know of an object that is well otherwise.
pub(super) fn note(kind: Kind, object: &Light) -> Option<&'static str> {
    let is_balanced = kind == Kind::Service && object.spec.r#type.as_deref() == Some("LoadBalancer");
    let has_address = object.status.load_balancer.as_ref().is_some_and(|balancer| !balancer.ingress.is_empty());
    (is_balanced && !has_address).then_some("its load balancer has no address yet")
}

/// How an object of this kind is.
pub(super) fn of(kind: Kind, object: &Light) -> Health {
    let status = &object.status;
    let is_current = match (status.observed_generation, object.metadata.generation) {
        (Some(observed), Some(generation)) => observed >= generation,
        (None, Some(_)) => false,
        (_, None) => true,
    };
    match kind {
        Kind::Deployment => deployment(object, is_current),
        Kind::StatefulSet => stateful_set(object, is_current),
        Kind::DaemonSet => daemon_set(object, is_current),
        Kind::Job => job(object),
        Kind::PersistentVolumeClaim if status.phase.as_deref() == Some("Lost") => Health::Failed("its volume is lost".to_owned()),
        // A claim may wait for its first pod, and a load balancer for its address: neither keeps a Stack from being ready.
        _ => Health::Static,
    }
}

fn deployment(object: &Light, is_current: bool) -> Health {
    let status = &object.status;
    let wanted = object.spec.replicas.unwrap_or(1);
    let is_done = is_current
        && status.updated_replicas >= wanted
        && status.available_replicas >= wanted
        && status.replicas == status.updated_replicas;
    if is_done {
        return Health::Ready { ready: status.available_replicas };
    }
    // Pods of earlier revisions are available too, and are none of those that are waited for.
    let old = status.replicas - status.updated_replicas;
    let ready = if is_current { (status.available_replicas - old).clamp(0, status.updated_replicas.max(0)) } else { 0 };
    progressing(object, ready, wanted, is_current && status.updated_replicas > 0)
}

fn stateful_set(object: &Light, is_current: bool) -> Health {
    let status = &object.status;
    let wanted = object.spec.replicas.unwrap_or(1);
    let replaces_itself = object.spec.update_strategy.as_ref().is_none_or(|strategy| strategy.r#type != "OnDelete");
    let is_updated = !replaces_itself || wanted == 0 || status.current_revision == status.update_revision;
    if is_current && status.ready_replicas >= wanted && is_updated {
        return Health::Ready { ready: status.ready_replicas };
    }
    progressing(object, if is_current { status.ready_replicas } else { 0 }, wanted, is_current && status.replicas > 0)
}

fn daemon_set(object: &Light, is_current: bool) -> Health {
    let status = &object.status;
    let wanted = status.desired_number_scheduled;
    if is_current && status.updated_number_scheduled >= wanted && status.number_available >= wanted {
        return Health::Ready { ready: status.number_available };
    }
    progressing(object, if is_current { status.number_available } else { 0 }, wanted, is_current && status.updated_number_scheduled > 0)
}

fn job(object: &Light) -> Health {
    let status = &object.status;
    if status.holds("Complete").is_some() {
        return Health::Completed;
    }
    if let Some(failed) = status.holds("Failed") {
        let words = [failed.reason.as_deref(), failed.message.as_deref()];
        return Health::Failed(words.into_iter().flatten().collect::<Vec<_>>().join(": "));
    }
    if object.spec.suspend == Some(true) {
        return Health::Static;
    }
    progressing(object, status.succeeded, object.spec.completions.unwrap_or(1), status.active > 0 || status.succeeded > 0)
}

fn progressing(object: &Light, ready: i64, wanted: i64, is_started: bool) -> Health {
    // A quota or a policy that keeps pods from being made is told here and nowhere else.
    let failure = object.status.holds("ReplicaFailure").and_then(|failure| failure.message.clone());
    let message = failure.unwrap_or_else(|| format!("{ready} of {wanted} pods are ready"));
    Health::Progressing { ready, wanted, is_started, message }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn check(kind: Kind, object: serde_json::Value, expected: &str) {
        let object: Light = serde_json::from_value(object).unwrap();
        let told = match of(kind, &object) {
            Health::Static => "static".to_owned(),
            Health::Progressing { ready, wanted, is_started, message } => {
                format!("{ready}/{wanted} {}: {message}", if is_started { "started" } else { "not started" })
            }
            Health::Ready { ready } => format!("ready {ready}"),
            Health::Completed => "completed".to_owned(),
            Health::Failed(why) => format!("failed: {why}"),
        };
        assert_eq!(told, expected);
    }

    #[test]
    fn a_deployment_is_ready_when_its_controller_saw_it_and_old_pods_are_gone() {
        let status = json!({ "observedGeneration": 2, "replicas": 3, "updatedReplicas": 3, "readyReplicas": 3, "availableReplicas": 3 });
        let object = |generation, status| json!({ "metadata": { "generation": generation }, "spec": { "replicas": 3 }, "status": status });
        check(Kind::Deployment, object(2, status.clone()), "ready 3");
        check(Kind::Deployment, object(3, status.clone()), "0/3 not started: 0 of 3 pods are ready");
        let mut old = status.clone();
        old["replicas"] = json!(4);
        check(Kind::Deployment, object(2, old), "2/3 started: 2 of 3 pods are ready");
        check(Kind::Deployment, json!({ "metadata": { "generation": 1 } }), "0/1 not started: 0 of 1 pods are ready");
        let quota = json!({ "observedGeneration": 1, "conditions": [{ "type": "ReplicaFailure", "status": "True", "message": "exceeded quota: small" }] });
        check(Kind::Deployment, object(1, quota), "0/3 not started: exceeded quota: small");
    }

    #[test]
    fn a_stateful_set_is_ready_when_its_pods_are_of_the_newest_revision() {
        let object = |update: &str| {
            json!({
                "metadata": { "generation": 1 }, "spec": { "replicas": 1 },
                "status": { "observedGeneration": 1, "replicas": 1, "readyReplicas": 1, "currentRevision": "a", "updateRevision": update },
            })
        };
        check(Kind::StatefulSet, object("a"), "ready 1");
        check(Kind::StatefulSet, object("b"), "1/1 started: 1 of 1 pods are ready");
    }

    #[test]
    fn a_stateful_set_that_is_updated_by_hand_and_a_daemon_set_are_ready_in_their_own_way() {
        let by_hand = json!({
            "metadata": { "generation": 1 }, "spec": { "replicas": 1, "updateStrategy": { "type": "OnDelete" } },
            "status": { "observedGeneration": 1, "replicas": 1, "readyReplicas": 1, "currentRevision": "a", "updateRevision": "b" },
        });
        check(Kind::StatefulSet, by_hand, "ready 1");
        let daemons = |updated: i64, available: i64| {
            json!({
                "metadata": { "generation": 1 },
                "status": {
                    "observedGeneration": 1, "desiredNumberScheduled": 2, "updatedNumberScheduled": updated, "numberAvailable": available,
                },
            })
        };
        check(Kind::DaemonSet, daemons(2, 2), "ready 2");
        check(Kind::DaemonSet, daemons(1, 2), "2/2 started: 2 of 2 pods are ready");
        check(Kind::DaemonSet, daemons(2, 1), "1/2 started: 1 of 2 pods are ready");
        check(Kind::DaemonSet, json!({ "metadata": { "generation": 1 } }), "0/0 not started: 0 of 0 pods are ready");
    }

    #[test]
    fn a_job_ends_well_or_badly() {
        let status = |status: serde_json::Value| json!({ "metadata": { "generation": 1 }, "status": status });
        check(Kind::Job, status(json!({ "active": 1 })), "0/1 started: 0 of 1 pods are ready");
        check(Kind::Job, status(json!({ "conditions": [{ "type": "Complete", "status": "True" }] })), "completed");
        let failed = json!({ "conditions": [{ "type": "Failed", "status": "True", "reason": "BackoffLimitExceeded", "message": "no" }] });
        check(Kind::Job, status(failed), "failed: BackoffLimitExceeded: no");
    }

    #[test]
    fn what_waits_for_others_does_not_keep_a_stack_from_being_ready() {
        check(Kind::PersistentVolumeClaim, json!({ "status": { "phase": "Pending" } }), "static");
        check(Kind::PersistentVolumeClaim, json!({ "status": { "phase": "Lost" } }), "failed: its volume is lost");
        let service = |status| json!({ "spec": { "type": "LoadBalancer" }, "status": { "loadBalancer": status } });
        check(Kind::Service, service(json!({})), "static");
        let note = |status| note(Kind::Service, &serde_json::from_value(service(status)).unwrap());
        assert_eq!(note(json!({})), Some("its load balancer has no address yet"));
        assert_eq!(note(json!({ "ingress": [{ "ip": "192.0.2.1" }] })), None);
    }
}
