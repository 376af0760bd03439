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
        // One bit more, for what the highest digit hands on.
        let digits = bits.map_or(0, |bits| bits + 1).div_ceil(width);
        let mut buckets = vec![Self::IDENTITY; 1 << (width - 1)];
        let mut sum = Self::IDENTITY;
        for position in (0..digits).rev() {
            sum = (0..width).fold(sum, |sum, _| sum.double());
            buckets.fill(Self::IDENTITY);
            for (point, &weight) in points.iter().zip(weights) {
                let digit = digit(weight, position, width);
                let at = (digit.unsigned_abs() as usize).checked_sub(1);
                if let Some(bucket) = at.and_then(|at| buckets.get_mut(at)) {
                    *bucket = bucket.add_affine(&if digit < 0 { -*point } else { *point });
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

/// The signed digit at a position, within ±2^(width − 1), so that half the buckets suffice: of a
/// digit's bits and the one below them, the highest counts negative and hands on to the next
/// (Booth, 1951).
const fn digit(weight: u128, position: u32, width: u32) -> i32 {
    let low = position * width;
    let bits = match low.checked_sub(1) {
        None => weight << 1,
        Some(below) if below < u128::BITS => weight >> below,
        Some(_) => 0,
    };
    let bits = (bits & ((2 << width) - 1)) as i32;
    ((bits + 1) >> 1) - ((bits >> width) << width)
}

/// Bits of a digit: more points pay for more buckets.
const fn width(points: usize) -> u32 {
    match points {
        0..6 => 2,
        6..24 => 3,
        24..64 => 4,
        64..192 => 5,
        192..448 => 6,
        448..1_536 => 7,
        1_536..4_096 => 8,
        _ => 9,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Digits of every width make their weight again, those with all bits set among them.
    #[test]
    fn digits_add_up_to_the_weight() {
        let weights = (0..=u128::BITS).map(|bits| u128::MAX.checked_shr(bits).unwrap_or(0));
        let alternating = [u128::MAX / 3, u128::MAX / 3 * 2, 1 << 127, u128::MAX - 1];
        for weight in weights.chain(alternating).chain(0..1_000) {
            for width in 2..=9 {
                let positions = (u128::BITS - weight.leading_zeros() + 1).div_ceil(width);
                // Modulo 2¹²⁸: a weight of all bits is one less than a digit that is handed on.
                let mut made = 0_u128;
                for position in (0..positions).rev() {
                    let digit = digit(weight, position, width);
                    assert!(digit.unsigned_abs() <= 1 << (width - 1));
                    made = (made << width).wrapping_add_signed(i128::from(digit));
                }
                assert_eq!(made, weight, "{width} bits");
            }
        }
    }
}
