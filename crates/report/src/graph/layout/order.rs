//! The order within each level, so that few lines cross: sweeps by the middle of the neighbours, then swaps of neighbours.

use std::collections::{BTreeMap, BTreeSet};

use super::{Line, Size};

/// Boxes and lanes in levels. A line that spans levels has a lane in each between, so lines lead only from one level to the next; lines
/// of one sort to one box share their lanes.
#[derive(Clone, Debug, Default)]
pub(super) struct Layers {
    /// What stands in each level, from the top. Boxes have their own numbers, lanes follow.
    pub(super) columns: Vec<Vec<usize>>,
    pub(super) level: Vec<usize>,
    /// Of lanes: nothing.
    pub(super) height: Vec<f64>,
    /// For each line, what it passes from left to right.
    pub(super) chains: Vec<Vec<usize>>,
    pub(super) left: Vec<Vec<usize>>,
    pub(super) right: Vec<Vec<usize>>,
    pub(super) boxes: usize,
}

impl Layers {
    pub(super) fn new(boxes: &[Size], lines: &[Line], level: &[usize], reversed: &[bool]) -> Self {
        let mut layers = Self {
            columns: vec![Vec::new(); level.iter().max().map_or(0, |most| most + 1)],
            level: level.to_vec(),
            height: boxes.iter().map(|size| size.height).collect(),
            boxes: boxes.len(),
            ..Self::default()
        };
        let mut lanes: BTreeMap<(usize, u8, bool, usize), usize> = BTreeMap::new();
        for (line, &turned) in lines.iter().zip(reversed) {
            let (left, right) = if turned { (line.to, line.from) } else { (line.from, line.to) };
            let mut chain = vec![left];
            for level in level[left] + 1..level[right] {
                chain.push(*lanes.entry((line.to, line.sort, turned, level)).or_insert_with(|| {
                    layers.level.push(level);
                    layers.height.push(0.0);
                    layers.level.len() - 1
                }));
            }
            chain.push(right);
            layers.chains.push(chain);
        }
        layers.left = vec![Vec::new(); layers.level.len()];
        layers.right = vec![Vec::new(); layers.level.len()];
        let pairs: BTreeSet<(usize, usize)> =
            layers.chains.iter().flat_map(|chain| chain.windows(2)).map(|pair| (pair[0], pair[1])).collect();
        for (left, right) in pairs {
            layers.right[left].push(right);
            layers.left[right].push(left);
        }
        layers.fill();
        layers
    }

    /// The first order: as a search finds them, so that what is connected stands together.
    fn fill(&mut self) {
        let mut seen = vec![false; self.level.len()];
        let mut starts: Vec<usize> = (0..self.level.len()).collect();
        starts.sort_by_key(|slot| (self.level[*slot], *slot));
        for start in starts {
            let mut open = vec![start];
            while let Some(slot) = open.pop() {
                if !std::mem::replace(&mut seen[slot], true) {
                    self.columns[self.level[slot]].push(slot);
                    open.extend(self.left[slot].iter().chain(&self.right[slot]).rev());
                }
            }
        }
    }

    pub(super) fn is_lane(&self, slot: usize) -> bool {
        slot >= self.boxes
    }

    /// The place of each in its level.
    fn positions(&self) -> Vec<usize> {
        let mut positions = vec![0; self.level.len()];
        for column in &self.columns {
            column.iter().enumerate().for_each(|(at, slot)| positions[*slot] = at);
        }
        positions
    }

    /// How many pairs of lines cross.
    fn crossings(&self) -> usize {
        let positions = self.positions();
        let mut crossings = 0;
        for column in &self.columns {
            let mut ends: Vec<usize> = Vec::new();
            for slot in column {
                let mut next: Vec<usize> = self.right[*slot].iter().map(|other| positions[*other]).collect();
                next.sort_unstable();
                // Lines that began above and end below cross this one.
                crossings += next.iter().map(|end| ends.len() - ends.partition_point(|other| other <= end)).sum::<usize>();
                for end in next {
                    ends.insert(ends.partition_point(|other| *other <= end), end);
                }
            }
        }
        crossings
    }
}

/// Sweeps in each direction.
const SWEEPS: usize = 12;

/// `layers` in the best order that was found.
pub(super) fn with_few_crossings(mut layers: Layers) -> Layers {
    let (mut best, mut fewest) = (layers.columns.clone(), layers.crossings());
    for sweep in 0..2 * SWEEPS {
        if fewest == 0 {
            break;
        }
        let forth = sweep % 2 == 0;
        let columns = layers.columns.len();
        for step in 1..columns {
            sort(&mut layers, if forth { step } else { columns - 1 - step }, forth);
        }
        swap(&mut layers);
        let crossings = layers.crossings();
        if crossings < fewest {
            (best, fewest) = (layers.columns.clone(), crossings);
        }
    }
    layers.columns = best;
    layers
}

/// Orders a level by the mean place of the neighbours to the left (or right).
fn sort(layers: &mut Layers, column: usize, by_left: bool) {
    let positions = layers.positions();
    let side = if by_left { &layers.left } else { &layers.right };
    let mut keyed: Vec<(f64, usize)> = layers.columns[column]
        .iter()
        .enumerate()
        .map(|(at, slot)| {
            let places = side[*slot].iter().map(|other| positions[*other]);
            (mean(places).unwrap_or_else(|| as_f64(at)), *slot)
        })
        .collect();
    keyed.sort_by(|a, b| a.0.total_cmp(&b.0));
    layers.columns[column] = keyed.into_iter().map(|(_, slot)| slot).collect();
}

/// Swaps neighbours in a level while that takes crossings away.
fn swap(layers: &mut Layers) {
    let mut positions = layers.positions();
    // Each round takes at least one crossing away; a bound in case that two levels undo each other.
    for _ in 0..8 {
        let mut better = false;
        for column in 0..layers.columns.len() {
            for at in 1..layers.columns[column].len() {
                let (upper, lower) = (layers.columns[column][at - 1], layers.columns[column][at]);
                let crossing = |a: usize, b: usize| {
                    [&layers.left, &layers.right].iter().map(|side| pairs(&side[a], &side[b], &positions)).sum::<usize>()
                };
                if crossing(lower, upper) < crossing(upper, lower) {
                    layers.columns[column].swap(at - 1, at);
                    positions.swap(upper, lower);
                    better = true;
                }
            }
        }
        if !better {
            break;
        }
    }
}

/// Crossings between the lines of one and those of another below it.
fn pairs(upper: &[usize], lower: &[usize], positions: &[usize]) -> usize {
    upper.iter().map(|end| lower.iter().filter(|other| positions[**other] < positions[*end]).count()).sum()
}

fn mean(places: impl Iterator<Item = usize>) -> Option<f64> {
    let (count, sum) = places.fold((0, 0), |(count, sum), place| (count + 1, sum + place));
    (count > 0).then(|| as_f64(sum) / as_f64(count))
}

pub(super) fn as_f64(number: usize) -> f64 {
    f64::from(u32::try_from(number).unwrap_or(u32::MAX))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn crossings_of(count: usize, pairs: &[(usize, usize)], level: &[usize]) -> usize {
        let lines: Vec<Line> = pairs.iter().map(|&(from, to)| Line { from, to, sort: 0 }).collect();
        let sizes = vec![Size { width: 10.0, height: 10.0 }; count];
        with_few_crossings(Layers::new(&sizes, &lines, level, &vec![false; lines.len()])).crossings()
    }

    #[test]
    fn crossings_that_an_order_avoids_are_avoided() {
        assert_eq!(crossings_of(4, &[(0, 3), (1, 2)], &[0, 0, 1, 1]), 0);
        assert_eq!(crossings_of(8, &[(0, 7), (1, 6), (2, 5), (3, 4), (0, 6), (2, 4)], &[0, 0, 0, 0, 1, 1, 1, 1]), 0);
        // Two by two: one crossing cannot be avoided.
        assert_eq!(crossings_of(4, &[(0, 2), (0, 3), (1, 2), (1, 3)], &[0, 0, 1, 1]), 1);
    }
}
