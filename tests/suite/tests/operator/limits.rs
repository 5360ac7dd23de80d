//! What the operator takes, and when it gives up: memory, time, rules that become stricter.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::{Value, json};

use super::harness::{Operator, World, condition, deployment, image, stack, stacks};

const MIB: f64 = 1024.0 * 1024.0;

#[test]
fn large_objects_of_others_take_no_memory() {
    let Some(world) = World::shared() else { return };
    world.namespace("large");
    let text = "services: { web: { image: 'nginx:1.27' } }\n";
    world.create(&stacks("large"), &stack("web", text));
    let operator = Operator::start(world, "large", &["--watch-secrets"]);
    world.wait_for(&format!("{}/web", stacks("large")), "Ready");
    let before = operator.peak_memory();
    operator.kill();

    // Two hundred of them are 100 MB, and a fifth of that stands where kubectl writes what was applied last.
    let (number, content, last) = (100, "a".repeat(400 << 10), "b".repeat(100 << 10));
    for (kind, plural) in [("ConfigMap", "configmaps"), ("Secret", "secrets")] {
        for at in 0..number {
            let mut object = json!({
                "apiVersion": "v1", "kind": kind,
                "metadata": { "name": format!("large-{at}"), "annotations": { "kubectl.kubernetes.io/last-applied-configuration": last } },
            });
            object[if kind == "Secret" { "stringData" } else { "data" }] = json!({ "a": content });
            world.create(&format!("/api/v1/namespaces/large/{plural}"), &object);
        }
    }
    let operator = Operator::start(world, "large", &["--watch-secrets"]);
    world.wait("its Stack was looked at", || operator.metric("windlass_reconciles_total{result=\"Done\"}") >= Some(1.0));
    // They are heard of one by one, too.
    for at in 0..number {
        world.patch(&format!("/api/v1/namespaces/large/configmaps/large-{at}"), &json!({ "data": { "b": "c" } }));
    }
    world.patch(&deployment("large", "web"), &json!({ "spec": { "replicas": 3 } }));
    world.wait("it still works", || world.get(&deployment("large", "web"))["spec"]["replicas"] == 1);
    let after = operator.peak_memory();
    println!("result: at most {:.1} MiB, and {:.1} MiB among 100 MB of others' objects", before / MIB, after / MIB);
    assert!(after < before + 24.0 * MIB, "{:.1} MiB, then {:.1} MiB", before / MIB, after / MIB);
}

#[test]
fn a_deadline_counts_from_the_last_progress_whatever_the_operator_did_meanwhile() {
    let Some(world) = World::shared() else { return };
    world.namespace("deadline");
    const DEADLINE: Duration = Duration::from_secs(15);
    let operator = Operator::start(world, "deadline", &["--no-leader-election"]);
    let path = format!("{}/web", stacks("deadline"));
    let mut object = stack("web", "services: { web: { image: 'example/never-ready:1' } }\n");
    object["spec"]["rollout"] = json!({ "progressDeadlineSeconds": DEADLINE.as_secs() });
    world.create(&stacks("deadline"), &object);
    world.wait("it is applied", || world.exists(&deployment("deadline", "web")));
    let start = Instant::now();
    // It sleeps, is ended, and begins anew.
    operator.signal(Signal::SIGSTOP);
    std::thread::sleep(Duration::from_secs(5));
    operator.kill();
    std::thread::sleep(Duration::from_secs(5));
    let operator = Operator::start(world, "deadline", &["--no-leader-election"]);
    let restarted = start.elapsed();
    let failed = world.wait_for(&path, "Failed");
    let took = start.elapsed();
    println!("result: failed after {:.1} s, started again after {:.1} s", took.as_secs_f64(), restarted.as_secs_f64());
    assert!(took < restarted + DEADLINE - Duration::from_secs(2), "{took:?} {restarted:?}");
    let message = condition(&failed, "Ready")["message"].as_str().unwrap_or_default().to_owned();
    assert!(message.contains("no progress for 15 s"), "{message}");

    // It sleeps over the end of one that is met meanwhile.
    let change = |image: &str| json!({ "spec": { "compose": format!("services: {{ web: {{ image: '{image}' }} }}\n") } });
    world.patch(&path, &change("example/never-ready:2"));
    world.wait("it is applied", || image(&world.get(&deployment("deadline", "web"))) == "example/never-ready:2");
    operator.signal(Signal::SIGSTOP);
    world.patch(&path, &change("nginx:1.27"));
    std::thread::sleep(DEADLINE + Duration::from_secs(3));
    operator.signal(Signal::SIGCONT);
    let ready = world.wait_for(&path, "Ready");
    assert_eq!(ready["status"]["history"][0]["outcome"], "Healthy", "{:#}", ready["status"]["history"]);
    assert!(condition(&ready, "RolledBack")["status"] != "True");
}

#[test]
fn a_rule_that_becomes_stricter_ends_nothing_that_runs() {
    let Some(world) = World::shared() else { return };
    world.namespace("stricter");
    let _operator = Operator::start(world, "stricter", &[]);
    let path = format!("{}/web", stacks("stricter"));
    let text = "services: { web: { image: 'nginx:1.27', privileged: true } }\n";
    let mut object = stack("web", text);
    object["spec"]["audit"] = json!({ "mode": "Warn" });
    world.create(&stacks("stricter"), &object);
    world.wait_for(&path, "Ready");
    let pods = || -> Vec<Value> {
        let pods = world.get("/api/v1/namespaces/stricter/pods")["items"].clone();
        pods.as_array().into_iter().flatten().map(|pod| pod["metadata"]["uid"].clone()).collect()
    };
    let before = pods();
    let policy = json!({
        "apiVersion": "windlass.dev/v1alpha1", "kind": "StackPolicy", "metadata": { "name": "stricter" },
        "spec": { "namespaces": ["stricter"], "audit": { "mode": "Enforce" } },
    });
    world.create("/apis/windlass.dev/v1alpha1/stackpolicies", &policy);
    world.wait("it is told", || condition(&world.get(&path), "Audited")["reason"] == "Refused");
    let told = world.get(&path);
    assert_eq!(condition(&told, "Ready")["status"], "True", "{told:#}");
    assert_eq!(pods(), before);
    // It is put right as before, and nothing new is let through.
    world.delete(&deployment("stricter", "web"));
    world.wait("it is back", || world.get(&deployment("stricter", "web"))["status"]["availableReplicas"] == 1);
    world.patch(&path, &json!({ "spec": { "compose": text.replace("1.27", "1.28") } }));
    world.wait_for(&path, "AuditRefused");
    assert_eq!(image(&world.get(&deployment("stricter", "web"))), "nginx:1.27");
    assert!(world.changes("stricter").iter().all(|(verb, object, _)| verb != "delete" || object == "deployments/web"));
    world.delete("/apis/windlass.dev/v1alpha1/stackpolicies/stricter");
    world.wait_for(&path, "Ready");
    assert_eq!(image(&world.get(&deployment("stricter", "web"))), "nginx:1.28");
}
