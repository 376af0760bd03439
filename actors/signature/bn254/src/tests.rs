//! Everything beside ark-bn254, case by case. `SYNOD_CASES` sets how many (2,000 of the
//! cheapest).

use ark_ec::AffineRepr;
use ark_ff::{BigInteger, PrimeField};
use rand_chacha::ChaCha20Rng;
use rand_core::{Rng, SeedableRng};

use crate::{Fp, Fp2, G1Affine, G2Affine, Scalar};

mod encoding;
mod evm;
mod field;
mod pairing;
mod point;
mod resultant;
mod tower;
mod weighted;

/// Runs `check` so many times, divided by how much slower it is than a field operation.
fn cases(name: &str, slower: usize, mut check: impl FnMut(&mut Dice)) {
    let wanted = std::env::var("SYNOD_CASES").ok().and_then(|cases| cases.parse().ok());
    let count = (wanted.unwrap_or(2_000) / slower).max(20);
    let seed = std::env::var("SYNOD_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or(1);
    let mut dice = Dice(ChaCha20Rng::seed_from_u64(seed));
    for _ in 0..count {
        check(&mut dice);
    }
    eprintln!("{name}: {count} cases");
}

/// Seeded values, one in four of them at an edge.
struct Dice(ChaCha20Rng);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0.next_u64() % bound
    }

    fn bytes(&mut self) -> [u8; 32] {
        let mut bytes = [0; 32];
        self.0.fill_bytes(&mut bytes);
        bytes
    }

    /// 256 bits: anything, or close to 0, p, r, or a power of two.
    fn integer(&mut self) -> [u8; 32] {
        if self.below(4) != 0 {
            return self.bytes();
        }
        let mut words = match self.below(5) {
            0 => [0; 4],
            1 => crate::fp::P,
            2 => crate::scalar::ORDER,
            3 => [u64::MAX, u64::MAX, u64::MAX, u64::MAX >> 2],
            _ => {
                let mut words = [0; 4];
                words[self.below(4) as usize] = 1 << self.below(62);
                words
            }
        };
        words[0] = words[0].wrapping_add(self.below(5)).wrapping_sub(2);
        crate::limbs::to_be_bytes(&words)
    }

    fn fp(&mut self) -> Fp {
        Fp::from_be_bytes_reduced(&self.integer())
    }

    fn fp2(&mut self) -> Fp2 {
        Fp2::new(self.fp(), self.fp())
    }

    fn scalar(&mut self) -> Scalar {
        Scalar::from_be_bytes_reduced(&self.integer())
    }

    fn g1(&mut self) -> G1Affine {
        G1Affine::from_digest(&self.integer())
    }

    fn g2(&mut self) -> G2Affine {
        let scalar = Scalar::from_be_bytes_reduced(&self.bytes());
        G2Affine::GENERATOR.multiply(&scalar).to_affine()
    }
}

fn ark_fp(a: Fp) -> ark_bn254::Fq {
    ark_bn254::Fq::from_be_bytes_mod_order(&a.to_be_bytes())
}

fn our_fp(a: ark_bn254::Fq) -> Fp {
    Fp::from_be_bytes(&a.into_bigint().to_bytes_be().try_into().unwrap()).unwrap()
}

fn ark_fp2(a: Fp2) -> ark_bn254::Fq2 {
    ark_bn254::Fq2::new(ark_fp(a.c0), ark_fp(a.c1))
}

fn our_fp2(a: ark_bn254::Fq2) -> Fp2 {
    Fp2::new(our_fp(a.c0), our_fp(a.c1))
}

fn ark_scalar(a: &Scalar) -> ark_bn254::Fr {
    ark_bn254::Fr::from_be_bytes_mod_order(&a.to_be_bytes())
}

fn ark_g1(a: G1Affine) -> ark_bn254::G1Affine {
    if a.is_identity() {
        return ark_bn254::G1Affine::identity();
    }
    ark_bn254::G1Affine::new_unchecked(ark_fp(a.x), ark_fp(a.y))
}

fn our_g1(a: impl Into<ark_bn254::G1Affine>) -> G1Affine {
    let a = a.into();
    if a.is_zero() {
        return G1Affine::IDENTITY;
    }
    G1Affine { x: our_fp(a.x), y: our_fp(a.y) }
}

fn ark_g2(a: G2Affine) -> ark_bn254::G2Affine {
    if a.is_identity() {
        return ark_bn254::G2Affine::identity();
    }
    ark_bn254::G2Affine::new_unchecked(ark_fp2(a.x), ark_fp2(a.y))
}

fn our_g2(a: impl Into<ark_bn254::G2Affine>) -> G2Affine {
    let a = a.into();
    if a.is_zero() {
        return G2Affine::IDENTITY;
    }
    G2Affine { x: our_fp2(a.x), y: our_fp2(a.y) }
}
