//! How often a signer counts in a sum. Contracts differ, and a sum that counts otherwise is none.

use ark_bn254::{G1Projective, G2Projective};
use ark_ff::AdditiveGroup;

use super::point::{G1, G2};

/// How a generation of contracts counts a signer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Counting {
    /// Once for each of the task's quorums it is in: `BLSSignatureChecker`, which adds up the keys
    /// of quorums.
    PerQuorum,
    /// Once: the multichain certificate verifier, which knows one operator set.
    Once,
}

impl Counting {
    /// How often one counts who is in so many of the task's quorums. 0: not at all.
    pub const fn of(self, quorums: u8) -> u8 {
        match self {
            Self::PerQuorum => quorums,
            Self::Once => {
                if quorums == 0 {
                    0
                } else {
                    1
                }
            }
        }
    }

    /// The sum of signatures, each with the number of the task's quorums its signer is in; `None`
    /// where it is the identity.
    pub fn signature<'a>(self, signed: impl IntoIterator<Item = (&'a G1, u8)>) -> Option<G1> {
        G1::from_sum(self.total_g1(signed))
    }

    /// The sum of signers' keys in G2; as [`Self::signature`].
    pub fn key_g2<'a>(self, signers: impl IntoIterator<Item = (&'a G2, u8)>) -> Option<G2> {
        let counted = signers.into_iter().map(|(key, quorums)| (key, self.of(quorums)));
        let sum = counted.fold(G2Projective::ZERO, |sum, (key, times)| {
            (0..times).fold(sum, |sum, _| sum + key.0)
        });
        G2::from_sum(sum)
    }

    /// The sum of signers' keys in G1 as the contract finds it: the keys of the quorums (of
    /// [`Self::Once`], of the one operator set) less those of the absent; `None` where nobody is
    /// left.
    pub fn signers_g1<'a>(
        self,
        quorums: &[G1],
        absent: impl IntoIterator<Item = (&'a G1, u8)>,
    ) -> Option<G1> {
        G1::from_sum(G1::total(quorums) - self.total_g1(absent))
    }

    fn total_g1<'a>(self, points: impl IntoIterator<Item = (&'a G1, u8)>) -> G1Projective {
        let counted = points.into_iter().map(|(point, quorums)| (point, self.of(quorums)));
        counted.fold(G1Projective::ZERO, |sum, (point, times)| {
            (0..times).fold(sum, |sum, _| sum + point.0)
        })
    }
}
