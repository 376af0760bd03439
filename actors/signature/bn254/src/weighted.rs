//! Sums of many multiples by short public weights (Pippenger's buckets). Variable time.

use crate::field::Coordinate;
use crate::point::{Affine, Point};

impl<F: Coordinate> Point<F> {
    /// Σ weightᵢ · pointᵢ over as many as there are of both. The time tells about the weights:
    /// never secrets.
    pub fn weighted_sum(points: &[Affine<F>], weights: &[u128]) -> Self {
        let count = points.len().min(weights.len());
        let bits = weights.iter().map(|weight| u128::BITS - weight.leading_zeros()).max();
        let width = width(count);
        let digits = bits.unwrap_or(0).div_ceil(width);
        let mut buckets = vec![Self::IDENTITY; (1 << width) - 1];
        let mut sum = Self::IDENTITY;
        for digit in (0..digits).rev() {
            sum = (0..width).fold(sum, |sum, _| sum.double());
            buckets.fill(Self::IDENTITY);
            for (point, weight) in points.iter().zip(weights) {
                let digit = (weight >> (digit * width)) as usize & ((1 << width) - 1);
                if let Some(bucket) = digit.checked_sub(1).and_then(|at| buckets.get_mut(at)) {
                    *bucket = bucket.add_affine(point);
                }
            }
            // Σ i · bucketᵢ, as the sum of the sums from the top.
            let (mut above, mut total) = (Self::IDENTITY, Self::IDENTITY);
            for &bucket in buckets.iter().rev() {
                above = above + bucket;
                total = total + above;
            }
            sum = sum + total;
        }
        sum
    }
}

/// Bits of a digit: more points pay for more buckets.
const fn width(points: usize) -> u32 {
    match points {
        0..4 => 2,
        4..16 => 3,
        16..48 => 4,
        48..160 => 5,
        160..512 => 6,
        512..2_048 => 8,
        _ => 9,
    }
}
