//! The actors that sign, and that collect signatures until they certify something.
//!
//! ```text
//!   executor ──Sign──▶ signer ──record──▶ store        task ──Open, Submit──▶ aggregation
//!            ◀─────────  │ ◀───commit────                   ◀──Proven, Rejected─  │
//!              signature └─▶ blocking pool, or                     blocking pool ◀┘
//!                            a remote signer (through a breaker), and its signature is verified
//! ```
//!
//! **Signer.** What dies with an incarnation: requests in hand, whose askers are told so. What is
//! read back from the store: every digest ever permitted, under the name of the key, so that
//! neither a restart nor a renamed actor makes the guard forget. Without a journal that answers
//! nothing is signed. What a remote signer was being asked is asked again by whoever wants it; for
//! a digest on record the guard permits that digest, and no other.
//!
//! **Aggregation.** Everything dies with an incarnation. The next one says so with
//! `AggregationEvent::Started`, and whoever ordered certificates orders them again.

mod aggregation;
mod metrics;
mod port;
mod signer;

pub use aggregation::{
    Aggregation, AggregationArgs, AggregationLimits, AggregationMail, Entropy, SystemEntropy,
};
pub use metrics::describe;
pub use port::{Asking, Key, KeySource, KeySourceError, RemoteKey, RemoteSigner, RemoteTerms};
pub use signer::{Signer, SignerArgs, SignerLimits, guard_stream};
pub use synod_protocol::signature::RemoteError;
pub use synod_signature_core::aggregation::{Arithmetic, Limits as CollectionLimits};
pub use synod_signature_core::guard::{GuardRecord, Mark};
pub use synod_signature_core::{SecretError, SecretKey};
