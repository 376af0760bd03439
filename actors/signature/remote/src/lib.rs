//! Keys that this process never sees: whoever holds them is asked over the network.
//!
//! | who | speaks | signs |
//! |---|---|---|
//! | [`Web3signer`] | HTTP, its eth1 API | ECDSA |
//! | [`Cerberus`] | gRPC | BLS on BN254 |
//!
//! Each answers with bytes and is believed nothing: the signer actor checks them against the
//! registered public key before anybody sees them. Nothing here repeats a question or keeps time;
//! the actor puts an end to each call. No error holds a password, a token, or more of an address
//! than scheme, host and port.

mod address;
mod cerberus;
mod tls;
mod web3signer;
mod wire;

pub use address::InvalidAddress;
pub use cerberus::{Admission, Cerberus};
pub use tls::{Identity, Tls, TlsError};
pub use web3signer::Web3signer;

use synod_signature::RemoteError;
use synod_types::signature::RemoteRefusal;

/// Why a remote signer cannot even be asked.
#[derive(Debug, thiserror::Error)]
pub enum SetupError {
    /// Its address.
    #[error(transparent)]
    Address(#[from] InvalidAddress),
    /// Certificates or keys.
    #[error(transparent)]
    Tls(#[from] TlsError),
    /// The library that speaks HTTP.
    #[error("no client for HTTP can be made: {0}")]
    Client(String),
    /// The public key.
    #[error("the public key is none: {0}")]
    Key(String),
    /// The token, which is not told.
    #[error("the token has characters that no header may have")]
    Token,
    /// A key of a scheme that it does not sign by as our certificates want it.
    #[error("it cannot sign with a key of this scheme as certificates want it")]
    Scheme,
}

fn trouble(kind: RemoteRefusal, place: &str, why: impl std::fmt::Display) -> RemoteError {
    RemoteError { kind, why: format!("{place}: {why}").into() }
}

/// A failure with its causes, which often say more.
fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        text = format!("{text}: {error}");
        cause = error.source();
    }
    text
}
