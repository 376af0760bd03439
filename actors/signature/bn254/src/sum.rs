//! Sums of many points: pairs are added in affine coordinates, their divisions made together.

use crate::field::{Coordinate, invert_all};
use crate::point::{Affine, Point};

/// Below this many pairs an inversion costs more than it saves.
const PAIRS_MIN: usize = 16;

impl<F: Coordinate> Point<F> {
    /// The sum of many affine points, identities, repeats and opposites among them.
    pub fn sum(points: &[Affine<F>]) -> Self {
        let mut points: Vec<Affine<F>> =
            points.iter().filter(|point| !point.is_identity()).copied().collect();
        let mut slopes = Vec::with_capacity(points.len() / 2);
        let mut scratch = Vec::with_capacity(points.len() / 2);
        while PAIRS_MIN <= points.len() / 2 {
            halve(&mut points, &mut slopes, &mut scratch);
        }
        points.iter().fold(Self::IDENTITY, |sum, point| sum.add_affine(point))
    }
}

/// Replaces pairs by their sums; a sum that is the identity vanishes.
fn halve<F: Coordinate>(
    points: &mut Vec<Affine<F>>,
    denominators: &mut Vec<F>,
    scratch: &mut Vec<F>,
) {
    denominators.clear();
    let (pairs, rest) = points.as_chunks::<2>();
    denominators.extend(pairs.iter().map(|[a, b]| denominator(a, b)));
    invert_all(denominators, scratch);
    let sums = pairs.iter().zip(denominators.iter());
    let mut sums: Vec<Affine<F>> =
        sums.filter_map(|([a, b], &inverse)| chord(a, b, inverse)).collect();
    sums.extend_from_slice(rest);
    *points = sums;
}

/// What the slope is divided by; zero if the sum is the identity. (No point has y = 0: the
/// order of either curve is odd.)
fn denominator<F: Coordinate>(a: &Affine<F>, b: &Affine<F>) -> F {
    if a.x != b.x {
        b.x - a.x
    } else if a.y == b.y {
        a.y.double()
    } else {
        F::ZERO
    }
}

fn chord<F: Coordinate>(a: &Affine<F>, b: &Affine<F>, inverse: F) -> Option<Affine<F>> {
    if inverse == F::ZERO {
        return None;
    }
    let rise = if a.x == b.x {
        let square = a.x.square();
        square.double() + square
    } else {
        b.y - a.y
    };
    let slope = rise * inverse;
    let x = slope.square() - a.x - b.x;
    Some(Affine { x, y: slope * (a.x - x) - a.y })
}
