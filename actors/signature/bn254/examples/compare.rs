//! This crate beside ark-bn254: one run, the two interleaved, in CPU time of the thread.
//!
//! `cargo run --release -p synod-signature-bn254 --example compare -- [rounds]`
#![allow(clippy::print_stdout, reason = "prints a table")]

use std::hint::black_box;
use std::time::Duration;

use ark_bn254::Bn254;
use ark_ec::pairing::Pairing;
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::PrimeField;
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};
use synod_signature_bn254::{
    Fp, G1, G1Affine, G2Affine, Prepared, Scalar, pairing, product_is_one,
};

/// CPU time of this thread.
fn cpu() -> Duration {
    let time = rustix::time::clock_gettime(rustix::time::ClockId::ThreadCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

fn keep<T>(_: T) {}

fn time(calls: u32, work: &mut dyn FnMut(usize)) -> f64 {
    let start = cpu();
    for call in 0..calls {
        work(call as usize % VALUES);
    }
    (cpu() - start).as_secs_f64() * 1e6 / f64::from(calls)
}

/// Medians of interleaved rounds, in µs per call.
fn compare(name: &str, rounds: u32, mut ours: impl FnMut(usize), mut arks: impl FnMut(usize)) {
    let calls = (2_000.0 / time(3, &mut arks).max(1.0)).clamp(4.0, 2_000.0) as u32;
    let mut times = [Vec::new(), Vec::new()];
    for _ in 0..rounds {
        times[0].push(time(calls, &mut ours));
        times[1].push(time(calls, &mut arks));
    }
    let [ours, arks] = times.map(|mut times| {
        times.sort_by(f64::total_cmp);
        times[times.len() / 2]
    });
    println!("| {name} | {ours:.2} | {arks:.2} | {:.2} |", arks / ours);
}

const VALUES: usize = 16;

struct Values {
    scalars: Vec<Scalar>,
    g1: Vec<G1Affine>,
    g2: Vec<G2Affine>,
    ark_scalars: Vec<ark_bn254::Fr>,
    ark_g1: Vec<ark_bn254::G1Affine>,
    ark_g2: Vec<ark_bn254::G2Affine>,
}

fn fp(bytes: &[u8]) -> ark_bn254::Fq {
    ark_bn254::Fq::from_be_bytes_mod_order(bytes)
}

fn fp2(bytes: &[u8]) -> ark_bn254::Fq2 {
    ark_bn254::Fq2::new(fp(&bytes[32..64]), fp(&bytes[..32]))
}

fn values() -> Values {
    let mut random = ChaCha20Rng::seed_from_u64(7);
    let mut bytes = [0; 32];
    let scalars: Vec<Scalar> = std::iter::repeat_with(|| {
        random.fill_bytes(&mut bytes);
        Scalar::from_be_bytes_reduced(&bytes)
    })
    .take(1_000)
    .collect();
    let g1: Vec<_> = scalars.iter().map(G1Affine::generator_times_secret).collect();
    let g2: Vec<_> = scalars.iter().take(VALUES).map(G2Affine::generator_times_secret).collect();
    let ark_scalar = |k: &Scalar| ark_bn254::Fr::from_be_bytes_mod_order(&k.to_be_bytes());
    let ark_g1 = |p: &G1Affine| {
        let bytes = p.encode();
        ark_bn254::G1Affine::new(fp(&bytes[..32]), fp(&bytes[32..]))
    };
    let ark_g2 = |p: &G2Affine| {
        let bytes = p.encode();
        ark_bn254::G2Affine::new(fp2(&bytes[..64]), fp2(&bytes[64..]))
    };
    Values {
        ark_scalars: scalars.iter().map(ark_scalar).collect(),
        ark_g1: g1.iter().map(ark_g1).collect(),
        ark_g2: g2.iter().map(ark_g2).collect(),
        scalars,
        g1,
        g2,
    }
}

fn pairings(v: &Values, rounds: u32) {
    let minus = -G2Affine::GENERATOR;
    let lines = Prepared::new(&minus);
    let ark_minus = -ark_bn254::G2Affine::generator();
    let ark_lines = <Bn254 as Pairing>::G2Prepared::from(ark_minus);
    compare(
        "pairing check (2 pairings, −G2 prepared)",
        rounds,
        |i| {
            let known = [(v.g1[i], &lines)];
            keep(black_box(product_is_one(&known, &[(v.g1[i + 1], v.g2[i])])));
        },
        |i| {
            let lines = [ark_lines.clone(), v.ark_g2[i].into()];
            keep(black_box(Bn254::multi_pairing([v.ark_g1[i], v.ark_g1[i + 1]], lines)));
        },
    );
    compare(
        "pairing",
        rounds,
        |i| keep(black_box(pairing(&v.g1[i], &v.g2[i]))),
        |i| keep(black_box(Bn254::pairing(v.ark_g1[i], v.ark_g2[i]))),
    );
}

fn multiples(v: &Values, rounds: u32) {
    compare(
        "G1 × public scalar",
        rounds,
        |i| keep(black_box(v.g1[i].multiply(&v.scalars[i + 1]).to_affine())),
        |i| keep(black_box((v.ark_g1[i] * v.ark_scalars[i + 1]).into_affine())),
    );
    compare(
        "G2 × public scalar",
        rounds,
        |i| keep(black_box(v.g2[i].multiply(&v.scalars[i + 1]).to_affine())),
        |i| keep(black_box((v.ark_g2[i] * v.ark_scalars[i + 1]).into_affine())),
    );
    let g1 = ark_bn254::G1Affine::generator();
    let g2 = ark_bn254::G2Affine::generator();
    compare(
        "keys in G1 and G2 (ours constant-time)",
        rounds,
        |i| {
            keep(black_box(G1Affine::generator_times_secret(&v.scalars[i])));
            keep(black_box(G2Affine::generator_times_secret(&v.scalars[i])));
        },
        |i| {
            keep(black_box((g1 * v.ark_scalars[i]).into_affine()));
            keep(black_box((g2 * v.ark_scalars[i]).into_affine()));
        },
    );
    compare(
        "sign, digest already mapped (ours constant-time)",
        rounds,
        |i| keep(black_box(v.g1[i].multiply_secret(&v.scalars[i + 1]))),
        |i| keep(black_box((v.ark_g1[i] * v.ark_scalars[i + 1]).into_affine())),
    );
}

fn points(v: &Values, rounds: u32) {
    let bytes: Vec<[u8; 128]> = v.g2.iter().map(G2Affine::encode).collect();
    compare(
        "G2 subgroup check (ours with decoding and curve check)",
        rounds,
        |i| keep(black_box(G2Affine::decode(&bytes[i]))),
        |i| {
            keep(black_box(v.ark_g2[i].is_in_correct_subgroup_assuming_on_curve()));
        },
    );
    for count in [100, 1_000] {
        compare(
            &format!("sum of {count} in G1"),
            rounds,
            |_| keep(black_box(G1::sum(&v.g1[..count]).to_affine())),
            |_| {
                let sum: ark_bn254::G1Projective = v.ark_g1[..count].iter().sum();
                keep(black_box(sum.into_affine()));
            },
        );
    }
    let (mut a, mut b) = (v.g1[0].encode(), v.ark_g1[0].x);
    let mut a = Fp::from_be_bytes(a.first_chunk_mut().unwrap_or(&mut [0; 32])).unwrap_or(Fp::ONE);
    compare(
        "1,000 dependent products and sums in Fp",
        rounds,
        |_| (0..1_000).for_each(|_| a = black_box(a * a + a)),
        |_| (0..1_000).for_each(|_| b = black_box(b * b + b)),
    );
}

fn main() {
    let rounds = std::env::args().nth(1).and_then(|rounds| rounds.parse().ok()).unwrap_or(31);
    let values = values();
    println!("| | this, µs | ark-bn254 0.6, µs | ratio |\n|---|---|---|---|");
    pairings(&values, rounds);
    multiples(&values, rounds);
    points(&values, rounds);
}
