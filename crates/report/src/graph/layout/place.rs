//! The height of each box and lane: near the middle of what it is connected with, in the order of its level, without overlap.

use super::order::Layers;
use super::{BETWEEN, LANE};

/// Rounds over all levels.
const ROUNDS: usize = 12;

/// The middle of each box and lane; the topmost edge is at 0.
pub(super) fn heights(layers: &Layers) -> Vec<f64> {
    let mut middles = vec![0.0; layers.level.len()];
    for column in &layers.columns {
        let mut y = 0.0;
        for (at, slot) in column.iter().enumerate() {
            y += if at == 0 { 0.0 } else { distance(layers, column[at - 1], *slot) };
            middles[*slot] = y;
        }
    }
    for round in 0..ROUNDS {
        let columns = layers.columns.len();
        let by_both = round + 2 >= ROUNDS;
        for step in 0..columns {
            let column = if round % 2 == 0 { step } else { columns - 1 - step };
            settle(layers, column, &mut middles, (round % 2 == 0 || by_both, round % 2 == 1 || by_both));
        }
    }
    let top = (0..middles.len()).map(|slot| middles[slot] - layers.height[slot] / 2.0).fold(f64::INFINITY, f64::min);
    middles.iter_mut().for_each(|middle| *middle -= top);
    middles
}

/// The least distance between the middles of two neighbours.
fn distance(layers: &Layers, upper: usize, lower: usize) -> f64 {
    let between = if layers.is_lane(upper) || layers.is_lane(lower) { LANE } else { BETWEEN };
    f64::midpoint(layers.height[upper], layers.height[lower]) + between
}

/// Moves a level to where its neighbours (of the left, of the right) want it: the places with the least sum of squared, weighted
/// distances from the wanted ones that keep order and room. With the least distances taken off, that is isotonic regression, which
/// pooling adjacent violators solves.
fn settle(layers: &Layers, column: usize, middles: &mut [f64], (by_left, by_right): (bool, bool)) {
    struct Pool {
        wanted: f64,
        weight: f64,
        members: usize,
    }
    let slots = &layers.columns[column];
    let mut offset = 0.0;
    let mut offsets = Vec::with_capacity(slots.len());
    let mut pools: Vec<Pool> = Vec::with_capacity(slots.len());
    for (at, slot) in slots.iter().enumerate() {
        offset += if at == 0 { 0.0 } else { distance(layers, slots[at - 1], *slot) };
        offsets.push(offset);
        let sides = [(by_left, &layers.left[*slot]), (by_right, &layers.right[*slot])];
        let (mut sum, mut weight) = (0.0, 0.0);
        for other in sides.into_iter().filter(|(counts, _)| *counts).flat_map(|(_, others)| others) {
            // Between levels a line should be straight; a box may stand a little aside.
            let pull = if layers.is_lane(*slot) && layers.is_lane(*other) { 8.0 } else { 1.0 };
            sum += pull * middles[*other];
            weight += pull;
        }
        let pool = if weight > 0.0 {
            Pool { wanted: sum / weight - offset, weight, members: 1 }
        } else {
            Pool { wanted: middles[*slot] - offset, weight: 0.1, members: 1 }
        };
        pools.push(pool);
        while let [.., upper, lower] = &mut pools[..] {
            if upper.wanted <= lower.wanted {
                break;
            }
            upper.wanted = (upper.wanted * upper.weight + lower.wanted * lower.weight) / (upper.weight + lower.weight);
            upper.weight += lower.weight;
            upper.members += lower.members;
            pools.pop();
        }
    }
    let mut at = 0;
    for pool in pools {
        for _ in 0..pool.members {
            middles[slots[at]] = pool.wanted + offsets[at];
            at += 1;
        }
    }
}
