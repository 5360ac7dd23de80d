//! Rectangles in rows.

use super::{Point, Size};

/// Wide for its height, as a screen is.
const ASPECT: f64 = 1.6;

/// The corners of `sizes` in rows, and the size of the whole, at least as wide as the widest and as `least`.
pub(super) fn shelves(sizes: &[Size], between: f64, least: f64) -> (Vec<Point>, Size) {
    let area: f64 = sizes.iter().map(|size| (size.width + between) * (size.height + between)).sum();
    let widest = sizes.iter().map(|size| size.width).fold(least, f64::max);
    let limit = widest.max((area * ASPECT).sqrt());
    let (mut corner, mut row) = (Point::default(), 0.0_f64);
    let mut whole = Size::default();
    let mut corners = Vec::with_capacity(sizes.len());
    for size in sizes {
        if corner.x > 0.0 && corner.x + size.width > limit {
            corner = Point { x: 0.0, y: corner.y + row + between };
            row = 0.0;
        }
        corners.push(corner);
        row = row.max(size.height);
        whole = Size { width: whole.width.max(corner.x + size.width), height: corner.y + row };
        corner.x += size.width + between;
    }
    (corners, whole)
}
