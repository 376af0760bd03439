//! BLS on BN254 as EigenLayer's contracts verify it: signatures and hashes in G1, keys in both
//! groups, a signature checked by one product of two pairings.
//!
//! A point that came from outside is decoded before it is used, and decoding checks it: every
//! [`G1`] and [`G2`] lies on its curve, in its subgroup, and is not the identity.

mod counting;
mod curve;
mod hash;
mod key;
mod pairing;
mod point;
mod possession;

pub use counting::Counting;
#[cfg(test)]
pub(crate) use curve::as_an_actor;
pub(crate) use curve::{Ark, Curve, Synod};
pub use hash::{PONOS_DST, encode_svdw, hash_solidity, hash_svdw};
pub use key::{PublicPair, SecretKey, operator_id};
pub use pairing::{combined_pairing_input, pairing_input, verify};
pub use point::{G1, G2, PointError};
pub use possession::{Registration, RegistryDomain};

#[cfg(test)]
mod contract_tests;
#[cfg(test)]
mod tests;
