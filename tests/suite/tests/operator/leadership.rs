//! Two replicas: one writes, the other is ready to.

use std::time::{Duration, Instant};

use super::harness::{Operator, World, stack, stacks};

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
    let Some(world) = World::start() else { return };
    world.namespace("two");
    let one = Operator::start(&world, &["--identity", "one"]);
    let other = Operator::start(&world, &["--identity", "other"]);
    let (leader, standby) = leader_first(&world, one, other);
    world.create(&stacks("two"), &stack("first", WEB));
    world.wait_for(&format!("{}/first", stacks("two")), "Ready");
    assert_eq!(standby.metric("windlass_api_requests_total{method=\"PATCH\",outcome=\"Done\"}"), None, "who does not lead writes nothing");

    leader.kill();
    let start = Instant::now();
    world.create(&stacks("two"), &stack("second", WEB.replace("web:", "api:").as_str()));
    world.wait_for(&format!("{}/second", stacks("two")), "Ready");
    println!("after a crash the other led within {:.1} s", start.elapsed().as_secs_f64());
    assert!(start.elapsed() < Duration::from_secs(40), "{:?}", start.elapsed());

    let third = Operator::start(&world, &["--identity", "third"]);
    let start = Instant::now();
    assert_eq!(standby.stop(), Some(0));
    world.wait("the third leads", || third.metric("windlass_leader") == Some(1.0));
    println!("after a stop the other led within {:.1} s", start.elapsed().as_secs_f64());
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
}
