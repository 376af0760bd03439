use std::hint::black_box;

use ark_bn254::{Bn254, Fr, G1Affine, G1Projective, G2Affine};
use ark_ec::pairing::Pairing;
use ark_ec::{AffineRepr, CurveGroup};
use ark_ff::{One, PrimeField};
use synod_signature_core::bn254::hash_solidity;
use synod_types::signature::Digest;

use super::{Library, Numbers, Operation};
use crate::points::{ark_g1, ark_g2};

type Lines = <Bn254 as Pairing>::G2Prepared;

/// ark-bn254. Variable time, with secrets too.
pub(super) struct Ark {
    secrets: Vec<Fr>,
    digests: Vec<Digest>,
    messages: Vec<G1Affine>,
    signatures: Vec<G1Affine>,
    signature_bytes: Vec<[u8; 64]>,
    keys: Vec<G2Affine>,
    minus: Lines,
}

impl Ark {
    pub(super) fn new(numbers: &Numbers) -> Self {
        let scalar = |bytes: &[u8; 32]| Fr::from_be_bytes_mod_order(bytes);
        Self {
            secrets: numbers.secrets.iter().map(scalar).collect(),
            digests: numbers.digests.clone(),
            messages: numbers.messages.iter().map(|bytes| ark_g1(bytes)).collect(),
            signatures: numbers.signatures.iter().map(|bytes| ark_g1(bytes)).collect(),
            signature_bytes: numbers.signatures.clone(),
            keys: numbers.keys_g2.iter().map(|bytes| ark_g2(bytes)).collect(),
            minus: Lines::from(-G2Affine::generator()),
        }
    }

    fn mapped(&self, n: usize) -> G1Affine {
        ark_g1(hash_solidity(self.digests[n]).encode().as_slice())
    }

    fn key(&self, n: usize) -> (G1Affine, G2Affine) {
        let secret = self.secrets[n];
        let g1 = (G1Affine::generator() * secret).into_affine();
        (g1, (G2Affine::generator() * secret).into_affine())
    }

    fn is_signed(&self, signature: G1Affine, message: G1Affine, n: usize) -> bool {
        let lines = [self.minus.clone(), self.keys[n].into()];
        Bn254::multi_pairing([signature, message], lines).0.is_one()
    }

    fn check(&self, n: usize) -> bool {
        let points = [self.signatures[n], self.messages[n]];
        Bn254::multi_pairing(points, [-G2Affine::generator(), self.keys[n]]).0.is_one()
    }
}

impl Library for Ark {
    fn name(&self) -> &'static str {
        "ark-bn254"
    }

    fn run(&self, operation: Operation, n: usize) -> bool {
        let secret = self.secrets[n];
        let sum =
            |count: usize| self.signatures[..count].iter().sum::<G1Projective>().into_affine();
        match operation {
            Operation::MakeKey => _ = black_box(self.key(n)),
            Operation::SignMapped | Operation::MultiplyG1 => {
                _ = black_box((self.messages[n] * secret).into_affine());
            }
            Operation::Sign => _ = black_box((self.mapped(n) * secret).into_affine()),
            Operation::Verify => {
                let signature = ark_g1(&self.signature_bytes[n]);
                assert!(self.is_signed(signature, self.mapped(n), n));
            }
            Operation::Check => assert!(self.check(n)),
            Operation::CheckKnown => {
                assert!(self.is_signed(self.signatures[n], self.messages[n], n));
            }
            Operation::Subgroup => {
                assert!(self.keys[n].is_in_correct_subgroup_assuming_on_curve());
            }
            Operation::MultiplyG2 => _ = black_box((self.keys[n] * secret).into_affine()),
            Operation::Sum100 => _ = black_box(sum(100)),
            Operation::Sum1000 => _ = black_box(sum(1_000)),
        }
        true
    }
}
