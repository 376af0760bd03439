use alloy_primitives::{B256, FixedBytes, U256};
use synod_signature_core::SecretKey;
use synod_types::signature::{Digest, Scheme};

/// Bytes that are taken from the front; zeros once they are used up.
pub(super) struct Input<'a>(pub(super) &'a [u8]);

impl Input<'_> {
    pub(super) fn byte(&mut self) -> u8 {
        self.array::<1>()[0]
    }

    pub(super) fn array<const N: usize>(&mut self) -> [u8; N] {
        let (taken, rest) = self.0.split_at(self.0.len().min(N));
        let mut array = [0; N];
        array[..taken.len()].copy_from_slice(taken);
        self.0 = rest;
        array
    }

    /// A key of the scheme, one of 32.
    pub(super) fn key(&mut self, scheme: Scheme) -> SecretKey {
        SecretKey::from_bytes(scheme, &[self.byte() % 32 + 1; 32]).unwrap()
    }

    pub(super) fn digest(&mut self) -> Digest {
        Digest(B256::repeat_byte(self.byte()))
    }

    /// Spoils good bytes in the ways in which they go wrong, or does not.
    pub(super) fn spoil(&mut self, bytes: &mut Vec<u8>) {
        for _ in 0..self.byte() % 4 {
            let (how, at, with) = (self.byte(), usize::from(self.byte()), self.byte());
            let (length, words) = (bytes.len(), bytes.len() / 32);
            match how % 8 {
                0 if 0 < length => bytes[at % length] ^= with,
                1 => bytes.truncate(at),
                2 => bytes.extend(std::iter::repeat_n(with, at)),
                3 if 1 < words => {
                    let (one, other) = (at % words, usize::from(with) % words);
                    for byte in 0..32 {
                        bytes.swap(32 * one + byte, 32 * other + byte);
                    }
                }
                4 if 0 < words => set(bytes, at % words, self.array()),
                5 if 0 < words => {
                    let from = 32 * (at % words);
                    let word = U256::from_be_slice(&bytes[from..from + 32]);
                    let by = [P, ORDER, SECP_ORDER][usize::from(with) % 3];
                    set(bytes, at % words, word.wrapping_add(by).to_be_bytes());
                }
                6 if 0 < words => {
                    let from = 32 * (at % words);
                    let word = U256::from_be_slice(&bytes[from..from + 32]);
                    let of = [P, ORDER, SECP_ORDER][usize::from(with) % 3];
                    set(bytes, at % words, of.wrapping_sub(word).to_be_bytes());
                }
                7 => bytes.fill(with),
                _ => (),
            }
        }
    }
}

fn set(bytes: &mut [u8], word: usize, to: [u8; 32]) {
    bytes[32 * word..32 * (word + 1)].copy_from_slice(&to);
}

/// `N` of these bytes, padded with zeros.
pub(super) fn fixed<const N: usize>(bytes: &[u8]) -> FixedBytes<N> {
    FixedBytes(Input(bytes).array())
}

/// The modulus of BN254's field.
pub(super) const P: U256 = U256::from_limbs([
    0x3c20_8c16_d87c_fd47,
    0x9781_6a91_6871_ca8d,
    0xb850_45b6_8181_585d,
    0x3064_4e72_e131_a029,
]);
/// The order of its groups.
pub(super) const ORDER: U256 = U256::from_limbs([
    0x43e1_f593_f000_0001,
    0x2833_e848_79b9_7091,
    0xb850_45b6_8181_585d,
    0x3064_4e72_e131_a029,
]);
/// The order of secp256k1.
pub(super) const SECP_ORDER: U256 = U256::from_limbs([
    0xbfd2_5e8c_d036_4141,
    0xbaae_dce6_af48_a03b,
    0xffff_ffff_ffff_fffe,
    0xffff_ffff_ffff_ffff,
]);
