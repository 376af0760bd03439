//! Inversion by division steps: Bernstein and Yang, "Fast constant-time gcd computation and
//! modular inversion" (2019), in the variable-time form with 62 steps at a time that Pieter
//! Wuille describes for libsecp256k1 (doc/safegcd_implementation.md).

use super::P;

/// R³ modulo p: brings the inverse of a Montgomery form back into Montgomery form.
pub(super) const R3: [u64; 4] =
    [0xb1cd_6daf_da15_30df, 0x62f2_10e6_a728_3db6, 0xef7f_0b0c_0ada_0afb, 0x20fd_6e90_2d59_2544];
/// The low 62 bits.
const LOW: u64 = u64::MAX >> 2;
/// p⁻¹ modulo 2⁶².
const P_INVERSE: u64 = super::INV.wrapping_neg() & LOW;
const MODULUS: Signed = split(&P);

/// A signed integer in words of 62 bits; the last carries the sign.
type Signed = [i64; 5];

/// What 62 steps do to (f, g), times 2⁶².
struct Steps {
    u: i64,
    v: i64,
    q: i64,
    r: i64,
}

/// The inverse modulo p of an integer below p; zero for zero.
pub(super) fn invert(a: &[u64; 4]) -> [u64; 4] {
    let (mut f, mut g) = (MODULUS, split(a));
    let (mut d, mut e) = ([0; 5], [1, 0, 0, 0, 0]);
    let mut eta = -1;
    while g != [0; 5] {
        let steps;
        (eta, steps) = divide(eta, f[0] as u64, g[0] as u64);
        (d, e) = follow_modulo_p(&steps, &d, &e);
        (f, g) = follow(&steps, &f, &g);
    }
    join(&normalise(d, f[4] < 0))
}

/// 62 division steps on the lowest words.
fn divide(mut eta: i64, f: u64, g: u64) -> (i64, Steps) {
    let (mut u, mut v, mut q, mut r) = (1_u64, 0_u64, 0_u64, 1_u64);
    let (mut f, mut g) = (f, g);
    let mut left = 62_u32;
    loop {
        let zeros = (g | (u64::MAX << left)).trailing_zeros();
        g >>= zeros;
        u <<= zeros;
        v <<= zeros;
        eta -= i64::from(zeros);
        left -= zeros;
        if left == 0 {
            break;
        }
        let mut w;
        if eta < 0 {
            eta = -eta;
            (f, g) = (g, f.wrapping_neg());
            (u, q) = (q, u.wrapping_neg());
            (v, r) = (r, v.wrapping_neg());
            // −g/f modulo 64.
            w = f.wrapping_mul(g).wrapping_mul(f.wrapping_mul(f).wrapping_sub(2)) & 63;
        } else {
            // −g/f modulo 16.
            w = f.wrapping_add((f.wrapping_add(1) & 4) << 1);
            w = w.wrapping_neg().wrapping_mul(g) & 15;
        }
        let limit = (eta + 1).min(i64::from(left)) as u32;
        w &= u64::MAX >> (64 - limit);
        g = g.wrapping_add(f.wrapping_mul(w));
        q = q.wrapping_add(u.wrapping_mul(w));
        r = r.wrapping_add(v.wrapping_mul(w));
    }
    (eta, Steps { u: u as i64, v: v as i64, q: q as i64, r: r as i64 })
}

/// (u·f + v·g, q·f + r·g) / 2⁶², which divides exactly.
fn follow(steps: &Steps, f: &Signed, g: &Signed) -> (Signed, Signed) {
    let (mut next_f, mut next_g) = ([0; 5], [0; 5]);
    let mut cf = product(steps.u, f[0]).wrapping_add(product(steps.v, g[0])) >> 62;
    let mut cg = product(steps.q, f[0]).wrapping_add(product(steps.r, g[0])) >> 62;
    for i in 1..5 {
        cf = cf.wrapping_add(product(steps.u, f[i])).wrapping_add(product(steps.v, g[i]));
        cg = cg.wrapping_add(product(steps.q, f[i])).wrapping_add(product(steps.r, g[i]));
        (next_f[i - 1], next_g[i - 1]) = (low(cf), low(cg));
        cf >>= 62;
        cg >>= 62;
    }
    (next_f[4], next_g[4]) = (cf as i64, cg as i64);
    (next_f, next_g)
}

/// The same on (d, e), made divisible with multiples of p; both stay within (−2p, p).
fn follow_modulo_p(steps: &Steps, d: &Signed, e: &Signed) -> (Signed, Signed) {
    let (d_sign, e_sign) = (d[4] >> 63, e[4] >> 63);
    let mut md = (steps.u & d_sign).wrapping_add(steps.v & e_sign);
    let mut me = (steps.q & d_sign).wrapping_add(steps.r & e_sign);
    let mut cd = product(steps.u, d[0]).wrapping_add(product(steps.v, e[0]));
    let mut ce = product(steps.q, d[0]).wrapping_add(product(steps.r, e[0]));
    md = md.wrapping_sub(correction(cd, md));
    me = me.wrapping_sub(correction(ce, me));
    cd = cd.wrapping_add(product(MODULUS[0], md)) >> 62;
    ce = ce.wrapping_add(product(MODULUS[0], me)) >> 62;
    let (mut next_d, mut next_e) = ([0; 5], [0; 5]);
    for i in 1..5 {
        cd = cd.wrapping_add(product(steps.u, d[i])).wrapping_add(product(steps.v, e[i]));
        ce = ce.wrapping_add(product(steps.q, d[i])).wrapping_add(product(steps.r, e[i]));
        cd = cd.wrapping_add(product(MODULUS[i], md));
        ce = ce.wrapping_add(product(MODULUS[i], me));
        (next_d[i - 1], next_e[i - 1]) = (low(cd), low(ce));
        cd >>= 62;
        ce >>= 62;
    }
    (next_d[4], next_e[4]) = (cd as i64, ce as i64);
    (next_d, next_e)
}

fn correction(c: i128, m: i64) -> i64 {
    (P_INVERSE.wrapping_mul(c as u64).wrapping_add(m as u64) & LOW) as i64
}

/// From (−2p, p), with the sign of f, to [0, p).
fn normalise(d: Signed, negate: bool) -> Signed {
    let mut d = if d[4] < 0 { carry(d, &MODULUS, 1) } else { d };
    if negate {
        d = carry([0; 5], &d, -1);
    }
    if d[4] < 0 { carry(d, &MODULUS, 1) } else { d }
}

/// a + sign · b, in words of 62 bits.
fn carry(a: Signed, b: &Signed, sign: i64) -> Signed {
    let (mut sum, mut carry) = ([0; 5], 0);
    for i in 0..5 {
        let word = a[i] + sign * b[i] + carry;
        sum[i] = if i < 4 { word & LOW as i64 } else { word };
        carry = word >> 62;
    }
    sum
}

fn product(a: i64, b: i64) -> i128 {
    i128::from(a).wrapping_mul(i128::from(b))
}

fn low(c: i128) -> i64 {
    (c as u64 & LOW) as i64
}

const fn split(a: &[u64; 4]) -> Signed {
    [
        (a[0] & LOW) as i64,
        ((a[0] >> 62 | a[1] << 2) & LOW) as i64,
        ((a[1] >> 60 | a[2] << 4) & LOW) as i64,
        ((a[2] >> 58 | a[3] << 6) & LOW) as i64,
        (a[3] >> 56) as i64,
    ]
}

fn join(a: &Signed) -> [u64; 4] {
    let a = a.map(|word| word as u64);
    [a[0] | a[1] << 62, a[1] >> 2 | a[2] << 60, a[2] >> 4 | a[3] << 58, a[3] >> 6 | a[4] << 56]
}
