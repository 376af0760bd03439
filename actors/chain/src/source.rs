//! Where blocks come from, in our words.

use std::future::Future;
use std::pin::Pin;

use synod_supervision::core::Fault;
use synod_types::chain::{Block, ChainIdentity, LogFilter, PlacedLog, Trouble};

/// A question. It is asked when it is first polled, not before: a breaker may drop it unasked.
pub type Asked<'a, T> = Pin<Box<dyn Future<Output = Result<T, SourceError>> + Send + 'a>>;

/// Called when a new block may be there.
pub type Heard = Box<dyn Fn() + Send + Sync>;

/// A node, or what stands in for one. Every question may be asked again.
pub trait Source: Send + Sync {
    /// Who it is: chain id and hash of block 0.
    fn identity(&self) -> Asked<'_, ChainIdentity>;

    /// Height of the highest block.
    fn head(&self) -> Asked<'_, u64>;

    /// The headers from height `from` to `to`, both included, ascending; as many of the first of
    /// them as there are.
    fn headers(&self, from: u64, to: u64) -> Asked<'_, Vec<Block>>;

    /// The wanted logs of exactly these blocks, which are ascending and without gaps; others may
    /// be among them. Fails with [`Trouble::Torn`] rather than leave out the logs of a block that
    /// has left the chain meanwhile.
    fn logs<'a>(&'a self, blocks: &'a [Block], filter: &'a LogFilter) -> Asked<'a, Vec<PlacedLog>>;

    /// How many calls it has been asked so far: what a rate limit counts.
    fn calls(&self) -> u64 {
        0
    }

    /// Call `heard` from now on, instead of whoever was given before, when there may be a new
    /// block. Nobody relies on it: the source is asked regularly all the same.
    fn listen(&self, heard: Heard) {
        drop(heard);
    }
}

/// Why a question got no answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{question}: {trouble}: {detail}")]
pub struct SourceError {
    /// What was asked.
    pub question: &'static str,
    /// What it means for us.
    pub trouble: Trouble,
    /// What the source said. Holds no credentials.
    pub detail: String,
}

impl SourceError {
    /// What it says of the source: nothing, if it speaks against the question only. Who asks too
    /// often, or the wrong node, or waited long enough, does not ask again at once.
    pub const fn fault(&self) -> Fault {
        match self.trouble {
            Trouble::Unavailable => Fault::Passing,
            Trouble::Timeout
            | Trouble::Refused
            | Trouble::RateLimited
            | Trouble::False
            | Trouble::WrongChain => Fault::Lasting,
            Trouble::TooLarge | Trouble::Torn | Trouble::BreakerOpen | Trouble::NoQuorum => {
                Fault::Answer
            }
        }
    }
}
