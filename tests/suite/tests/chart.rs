//! The chart of the operator: linted and rendered by the real helm, judged as manifests, and taken by a real API server.
//! `cargo xtask control-plane` builds the programs; without them the tests say so and are skipped.
#![expect(clippy::disallowed_methods, reason = "reads the chart")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde_json::{Value, json};
use windlass_audit::{Context, Request, Settings, Severity, audit};
use windlass_k8s::schema::Version;
use windlass_k8s::validation::{Input, validate};
use windlass_k8s::validity::Status;
use windlass_source::{MemoryFileSystem, SourceMap};
use windlass_suite::rendered::{ByName, output, run};
use windlass_suite::verdicts::ask;
use windlass_testkit::{Cluster, Component, workspace};

fn chart() -> PathBuf {
    workspace().join("charts/windlass")
}

/// The values that the chart is rendered with: none, and each file of `ci/`.
fn values() -> Vec<Vec<String>> {
    let mut files: Vec<_> = fs::read_dir(chart().join("ci")).expect("ci/ exists").map(|entry| entry.expect("readable").path()).collect();
    files.sort();
    let given = files.iter().map(|file| vec!["--values".to_owned(), file.display().to_string()]);
    std::iter::once(Vec::new()).chain(given).collect()
}

/// Runs helm with the values.
fn helm(command: &[&str], values: &[String]) -> anyhow::Result<Option<String>> {
    let chart = chart().display().to_string();
    let mut arguments = command.to_vec();
    arguments.push(&chart);
    arguments.extend(values.iter().map(String::as_str));
    output(Component::Helm, &arguments)
}

fn template(values: &[String]) -> anyhow::Result<Option<ByName>> {
    let chart = chart().display().to_string();
    let mut arguments = vec!["template", "windlass", &chart, "--namespace", "windlass-system"];
    arguments.extend(values.iter().map(String::as_str));
    run(Component::Helm, &arguments)
}

#[test]
fn helm_finds_nothing_to_lint() -> anyhow::Result<()> {
    for values in values() {
        let Some(said) = helm(&["lint", "--strict"], &values)? else { return Ok(()) };
        assert!(said.contains("0 chart(s) failed"), "{said}");
    }
    Ok(())
}

#[test]
fn values_that_mean_nothing_are_refused() -> anyhow::Result<()> {
    if Component::Helm.find()?.is_none() {
        println!("skipped: there is no helm");
        return Ok(());
    }
    for wrong in ["replica=2", "scope=everywhere", "webhook.failurePolicy=Maybe", "image.digest=sha256:1", "concurrency=0"] {
        let said = template(&["--set".to_owned(), wrong.to_owned()]);
        assert!(said.is_err_and(|error| error.to_string().contains("don't meet the specifications of the schema")), "{wrong}");
    }
    Ok(())
}

/// Powers that the operator needs, with the reason.
const EXCEPT: [(&str, &str); 4] = [
    ("KN001", "a value makes the policies, which not every network knows"),
    ("KW049", "a value says how many, and one is enough where nobody is kept waiting by the webhook"),
    ("KR003", "in a namespace it watches Secrets, for those that Stacks name or made"),
    ("KR006", "it writes objects as the accounts that Stacks name, by impersonation"),
];

#[test]
fn what_is_rendered_is_valid_and_has_no_power_that_it_does_not_need() -> anyhow::Result<()> {
    for values in values() {
        let Some(text) = helm(&["template", "windlass", "--namespace", "windlass-system"], &values)? else { return Ok(()) };
        let mut sources = SourceMap::new();
        let file = sources.add("chart.yaml", text.as_str());
        let input = Input { sources, files: vec![file], ..Input::default() };
        let judged = validate(&input, &Input::default(), Version::DEFAULT);
        for resource in &judged.resources {
            let unknown = ["monitoring.coreos.com/v1", "cert-manager.io/v1"].contains(&resource.api_version());
            assert!(resource.status == Status::Valid || unknown, "{} {}: {:?}", resource.kind(), resource.name(), resource.problems);
            assert!(resource.findings.is_empty(), "{} {}: {:?}", resource.kind(), resource.name(), resource.findings);
        }

        let mut files = MemoryFileSystem::new();
        files.insert("/chart/all.yaml", text.as_bytes(), 0o644);
        let context = Context::load(&Request::new("/chart"), &files);
        let audit = audit(&context, &Settings { today: "2026-01-01".to_owned(), ..Settings::default() });
        let of_objects = audit.findings.iter().filter(|finding| finding.rule.id.starts_with('K') && finding.grade.severity < Severity::P3);
        let others: Vec<_> = of_objects
            .filter(|finding| EXCEPT.iter().all(|(rule, _)| *rule != finding.rule.id))
            .map(|finding| format!("{} {}", finding.rule.id, finding.message))
            .collect();
        assert!(others.is_empty(), "{others:?}");
    }
    Ok(())
}

#[test]
fn no_role_has_a_wildcard_and_no_cluster_wide_one_reads_secrets() -> anyhow::Result<()> {
    for values in values() {
        let Some(objects) = template(&values)? else { return Ok(()) };
        for (name, object) in &objects {
            for rule in object["rules"].as_array().into_iter().flatten().filter(|_| name.contains("Role ")) {
                let words =
                    |field: &str| -> BTreeSet<&str> { rule[field].as_array().into_iter().flatten().filter_map(Value::as_str).collect() };
                let all: BTreeSet<&str> = ["apiGroups", "resources", "verbs"].into_iter().flat_map(words).collect();
                let forbidden: Vec<_> =
                    ["*", "escalate", "bind", "deletecollection"].into_iter().filter(|word| all.contains(word)).collect();
                assert!(forbidden.is_empty(), "{name}: {rule}");
                assert!(!(name.starts_with("ClusterRole ") && words("resources").contains("secrets")), "{name}: {rule}");
            }
        }
    }
    Ok(())
}

#[test]
fn an_api_server_takes_what_is_rendered() -> anyhow::Result<()> {
    let Some(cluster) = Cluster::start(&[])? else { return Ok(()) };
    for namespace in ["windlass-system", "shop"] {
        cluster.create_namespace(namespace)?;
    }
    let restricted = json!({ "metadata": { "labels": { "pod-security.kubernetes.io/enforce": "restricted" } } });
    let labelled = cluster.client().request(
        "PATCH",
        "/api/v1/namespaces/windlass-system",
        Some(("application/merge-patch+json", &restricted.to_string())),
    )?;
    assert!(labelled.is_ok(), "{}", labelled.message());
    let mut taken = 0;
    for values in values() {
        let Some(objects) = template(&values)? else { return Ok(()) };
        for (name, object) in &objects {
            let answer = ask(cluster.client(), object, "windlass-system")?;
            // The definitions of the Prometheus operator and of cert-manager are not in this cluster.
            let is_of_others = ["ServiceMonitor ", "Issuer ", "Certificate "].iter().any(|kind| name.starts_with(kind));
            assert!(answer.message.is_empty() || (is_of_others && answer.status == 404), "{name}: {}", answer.message);
            taken += usize::from(answer.message.is_empty());
            if name.starts_with("Deployment ") {
                // A Deployment is taken whatever its pods are; the standard is held against the pods.
                let mut spec = object["spec"]["template"]["spec"].clone();
                spec["serviceAccountName"] = "default".into();
                let metadata = json!({ "name": "operator", "namespace": "windlass-system" });
                let pod = json!({ "apiVersion": "v1", "kind": "Pod", "metadata": metadata, "spec": spec });
                let answer = ask(cluster.client(), &pod, "windlass-system")?;
                assert!(answer.message.is_empty(), "the pod of {name}: {}", answer.message);
            }
        }
    }
    println!("result: {taken} objects taken");
    assert!(taken > 40, "{taken}");
    Ok(())
}

/// The links into `crds/` lead to every definition.
#[test]
fn the_chart_has_the_definitions() {
    let names = |folder: PathBuf| -> BTreeSet<(String, String)> {
        let entries = fs::read_dir(&folder).unwrap_or_else(|_| panic!("{} exists", folder.display()));
        let files = entries.map(|entry| entry.expect("readable").path());
        files
            .map(|path| (path.file_name().unwrap_or_default().to_string_lossy().into_owned(), fs::read_to_string(&path).expect("readable")))
            .collect()
    };
    assert_eq!(names(chart().join("crds")), names(workspace().join("crds")));
}

/// The objects of a chart that has everything switched on.
fn whole() -> anyhow::Result<Option<ByName>> {
    template(&["--values".to_owned(), chart().join("ci/cluster.yaml").display().to_string()])
}

#[test]
fn the_webhook_judges_stacks_alone_soon_and_without_effects() -> anyhow::Result<()> {
    for values in values() {
        let Some(objects) = template(&values)? else { return Ok(()) };
        for (_, object) in objects.iter().filter(|(name, _)| name.starts_with("ValidatingWebhookConfiguration ")) {
            let webhook = &object["webhooks"][0];
            assert_eq!(webhook["rules"][0]["resources"], json!(["stacks"]));
            assert_eq!(webhook["sideEffects"], "None");
            assert!(webhook["timeoutSeconds"].as_i64().is_some_and(|seconds| seconds <= 5));
            let selected = &webhook["namespaceSelector"]["matchExpressions"][0];
            let leaves_system = selected["operator"] == "In" || selected["values"] == json!(["kube-system"]);
            assert!(leaves_system, "{selected}");
            if values.is_empty() {
                assert_eq!(webhook["failurePolicy"], "Fail");
            }
        }
    }
    Ok(())
}

#[test]
fn the_operators_pod_writes_nowhere() -> anyhow::Result<()> {
    for values in values() {
        let Some(objects) = template(&values)? else { return Ok(()) };
        let (_, deployment) = objects.iter().find(|(name, _)| name.starts_with("Deployment ")).expect("a Deployment");
        let container = &deployment["spec"]["template"]["spec"]["containers"][0];
        assert_eq!(container["securityContext"]["readOnlyRootFilesystem"], true);
        let writable: Vec<_> =
            container["volumeMounts"].as_array().into_iter().flatten().filter(|mount| mount["readOnly"] != true).collect();
        assert!(writable.is_empty(), "{writable:?}");
    }
    Ok(())
}

#[test]
fn what_keeps_the_operator_available_and_watched_is_in_the_chart() -> anyhow::Result<()> {
    let Some(objects) = whole()? else { return Ok(()) };
    let of = |kind: &str| {
        let found = objects.iter().find(|(name, _)| name.starts_with(&format!("{kind} ")));
        found.unwrap_or_else(|| panic!("no {kind}: {:?}", objects.keys())).1
    };
    assert_eq!(of("PodDisruptionBudget")["spec"]["maxUnavailable"], 1);
    assert_eq!(of("ServiceMonitor")["spec"]["endpoints"][0]["path"], "/metrics");
    let pod = &of("Deployment")["spec"]["template"]["spec"];
    assert_eq!(pod["priorityClassName"], "system-cluster-critical");
    assert_eq!(pod["topologySpreadConstraints"][0]["topologyKey"], "kubernetes.io/hostname");
    // Metrics are for whom the values name.
    let metrics = &of("NetworkPolicy")["spec"]["ingress"][0];
    assert_eq!(metrics["ports"][0]["port"], 8080);
    assert_eq!(metrics["from"][0]["namespaceSelector"]["matchLabels"]["kubernetes.io/metadata.name"], "monitoring");
    Ok(())
}

#[test]
fn without_policies_and_webhook_there_is_no_right_outside_of_a_namespace() -> anyhow::Result<()> {
    let bare = vec!["--values".to_owned(), chart().join("ci/bare.yaml").display().to_string()];
    let Some(rendered) = template(&bare)? else { return Ok(()) };
    let of_the_cluster: Vec<&String> = rendered.keys().filter(|name| name.starts_with("ClusterRole")).collect();
    assert_eq!(of_the_cluster, Vec::<&String>::new());
    assert!(rendered.keys().any(|name| name.starts_with("Role ")));
    let deployment = &rendered["Deployment windlass-system/windlass"]["spec"]["template"]["spec"]["containers"][0]["env"];
    assert!(deployment.to_string().contains("WINDLASS_NO_POLICIES"), "{deployment}");
    Ok(())
}
