use synod_signature_core::bn254::{SecretKey, hash_solidity};
use synod_types::B256;
use synod_types::signature::{Digest, PublicKey};

/// How many values an operation is measured with.
pub const VALUES: usize = 16;

/// What all libraries compute with, as bytes: the n-th secret has the n-th key, and signed the
/// n-th digest.
#[derive(Debug)]
pub struct Numbers {
    /// Below the group order, not zero; big-endian.
    pub secrets: Vec<[u8; 32]>,
    /// X ‖ Y.
    pub keys_g1: Vec<[u8; 64]>,
    /// X.A1 ‖ X.A0 ‖ Y.A1 ‖ Y.A0.
    pub keys_g2: Vec<[u8; 128]>,
    /// To be signed.
    pub digests: Vec<Digest>,
    /// The digests on the curve, X ‖ Y.
    pub messages: Vec<[u8; 64]>,
    /// X ‖ Y: 1,000 of them, of which the first have keys here.
    pub signatures: Vec<[u8; 64]>,
}

impl Numbers {
    /// The same in each run.
    pub fn new() -> Self {
        let mut numbers = Self {
            secrets: Vec::new(),
            keys_g1: Vec::new(),
            keys_g2: Vec::new(),
            digests: Vec::new(),
            messages: Vec::new(),
            signatures: Vec::new(),
        };
        for n in 0..1_000_usize {
            let seed = [&[5; 24], &n.to_be_bytes()[..]].concat();
            let secret = SecretKey::from_seed(&seed).expect("32 bytes are a seed");
            let digest = Digest(B256::repeat_byte((n % 251) as u8));
            let message = hash_solidity(digest);
            numbers.signatures.push(secret.sign(&message).encode().0);
            if n < VALUES {
                let PublicKey::Bn254 { g1, g2 } = secret.public().encode() else { continue };
                numbers.secrets.push(*secret.to_bytes());
                numbers.keys_g1.push(g1.0);
                numbers.keys_g2.push(g2.0);
                numbers.digests.push(digest);
                numbers.messages.push(message.encode().0);
            }
        }
        numbers
    }
}

impl Default for Numbers {
    fn default() -> Self {
        Self::new()
    }
}
