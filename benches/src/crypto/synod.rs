use std::hint::black_box;

use synod_signature_bn254::{G1, G1Affine, G2Affine, Prepared, Scalar, product_is_one};
use synod_types::signature::Digest;

use super::{Library, Numbers, Operation};

/// This house's own. With secrets it computes in constant time.
pub(super) struct Synod {
    secrets: Vec<Scalar>,
    digests: Vec<Digest>,
    messages: Vec<G1Affine>,
    signatures: Vec<G1Affine>,
    signature_bytes: Vec<[u8; 64]>,
    keys: Vec<G2Affine>,
    key_bytes: Vec<[u8; 128]>,
    minus: Prepared,
}

impl Synod {
    pub(super) fn new(numbers: &Numbers) -> Self {
        let g1 = |bytes: &[u8; 64]| G1Affine::decode_finite(bytes).expect("a point");
        let g2 = |bytes: &[u8; 128]| G2Affine::decode_finite(bytes).expect("a point");
        Self {
            secrets: numbers.secrets.iter().map(Scalar::from_be_bytes_reduced).collect(),
            digests: numbers.digests.clone(),
            messages: numbers.messages.iter().map(g1).collect(),
            signatures: numbers.signatures.iter().map(g1).collect(),
            signature_bytes: numbers.signatures.clone(),
            keys: numbers.keys_g2.iter().map(g2).collect(),
            key_bytes: numbers.keys_g2.clone(),
            minus: Prepared::new(&-G2Affine::GENERATOR),
        }
    }

    fn mapped(&self, n: usize) -> G1Affine {
        G1Affine::from_digest(&self.digests[n].0.0)
    }

    fn key(&self, n: usize) -> (G1Affine, G2Affine) {
        let secret = &self.secrets[n];
        (G1Affine::generator_times_secret(secret), G2Affine::generator_times_secret(secret))
    }

    fn is_signed(&self, signature: G1Affine, message: G1Affine, n: usize) -> bool {
        product_is_one(&[(signature, &self.minus)], &[(message, self.keys[n])])
    }

    fn verify(&self, n: usize) -> bool {
        let signature = G1Affine::decode_finite(&self.signature_bytes[n]);
        signature.is_ok_and(|signature| self.is_signed(signature, self.mapped(n), n))
    }

    fn check(&self, n: usize) -> bool {
        let key = (self.messages[n], self.keys[n]);
        product_is_one(&[], &[(self.signatures[n], -G2Affine::GENERATOR), key])
    }
}

impl Library for Synod {
    fn name(&self) -> &'static str {
        "synod"
    }

    fn run(&self, operation: Operation, n: usize) -> bool {
        let secret = &self.secrets[n];
        match operation {
            Operation::MakeKey => _ = black_box(self.key(n)),
            Operation::SignMapped => _ = black_box(self.messages[n].multiply_secret(secret)),
            Operation::Sign => _ = black_box(self.mapped(n).multiply_secret(secret)),
            Operation::Verify => assert!(self.verify(n)),
            Operation::Check => assert!(self.check(n)),
            Operation::CheckKnown => {
                assert!(self.is_signed(self.signatures[n], self.messages[n], n));
            }
            Operation::Subgroup => assert!(G2Affine::decode(&self.key_bytes[n]).is_ok()),
            Operation::MultiplyG1 => _ = black_box(self.messages[n].multiply(secret).to_affine()),
            Operation::MultiplyG2 => _ = black_box(self.keys[n].multiply(secret).to_affine()),
            Operation::Sum100 => _ = black_box(G1::sum(&self.signatures[..100]).to_affine()),
            Operation::Sum1000 => _ = black_box(G1::sum(&self.signatures).to_affine()),
        }
        true
    }
}
