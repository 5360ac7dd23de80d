//! What a look decides without a server.

use super::*;

#[test]
fn waits_after_errors_double_up_to_ten_seconds_and_differ() {
    let of = |failures: u32, name: &str| backoff(failures, &("shop".to_owned(), name.to_owned()));
    for failures in 1..5 {
        assert_eq!(of(failures + 1, "a"), of(failures, "a") * 2, "{failures}");
    }
    assert!(of(1, "a") >= Duration::from_millis(400) && of(1, "a") <= Duration::from_millis(600));
    assert!(of(1000, "a") >= Duration::from_secs(8) && of(1000, "a") <= Duration::from_secs(12));
    assert_ne!(of(3, "a"), of(3, "b"));
}

fn rendered(compose: &str, change: impl FnOnce(&mut Stack), day: &str) -> Rendering {
    let spec = serde_json::json!({ "serviceAccountName": "deployer", "compose": compose });
    let mut stack = Stack::new("shop", serde_json::from_value(spec).unwrap());
    stack.metadata.namespace = Some("shop".to_owned());
    change(&mut stack);
    rendering(&stack, load::Sources::default(), KubeVersion::default(), &BTreeMap::new(), day)
}

#[test]
fn an_exemption_ends_with_its_last_day() {
    let refusal = |day: &str| {
        let exempt = |stack: &mut Stack| {
            let exemption = |rule: &str| windlass_crd::v1alpha1::Exemption {
                rule: rule.to_owned(),
                reason: "it measures the hardware".to_owned(),
                until: Some("2026-06-30".to_owned()),
                ..Default::default()
            };
            stack.spec.audit.exemptions = vec![exemption("CO017")];
        };
        match rendered("services: { web: { image: 'nginx:1.27', privileged: true } }", exempt, day) {
            Rendering::Objects { refusal, .. } => refusal,
            Rendering::Invalid(message) => panic!("{message}"),
        }
    };
    assert_eq!(refusal("2026-06-30"), None);
    let told = refusal("2026-07-01").unwrap();
    assert!(told.starts_with("CO017"), "{told}");
}

#[tokio::test]
async fn a_look_that_panicked_is_told_once_and_the_rest_of_the_status_stays() {
    use axum::extract::{Request, State};
    use clap::Parser as _;

    let patches = Arc::new(Mutex::new(Vec::<serde_json::Value>::new()));
    let answer = async |State(patches): State<Arc<Mutex<Vec<serde_json::Value>>>>, request: Request| {
        let body = axum::body::to_bytes(request.into_body(), usize::MAX).await.unwrap();
        let patch: serde_json::Value = serde_json::from_slice(&body).unwrap();
        let spec = serde_json::json!({ "serviceAccountName": "deployer" });
        let stack =
            serde_json::json!({ "metadata": { "name": "shop", "resourceVersion": "8" }, "spec": spec, "status": patch[1]["value"] });
        lock(&patches).push(patch);
        stack.to_string()
    };
    let client = kube::Client::new(axum::Router::new().fallback(answer).with_state(Arc::clone(&patches)), "shop");
    let metrics = Arc::<Metrics>::default();
    let always = crate::lease::Leadership::always;
    let events = Events::new(client.clone(), always(), "one", Arc::clone(&metrics));
    let api = Api::new(client, always(), Arc::clone(&metrics));
    let crate::args::Command::Run(args) = crate::args::Cli::parse_from(["windlass-operator", "run"]).command else { panic!("another") };
    let shell = Shell::new(Parts { api, events, metrics }, &args);

    let mut stack = Stack::new("shop", Default::default());
    (stack.metadata.namespace, stack.metadata.resource_version) = (Some("shop".to_owned()), Some("7".to_owned()));
    stack.status = Some(StackStatus { revision: Some("abc".to_owned()), ..StackStatus::default() });
    shell.panicked(Arc::new(stack.clone())).await;
    let patch = lock(&patches).pop().unwrap();
    let status: StackStatus = serde_json::from_value(patch[1]["value"].clone()).unwrap();
    let ready = status.conditions.iter().find(|condition| condition.type_ == "Ready").unwrap();
    assert_eq!((ready.status.as_str(), ready.reason.as_str(), status.revision.as_deref()), ("Unknown", "Retrying", Some("abc")));
    // The second time says nothing new.
    stack.status = Some(status);
    shell.panicked(Arc::new(stack)).await;
    assert!(lock(&patches).is_empty());
}
