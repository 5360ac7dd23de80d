//! What a look decides without a server.

use super::*;

#[test]
fn waits_after_errors_double_up_to_a_minute_and_differ() {
    let of = |failures: u32, name: &str| backoff(failures, &("shop".to_owned(), name.to_owned()));
    for failures in 1..7 {
        assert_eq!(of(failures + 1, "a"), of(failures, "a") * 2, "{failures}");
    }
    assert!(of(1, "a") >= Duration::from_millis(400) && of(1, "a") <= Duration::from_millis(600));
    assert!(of(1000, "a") >= Duration::from_secs(40) && of(1000, "a") <= Duration::from_secs(60));
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
