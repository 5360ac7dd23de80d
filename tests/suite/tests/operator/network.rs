//! The way to the API server is bad, or there is none for a while.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::time::{Duration, Instant};

use serde_json::json;
use windlass_operator::api::PATIENCE;
use windlass_operator::controller::LONGEST_WAIT;

use super::harness::{Operator, World, deployment, image, stack, stacks};
use super::proxy::{Asked, Fate, Link, Proxy};

/// Seven objects: a service without ports has a Service too, for its name.
const SHOP: &str = "\
services:
  web: { image: 'nginx:1.27', ports: ['8080:80'], depends_on: [api], configs: [{ source: page, target: /page }] }
  api: { image: 'example/api:1', expose: ['8000'] }
  mail: { image: 'example/mail:1' }
configs: { page: { content: one } }
";

/// Each object that was made, with how often; what was deleted is among them as `-`.
fn made(world: &World, namespace: &str) -> BTreeMap<String, usize> {
    let mut made = BTreeMap::new();
    for (verb, object, code) in world.changes(namespace) {
        match (verb.as_str(), code) {
            ("patch", 201) => *made.entry(object).or_default() += 1,
            ("delete", 200) => *made.entry(format!("-{object}")).or_default() += 1,
            _ => {}
        }
    }
    made
}

/// Installs behind a proxy with this rule, and says how long it took.
fn install(world: &World, namespace: &str, proxy: &Proxy, rule: impl Fn(&Asked) -> Fate + Send + Sync + 'static) -> (Operator, Duration) {
    world.namespace(namespace);
    proxy.rule(rule);
    let operator = Operator::behind(world, proxy, namespace, &[]);
    let start = Instant::now();
    world.create(&stacks(namespace), &stack("shop", SHOP));
    world.wait_for(&format!("{}/shop", stacks(namespace)), "Ready");
    // Seven objects and a revision, each made once, none removed.
    let made = made(world, namespace);
    assert!(made.len() == 8 && made.iter().all(|(object, times)| *times == 1 && !object.starts_with('-')), "{made:#?}");
    (operator, start.elapsed())
}

#[test]
fn conflicts_are_tried_again_until_they_are_over() {
    let Some(world) = World::shared() else { return };
    let proxy = Proxy::start(&world.cluster);
    let rule = |asked: &Asked| if asked.change > 0 && asked.change.is_multiple_of(3) { Fate::Answer(409, 0) } else { Fate::Pass };
    let (_operator, took) = install(world, "conflicts", &proxy, rule);
    let last = proxy.changes().iter().map(|asked| asked.change).max().unwrap_or_default();
    println!("result: {last} changes with every third in conflict, {:.1} s", took.as_secs_f64());
    assert!(last <= 24, "{last}");
}

#[test]
fn who_asks_for_patience_gets_it() {
    let Some(world) = World::shared() else { return };
    let proxy = Proxy::start(&world.cluster);
    let start = Mutex::new(None::<Instant>);
    let refused: &'static Mutex<Vec<Instant>> = Box::leak(Box::default());
    let rule = move |asked: &Asked| {
        if asked.change == 0 {
            return Fate::Pass;
        }
        let mut start = start.lock().expect("no panic");
        if start.get_or_insert_with(Instant::now).elapsed() > Duration::from_secs(5) {
            return Fate::Pass;
        }
        refused.lock().expect("no panic").push(Instant::now());
        Fate::Answer(429, 2)
    };
    let (_operator, _) = install(world, "busy", &proxy, rule);
    let times = refused.lock().expect("no panic").clone();
    assert!((2..=4).contains(&times.len()), "{} requests within five seconds", times.len());
    for pair in times.windows(2) {
        // From answer to request; the time here is from request to request.
        assert!(pair[1] - pair[0] >= Duration::from_millis(1900), "{:?}", pair[1] - pair[0]);
    }
}

#[test]
fn errors_of_the_server_delay_and_decide_nothing() {
    let Some(world) = World::shared() else { return };
    let proxy = Proxy::start(&world.cluster);
    // Three of ten requests, lists and watches among them, by their number alone; mixed well, so that no rhythm of requests meets an error
    // at every beat (splitmix64).
    let rule = |asked: &Asked| {
        let mut chance = (asked.number as u64).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        chance = (chance ^ (chance >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        chance = (chance ^ (chance >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        chance ^= chance >> 31;
        if chance % 10 < 3 { Fate::Answer([500, 502, 503, 504][chance as usize / 10 % 4], 0) } else { Fate::Pass }
    };
    let (_operator, took) = install(world, "errors", &proxy, rule);
    println!("result: ready after {:.1} s with three of ten answers an error", took.as_secs_f64());
}

#[test]
fn an_answer_that_is_lost_makes_nothing_twice() {
    let Some(world) = World::shared() else { return };
    let proxy = Proxy::start(&world.cluster);
    let lost = Mutex::new(BTreeSet::new());
    let rule = move |asked: &Asked| {
        let name = format!("{} {}", asked.method, asked.path);
        if asked.change > 0 && lost.lock().expect("no panic").insert(name) { Fate::Lose } else { Fate::Pass }
    };
    let (_operator, _) = install(world, "lost", &proxy, rule);
}

#[test]
fn an_answer_that_comes_after_what_followed_takes_nothing_back() {
    let Some(world) = World::shared() else { return };
    let proxy = Proxy::start(&world.cluster);
    // Long enough for a pod to become ready.
    let rule = |asked: &Asked| if asked.change > 0 { Fate::Late(Duration::from_millis(600)) } else { Fate::Pass };
    let (_operator, took) = install(world, "late", &proxy, rule);
    println!("result: ready after {:.1} s with answers that come 0.6 s late", took.as_secs_f64());
}

#[test]
fn slow_answers_cost_time_and_not_the_lead() {
    let Some(world) = World::shared() else { return };
    let proxy = Proxy::start(&world.cluster);
    let rule = |asked: &Asked| Fate::Slow(Duration::from_millis(100 + (asked.number as u64 * 97) % 400));
    let (mut operator, took) = install(world, "slow", &proxy, rule);
    println!("result: ready after {:.1} s with 0.1 to 0.5 s for each request", took.as_secs_f64());
    assert_eq!(operator.metric("windlass_leader"), Some(1.0));
    assert_eq!(operator.ended(), None);
}

/// How long the server is away.
const AWAY: Duration = Duration::from_secs(60);
/// When an operator has found a server that came back: the longest wait between two tries of its watches, and a try that takes as long as one
/// may; what is added is for a machine that is busy with other tests.
const FOUND: Duration = LONGEST_WAIT.saturating_add(PATIENCE).saturating_add(Duration::from_secs(10));

#[test]
fn a_server_that_is_away_for_a_minute_finds_the_operator_waiting() {
    let Some(world) = World::shared() else { return };
    world.namespace("away");
    let proxy = Proxy::start(&world.cluster);
    let mut operator = Operator::behind(world, &proxy, "away", &["--no-leader-election"]);
    let path = format!("{}/shop", stacks("away"));
    world.create(&stacks("away"), &stack("shop", SHOP));
    world.wait_for(&path, "Ready");
    proxy.link(Link::Down);
    world.patch(&path, &json!({ "spec": { "compose": SHOP.replace("nginx:1.27", "nginx:1.28") } }));
    world.patch(&deployment("away", "mail"), &json!({ "spec": { "replicas": 3 } }));
    std::thread::sleep(AWAY);
    assert_eq!(operator.ended(), None);
    assert_eq!(image(&world.get(&deployment("away", "web"))), "nginx:1.27");
    proxy.link(Link::Up);
    let start = Instant::now();
    world.wait("what changed meanwhile is seen", || {
        image(&world.get(&deployment("away", "web"))) == "nginx:1.28" && world.get(&deployment("away", "mail"))["spec"]["replicas"] == 1
    });
    assert!(start.elapsed() < FOUND, "{:?}", start.elapsed());
    let caught_up = start.elapsed().as_secs_f64();
    // How soon each watch asks again is the operator's alone: no watch waits for longer than any other may.
    let watches = |asked: Vec<Asked>| {
        let first =
            asked.into_iter().filter(Asked::is_watch).map(|asked| (asked.path.split('?').next().unwrap_or_default().to_owned(), asked.at));
        first.rev().collect::<BTreeMap<String, Instant>>()
    };
    let before = watches(proxy.asked().into_iter().filter(|asked| asked.at < start).collect());
    let again = || watches(proxy.asked().into_iter().filter(|asked| asked.at >= start).collect());
    assert!(before.len() > 10, "{before:#?}");
    world.wait("each watch is there again", || again().keys().eq(before.keys()));
    let found = *again().values().max().expect("a watch") - start;
    println!("result: found {:.1} s and caught up {caught_up:.1} s after an absence of {AWAY:?}", found.as_secs_f64());
    assert!(found < LONGEST_WAIT + Duration::from_secs(5), "{found:?}");
    world.wait_for(&path, "Ready");
    assert!(made(world, "away").keys().all(|object| !object.starts_with('-')));
}

#[test]
fn an_operator_that_starts_without_a_server_finds_it_later() {
    let Some(world) = World::shared() else { return };
    world.namespace("later");
    let proxy = Proxy::start(&world.cluster);
    proxy.link(Link::Down);
    let mut operator = Operator::blind(world, &proxy, "later", &["--no-leader-election"]);
    world.wait("it lives", || operator.http("/livez").is_some());
    std::thread::sleep(Duration::from_secs(4));
    assert_eq!(operator.ended(), None);
    assert!(!operator.is_ready());
    proxy.link(Link::Up);
    let start = Instant::now();
    world.wait("it is ready", || operator.is_ready());
    println!("result: ready {:.1} s after the server came", start.elapsed().as_secs_f64());
    assert!(start.elapsed() < FOUND, "{:?}", start.elapsed());
}

#[test]
fn an_operator_that_waits_for_a_server_ends_when_it_is_told() {
    let Some(world) = World::shared() else { return };
    world.namespace("never");
    let proxy = Proxy::start(&world.cluster);
    proxy.link(Link::Down);
    let operator = Operator::blind(world, &proxy, "never", &[]);
    world.wait("it lives", || operator.http("/livez").is_some());
    std::thread::sleep(Duration::from_secs(3));
    // Each failure is told by who asked, not once more for each request.
    let log = std::fs::read_to_string(&operator.log).expect("a log");
    assert!(log.contains("a watch fails") && !log.contains("kube_client::client::builder"), "{log}");
    let start = Instant::now();
    assert_eq!(operator.stop(), Some(0));
    assert!(start.elapsed() < Duration::from_secs(15), "{:?}", start.elapsed());
}

#[test]
fn a_list_that_ends_half_way_removes_nothing() {
    let Some(world) = World::shared() else { return };
    let proxy = Proxy::start(&world.cluster);
    let (_operator, _) = install(world, "pages", &proxy, |_| Fate::Pass);
    let before = proxy.asked().len();
    // Watches are over and lists come one object a page, of which the second fails.
    let broken = |asked: &Asked| match () {
        () if asked.is_watch() => Fate::Expired,
        () if asked.path.contains("continue=") => Fate::Answer(500, 0),
        () if asked.path.contains("limit=100") => Fate::Instead(asked.path.replace("limit=100", "limit=1")),
        () => Fate::Pass,
    };
    proxy.rule(broken);
    // Watches that are there are cut.
    proxy.link(Link::Down);
    std::thread::sleep(Duration::from_millis(200));
    proxy.link(Link::Up);
    std::thread::sleep(Duration::from_secs(8));
    let lists = proxy.asked()[before..].iter().filter(|asked| asked.path.contains("limit=100")).count();
    assert!(lists > 5, "{lists}");
    assert!(made(world, "pages").keys().all(|object| !object.starts_with('-')));
    // One object a page, and every page comes: what is no longer asked for goes, and nothing else.
    proxy.rule(|asked: &Asked| match () {
        () if asked.path.contains("limit=100") => Fate::Instead(asked.path.replace("limit=100", "limit=1")),
        () => Fate::Pass,
    });
    let (without, configs) = (SHOP.replace("  mail: { image: 'example/mail:1' }\n", ""), "pages");
    world.patch(&format!("{}/shop", stacks(configs)), &json!({ "spec": { "compose": without } }));
    world.wait("mail is gone", || !world.exists(&deployment("pages", "mail")));
    world.wait_for(&format!("{}/shop", stacks("pages")), "Ready");
    let removed: Vec<String> = made(world, "pages").into_keys().filter(|object| object.starts_with('-')).collect();
    assert_eq!(removed, ["-deployments/mail", "-services/mail"]);
}

#[test]
fn a_look_that_takes_too_long_is_gone_on_with_later() {
    let Some(world) = World::shared() else { return };
    world.namespace("long");
    let proxy = Proxy::start(&world.cluster);
    // Each change takes longer than a third of a look, and an install has more than three.
    proxy.rule(|asked: &Asked| if asked.change > 0 { Fate::Slow(Duration::from_millis(700)) } else { Fate::Pass });
    let operator = Operator::behind(world, &proxy, "long", &["--look-limit", "2"]);
    let path = format!("{}/shop", stacks("long"));
    world.create(&stacks("long"), &stack("shop", SHOP));
    world.wait_for(&path, "Ready");
    assert!(operator.metric("windlass_reconciles_total{result=\"Error\"}") >= Some(1.0));
    let log = std::fs::read_to_string(&operator.log).expect("a log");
    assert!(log.contains("not done within 2 s"));
    assert_eq!(made(world, "long").values().max(), Some(&1));
}

#[test]
fn looks_are_limited_in_number_and_two_of_one_stack_never_overlap() {
    let Some(world) = World::shared() else { return };
    world.namespace("many");
    let proxy = Proxy::start(&world.cluster);
    proxy.rule(|asked: &Asked| if asked.change > 0 { Fate::Slow(Duration::from_millis(60)) } else { Fate::Pass });
    let _operator = Operator::behind(world, &proxy, "many", &["--concurrency", "3"]);
    let names: Vec<String> = (0..9).map(|number| format!("s{number}")).collect();
    for name in &names {
        let text = format!("services: {{ {name}: {{ image: 'nginx:1.27', ports: ['80:80'] }} }}\n");
        world.create(&stacks("many"), &stack(name, &text));
    }
    for name in &names {
        world.patch(&format!("{}/{name}", stacks("many")), &json!({ "spec": { "variables": { "A": "b" } } }));
        world.wait_for(&format!("{}/{name}", stacks("many")), "Ready");
    }
    // Objects are named after the only service of their Stack, which is named after the Stack.
    let changes = proxy.changes();
    let of = |asked: &Asked| {
        names.iter().find(|name| asked.is_of(name) || asked.path.contains(&format!("/{name}-"))).cloned().expect("of a Stack")
    };
    let (mut most, mut pairs) = (0, 0);
    for (at, one) in changes.iter().enumerate() {
        let others = changes.iter().enumerate().filter(|(other, asked)| *other != at && asked.at < one.until && one.at < asked.until);
        let others: Vec<&Asked> = others.map(|(_, asked)| asked).collect();
        assert!(others.iter().all(|other| of(other) != of(one)), "{one:#?} {others:#?}");
        // As many as were there when this one began.
        most = most.max(1 + others.iter().filter(|other| other.at <= one.at).count());
        pairs += others.len();
    }
    println!("result: {} changes, at most {most} at once", changes.len());
    assert!(most <= 3 && pairs > 0, "{most} {pairs}");
}

#[test]
fn the_stacks_that_are_not_ready_are_counted() {
    let Some(world) = World::shared() else { return };
    world.namespace("counted");
    let operator = Operator::start(world, "counted", &[]);
    let text = |name: &str, image: &str| format!("services: {{ {name}: {{ image: '{image}' }} }}\n");
    world.create(&stacks("counted"), &stack("good", &text("good", "nginx:1.27")));
    world.create(&stacks("counted"), &stack("bad", &text("bad", "example/never-ready:1")));
    world.create(&stacks("counted"), &stack("wrong", "services: { web: { imagee: a } }\n"));
    world.wait_for(&format!("{}/good", stacks("counted")), "Ready");
    world.wait_for(&format!("{}/wrong", stacks("counted")), "Invalid");
    let counted = || (operator.metric("windlass_stacks"), operator.metric("windlass_stacks_not_ready"));
    world.wait_or("two are not ready", || counted() == (Some(3.0), Some(2.0)), || format!("{:?}", counted()));
    world.patch(&format!("{}/bad", stacks("counted")), &json!({ "spec": { "compose": text("bad", "nginx:1.27") } }));
    world.delete(&format!("{}/wrong", stacks("counted")));
    world.wait_or("all are ready", || counted() == (Some(2.0), Some(0.0)), || format!("{:?}", counted()));
}

#[test]
fn watches_that_break_lose_nothing() {
    let Some(world) = World::shared() else { return };
    let proxy = Proxy::start(&world.cluster);
    let (mut operator, _) = install(world, "breaks", &proxy, |_| Fate::Pass);
    let path = format!("{}/shop", stacks("breaks"));
    for (turn, is_expired) in [true, false, true, false].into_iter().enumerate() {
        // They are cut in the middle of a word, and what was missed is in a list or in the watch that follows.
        proxy.link(Link::Down);
        let text = SHOP.replace("nginx:1.27", &format!("nginx:{turn}"));
        world.patch(&path, &json!({ "spec": { "compose": text } }));
        world.delete(&deployment("breaks", "mail"));
        if is_expired {
            let until = Instant::now() + Duration::from_secs(3);
            proxy.rule(move |asked: &Asked| if asked.is_watch() && Instant::now() < until { Fate::Expired } else { Fate::Pass });
        } else {
            proxy.rule(|_| Fate::Pass);
        }
        std::thread::sleep(Duration::from_millis(300));
        proxy.link(Link::Up);
        let image_is_new = || image(&world.get(&deployment("breaks", "web"))) == format!("nginx:{turn}");
        world.wait("what was missed is seen", || image_is_new() && world.exists(&deployment("breaks", "mail")));
    }
    world.wait_for(&path, "Ready");
    assert_eq!(operator.ended(), None);
    assert!(operator.metric("windlass_watch_failures_total{kind=\"Deployment\"}") >= Some(2.0));
    assert!(world.changes("breaks").iter().all(|(verb, object, _)| verb != "delete" || !object.starts_with("deployments")));
}
