use synod_signature_core::aggregation::Seed;

/// Where the randomness of weights comes from. Asked on the threads that verify, once for each
/// job, when everything it weighs has been received.
pub trait Entropy: Send + Sync + 'static {
    /// 32 bytes nobody can foresee; `None` if there are none now. Without them what would be
    /// weighed is checked one by one.
    fn seed(&self) -> Option<Seed>;
}

/// The operating system's.
#[derive(Clone, Copy, Debug)]
pub struct SystemEntropy;

impl Entropy for SystemEntropy {
    fn seed(&self) -> Option<Seed> {
        let mut bytes = [0; 32];
        match getrandom::fill(&mut bytes) {
            Ok(()) => Some(Seed(bytes)),
            Err(error) => {
                tracing::warn!(%error, "no randomness: signatures are checked one by one");
                None
            }
        }
    }
}
