//! How many nodes of a size hold the pods: first fit, largest first, by what the pods request.
//!
//! An estimate: the scheduler spreads pods, and keeps rules of affinity, taints and volumes that are not looked at here; other pods of the
//! cluster (DNS, network, ingress) are not known.

use windlass_k8s::ObjectRef;

use super::{Resources, Runs};

/// The most pods of a node, the kubelet's own default. Source: `maxPods` in
/// <https://kubernetes.io/docs/reference/config-api/kubelet-config.v1beta1/>.
pub const MAX_PODS: u32 = 110;

const GIB: i64 = 1 << 30;

/// CPUs and GiB of usual nodes.
const SIZES: [(i64, i64); 6] = [(2, 4), (2, 8), (4, 8), (4, 16), (8, 32), (16, 64)];

/// How many nodes of one size hold a stack.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fit {
    /// What the node has.
    pub size: Resources,
    /// What is left for pods.
    pub usable: Resources,
    /// How many hold what always runs; `None` when some pod is larger than a node.
    pub nodes: Option<u32>,
    /// How many hold all Jobs at once beside that; `None` likewise, and without Jobs the same as `nodes`.
    pub nodes_with_jobs: Option<u32>,
    /// Whose pods are larger than a node.
    pub too_large: Vec<ObjectRef>,
}

/// The pods of a workload, all of one size.
#[derive(Clone, Debug)]
pub(super) struct Pods {
    pub(super) object: ObjectRef,
    pub(super) runs: Runs,
    pub(super) count: u32,
    pub(super) each: Resources,
}

/// What a node has left.
#[derive(Clone, Copy, Debug)]
struct Room {
    free: Resources,
    pods: u32,
}

/// For each usual size.
pub(super) fn fits(pods: &[Pods]) -> Vec<Fit> {
    SIZES.iter().map(|(cpus, gib)| fit(pods, Resources { cpu: cpus * 1000, memory: gib * GIB })).collect()
}

fn fit(pods: &[Pods], size: Resources) -> Fit {
    let usable = usable(size);
    // Every node has the DaemonSets' pods.
    let mut room = Some(Room { free: usable, pods: MAX_PODS });
    for daemon in pods.iter().filter(|pods| pods.runs == Runs::OnEachNode) {
        room = room.filter(|room| room.holds(daemon.each) >= 1).map(|room| room.without(daemon.each, 1));
    }
    let is_too_large = |pods: &&Pods| pods.count > 0 && room.is_none_or(|room| room.holds(pods.each) == 0);
    let (mut too_large, mut jobs_too_large) = (Vec::new(), Vec::new());
    for pods in pods.iter().filter(|pods| pods.runs != Runs::OnEachNode || room.is_none()).filter(is_too_large) {
        if pods.runs == Runs::ForAWhile { &mut jobs_too_large } else { &mut too_large }.push(pods.object.clone());
    }
    let nodes = |with_jobs: bool| {
        let counts = |pods: &&Pods| pods.runs == Runs::Always || (with_jobs && pods.runs == Runs::ForAWhile);
        let is_blocked = room.is_none() || !too_large.is_empty() || (with_jobs && !jobs_too_large.is_empty());
        let room = room.filter(|_| !is_blocked)?;
        let mut chosen: Vec<&Pods> = pods.iter().filter(counts).collect();
        chosen.sort_by_key(|pods| std::cmp::Reverse(share(pods.each, usable)));
        let is_any = pods.iter().any(|pods| pods.runs == Runs::OnEachNode || (counts(&pods) && pods.count > 0));
        Some(first_fit(&chosen, room).max(u32::from(is_any)))
    };
    let (nodes, nodes_with_jobs) = (nodes(false), nodes(true));
    too_large.append(&mut jobs_too_large);
    Fit { size, usable, nodes, nodes_with_jobs, too_large }
}

/// How many nodes the pods take. Alike nodes stand together, so thousands of replicas cost no more than one.
fn first_fit(pods: &[&Pods], empty: Room) -> u32 {
    let mut nodes: Vec<(Room, u32)> = Vec::new();
    for pods in pods {
        let mut left = pods.count;
        let mut after = Vec::with_capacity(nodes.len() + 2);
        for (room, count) in nodes {
            left = place(room, count, pods.each, left, &mut after);
        }
        let each = empty.holds(pods.each).max(1);
        left = place(empty, left.div_ceil(each), pods.each, left, &mut after);
        debug_assert_eq!(left, 0, "what fits no node was told before");
        nodes = after;
    }
    nodes.iter().fold(0, |sum, (_, count)| sum.saturating_add(*count))
}

/// Puts up to `left` pods on `count` alike nodes, one node after the other; gives how many are left over.
fn place(room: Room, count: u32, each: Resources, left: u32, nodes: &mut Vec<(Room, u32)>) -> u32 {
    let most = room.holds(each);
    let full = left.checked_div(most).map_or(0, |nodes| nodes.min(count));
    let part = if most > 0 && full < count { left - full * most } else { 0 };
    let mut add = |room, count| {
        if count > 0 {
            nodes.push((room, count));
        }
    };
    add(room.without(each, most), full);
    add(room.without(each, part), u32::from(part > 0));
    add(room, count - full - u32::from(part > 0));
    left - full * most - part
}

impl Room {
    /// How many pods of this size fit.
    fn holds(self, each: Resources) -> u32 {
        let times = |free: i64, each: i64| if each <= 0 { u32::MAX } else { u32::try_from(free / each).unwrap_or(u32::MAX) };
        times(self.free.cpu, each.cpu).min(times(self.free.memory, each.memory)).min(self.pods)
    }

    fn without(self, each: Resources, times: u32) -> Self {
        let left = |free: i64, each: i64| free - each.saturating_mul(i64::from(times));
        let free = Resources { cpu: left(self.free.cpu, each.cpu), memory: left(self.free.memory, each.memory) };
        Self { free, pods: self.pods - times }
    }
}

/// The larger share of a node, in millionths.
fn share(each: Resources, of: Resources) -> i128 {
    let share = |each: i64, of: i64| i128::from(each) * 1_000_000 / i128::from(of.max(1));
    share(each.cpu, of.cpu).max(share(each.memory, of.memory))
}

/// What a node leaves to pods, after what the system, the kubelet and its eviction threshold keep. Providers reserve
/// differently; these are the published shares of GKE.
/// Source: <https://cloud.google.com/kubernetes-engine/docs/concepts/plan-node-sizes>.
fn usable(size: Resources) -> Resources {
    // In tenths of a thousandth of a CPU: 6 % of the first, 1 % of the second, 0.5 % of the next two, 0.25 % of all others.
    const CPU: [(i64, i64); 4] = [(1, 600), (1, 100), (2, 50), (i64::MAX, 25)];
    const MEMORY: [(i64, i64); 5] = [(4, 25), (4, 20), (8, 10), (112, 6), (i64::MAX, 2)];
    const EVICTION: i64 = 100 << 20;

    let kept = |mut rest: i64, unit: i64, steps: &[(i64, i64)]| {
        let mut kept = 0;
        for (width, rate) in steps {
            let part = rest.min(width.saturating_mul(unit));
            kept += part * rate;
            rest -= part;
        }
        kept
    };
    let cpu = (kept(size.cpu / 1000, 1, &CPU) + 9) / 10;
    let memory = kept(size.memory, GIB, &MEMORY) / 100 + EVICTION;
    Resources { cpu: size.cpu - cpu, memory: size.memory - memory }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use windlass_k8s::Kind;

    use super::*;

    const MIB: i64 = 1 << 20;

    fn pods(name: &str, runs: Runs, count: u32, cpu: i64, mib: i64) -> Pods {
        Pods { object: ObjectRef::new(Kind::Deployment, name), runs, count, each: Resources { cpu, memory: mib * MIB } }
    }

    /// Nodes of each size, `-` where a pod is too large.
    fn check(stack: &[Pods], expected: &str) {
        let number = |nodes: Option<u32>| nodes.map_or("-".to_owned(), |nodes| nodes.to_string());
        let told: Vec<String> = fits(stack).iter().map(|fit| format!("{}/{}", number(fit.nodes), number(fit.nodes_with_jobs))).collect();
        assert_eq!(told.join(" "), expected);
    }

    #[test]
    fn a_node_keeps_a_part_for_itself() {
        let check = |cpus: i64, gib: i64, cpu: i64, mib: i64| {
            let usable = usable(Resources { cpu: cpus * 1000, memory: gib * GIB });
            assert_eq!((usable.cpu, usable.memory / MIB), (cpu, mib), "{cpus} CPU, {gib} GiB");
        };
        check(1, 4, 940, 2972);
        check(2, 4, 1930, 2972);
        check(4, 16, 3920, 13_621);
        check(8, 32, 7910, 29_022);
        check(16, 64, 15_890, 59_824);
    }

    #[test]
    fn pods_are_packed_and_what_is_too_large_is_named() {
        use Runs::{Always, ForAWhile, OnEachNode};
        check(&[], "0/0 0/0 0/0 0/0 0/0 0/0");
        check(&[pods("web", Always, 1, 100, 64)], "1/1 1/1 1/1 1/1 1/1 1/1");
        check(&[pods("web", Always, 3, 1000, 64)], "3/3 3/3 1/1 1/1 1/1 1/1");
        // Small ones go beside large ones.
        check(&[pods("api", Always, 2, 400, 64), pods("db", Always, 2, 1500, 64)], "2/2 2/2 1/1 1/1 1/1 1/1");
        check(&[pods("db", Always, 1, 3000, 64)], "-/- -/- 1/1 1/1 1/1 1/1");
        check(&[pods("web", Always, 1, 100, 64), pods("job", ForAWhile, 1, 3000, 64)], "1/- 1/- 1/1 1/1 1/1 1/1");
        check(&[pods("agent", OnEachNode, 1, 1000, 64), pods("web", Always, 1, 1000, 64)], "-/- -/- 1/1 1/1 1/1 1/1");
        // Pods that ask for nothing take their place all the same.
        check(&[pods("web", Always, 4_000_000_000, 0, 0)], &["36363637/36363637"; 6].join(" "));
        let db = fits(&[pods("db", Always, 1, 3000, 64)]);
        assert_eq!(db[0].too_large, [ObjectRef::new(Kind::Deployment, "db")]);
    }

    proptest! {
        #[test]
        fn packing_in_groups_is_packing_one_by_one(stack in prop::collection::vec((0u32..40, 0i64..1200, 0i64..1500), 0..6)) {
            let stack: Vec<Pods> = stack.into_iter().map(|(count, cpu, mib)| pods("x", Runs::Always, count, cpu, mib)).collect();
            let size = usable(Resources { cpu: 2000, memory: 4 * GIB });
            let empty = Room { free: size, pods: MAX_PODS };
            let mut nodes: Vec<Room> = Vec::new();
            for pods in &stack {
                for _ in 0..pods.count {
                    match nodes.iter_mut().find(|room| room.holds(pods.each) > 0) {
                        Some(room) => *room = room.without(pods.each, 1),
                        None => nodes.push(empty.without(pods.each, 1)),
                    }
                }
            }
            let together = first_fit(&stack.iter().collect::<Vec<_>>(), empty);
            prop_assert_eq!(together as usize, nodes.len());
        }
    }
}
