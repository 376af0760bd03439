//! Does the time of a signature tell about the key? After dudect: signatures with one fixed secret
//! and with random ones, in random order, and Welch's t of the two groups, also of their fastest
//! parts, for what interrupts a measurement only ever makes it longer.
//!
//! `cargo run --release -p synod-signature-core --example timing -- 200000` measures so many of
//! each BN254 secret. |t| above 4.5 is taken for a leak; below, none was found with so many.
#![allow(clippy::unwrap_used, clippy::print_stdout, clippy::disallowed_methods, missing_docs)]

use std::hint::black_box;
use std::time::Instant;

use alloy_primitives::{B256, keccak256};
use synod_signature_core::SecretKey;
use synod_types::signature::{Digest, Scheme};

/// Of the measurements, the fastest so many percent.
const PERCENTILES: [usize; 7] = [50, 70, 80, 90, 95, 99, 100];
/// Keys made beforehand: making one is not part of signing.
const KEYS: usize = 512;

/// Numbers that follow from a seed.
struct Dice(B256);

impl Dice {
    fn next(&mut self) -> B256 {
        self.0 = keccak256(self.0);
        self.0
    }

    fn key(&mut self) -> SecretKey {
        loop {
            let mut bytes = self.next().0;
            bytes[0] &= 0x3f;
            if let Ok(key) = SecretKey::from_bytes(Scheme::Bn254, &bytes) {
                return key;
            }
        }
    }
}

/// Mean, variance, count.
fn moments(times: &[f64]) -> (f64, f64, f64) {
    let count = times.len() as f64;
    let mean = times.iter().sum::<f64>() / count;
    let variance = times.iter().map(|time| (time - mean).powi(2)).sum::<f64>() / (count - 1.0);
    (mean, variance, count)
}

/// Welch's t: the difference of two means in units of its own uncertainty.
fn welch(one: &[f64], other: &[f64]) -> f64 {
    let ((mean, variance, count), (mean_2, variance_2, count_2)) = (moments(one), moments(other));
    (mean - mean_2) / (variance / count + variance_2 / count_2).sqrt()
}

fn report(what: &str, groups: &[Vec<f64>; 2]) {
    let mut all = groups.concat();
    all.sort_unstable_by(f64::total_cmp);
    println!(
        "{what}: median {:.1} µs, of {} and {}",
        all[all.len() / 2] / 1e3,
        groups[0].len(),
        groups[1].len()
    );
    let mut worst: f64 = 0.0;
    for percent in PERCENTILES {
        let most = all[(all.len() * percent / 100).saturating_sub(1)];
        let fast =
            |times: &[f64]| times.iter().copied().filter(|&time| time <= most).collect::<Vec<_>>();
        let t = welch(&fast(&groups[0]), &fast(&groups[1]));
        println!("  fastest {percent:3} %: t = {t:7.2}");
        worst = worst.max(t.abs());
    }
    println!(
        "  max |t| = {worst:.2}: {}",
        if worst < 4.5 { "no leak found" } else { "the groups differ" }
    );
}

/// Times of signing with keys of one group and of the other, in random order.
fn measure(count: usize, dice: &mut Dice, groups: [&[SecretKey]; 2]) -> [Vec<f64>; 2] {
    let mut times = [Vec::with_capacity(count), Vec::with_capacity(count)];
    for n in 0..2 * count {
        let chance = dice.next();
        let class = usize::from(chance.0[31] & 1);
        let keys = groups[class];
        let key = &keys[usize::from(u16::from_be_bytes([chance.0[0], chance.0[1]])) % keys.len()];
        // The same message for all: what it takes to hash it is known to everybody.
        let digest = Digest(B256::repeat_byte(7));
        let began = Instant::now();
        black_box(key.sign(black_box(digest)));
        let took = began.elapsed().as_nanos() as f64;
        // The first ones warm up.
        if 1_000 < n {
            times[class].push(took);
        }
    }
    times
}

fn main() {
    let count = std::env::args().nth(1).map_or(50_000, |count| count.parse().unwrap());
    let mut dice = Dice(B256::repeat_byte(1));
    let random: Vec<SecretKey> = (0..KEYS).map(|_| dice.key()).collect();
    let others: Vec<SecretKey> = (0..KEYS).map(|_| dice.key()).collect();
    // Copies, so that both groups read as much memory.
    let copies = |bytes: [u8; 32]| -> Vec<SecretKey> {
        (0..KEYS).map(|_| SecretKey::from_bytes(Scheme::Bn254, &bytes).unwrap()).collect()
    };
    let fixed = copies(*dice.key().to_bytes());
    let mut small = [0; 32];
    small[31] = 1;
    let small = copies(small);
    report("random against random", &measure(count, &mut dice, [&others, &random]));
    report("fixed against random", &measure(count, &mut dice, [&fixed, &random]));
    report("one against random", &measure(count, &mut dice, [&small, &random]));
}
