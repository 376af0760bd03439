//! Whatever decodes bytes from outside, held against bytes that went wrong on the way: the short
//! form of what `fuzz/` does with an eye on which branches are reached.
//!
//! `DECODER_CASES` says how many cases each target gets, `DECODER_SEED` from which seed.
#![allow(clippy::unwrap_used)]

use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

mod targets;

use targets::{ALL, Target};

fn told(variable: &str, otherwise: u64) -> u64 {
    std::env::var(variable).map_or(otherwise, |told| told.parse().unwrap())
}

/// Bytes that begin with good ones and go wrong in up to five places.
fn mangled(dice: &mut ChaCha20Rng, seeds: &[Vec<u8>]) -> Vec<u8> {
    let mut below = |bound: usize| (dice.next_u64() % bound as u64) as usize;
    let mut bytes = seeds[below(seeds.len())].clone();
    for _ in 0..below(6) {
        let length = bytes.len();
        let at = below(length + 1);
        match below(7) {
            0 | 1 if at < length => bytes[at] ^= 1 << below(8),
            2 if at < length => bytes[at] = below(256) as u8,
            3 => bytes.truncate(at),
            4 => drop(bytes.splice(at..at, std::iter::repeat_n(below(256) as u8, below(40)))),
            5 => drop(bytes.drain(at..(at + below(40)).min(length).max(at))),
            6 => {
                let other = &seeds[below(seeds.len())];
                let from = below(other.len() + 1);
                drop(bytes.splice(at.., other[from..].iter().copied()));
            }
            _ => (),
        }
    }
    bytes
}

/// Runs a target's own beginnings, and so many cases made of them.
fn check(name: &str) {
    let Target { check, seeds, .. } = targets::named(name);
    let (seeds, cases) = (seeds(), told("DECODER_CASES", 64));
    seeds.iter().for_each(|seed| check(seed));
    let mut dice = ChaCha20Rng::seed_from_u64(told("DECODER_SEED", 1));
    for case in 0..cases {
        let bytes = mangled(&mut dice, &seeds);
        let outcome = std::panic::catch_unwind(|| check(&bytes));
        assert!(outcome.is_ok(), "{name}, case {case}: {}", hex::encode(&bytes));
    }
    eprintln!("{name}: {} beginnings, {cases} cases", seeds.len());
}

#[test]
fn every_target_has_a_file_for_coverage() {
    let manifest = synod_tests::root().join("fuzz");
    for Target { name, .. } in ALL {
        let file = manifest.join(format!("fuzz_targets/{name}.rs"));
        let text = std::fs::read_to_string(&file).unwrap();
        assert!(text.contains(&format!("target!(\"{name}\")")), "{}", file.display());
        let manifest = std::fs::read_to_string(manifest.join("Cargo.toml")).unwrap();
        assert!(manifest.contains(&format!("fuzz_targets/{name}.rs")), "{name}");
    }
}

macro_rules! targets {
    ($($name:ident),* $(,)?) => {
        $(#[test]
        fn $name() {
            check(stringify!($name));
        })*

        #[test]
        fn every_target_is_mangled() {
            let names: Vec<&str> = ALL.iter().map(|target| target.name).collect();
            assert_eq!(names, [$(stringify!($name)),*]);
        }
    };
}

targets!(
    bn254_g1,
    bn254_g2,
    bls12381,
    ecdsa,
    signatures,
    registrations,
    certificates,
    keystores,
    interchange,
    frames,
    records,
    messages,
    topology,
    redaction,
);
