use std::hint::black_box;

use blst::BLST_ERROR;
use blst::min_pk::{AggregateSignature, PublicKey, SecretKey, Signature};

use super::{Library, Operation, VALUES};

const DOMAIN: &[u8] = b"BLS_SIG_BLS12381G2_XMD:SHA-256_SSWU_RO_POP_";
/// What the n-th key signs.
const MESSAGE: &[u8; 32] = b"of thirty-two bytes, as a digest";

/// blst: another curve, with a wider margin of security. Keys are in G1, signatures in G2.
pub(super) struct Blst {
    secrets: Vec<SecretKey>,
    keys: Vec<PublicKey>,
    signatures: Vec<Signature>,
}

impl Blst {
    pub(super) fn new() -> Self {
        let key = |n| SecretKey::key_gen(&[n as u8; 32], &[]).expect("32 bytes are a seed");
        let secrets: Vec<SecretKey> = (0..VALUES).map(key).collect();
        let keys = secrets.iter().map(SecretKey::sk_to_pk).collect();
        let one = |n: usize| secrets[n % VALUES].sign(MESSAGE, DOMAIN, &[]);
        let signatures = (0..1_000).map(one).collect();
        Self { secrets, keys, signatures }
    }

    fn verify(&self, n: usize) -> bool {
        let signature = Signature::sig_validate(&self.signatures[n].to_bytes(), true);
        let verify = |one: Signature| one.verify(false, MESSAGE, DOMAIN, &[], &self.keys[n], false);
        signature.is_ok_and(|signature| verify(signature) == BLST_ERROR::BLST_SUCCESS)
    }

    fn sum(&self, count: usize) -> Signature {
        let signatures: Vec<&Signature> = self.signatures[..count].iter().collect();
        let sum = AggregateSignature::aggregate(&signatures, false);
        sum.expect("there are signatures").to_signature()
    }
}

impl Library for Blst {
    fn name(&self) -> &'static str {
        "blst (BLS12-381)"
    }

    fn run(&self, operation: Operation, n: usize) -> bool {
        match operation {
            Operation::MakeKey => _ = black_box(self.secrets[n].sk_to_pk()),
            Operation::Sign => _ = black_box(self.secrets[n].sign(MESSAGE, DOMAIN, &[])),
            Operation::Verify => assert!(self.verify(n)),
            Operation::Subgroup => assert!(self.signatures[n].validate(false).is_ok()),
            Operation::Sum100 => _ = black_box(self.sum(100)),
            Operation::Sum1000 => _ = black_box(self.sum(1_000)),
            Operation::SignMapped
            | Operation::Check
            | Operation::CheckKnown
            | Operation::MultiplyG1
            | Operation::MultiplyG2 => return false,
        }
        true
    }
}
