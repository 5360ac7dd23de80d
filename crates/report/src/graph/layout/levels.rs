//! The level of each box: what a line leads to stands further right.

use super::Line;

/// The level of each box, from 0, and the lines that have to be turned round since they close a circle.
pub(super) fn levels(count: usize, lines: &[Line]) -> (Vec<usize>, Vec<bool>) {
    let reversed = turned(count, lines);
    let (mut before, mut after) = (vec![Vec::new(); count], vec![Vec::new(); count]);
    for (&Line { from, to, .. }, &turned) in lines.iter().zip(&reversed) {
        let (from, to) = if turned { (to, from) } else { (from, to) };
        before[to].push(from);
        after[from].push(to);
    }
    let order = sorted(&before, &after);
    let mut level = vec![0; count];
    let first = |node: usize, level: &[usize]| before[node].iter().map(|other| level[*other] + 1).max().unwrap_or(0);
    for &node in &order {
        level[node] = first(node, &level);
    }
    // Each box moves to the side on which it has more lines, so that they are short.
    for _ in 0..count {
        let mut moved = false;
        for &node in order.iter().rev() {
            let last = after[node].iter().map(|other| level[*other] - 1).min();
            let wanted = match after[node].len().cmp(&before[node].len()) {
                std::cmp::Ordering::Greater => last.unwrap_or(level[node]),
                std::cmp::Ordering::Less => first(node, &level),
                std::cmp::Ordering::Equal => level[node],
            };
            moved |= std::mem::replace(&mut level[node], wanted) != wanted;
        }
        if !moved {
            break;
        }
    }
    (level, reversed)
}

/// The lines that have to be turned round so that none forms a circle: each line in turn, the lowest sort first, is turned where those
/// before it already lead the other way.
fn turned(count: usize, lines: &[Line]) -> Vec<bool> {
    let mut order: Vec<usize> = (0..lines.len()).collect();
    order.sort_by_key(|line| (lines[*line].sort, *line));
    let mut out: Vec<Vec<usize>> = vec![Vec::new(); count];
    let mut turned = vec![false; lines.len()];
    for line in order {
        let Line { from, to, .. } = lines[line];
        turned[line] = leads(&out, to, from);
        if turned[line] { out[to].push(from) } else { out[from].push(to) }
    }
    turned
}

/// True when there is a way from one box to another.
fn leads(out: &[Vec<usize>], from: usize, to: usize) -> bool {
    let mut seen = vec![false; out.len()];
    let mut open = vec![from];
    while let Some(node) = open.pop() {
        if node == to {
            return true;
        }
        if !std::mem::replace(&mut seen[node], true) {
            open.extend(&out[node]);
        }
    }
    false
}

/// The boxes, each after those that lead to it.
fn sorted(before: &[Vec<usize>], after: &[Vec<usize>]) -> Vec<usize> {
    let mut missing: Vec<usize> = before.iter().map(Vec::len).collect();
    let mut order: Vec<usize> = (0..before.len()).filter(|node| missing[*node] == 0).collect();
    let mut at = 0;
    while let Some(&node) = order.get(at) {
        at += 1;
        for &next in &after[node] {
            missing[next] -= 1;
            if missing[next] == 0 {
                order.push(next);
            }
        }
    }
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    fn line(from: usize, to: usize) -> Line {
        Line { from, to, sort: 0 }
    }

    #[test]
    fn what_is_needed_stands_further_right_and_near() {
        // proxy → app → db, worker → db, app → cache
        let (level, reversed) = levels(5, &[line(0, 1), line(1, 2), line(3, 2), line(1, 4)]);
        assert_eq!(level, [0, 1, 2, 1, 2]);
        assert_eq!(reversed, [false; 4]);
    }

    #[test]
    fn circles_are_opened_at_the_highest_sort() {
        let (level, reversed) = levels(3, &[line(0, 1), line(1, 2), line(2, 0)]);
        assert_eq!((level, reversed), (vec![0, 1, 2], vec![false, false, true]));
        let (level, reversed) = levels(3, &[Line { sort: 1, ..line(0, 1) }, line(1, 2), line(2, 0)]);
        assert_eq!((level, reversed), (vec![2, 0, 1], vec![true, false, false]));
    }
}
