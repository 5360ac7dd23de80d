//! The operator ends at every single request of an install and of an upgrade, before it is sent and before its answer is heard. It is
//! started again, and the end is that of a run that nothing disturbed: the same objects, each made and removed once.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Mutex;
use std::time::Duration;

use serde_json::{Value, json};

use super::harness::{Operator, World, condition, stack, stacks};
use super::proxy::{Asked, Fate, Proxy};

/// Before: three services, in order, and a file.
const BEFORE: &str = "\
services:
  web: { image: 'nginx:1.27', ports: ['8080:80'], depends_on: [api], configs: [{ source: page, target: /page }] }
  api: { image: 'example/api:1', expose: ['8000'] }
  mail: { image: 'example/mail:1' }
configs: { page: { content: one } }
";

/// After: another image, another file, one service more and one less.
const AFTER: &str = "\
services:
  web: { image: 'nginx:1.28', ports: ['8080:80'], depends_on: [api], configs: [{ source: page, target: /page }] }
  api: { image: 'example/api:1', expose: ['8000'] }
  worker: { image: 'example/worker:1' }
configs: { page: { content: two } }
";

/// Runs at once: they wait for controllers most of the time.
const AT_ONCE: usize = 4;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Scenario {
    Install,
    Upgrade,
}

/// Which change the operator ends at, counted from its start, and whether before it is sent.
type Kill = (usize, bool);

/// How a run ended.
#[derive(Debug, PartialEq)]
struct End {
    objects: BTreeMap<String, Value>,
    /// How often each object was made and removed.
    made: BTreeMap<String, usize>,
    history: Vec<Value>,
}

fn arm(proxy: &Proxy, kill: Option<&Kill>) {
    let Some((change, is_before)) = kill.copied() else { return proxy.rule(|_| Fate::Pass) };
    let fate = if is_before { Fate::KillBefore } else { Fate::KillAfter };
    proxy.rule(move |asked: &Asked| if asked.change == change { fate.clone() } else { Fate::Pass });
}

/// Runs a scenario with these ends on the way; how many of them came, how many changes the last process made, and the end.
fn run(world: &World, namespace: &str, scenario: Scenario, kills: &[Kill]) -> (usize, usize, End) {
    world.namespace(namespace);
    let path = format!("{}/shop", stacks(namespace));
    let proxy = Proxy::start(&world.cluster);
    let mut operator = Operator::behind(world, &proxy, namespace, &[]);
    if scenario == Scenario::Upgrade {
        world.create(&stacks(namespace), &stack("shop", BEFORE));
        world.wait_for(&path, "Ready");
    }
    let before = world.changes(namespace).len();
    let mut kills = kills.iter();
    arm(&proxy, kills.next());
    match scenario {
        Scenario::Install => world.create(&stacks(namespace), &stack("shop", BEFORE)),
        Scenario::Upgrade => world.patch(&path, &json!({ "spec": { "compose": AFTER } })),
    }
    let is_done = || {
        let stack = world.get(&path);
        stack["status"]["observedGeneration"] == stack["metadata"]["generation"] && condition(&stack, "Ready")["status"] == "True"
    };
    let mut fired = 0;
    loop {
        world.wait_or(
            "it ends or is ready",
            || proxy.has_killed() || is_done(),
            || format!("{namespace}: {:#}", world.get(&path)["status"]),
        );
        // The last changes may follow.
        let mut quiet = 0;
        let mut seen = proxy.changes().len();
        while quiet < 10 && !proxy.has_killed() {
            std::thread::sleep(Duration::from_millis(100));
            let now = proxy.changes().len();
            quiet = if now == seen { quiet + 1 } else { 0 };
            seen = now;
        }
        if !proxy.has_killed() {
            break;
        }
        fired += 1;
        drop(operator);
        arm(&proxy, kills.next());
        operator = Operator::behind(world, &proxy, namespace, &[]);
    }
    let changes = proxy.changes().iter().map(|asked| asked.change).next_back().unwrap_or_default();
    (fired, changes, end(world, namespace, before))
}

fn end(world: &World, namespace: &str, before: usize) -> End {
    let stack = world.get(&format!("{}/shop", stacks(namespace)));
    let uid = stack["metadata"]["uid"].as_str().expect("a uid").to_owned();
    let mut objects = BTreeMap::new();
    for collection in ["/apis/apps/v1|deployments", "/apis/apps/v1|controllerrevisions", "/api/v1|services", "/api/v1|configmaps"] {
        let (base, plural) = collection.split_once('|').expect("two parts");
        let list = world.get(&format!("{base}/namespaces/{namespace}/{plural}"));
        for object in list["items"].as_array().expect("a list") {
            if object["metadata"]["labels"]["windlass.dev/stack"] != "shop" {
                continue;
            }
            assert_eq!(object["metadata"]["labels"]["windlass.dev/stack-uid"], uid.as_str(), "{object:#}");
            assert_eq!(object["metadata"]["ownerReferences"][0]["uid"], uid.as_str(), "{object:#}");
            let name = object["metadata"]["name"].as_str().expect("a name");
            // A revision is named after its objects, which have the namespace in them.
            let (name, content) = if plural == "controllerrevisions" {
                (object["revision"].to_string(), json!(object["data"].as_object().map(|data| data.keys().cloned().collect::<Vec<_>>())))
            } else {
                (
                    name.to_owned(),
                    json!([object["spec"], object["data"], object["metadata"]["annotations"]["deployment.kubernetes.io/revision"]]),
                )
            };
            // Addresses are dealt out by the API server.
            let mut content = content;
            if let Some(spec) = content.get_mut(0).and_then(Value::as_object_mut) {
                spec.retain(|field, _| !field.starts_with("clusterIP"));
            }
            objects.insert(format!("{plural}/{name}"), content);
        }
    }
    let mut made: BTreeMap<String, usize> = BTreeMap::new();
    for (verb, object, code) in &world.changes(namespace)[before..] {
        let is_made = verb == "patch" && *code == 201;
        let is_removed = verb == "delete" && *code == 200;
        if is_made || is_removed {
            let object = if object.starts_with("controllerrevisions/") { "controllerrevisions" } else { object };
            *made.entry(format!("{} {object}", if is_made { "made" } else { "removed" })).or_default() += 1;
        }
    }
    let history = stack["status"]["history"].as_array().into_iter().flatten().map(|entry| entry["outcome"].clone()).collect();
    End { objects, made, history }
}

/// Runs of a scenario, several at once, each compared with one that nothing disturbed; `kills` has the number of its changes. How many ends
/// there were to be, and how many came.
fn compare(world: &World, scenario: Scenario, name: &str, kills: impl FnOnce(usize) -> Vec<Vec<Kill>>) -> (usize, usize) {
    let (_, changes, undisturbed) = run(world, &format!("{name}-whole"), scenario, &[]);
    assert!(undisturbed.objects.len() > 5 && changes > 5, "{changes} {undisturbed:#?}");
    let runs = kills(changes);
    let wanted = runs.iter().map(Vec::len).sum();
    let queue = Mutex::new(runs.into_iter().enumerate().collect::<VecDeque<_>>());
    let fired = Mutex::new(0);
    std::thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                loop {
                    let Some((number, kills)) = queue.lock().expect("no panic").pop_front() else { return };
                    let (ended, _, end) = run(world, &format!("{name}-{number}"), scenario, &kills);
                    assert_eq!(end, undisturbed, "{kills:?}");
                    *fired.lock().expect("no panic") += ended;
                }
            });
        }
    });
    (wanted, fired.into_inner().expect("no panic"))
}

/// Both ends at each of so many changes.
fn each(changes: usize) -> Vec<Vec<Kill>> {
    (1..=changes).flat_map(|change| [true, false].map(|is_before| vec![(change, is_before)])).collect()
}

#[test]
fn an_install_ends_the_same_wherever_the_operator_was_killed() {
    let Some(world) = World::shared() else { return };
    let (wanted, fired) = compare(world, Scenario::Install, "install", each);
    println!("result: {fired} of {wanted} ends of the operator in an install");
    // A status may say in one request what took two in the undisturbed run.
    assert!(fired + 4 >= wanted, "{fired} of {wanted}");
}

#[test]
fn an_upgrade_ends_the_same_wherever_the_operator_was_killed() {
    let Some(world) = World::shared() else { return };
    let (wanted, fired) = compare(world, Scenario::Upgrade, "upgrade", each);
    println!("result: {fired} of {wanted} ends of the operator in an upgrade");
    assert!(fired + 4 >= wanted, "{fired} of {wanted}");
}

#[test]
fn two_ends_in_one_upgrade_change_nothing_either() {
    let Some(world) = World::shared() else { return };
    let pairs = [[(2, false), (1, true)], [(3, true), (2, false)], [(4, false), (1, false)], [(1, false), (3, true)]];
    let (_, fired) = compare(world, Scenario::Upgrade, "twice", |_| pairs.iter().map(|pair| pair.to_vec()).collect());
    println!("result: {fired} ends in pairs");
    assert!(fired >= 6, "{fired}");
}
