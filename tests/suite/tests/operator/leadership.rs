//! Two replicas: one writes, the other is ready to.

use std::time::{Duration, Instant};

use nix::sys::signal::Signal;
use serde_json::json;

use super::harness::{Operator, World, stack, stacks};
use super::proxy::{Asked, Fate, Proxy};

const WEB: &str = "services: { web: { image: 'nginx:1.27' } }\n";

/// Of two, the one that leads comes first.
fn leader_first(world: &World, one: Operator, other: Operator) -> (Operator, Operator) {
    let leads = |operator: &Operator| operator.metric("windlass_leader") == Some(1.0);
    world.wait("one leads", || leads(&one) || leads(&other));
    assert!(!(leads(&one) && leads(&other)), "both lead");
    if leads(&one) { (one, other) } else { (other, one) }
}

#[test]
fn when_the_leader_dies_another_goes_on_and_a_leader_that_stops_does_not_make_it_wait() {
    let Some(world) = World::shared() else { return };
    world.namespace("leaders");
    let one = Operator::start(world, "leaders", &["--identity", "one"]);
    let other = Operator::start(world, "leaders", &["--identity", "other"]);
    let (leader, standby) = leader_first(world, one, other);
    world.create(&stacks("leaders"), &stack("first", WEB));
    world.wait_for(&format!("{}/first", stacks("leaders")), "Ready");
    let metrics = standby.http("/metrics").expect("metrics");
    assert!(!metrics.contains("method=\"PATCH\""), "who does not lead writes nothing: {metrics}");

    leader.kill();
    let start = Instant::now();
    world.create(&stacks("leaders"), &stack("second", WEB.replace("web:", "api:").as_str()));
    world.wait_for(&format!("{}/second", stacks("leaders")), "Ready");
    println!("after a crash the other led within {:.1} s", start.elapsed().as_secs_f64());
    assert!(start.elapsed() < Duration::from_secs(40), "{:?}", start.elapsed());

    let third = Operator::start(world, "leaders", &["--identity", "third"]);
    let start = Instant::now();
    assert_eq!(standby.stop(), Some(0));
    world.wait("the third leads", || third.metric("windlass_leader") == Some(1.0));
    println!("after a stop the other led within {:.1} s", start.elapsed().as_secs_f64());
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}

/// Two operators, each behind a proxy of its own; the one that leads comes first.
fn two(world: &World, namespace: &str) -> ((Operator, Proxy), (Operator, Proxy)) {
    world.namespace(namespace);
    let start = |identity: &str| {
        let proxy = Proxy::start(&world.cluster);
        (Operator::behind(world, &proxy, namespace, &["--identity", identity]), proxy)
    };
    let one = start("one");
    world.wait("it leads", || one.0.metric("windlass_leader") == Some(1.0));
    let other = start("other");
    world.create(&stacks(namespace), &stack("web", WEB));
    world.wait_for(&format!("{}/web", stacks(namespace)), "Ready");
    assert_eq!(other.1.changes().len(), 0, "who does not lead writes nothing");
    (one, other)
}

/// Changes a Stack all the time until the other writes.
fn busy(world: &World, namespace: &str, other: &Proxy) {
    let mut turn = 0;
    world.wait("the other writes", || {
        turn += 1;
        let text = format!("services: {{ web: {{ image: 'nginx:{turn}' }} }}\n");
        world.patch(&format!("{}/web", stacks(namespace)), &json!({ "spec": { "compose": text } }));
        std::thread::sleep(Duration::from_millis(100));
        !other.changes().is_empty()
    });
}

#[test]
fn a_leader_that_can_not_renew_writes_nothing_once_another_may() {
    let Some(world) = World::shared() else { return };
    let ((mut leader, its), (_other, others)) = two(world, "parted");
    // Everything but the Lease gets through, so nothing but its own clock keeps it from writing.
    its.rule(|asked: &Asked| if asked.is_of("leases") { Fate::Vanish } else { Fate::Pass });
    let start = Instant::now();
    busy(world, "parted", &others);
    let (last, first) = (its.changes().pop().expect("it wrote").at, others.changes()[0].at);
    println!(
        "result: the old leader wrote until {:.1} s, the new from {:.1} s",
        (last - start).as_secs_f64(),
        (first - start).as_secs_f64()
    );
    assert!(last < first, "{:?}", last - first);
    world.wait("who lost the lead ends", || leader.ended().is_some());
    assert_ne!(leader.ended(), Some(0));
    assert!(its.changes().iter().all(|asked| asked.at < first));
}

#[test]
fn a_leader_that_slept_wakes_up_to_write_nothing() {
    let Some(world) = World::shared() else { return };
    let ((mut leader, its), (_other, others)) = two(world, "asleep");
    // In the middle of its work.
    let text = "services: { web: { image: 'nginx:1.28' }, api: { image: 'example/api:1' } }\n";
    world.patch(&format!("{}/web", stacks("asleep")), &json!({ "spec": { "compose": text } }));
    leader.signal(Signal::SIGSTOP);
    busy(world, "asleep", &others);
    let before = its.changes().len();
    leader.signal(Signal::SIGCONT);
    world.wait("who lost the lead ends", || leader.ended().is_some());
    assert_eq!(its.changes().len(), before, "{:#?}", &its.changes()[before..]);
}

#[test]
fn who_is_told_to_stop_in_the_middle_of_a_change_leaves_the_rest_to_the_next() {
    let Some(world) = World::shared() else { return };
    let ((leader, _its), (other, _others)) = two(world, "middle");
    let path = format!("{}/web", stacks("middle"));
    // api never becomes ready, so web waits.
    let text = "services: { web: { image: 'nginx:1.28', depends_on: [api] }, api: { image: 'example/never-ready:1' } }\n";
    world.patch(&path, &json!({ "spec": { "compose": text } }));
    world.wait("api is there", || world.exists(&super::harness::deployment("middle", "api")));
    let start = Instant::now();
    assert_eq!(leader.stop(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(3), "{:?}", start.elapsed());
    world.wait("the other leads", || other.metric("windlass_leader") == Some(1.0));
    assert!(start.elapsed() < Duration::from_secs(8), "{:?}", start.elapsed());
    assert_eq!(super::harness::image(&world.get(&super::harness::deployment("middle", "web"))), "nginx:1.27");
    world.patch(&path, &json!({ "spec": { "compose": text.replace("never-ready", "api") } }));
    world.wait_for(&path, "Ready");
    assert_eq!(super::harness::image(&world.get(&super::harness::deployment("middle", "web"))), "nginx:1.28");
}
