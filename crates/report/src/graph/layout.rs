//! Boxes and the lines between them in, places out: a layered drawing from left to right (Sugiyama, Tagawa, Toda 1981). What the
//! boxes are, and how they look, is not here.
//!
//! Each connected part is drawn on its own: levels (`levels`), their order with few crossings (`order`), heights (`place`). Then the
//! parts are put beside and below each other, and boxes without lines fill rows of their own (`pack`).
//!
//! Lines keep clear of boxes by construction: they bend only in the gaps between levels, and pass a level in a lane that no box has.
//! Lines of one sort to one box share a lane.

mod levels;
mod order;
mod pack;
mod place;

use levels::levels;
use order::Layers;

/// Width and height, in pixels, as everything here.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Size {
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// A place.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Point {
    pub(crate) x: f64,
    pub(crate) y: f64,
}

/// A box and its place.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Rect {
    pub(crate) x: f64,
    pub(crate) y: f64,
    pub(crate) width: f64,
    pub(crate) height: f64,
}

/// A line between two boxes, from left to right. Its points come in pairs: a curve with level ends leads from the first of a pair to
/// the second, and a level straight line from there to the next pair.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Route {
    pub(crate) points: Vec<Point>,
    /// The line closes a circle, so it was drawn from its end to its start.
    pub(crate) reversed: bool,
}

/// A line to draw.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// Lines of one sort may be drawn over each other. Where lines form a circle, one of the highest sort in it is turned round.
    pub(crate) sort: u8,
}

/// Where everything is.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Layout {
    pub(crate) size: Size,
    /// As the boxes were given.
    pub(crate) boxes: Vec<Rect>,
    /// As the lines were given.
    pub(crate) routes: Vec<Route>,
}

/// Between boxes of one level, from edge to edge.
const BETWEEN: f64 = 18.0;
/// Between a line that passes a level and what is above or below it.
const LANE: f64 = 10.0;
/// Between levels: at least, and for each line that crosses the gap, up to the most.
const GAP: (f64, f64, f64) = (52.0, 3.0, 130.0);
/// Between parts that are not connected.
const BETWEEN_PARTS: f64 = 32.0;
/// Most pixels between the ends of two lines at one box, and between the outermost ends and the corners.
const ENDS: (f64, f64) = (12.0, 12.0);

/// Places `boxes` and the lines between them, each from one box to another. Boxes of a level become as wide as the widest of them.
pub(crate) fn layout(boxes: &[Size], lines: &[Line]) -> Layout {
    let (connected, single): (Vec<_>, Vec<_>) = parts(boxes.len(), lines).into_iter().partition(|part| part.len() > 1);
    let mut drawn =
        Layout { size: Size::default(), boxes: vec![Rect::default(); boxes.len()], routes: vec![Route::default(); lines.len()] };
    let mut pieces = Vec::new();
    for part in connected {
        let own: Vec<usize> = (0..lines.len()).filter(|line| part.binary_search(&lines[*line].from).is_ok()).collect();
        let at = |node: usize| part.binary_search(&node).unwrap_or_default();
        let inner: Vec<Line> =
            own.iter().map(|line| Line { from: at(lines[*line].from), to: at(lines[*line].to), ..lines[*line] }).collect();
        let sizes: Vec<Size> = part.iter().map(|node| boxes[*node]).collect();
        pieces.push((part_layout(&sizes, &inner), part, own));
    }
    // The largest first; among equals, as they were given.
    pieces.sort_by_key(|(_, part, _)| std::cmp::Reverse(part.len()));
    let sizes: Vec<Size> = pieces.iter().map(|(placed, ..)| placed.size).collect();
    let (corners, above) = pack::shelves(&sizes, BETWEEN_PARTS, 0.0);
    for ((placed, part, own), corner) in pieces.into_iter().zip(corners) {
        for (node, rect) in part.into_iter().zip(placed.boxes) {
            drawn.boxes[node] = Rect { x: rect.x + corner.x, y: rect.y + corner.y, ..rect };
        }
        for (line, mut route) in own.into_iter().zip(placed.routes) {
            route.points.iter_mut().for_each(|point| *point = Point { x: point.x + corner.x, y: point.y + corner.y });
            drawn.routes[line] = route;
        }
    }
    let widest = single.iter().map(|part| boxes[part[0]].width).fold(0.0, f64::max);
    let mut single: Vec<usize> = single.into_iter().map(|part| part[0]).collect();
    // Rows of like heights leave less empty.
    single.sort_by(|one, other| boxes[*other].height.total_cmp(&boxes[*one].height));
    let sizes: Vec<Size> = single.iter().map(|node| Size { width: widest, ..boxes[*node] }).collect();
    let (grid, below) = pack::shelves(&sizes, BETWEEN, above.width);
    let top = if above.height > 0.0 && !single.is_empty() { above.height + BETWEEN_PARTS } else { above.height };
    for (node, corner) in single.into_iter().zip(grid) {
        drawn.boxes[node] = Rect { x: corner.x, y: top + corner.y, width: widest, height: boxes[node].height };
    }
    drawn.size = Size { width: above.width.max(below.width), height: top + below.height };
    drawn
}

/// The boxes that lines connect, each part in order.
fn parts(count: usize, lines: &[Line]) -> Vec<Vec<usize>> {
    let mut neighbours = vec![Vec::new(); count];
    for &Line { from, to, .. } in lines {
        neighbours[from].push(to);
        neighbours[to].push(from);
    }
    let mut seen = vec![false; count];
    let mut parts = Vec::new();
    for start in 0..count {
        let mut part = Vec::new();
        let mut open = vec![start];
        while let Some(node) = open.pop() {
            if !std::mem::replace(&mut seen[node], true) {
                part.push(node);
                open.extend(&neighbours[node]);
            }
        }
        if !part.is_empty() {
            part.sort_unstable();
            parts.push(part);
        }
    }
    parts
}

/// One connected part, from (0, 0).
fn part_layout(boxes: &[Size], lines: &[Line]) -> Layout {
    let (level, reversed) = levels(boxes.len(), lines);
    let layers = order::with_few_crossings(Layers::new(boxes, lines, &level, &reversed));
    let middles = place::heights(&layers);

    let mut spans = Vec::with_capacity(layers.columns.len());
    let mut left = 0.0;
    for column in &layers.columns {
        let width = column.iter().filter_map(|slot| boxes.get(*slot)).map(|size| size.width).fold(0.0, f64::max);
        let lines: usize = column.iter().map(|slot| layers.right[*slot].len()).sum();
        let (least, each, most) = GAP;
        spans.push((left, left + width));
        left += width + (least + each * order::as_f64(lines)).min(most);
    }
    let rect = |(slot, size): (usize, &Size)| {
        let (left, right) = spans[level[slot]];
        Rect { x: left, y: middles[slot] - size.height / 2.0, width: right - left, height: size.height }
    };
    let rects: Vec<Rect> = boxes.iter().enumerate().map(rect).collect();
    let out = ends(&layers.right, boxes, &middles);
    let into = ends(&layers.left, boxes, &middles);
    let end = |ends: &[Vec<(usize, f64)>], slot: usize, next: usize| {
        ends[slot].iter().find(|(other, _)| *other == next).map_or(middles[slot], |(_, y)| *y)
    };
    let routes = layers.chains.iter().zip(&reversed).map(|(chain, reversed)| {
        let (first, last) = (chain[0], chain[chain.len() - 1]);
        let mut points = vec![Point { x: spans[level[first]].1, y: end(&out, first, chain[1]) }];
        for slot in &chain[1..chain.len() - 1] {
            let (left, right) = spans[layers.level[*slot]];
            points.extend([left, right].map(|x| Point { x, y: middles[*slot] }));
        }
        points.push(Point { x: spans[level[last]].0, y: end(&into, last, chain[chain.len() - 2]) });
        Route { points, reversed: *reversed }
    });
    let routes = routes.collect();
    let bottom = rects.iter().map(|rect| rect.y + rect.height);
    let lanes = middles.iter().skip(boxes.len()).copied();
    let height = bottom.chain(lanes).fold(0.0, f64::max);
    Layout { size: Size { width: spans.last().map_or(0.0, |span| span.1), height }, boxes: rects, routes }
}

/// For each box, where the lines to its neighbours on one side end: spread over its height, in the order of the neighbours.
fn ends(neighbours: &[Vec<usize>], boxes: &[Size], middles: &[f64]) -> Vec<Vec<(usize, f64)>> {
    let spread = |(slot, size): (usize, &Size)| {
        let mut next = neighbours[slot].clone();
        next.sort_by(|one, other| middles[*one].total_cmp(&middles[*other]).then(one.cmp(other)));
        let between = order::as_f64(next.len().saturating_sub(1));
        let (most, corner) = ENDS;
        let step = if between > 0.0 { ((size.height - 2.0 * corner) / between).clamp(0.0, most) } else { 0.0 };
        let first = middles[slot] - step * between / 2.0;
        next.into_iter().enumerate().map(|(at, other)| (other, step.mul_add(order::as_f64(at), first))).collect()
    };
    boxes.iter().enumerate().map(spread).collect()
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    impl Rect {
        fn overlaps(&self, other: &Self) -> bool {
            let apart = 0.01;
            self.x + self.width > other.x + apart
                && other.x + other.width > self.x + apart
                && self.y + self.height > other.y + apart
                && other.y + other.height > self.y + apart
        }
    }

    impl Route {
        /// Points along the drawn line.
        fn samples(&self) -> Vec<Point> {
            let mut samples = Vec::new();
            for pair in self.points.windows(2).enumerate() {
                let (index, [from, to]) = pair else { continue };
                for step in 0..=24 {
                    let t = f64::from(step) / 24.0;
                    // A cubic curve with its handles at the middle; straight lines are level.
                    let x = if index % 2 == 0 {
                        (1.5 * t * (1.0 - t) + t * t * t).mul_add(to.x - from.x, from.x) + 0.0
                    } else {
                        (to.x - from.x).mul_add(t, from.x)
                    };
                    let rise = if index % 2 == 0 { t * t * (3.0 - 2.0 * t) } else { t };
                    samples.push(Point { x, y: (to.y - from.y).mul_add(rise, from.y) });
                }
            }
            samples
        }
    }

    /// What is wrong with a drawing: boxes that overlap, lines that pass through a box.
    pub(crate) fn faults(layout: &Layout, lines: &[Line]) -> Vec<String> {
        let mut faults = Vec::new();
        for (one, rect) in layout.boxes.iter().enumerate() {
            let within = rect.x >= 0.0 && rect.y >= -0.01 && rect.x + rect.width <= layout.size.width + 0.01;
            if !within || rect.y + rect.height > layout.size.height + 0.01 {
                faults.push(format!("box {one} is outside"));
            }
            for (other, second) in layout.boxes.iter().enumerate().skip(one + 1) {
                if rect.overlaps(second) {
                    faults.push(format!("boxes {one} and {other} overlap"));
                }
            }
        }
        for (line, route) in layout.routes.iter().enumerate() {
            for point in route.samples() {
                let touches = |rect: &Rect| {
                    point.x > rect.x + 0.01
                        && point.x < rect.x + rect.width - 0.01
                        && point.y > rect.y + 0.01
                        && point.y < rect.y + rect.height - 0.01
                };
                if let Some(hit) = layout.boxes.iter().position(touches) {
                    faults.push(format!("line {line} {:?} goes through box {hit}", lines[line]));
                    break;
                }
            }
        }
        faults
    }

    fn lines(pairs: &[(usize, usize)]) -> Vec<Line> {
        pairs.iter().map(|&(from, to)| Line { from, to, sort: u8::from(from > to) }).collect()
    }

    fn drawing() -> impl Strategy<Value = (Vec<Size>, Vec<Line>)> {
        (1_usize..24).prop_flat_map(|count| {
            let size = (60.0..260.0, 30.0..160.0).prop_map(|(width, height)| Size { width, height });
            (prop::collection::vec(size, count), prop::collection::vec((0..count, 0..count), 0..48)).prop_map(|(sizes, mut pairs)| {
                pairs.retain(|(from, to)| from != to);
                pairs.sort_unstable();
                pairs.dedup();
                (sizes, lines(&pairs))
            })
        })
    }

    proptest! {
        #[test]
        fn no_box_covers_another_and_no_line_goes_through_a_box((sizes, lines) in drawing()) {
            let drawn = layout(&sizes, &lines);
            prop_assert_eq!(faults(&drawn, &lines), Vec::<String>::new());
            prop_assert_eq!(drawn.routes.iter().filter(|route| route.points.len() % 2 == 1).count(), 0);
        }
    }

    #[test]
    fn a_chain_is_a_straight_line() {
        let sizes = [Size { width: 100.0, height: 40.0 }; 3];
        let drawn = layout(&sizes, &lines(&[(0, 1), (1, 2)]));
        assert!(drawn.boxes[0].x < drawn.boxes[1].x && drawn.boxes[1].x < drawn.boxes[2].x);
        assert!(drawn.routes.iter().flat_map(|route| &route.points).all(|point| (point.y - 20.0).abs() < 0.01), "{drawn:?}");
    }

    #[test]
    fn the_line_that_closes_a_circle_is_drawn_backwards() {
        let sizes = [Size { width: 100.0, height: 40.0 }; 2];
        let drawn = layout(&sizes, &lines(&[(0, 1), (1, 0)]));
        assert_eq!(drawn.routes.iter().map(|route| route.reversed).collect::<Vec<_>>(), [false, true]);
    }
}
