//! KW073 cronjob.

use windlass_k8s::view::Fields as _;
use windlass_yaml::{Map, Node};

use crate::context::ObjectContext;
use crate::findings::Findings;
use crate::rule::declare_rule;

declare_rule! {
    /// A CronJob leaves it open what happens when runs overlap or are missed, or a finished Job stays for ever.
    ///
    /// A Job of a CronJob, one that Helm or Argo CD deletes, and one with `ttlSecondsAfterFinished` do not stay.
    ///
    /// ## Why
    /// By default runs go on side by side, however many. Without a deadline a CronJob that missed a hundred starts never starts again.
    ///
    /// ## Example
    /// ```yaml k8s/web.yaml
    /// apiVersion: batch/v1
    /// kind: CronJob
    /// metadata: { name: backup }
    /// spec:
    ///   schedule: 0 3 * * *
    ///   jobTemplate:
    ///     spec:
    ///       template:
    ///         spec:
    ///           restartPolicy: OnFailure
    ///           containers: [{ name: backup, image: "acme/backup:1.4" }]
    /// ```
    /// ## Use instead
    /// ```yaml k8s/web.yaml
    /// apiVersion: batch/v1
    /// kind: CronJob
    /// metadata: { name: backup }
    /// spec:
    ///   schedule: 0 3 * * *
    ///   concurrencyPolicy: Forbid
    ///   startingDeadlineSeconds: 3600
    ///   jobTemplate:
    ///     spec:
    ///       template:
    ///         spec:
    ///           restartPolicy: OnFailure
    ///           containers: [{ name: backup, image: "acme/backup:1.4" }]
    /// ```
    pub(crate) static RULE = {
        id: "KW073", slug: "cronjob", control: BackgroundWork, severity: P3,
        seed: "15.1",
        aliases: ["kube-score:cronjob-has-deadline", "kube-score:cronjob-restartpolicy", "kube-linter:job-ttl-seconds-after-finished", "kyverno:add-ttl-jobs", "datree:8", "datree:17", "datree:24"],
        effort: 2,
        check: Object(check),
    }
}

fn check(object: &ObjectContext<'_>, findings: &mut Findings<'_>) {
    let Some(spec) = object.root().field("spec") else { return findings.not_applicable() };
    match object.kind() {
        "CronJob" => {
            let overlaps = spec.field("concurrencyPolicy").is_none().then_some("when runs overlap");
            let misses = spec.field("startingDeadlineSeconds").is_none().then_some("when a start is missed");
            let open: Vec<&str> = overlaps.into_iter().chain(misses).collect();
            if !open.is_empty() {
                let message = format!("`{}` does not say what happens {}", object.reference(), open.join(", and "));
                findings.report(object.name_span(), message).help("add `concurrencyPolicy: Forbid` and `startingDeadlineSeconds: 3600`");
            }
            let pod = spec.at(&["jobTemplate", "spec", "template", "spec"]);
            if pod.is_some_and(|pod| !matches!(pod.text("restartPolicy"), Some("Never" | "OnFailure"))) {
                let place = pod.and_then(|pod| pod.field("restartPolicy")).and_then(Node::span).or(object.name_span());
                let message = format!("the pods of `{}` would be restarted for ever", object.reference());
                findings.report(place, message).help("write `restartPolicy: OnFailure` or `Never`");
            }
        }
        "Job" if spec.field("ttlSecondsAfterFinished").is_none() => {
            let annotations = object.root().at(&["metadata", "annotations"]).and_then(Node::as_map);
            let is_hook = |map: &Map| {
                map.iter().any(|(key, _)| key.as_str().starts_with("helm.sh/hook") || key.as_str().starts_with("argocd.argoproj.io/hook"))
            };
            if annotations.is_some_and(is_hook) {
                return findings.exempt("who runs the hook deletes it");
            }
            let message = format!("`{}` stays when it is done", object.reference());
            findings.report(object.name_span(), message).help("add `ttlSecondsAfterFinished`");
        }
        _ => findings.not_applicable(),
    }
}
