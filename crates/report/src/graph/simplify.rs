//! What a large picture leaves out so that it can be read: services that differ only in their names share a box, and where lines are
//! many, those that others imply are not drawn.

use std::collections::{BTreeMap, BTreeSet};

use super::{Edge, Form, Graph, Means};

/// From this many services on, alike ones share a box.
const ALIKE: usize = 3;
/// Up to this many lines, all are drawn.
const MANY: usize = 40;

/// A graph as it is drawn.
pub(crate) struct Simple {
    /// The nodes of each box.
    pub(crate) boxes: Vec<Vec<usize>>,
    /// The lines between boxes, at most one from one to another.
    pub(crate) lines: Vec<Edge>,
    /// How many lines are not drawn since others imply them.
    pub(crate) implied: usize,
}

pub(crate) fn simplify(graph: &Graph) -> Simple {
    let boxes = boxes(graph);
    let mut place = vec![0; graph.nodes.len()];
    boxes.iter().enumerate().for_each(|(at, nodes)| nodes.iter().for_each(|node| place[*node] = at));
    let mut lines: BTreeMap<(usize, usize), Means> = BTreeMap::new();
    for edge in &graph.edges {
        lines.entry((place[edge.from], place[edge.to])).or_insert(edge.means);
    }
    let implied = if lines.len() > MANY { leave_out_implied(&mut lines, boxes.len()) } else { 0 };
    let lines = lines.into_iter().map(|((from, to), means)| Edge { from, to, means }).collect();
    Simple { boxes, lines, implied }
}

/// The nodes of each box: alike services together where the first of them stands.
fn boxes(graph: &Graph) -> Vec<Vec<usize>> {
    let mut around: Vec<BTreeSet<(usize, Means, bool)>> = vec![BTreeSet::new(); graph.nodes.len()];
    for edge in &graph.edges {
        around[edge.from].insert((edge.to, edge.means, true));
        around[edge.to].insert((edge.from, edge.means, false));
    }
    let is_alike = |one: usize, other: usize| {
        let (a, b) = (&graph.nodes[one], &graph.nodes[other]);
        let all = (&a.image, &a.facts, &a.networks, a.left_out) == (&b.image, &b.facts, &b.networks, b.left_out);
        all && a.form == Form::Service && b.form == a.form && a.short_becomes() == b.short_becomes() && around[one] == around[other]
    };
    let mut boxes: Vec<Vec<usize>> = Vec::new();
    for node in 0..graph.nodes.len() {
        match boxes.iter_mut().find(|nodes| is_alike(nodes[0], node)) {
            Some(nodes) => nodes.push(node),
            None => boxes.push(vec![node]),
        }
    }
    boxes
        .into_iter()
        .flat_map(|nodes| if nodes.len() < ALIKE { nodes.into_iter().map(|node| vec![node]).collect() } else { vec![nodes] })
        .collect()
}

/// Takes lines away whose order follows from others: where `a` starts after `b` and `b` after `c`, `a` starts after `c`.
fn leave_out_implied(lines: &mut BTreeMap<(usize, usize), Means>, boxes: usize) -> usize {
    let is_order = |means: Means| matches!(means, Means::WaitsForEnd | Means::WaitsForHealth | Means::StartsAfter);
    let mut after: Vec<BTreeSet<usize>> = vec![BTreeSet::new(); boxes];
    for ((from, to), means) in lines.iter() {
        if is_order(*means) {
            after[*from].insert(*to);
        }
    }
    let before = lines.len();
    lines.retain(|&(from, to), means| {
        if !is_order(*means) && *means != Means::Calls {
            return true;
        }
        let mut seen = vec![false; boxes];
        let mut open: Vec<usize> = after[from].iter().copied().filter(|next| *next != to).collect();
        while let Some(node) = open.pop() {
            if node == to {
                after[from].remove(&to);
                return false;
            }
            if !std::mem::replace(&mut seen[node], true) {
                // Back at the start there is no other way.
                open.extend(after[node].iter().filter(|next| **next != from));
            }
        }
        true
    });
    before - lines.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::Node;

    fn graph(names: &[&str], edges: &[(usize, usize, Means)]) -> Graph {
        let node = |name: &&str| Node {
            form: Form::Service,
            name: (*name).to_owned(),
            becomes: None,
            kind: None,
            image: name.split('-').next().map(str::to_owned),
            facts: Vec::new(),
            networks: Vec::new(),
            left_out: 0,
        };
        let edges = edges.iter().map(|&(from, to, means)| Edge { from, to, means }).collect();
        Graph { name: "test".into(), nodes: names.iter().map(node).collect(), edges, networks: Vec::new() }
    }

    #[test]
    fn services_that_differ_only_in_their_names_share_a_box() {
        let after = Means::StartsAfter;
        let graph = graph(&["w-1", "w-2", "w-3", "db", "w-4"], &[(0, 3, after), (1, 3, after), (2, 3, after), (4, 3, Means::Calls)]);
        let simple = simplify(&graph);
        assert_eq!(simple.boxes, [vec![0, 1, 2], vec![3], vec![4]]);
        assert_eq!(simple.lines.len(), 2);
    }

    #[test]
    fn lines_that_others_imply_go_where_there_are_many() {
        let mut lines: BTreeMap<(usize, usize), Means> = [
            ((0, 1), Means::StartsAfter),
            ((1, 2), Means::WaitsForHealth),
            ((0, 2), Means::StartsAfter),
            ((2, 3), Means::Calls),
            ((0, 3), Means::Calls),
        ]
        .into();
        assert_eq!(leave_out_implied(&mut lines, 4), 1);
        assert!(!lines.contains_key(&(0, 2)) && lines.contains_key(&(0, 3)));
        // Each follows from the other two ways round: one way stays.
        let mut circle: BTreeMap<(usize, usize), Means> = [((0, 1), Means::StartsAfter), ((1, 0), Means::StartsAfter)].into();
        assert_eq!(leave_out_implied(&mut circle, 2), 0);
    }
}
