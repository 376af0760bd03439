//! Integers of several 64-bit words, least significant first.

use core::hint::select_unpredictable;

/// `a + b · c + carry`, low and high word. Cannot overflow: (2⁶⁴−1)² + 2(2⁶⁴−1) < 2¹²⁸.
#[inline(always)]
pub(crate) const fn mac(a: u64, b: u64, c: u64, carry: u64) -> (u64, u64) {
    let wide = (b as u128).wrapping_mul(c as u128).wrapping_add(a as u128);
    let wide = wide.wrapping_add(carry as u128);
    (wide as u64, (wide >> 64) as u64)
}

/// `a + b + carry`, where `carry` is 0 or 1.
#[inline(always)]
pub(crate) const fn adc(a: u64, b: u64, carry: u64) -> (u64, u64) {
    let (sum, first) = a.overflowing_add(b);
    let (sum, second) = sum.overflowing_add(carry);
    (sum, (first | second) as u64)
}

/// `a − b − borrow`, where `borrow` is 0 or 1.
#[inline(always)]
pub(crate) const fn sbb(a: u64, b: u64, borrow: u64) -> (u64, u64) {
    let (difference, first) = a.overflowing_sub(b);
    let (difference, second) = difference.overflowing_sub(borrow);
    (difference, (first | second) as u64)
}

/// The sum modulo 2^(64·N), and the carry.
#[inline(always)]
pub(crate) const fn add<const N: usize>(a: &[u64; N], b: &[u64; N]) -> ([u64; N], u64) {
    let (mut sum, mut carry, mut i) = ([0; N], 0, 0);
    while i < N {
        (sum[i], carry) = adc(a[i], b[i], carry);
        i += 1;
    }
    (sum, carry)
}

/// The difference modulo 2^(64·N), and the borrow.
#[inline(always)]
pub(crate) const fn sub<const N: usize>(a: &[u64; N], b: &[u64; N]) -> ([u64; N], u64) {
    let (mut difference, mut borrow, mut i) = ([0; N], 0, 0);
    while i < N {
        (difference[i], borrow) = sbb(a[i], b[i], borrow);
        i += 1;
    }
    (difference, borrow)
}

/// `a` where `mask` is all ones, `b` where it is zero.
#[inline(always)]
pub(crate) const fn select<const N: usize>(mask: u64, a: &[u64; N], b: &[u64; N]) -> [u64; N] {
    let (mut chosen, mut i) = ([0; N], 0);
    while i < N {
        chosen[i] = (a[i] & mask) | (b[i] & !mask);
        i += 1;
    }
    chosen
}

/// `a` where `mask` is all ones, zero where it is zero.
#[inline(always)]
pub(crate) const fn masked<const N: usize>(a: &[u64; N], mask: u64) -> [u64; N] {
    let (mut chosen, mut i) = ([0; N], 0);
    while i < N {
        chosen[i] = a[i] & mask;
        i += 1;
    }
    chosen
}

/// `a`, less `modulus` if it is not below it. By conditional moves, as far as the compiler can be
/// told.
#[inline(always)]
pub(crate) fn subtract_once(a: &[u64; 4], modulus: &[u64; 4]) -> [u64; 4] {
    let (less, borrow) = sub(a, modulus);
    let keep = borrow == 1;
    [
        select_unpredictable(keep, a[0], less[0]),
        select_unpredictable(keep, a[1], less[1]),
        select_unpredictable(keep, a[2], less[2]),
        select_unpredictable(keep, a[3], less[3]),
    ]
}

/// The same for constants.
pub(crate) const fn subtract_once_const(a: &[u64; 4], modulus: &[u64; 4]) -> [u64; 4] {
    let (less, borrow) = sub(a, modulus);
    if borrow == 1 { *a } else { less }
}

/// Whether `a < b`.
pub(crate) const fn below(a: &[u64; 4], b: &[u64; 4]) -> bool {
    sub(a, b).1 == 1
}

/// The integer of 32 big-endian bytes.
pub(crate) fn from_be_bytes(bytes: &[u8; 32]) -> [u64; 4] {
    let mut limbs = [0; 4];
    for (limb, chunk) in limbs.iter_mut().zip(bytes.rchunks_exact(8)) {
        *limb = chunk.iter().fold(0, |value, &byte| value << 8 | u64::from(byte));
    }
    limbs
}

/// Its 32 big-endian bytes.
pub(crate) fn to_be_bytes(limbs: &[u64; 4]) -> [u8; 32] {
    let mut bytes = [0; 32];
    for (chunk, limb) in bytes.rchunks_exact_mut(8).zip(limbs) {
        chunk.copy_from_slice(&limb.to_be_bytes());
    }
    bytes
}
