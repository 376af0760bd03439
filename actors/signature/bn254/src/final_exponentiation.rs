//! From Miller's value to the value of the pairing.

use crate::fp12::Fp12;

/// The power (p¹² − 1)/r · 2x(6x² + 3x + 1): a fixed multiple, prime to r, of the least exponent
/// (Fuentes-Castañeda, Knapp, Rodríguez-Henríquez, "Faster hashing to G2", SAC 2011), the same
/// as ark-bn254 and gnark compute. `None` for zero, which no Miller loop gives.
pub(crate) fn final_exponentiation(value: Fp12) -> Option<Fp12> {
    if value.c0 == crate::fp6::Fp6::ZERO && value.c1 == crate::fp6::Fp6::ZERO {
        return None;
    }
    // (p⁶ − 1)(p² + 1): into the cyclotomic subgroup.
    let f = value.conjugate() * value.invert();
    let f = f.frobenius_square() * f;

    // The hard part, powers of x written to the right.
    let fx = f.pow_x().conjugate(); // −x
    let f2x = fx.square_cyclotomic(); // −2x
    let f4x = f2x.square_cyclotomic(); // −4x
    let f6x = f4x * f2x; // −6x
    let f6x2 = f6x.pow_x().conjugate(); // 6x²
    let f12x2 = f6x2.square_cyclotomic(); // 12x²
    let f12x3 = f12x2.pow_x(); // 12x³
    let a = f12x3 * f6x2 * f6x.conjugate(); // 12x³ + 6x² + 6x
    let b = a * f2x; // 12x³ + 6x² + 4x
    let c = a * f6x2 * f; // 12x³ + 12x² + 6x + 1
    let c = b.frobenius() * c;
    let c = a.frobenius_square() * c;
    Some((f.conjugate() * b).frobenius_square().frobenius() * c)
}
