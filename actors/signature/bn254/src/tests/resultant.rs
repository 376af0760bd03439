//! The numbers on which the proof of the subgroup check rests; see `endomorphism.rs`.

use crate::fp::P;
use crate::limbs::{add, below, sub, subtract_once};
use crate::scalar::ORDER;

type Integer = [u64; 4];

const X: u64 = 4_965_661_367_192_848_881;

/// Integers modulo an odd number below 2²⁵⁵.
struct Modulo(Integer);

impl Modulo {
    fn add(&self, a: &Integer, b: &Integer) -> Integer {
        subtract_once(&add(a, b).0, &self.0)
    }

    fn minus(&self, a: &Integer) -> Integer {
        subtract_once(&sub(&self.0, a).0, &self.0)
    }

    fn multiply(&self, a: &Integer, b: &Integer) -> Integer {
        (0..256).rev().fold([0; 4], |product, bit| {
            let product = self.add(&product, &product);
            if b[bit / 64] >> (bit % 64) & 1 == 1 { self.add(&product, a) } else { product }
        })
    }

    fn reduce(&self, a: &Integer) -> Integer {
        (0..8).fold(*a, |a, _| subtract_once(&a, &self.0))
    }

    /// The norm of (x+1) + xψ + xψ² − 2xψ³ in Z\[ψ\]/(ψ² − tψ + p): the resultant.
    fn norm(&self) -> Integer {
        let x = [X, 0, 0, 0];
        let p = self.reduce(&P);
        let t = self.add(&self.multiply(&[6, 0, 0, 0], &self.multiply(&x, &x)), &[1, 0, 0, 0]);
        let mut f = vec![self.add(&x, &[1, 0, 0, 0]), x, x, self.minus(&self.add(&x, &x))];
        while let Some(highest) = f.pop() {
            let Some(last) = f.len().checked_sub(1).filter(|&last| 1 <= last) else {
                f.push(highest);
                break;
            };
            f[last] = self.add(&f[last], &self.multiply(&highest, &t));
            f[last - 1] = self.add(&f[last - 1], &self.minus(&self.multiply(&highest, &p)));
        }
        let [a, b] = f.try_into().unwrap();
        let cross = self.multiply(&self.multiply(&a, &b), &t);
        let squares = self.add(&self.multiply(&a, &a), &self.multiply(&self.multiply(&b, &b), &p));
        self.add(&squares, &cross)
    }
}

/// By Euclid with shifts, for an odd `b`.
fn greatest_common_divisor(mut a: Integer, mut b: Integer) -> Integer {
    while a != [0; 4] {
        if a[0] & 1 == 0 {
            a = core::array::from_fn(|i| a[i] >> 1 | a.get(i + 1).map_or(0, |next| next << 63));
        } else {
            if below(&a, &b) {
                (a, b) = (b, a);
            }
            a = sub(&a, &b).0;
        }
    }
    b
}

#[test]
fn resultant_shares_r_alone_with_the_order_of_the_twist() {
    let cofactor = sub(&add(&P, &P).0, &ORDER).0;
    let one = [1, 0, 0, 0];
    assert_eq!(Modulo(ORDER).norm(), [0; 4]);
    assert_eq!(greatest_common_divisor(Modulo(cofactor).norm(), cofactor), one);
    assert_eq!(greatest_common_divisor(ORDER, cofactor), one);
    // The arithmetic itself: the norm of ψ would be p, and 6x² + 1 − t is zero.
    assert_eq!(Modulo(cofactor).multiply(&[3, 0, 0, 0], &[5, 0, 0, 0]), [15, 0, 0, 0]);
    assert_eq!(greatest_common_divisor([12, 0, 0, 0], [9, 0, 0, 0]), [3, 0, 0, 0]);
}
