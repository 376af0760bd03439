use crate::bn254::PointError;

/// Why bytes are no secret key. Never says which bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum SecretError {
    /// Zero, or not below the order of the scheme's group.
    #[error("the secret is not between 1 and the group order")]
    OutOfRange,
    /// Fewer than 32 bytes.
    #[error("the seed has fewer than 32 bytes")]
    ShortSeed,
}

/// Why bytes are no public key that may be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum KeyError {
    /// No BN254 point.
    #[error("the key is no BN254 point")]
    Point(#[from] PointError),
    /// The halves in G1 and G2 have different secrets.
    #[error("the halves of the key in G1 and G2 differ")]
    HalvesDiffer,
    /// Not the compressed form of a point of BLS12-381's G1 other than the identity.
    #[error("the key is no BLS12-381 key")]
    Bls12381(#[source] PointError),
    /// The key's owner has not shown that he knows its secret.
    #[error("the proof of possession does not fit the key")]
    NotPossessed,
}
