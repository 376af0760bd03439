/// Whose BN254 arithmetic verifies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Arithmetic {
    /// ark-bn254's.
    Ark,
    /// This house's own.
    Synod,
    /// Both, each for itself. Where they differ in anything, nothing is proven and nobody named.
    CrossCheck,
}
