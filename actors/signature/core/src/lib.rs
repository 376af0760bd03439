//! Keys, signatures, aggregates and the signing guard, without a clock, a mailbox or a file.
//!
//! ```text
//!   duty, digest ──▶ Guard::admit ──▶ record first │ sign │ wait      (or a refusal: never sign)
//!   answers ──▶ Aggregation::apply ──▶ Verify(job) ──▶ job.run() ──▶ proven │ culprits
//! ```
//!
//! The actors around this core own time, mail, the journal and the threads on which
//! [`aggregation::Job::run`] and the signing itself take place.

pub mod aggregation;
pub mod bls12381;
pub mod bn254;
pub mod certificate;
pub mod ecdsa;
mod error;
pub mod guard;
mod key;
mod path;

pub use error::{KeyError, SecretError};
pub use key::{Fault, SecretKey, verified, verify};
pub use path::{KeyPath, PathError};

#[cfg(test)]
mod vectors;
