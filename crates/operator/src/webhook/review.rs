//! A review: the API server's question in, the answer out. Pure.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use serde::Deserialize;
use serde_json::{Value, json};
use windlass_audit::Severity;
use windlass_audit::gate::{Standing, Verdict, is_same_rendering};
use windlass_convert::{Conversion, KubeVersion};
use windlass_crd::v1alpha1::{Stack, StackPolicySpec};

use crate::reconcile::load::{self, Project, Sources};
use crate::reconcile::{build, gate, status};

/// Warnings that an answer holds; the status of the Stack has the others.
const WARNINGS: usize = 12;
/// Characters of a warning, above which the API server cuts it.
const WARNING_LENGTH: usize = 250;

/// What a Stack is judged by beside itself.
#[derive(Clone, Copy, Debug)]
pub struct Look<'a> {
    /// Every policy, by name.
    pub policies: &'a BTreeMap<String, StackPolicySpec>,
    /// Oldest Kubernetes that must accept the objects.
    pub kube_version: KubeVersion,
    /// `2026-01-31`.
    pub today: &'a str,
}

/// What is asked.
#[derive(Debug, Deserialize)]
struct Review {
    request: Request,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    uid: String,
    #[serde(default)]
    namespace: String,
    operation: String,
    object: Option<Stack>,
    old_object: Option<Stack>,
}

/// What is answered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Answer {
    /// Why not; `None`: it may be.
    pub refusal: Option<String>,
    /// What is told in any case.
    pub warnings: Vec<String>,
}

/// Answers a review.
///
/// # Errors
/// When the body is none: that is the API server's fault, not the Stack's.
pub fn answer(body: &[u8], look: &Look<'_>) -> Result<Value, serde_json::Error> {
    let Review { request } = serde_json::from_slice(body)?;
    let uid = request.uid.clone();
    let Answer { refusal, warnings } = judge(request, look);
    let mut response = json!({ "uid": uid, "allowed": refusal.is_none() });
    if !warnings.is_empty() {
        response["warnings"] = warnings.into();
    }
    if let Some(message) = refusal {
        response["status"] = json!({ "code": 403, "reason": "Forbidden", "message": message });
    }
    Ok(json!({ "apiVersion": "admission.k8s.io/v1", "kind": "AdmissionReview", "response": response }))
}

fn judge(request: Request, look: &Look<'_>) -> Answer {
    let Request { namespace, operation, object, old_object, .. } = request;
    let Some(mut stack) = object.filter(|_| matches!(operation.as_str(), "CREATE" | "UPDATE")) else { return Answer::default() };
    // Whoever leaves is not held up.
    if stack.metadata.deletion_timestamp.is_some() || old_object.as_ref().is_some_and(|old| is_same_text(old, &stack)) {
        return Answer::default();
    }
    stack.metadata.namespace.get_or_insert(namespace);
    // A name that the server makes begins with this.
    let begins = stack.metadata.generate_name.clone().unwrap_or_default();
    stack.metadata.name.get_or_insert_with(|| begins.trim_end_matches('-').to_owned());
    let is_whole = stack.spec.compose_from.is_empty() && stack.spec.files_from.is_empty() && stack.spec.variables_from.is_empty();
    let later = || Answer {
        refusal: None,
        warnings: vec!["sources of this Stack stand in other objects: it is audited before it is applied, see its status".to_owned()],
    };
    if !stack.spec.compose_from.is_empty() {
        return later();
    }
    let (project, conversion) = match rendered(&stack, look.kube_version) {
        Ok(rendered) => rendered,
        // What is missing may stand there.
        Err(_) if !is_whole => return later(),
        Err(wrong) => return Answer { refusal: Some(wrong), warnings: Vec::new() },
    };
    let mut verdict = gate::judge(&stack, project, &conversion, look.policies, look.today);
    if verdict.is_refused() && old_object.is_some_and(|old| renders_alike(old, &conversion, look.kube_version)) {
        verdict = verdict.admitted();
    }
    let mut warnings = warnings(&verdict);
    if !is_whole {
        warnings.extend(later().warnings);
    }
    Answer { refusal: gate::refusal(&verdict), warnings }
}

/// The project and its objects, or what is wrong with the text.
fn rendered(stack: &Stack, kube_version: KubeVersion) -> Result<(Project, Conversion), String> {
    let project = load::load(stack, Sources::default());
    let wrong = status::errors(&project.loaded.diagnostics, &project.loaded.sources);
    if !wrong.is_empty() {
        return Err(wrong);
    }
    let conversion = build::convert(&project, &build::options(stack, &project, kube_version));
    let wrong = status::errors(&conversion.diagnostics, &project.loaded.sources);
    let wrong = if wrong.is_empty() { build::too_large(&project, &conversion) } else { Some(wrong) };
    wrong.map_or(Ok((project, conversion)), Err)
}

/// True when nothing changed that a judgement reads: suspension, labels and finalizers do not count.
fn is_same_text(old: &Stack, new: &Stack) -> bool {
    let (old, new) = (&old.spec, &new.spec);
    old.compose == new.compose
        && old.compose_from == new.compose_from
        && old.files == new.files
        && old.files_from == new.files_from
        && old.executables == new.executables
        && old.variables == new.variables
        && old.variables_from == new.variables_from
        && old.overrides == new.overrides
        && old.profiles == new.profiles
        && old.audit == new.audit
}

/// True when the Stack was the same objects before, so that nothing new would run.
fn renders_alike(old: Stack, conversion: &Conversion, kube_version: KubeVersion) -> bool {
    let is_same_audit = rendered(&old, kube_version);
    is_same_audit.is_ok_and(|(_, before)| is_same_rendering(&before.objects, &conversion.objects))
}

/// P1 and P2 that are not refused, and a count of the rest.
fn warnings(verdict: &Verdict) -> Vec<String> {
    let counting = || verdict.findings.iter().filter(|finding| finding.standing == Standing::Warned);
    let worth = |severity: Severity| severity < Severity::P3;
    let told = counting().filter(|finding| worth(finding.grade.severity)).map(|finding| {
        let mut text = format!("{} {}", finding.rule.id, finding.grade.severity);
        if let Some(place) = &finding.place {
            // Writing to a text does not fail.
            let _ = write!(text, " {}:{}", place.file, place.line);
        }
        let _ = write!(text, ": {}", finding.message);
        cut(text)
    });
    let mut all: Vec<String> = verdict.notes.iter().cloned().map(cut).collect();
    all.extend(told.take(WARNINGS));
    let rest = counting().count().saturating_sub(counting().filter(|finding| worth(finding.grade.severity)).take(WARNINGS).count());
    if rest > 0 {
        all.push(format!("and {rest} more findings of the audit; the status counts them"));
    }
    all
}

fn cut(text: String) -> String {
    if text.chars().count() <= WARNING_LENGTH {
        return text;
    }
    text.chars().take(WARNING_LENGTH - 1).chain(['…']).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const STACK: &str = "services:\n  web:\n    image: nginx:1.27\n    mem_limit: 64m\n";

    fn stack(compose: &str) -> Value {
        json!({
            "apiVersion": "windlass.dev/v1alpha1", "kind": "Stack",
            "metadata": { "name": "shop", "namespace": "shop" },
            "spec": { "compose": compose, "serviceAccountName": "shop-deployer" },
        })
    }

    fn ask(object: &Value, old: Option<&Value>) -> Value {
        let operation = if old.is_some() { "UPDATE" } else { "CREATE" };
        let review = json!({ "request": { "uid": "7", "namespace": "shop", "operation": operation, "object": object, "oldObject": old } });
        let look = Look { policies: &BTreeMap::new(), kube_version: KubeVersion::default(), today: "2026-06-01" };
        answer(review.to_string().as_bytes(), &look).unwrap()["response"].clone()
    }

    #[test]
    fn a_power_is_refused_with_its_line_and_the_rest_is_told() {
        let privileged = stack(&format!("{STACK}    privileged: true\n"));
        let refused = ask(&privileged, None);
        assert_eq!((&refused["uid"], &refused["allowed"]), (&json!("7"), &json!(false)));
        let message = refused["status"]["message"].as_str().unwrap();
        assert!(message.starts_with("CO017 compose.yaml:5: `web` runs privileged"), "{message}");
        let allowed = ask(&stack(STACK), None);
        assert_eq!(allowed["allowed"], true);
        assert!(allowed["warnings"].as_array().is_some_and(|warnings| !warnings.is_empty()));
    }

    #[test]
    fn a_text_that_compose_refuses_is_refused_at_its_place() {
        let refused = ask(&stack("services:\n  web: { imagee: nginx }\n"), None);
        assert_eq!(refused["allowed"], false);
        let message = refused["status"]["message"].as_str().unwrap();
        assert!(message.starts_with("compose.yaml:2:"), "{message}");
    }

    #[test]
    fn suspension_labels_finalizers_and_deletion_are_never_refused() {
        let old = stack(&format!("{STACK}    privileged: true\n"));
        let mut suspended = old.clone();
        suspended["spec"]["suspend"] = true.into();
        let mut labelled = old.clone();
        labelled["metadata"]["labels"] = json!({ "a": "b" });
        let mut leaving = stack("no: [yaml");
        leaving["metadata"]["deletionTimestamp"] = "2026-06-01T00:00:00Z".into();
        for new in [&suspended, &labelled, &leaving] {
            assert_eq!(ask(new, Some(&old))["allowed"], true, "{new}");
        }
        // Neither is a text that gives the same objects.
        let moved = stack(&format!("# moved\n{STACK}    privileged: true\n"));
        assert_eq!(ask(&moved, Some(&old))["allowed"], true);
        let other = stack(&format!("{STACK}    privileged: true\n    hostname: other\n"));
        assert_eq!(ask(&other, Some(&old))["allowed"], false);
    }

    #[test]
    fn sources_that_stand_elsewhere_are_judged_later() {
        let mut elsewhere = stack(STACK);
        elsewhere["spec"].as_object_mut().unwrap().remove("compose");
        elsewhere["spec"]["composeFrom"] = json!([{ "configMapKeyRef": { "name": "a", "key": "b" } }]);
        let answer = ask(&elsewhere, None);
        assert_eq!(answer["allowed"], true);
        assert!(answer["warnings"][0].as_str().unwrap().contains("before it is applied"), "{answer}");
        let mut missing = stack("services:\n  web: { image: \"nginx:${TAG:?}\" }\n");
        assert_eq!(ask(&missing, None)["allowed"], false);
        missing["spec"]["variablesFrom"] = json!([{ "secretRef": { "name": "a" } }]);
        assert_eq!(ask(&missing, None)["allowed"], true);
    }

    #[test]
    fn what_is_no_review_is_no_answer() {
        let look = Look { policies: &BTreeMap::new(), kube_version: KubeVersion::default(), today: "2026-06-01" };
        assert!(answer(b"{}", &look).is_err() && answer(b"\xff", &look).is_err());
    }
}
