//! Points as the EVM's precompiles take them (EIP-2537): every coordinate of the field in 64
//! big-endian bytes, of which the first 16 are zero; uncompressed; in G2 the real part first.
//! The compressed and uncompressed forms of the standard write the imaginary part first.

use alloy_primitives::FixedBytes;
use blst::min_pk;

use super::{PublicKey, SIGN, Signature};

/// −g₁ in the uncompressed form of the standard: the generator's X, and p − its Y.
const MINUS_G1: [u8; 96] = alloy_primitives::hex!(
    "17f1d3a73197d7942695638c4fa9ac0fc3688c4f9774b905a14e3a3f171bac586c55e83ff97a1aeffb3af00adb22c6bb"
    "114d1d6855d545a8aa7d76c8cf2e21f267816aef1db507c96655b9d5caac42364e6f38ba0ecb751bad54dcd6b939c2ca"
);

impl PublicKey {
    /// The point, as the precompiles take it.
    pub fn encode_eip2537(&self) -> FixedBytes<128> {
        padded(&self.0.serialize(), [0, 1])
    }
}

impl Signature {
    /// The point, as the precompiles take it.
    pub fn encode_eip2537(&self) -> FixedBytes<256> {
        padded(&self.0.serialize(), [1, 0, 3, 2])
    }
}

/// What the pairing precompile (0x0f) is given to judge whether `signature` is that of `message`
/// by the owners of the keys that add up to `key`: e(−g₁, σ) · e(pk, H(m)).
pub fn pairing_input(message: &[u8], key: &PublicKey, signature: &Signature) -> Vec<u8> {
    let minus_g1: FixedBytes<128> = padded(&MINUS_G1, [0, 1]);
    [
        minus_g1.as_slice(),
        signature.encode_eip2537().as_slice(),
        key.encode_eip2537().as_slice(),
        hash(message, SIGN).encode_eip2537().as_slice(),
    ]
    .concat()
}

/// The point that a message is hashed to: its signature by the secret 1.
pub(super) fn hash(message: &[u8], domain: &[u8]) -> Signature {
    let mut one = [0; 32];
    one[31] = 1;
    let one = min_pk::SecretKey::from_bytes(&one);
    // 1 is below the order of the group.
    Signature(one.unwrap_or_default().sign(message, domain, &[]))
}

/// Coordinates of 48 bytes in the order said, each in 64.
fn padded<const N: usize>(bytes: &[u8], order: impl IntoIterator<Item = usize>) -> FixedBytes<N> {
    let mut padded = [0; N];
    for (to, from) in padded.chunks_exact_mut(64).zip(order) {
        to[16..].copy_from_slice(&bytes[48 * from..48 * (from + 1)]);
    }
    FixedBytes(padded)
}
