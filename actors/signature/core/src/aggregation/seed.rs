use sha2::{Digest as _, Sha256};

/// Randomness for weights that nobody can foresee: 32 bytes of the operating system's, drawn
/// when a job starts, after all that it weighs has been received. In simulations, of a seed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Seed(pub [u8; 32]);

impl Seed {
    /// So many weights of 128 bits, none of them zero, for one use of the seed.
    pub(super) fn weights(self, of: &str, count: usize) -> Vec<u128> {
        let weight = |n: usize| {
            let hash = Sha256::new()
                .chain_update(self.0)
                .chain_update((of.len() as u64).to_be_bytes())
                .chain_update(of)
                .chain_update((n as u64).to_be_bytes())
                .finalize();
            hash.iter().take(16).fold(0, |weight, &byte| weight << 8 | u128::from(byte)).max(1)
        };
        (0..count).map(weight).collect()
    }
}
