use ark_bn254::{Fq, G1Affine};
use ark_ff::{AdditiveGroup, BigInteger, Field, MontFp, PrimeField};
use sha2::{Digest as _, Sha256};
use synod_types::signature::Digest;

use super::point::G1;

/// The domain under which task submissions and authentications are hashed. The text says SSWU;
/// the map is SVDW.
pub const PONOS_DST: &[u8] = b"BLS_SIG_BN254G1_XMD:SHA-256_SSWU_RO_NUL_";

/// b of y² = x³ + b.
const B: Fq = MontFp!("3");
/// −Z/2 with Z = 1: `c2` of RFC 9380, F.1.
const C2: Fq =
    MontFp!("10944121435919637611123202872628637544348155578648911831344518947322613104291");
/// √(−g(Z) · 3Z²) = √−12, the even one: `c3`.
const C3: Fq = MontFp!("8815841940592487685674414971303048083897117035520822607866");
/// −4g(Z) / 3Z² = −16/3: `c4`.
const C4: Fq =
    MontFp!("7296080957279758407415468581752425029565437052432607887563012631548408736189");
/// (p + 1) / 4: the exponent of a square root modulo p, as p ≡ 3 modulo 4.
const ROOT: [u64; 4] =
    [0x4f08_2305_b61f_3f52, 0x65e0_5aa4_5a1c_72a3, 0x6e14_116d_a060_5617, 0x0c19_139c_b84c_680a];

/// The contracts' map from a digest to G1: from x = digest mod p upwards to the first x of the
/// curve, with whichever y the root formula gives.
pub fn hash_solidity(digest: Digest) -> G1 {
    let mut x = Fq::from_be_bytes_mod_order(digest.0.as_slice());
    loop {
        let square = right_side(x);
        let y = square.pow(ROOT);
        if y.square() == square {
            return G1(G1Affine::new_unchecked(x, y));
        }
        x += Fq::ONE;
    }
}

/// RFC 9380 `hash_to_curve` with the map of Shallue and van de Woestijne: two field elements,
/// two points, their sum. `None` only if the sum is the identity, which nobody can arrange.
pub fn hash_svdw(message: &[u8], domain: &[u8]) -> Option<G1> {
    let bytes = expand(message, domain, 96);
    let (first, second) = bytes.split_at(48);
    let [first, second] = [first, second].map(|half| svdw(Fq::from_be_bytes_mod_order(half)));
    G1::from_sum(first + second)
}

/// RFC 9380 `encode_to_curve` with the same map: one field element, one point, not uniform.
pub fn encode_svdw(message: &[u8], domain: &[u8]) -> G1 {
    G1(svdw(Fq::from_be_bytes_mod_order(&expand(message, domain, 48))))
}

fn right_side(x: Fq) -> Fq {
    x.square() * x + B
}

/// RFC 9380, F.1, with Z = 1 on y² = x³ + 3, where g(Z) = 4.
fn svdw(u: Fq) -> G1Affine {
    let scaled = u.square() * Fq::from(4_u8);
    let (less, more) = (Fq::ONE - scaled, Fq::ONE + scaled);
    let inverse = (less * more).inverse().unwrap_or(Fq::ZERO);
    let shift = u * less * inverse * C3;

    // One of the three is always on the curve: the last if neither of the first two.
    let last = (more.square() * inverse).square() * C4 + Fq::ONE;
    let first = [C2 - shift, C2 + shift].into_iter().find(|&x| is_square(right_side(x)));
    let x = first.unwrap_or(last);
    let y = root(right_side(x));
    let y = if is_odd(u) == is_odd(y) { y } else { -y };
    G1Affine::new_unchecked(x, y)
}

fn root(square: Fq) -> Fq {
    square.pow(ROOT)
}

fn is_square(element: Fq) -> bool {
    root(element).square() == element
}

fn is_odd(element: Fq) -> bool {
    element.into_bigint().is_odd()
}

/// RFC 9380 `expand_message_xmd` with SHA-256, for at most 255 blocks and a domain of at most
/// 255 bytes (a longer one is hashed first, as the RFC says).
fn expand(message: &[u8], domain: &[u8], length: u16) -> Vec<u8> {
    let mut domain = if domain.len() <= 255 {
        domain.to_vec()
    } else {
        Sha256::new().chain_update(b"H2C-OVERSIZE-DST-").chain_update(domain).finalize().to_vec()
    };
    domain.push(u8::try_from(domain.len()).unwrap_or(u8::MAX));

    let seed = Sha256::new()
        .chain_update([0; 64])
        .chain_update(message)
        .chain_update(length.to_be_bytes())
        .chain_update([0])
        .chain_update(&domain)
        .finalize();
    let length = usize::from(length);
    let mut bytes = Vec::with_capacity(length);
    let mut previous = [0; 32];
    for number in 1..=u8::MAX {
        if length <= bytes.len() {
            break;
        }
        let mixed: Vec<u8> = seed.iter().zip(previous).map(|(a, b)| a ^ b).collect();
        previous = Sha256::new()
            .chain_update(mixed)
            .chain_update([number])
            .chain_update(&domain)
            .finalize()
            .into();
        bytes.extend_from_slice(&previous);
    }
    bytes.truncate(length);
    bytes
}
