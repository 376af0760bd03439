//! The cyclotomic subgroup of Fp12, where squaring is cheap and inversion free.

use crate::fp::triple_plus_double;
use crate::fp2::Fp2;
use crate::fp6::Fp6;
use crate::fp12::Fp12;
use crate::partly::Partly;

/// x of the curve, in signed digits of four bits (odd or zero), most significant first.
const X_DIGITS: [i8; 63] = digits(4_965_661_367_192_848_881);

impl Fp12 {
    /// The square of an element of the cyclotomic subgroup (Granger and Scott, PKC 2010, 3.2).
    #[inline(never)]
    pub(crate) fn square_cyclotomic(&self) -> Self {
        let Fp6 { c0: z0, c1: z4, c2: z3 } = self.c0;
        let Fp6 { c0: z2, c1: z1, c2: z5 } = self.c1;
        let (a0, a1) = square_fp4(z0, z1);
        let (b0, b1) = square_fp4(z2, z3);
        let (c0, c1) = square_fp4(z4, z5);
        let c1 = Partly::from(ZERO.plus_xi(&c1));
        Self::new(
            Fp6::new(even(&a0, z0), even(&b0, z4), even(&c0, z3)),
            Fp6::new(odd(&c1, z2), odd(&a1, z1), odd(&b1, z5)),
        )
    }

    /// The power x, of an element of the cyclotomic subgroup.
    pub(crate) fn pow_x(self) -> Self {
        let square = self.square_cyclotomic();
        let cube = square * self;
        let fifth = cube * square;
        let odd = [self, cube, fifth, fifth * square];
        let mut power = self;
        for &digit in &X_DIGITS[1..] {
            power = power.square_cyclotomic();
            if digit != 0 {
                let factor = odd[usize::from(digit.unsigned_abs() >> 1)];
                power = power * if digit < 0 { factor.conjugate() } else { factor };
            }
        }
        power
    }
}

const ZERO: Partly = Partly([0; 4], [0; 4]);

/// 3t − 2z.
#[inline(always)]
fn even(t: &Partly, z: Fp2) -> Fp2 {
    let c0 = triple_plus_double(&t.0, &z.c0.complement());
    Fp2::new(c0, triple_plus_double(&t.1, &z.c1.complement()))
}

/// 3t + 2z.
#[inline(always)]
fn odd(t: &Partly, z: Fp2) -> Fp2 {
    Fp2::new(triple_plus_double(&t.0, &z.c0.0), triple_plus_double(&t.1, &z.c1.0))
}

/// (a + b·s)² with s² = ξ.
#[inline(always)]
fn square_fp4(a: Fp2, b: Fp2) -> (Partly, Partly) {
    let (a2, b2) = (a.square_wide(), b.square_wide());
    let cross = (a + b).square_wide().minus(&a2).minus(&b2);
    (Partly::of(&a2.square_plus_xi(&b2)), Partly::of(&cross))
}

const fn digits<const N: usize>(mut integer: i128) -> [i8; N] {
    let (mut digits, mut i) = ([0; N], N);
    while i > 0 {
        i -= 1;
        if integer & 1 == 1 {
            let digit = ((integer & 15) ^ 8) - 8;
            digits[i] = digit as i8;
            integer -= digit;
        }
        integer >>= 1;
    }
    assert!(integer == 0 && digits[0] == 1);
    digits
}
