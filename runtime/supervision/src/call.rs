//! Questions and answers.

use std::fmt;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::address::RejectReason;

/// The asker's side of a question travels with it; whoever holds it owes an answer. Dropped
/// unanswered, it tells the asker [`CallError::Dropped`].
pub struct Reply<T>(oneshot::Sender<T>);

impl<T: Send + 'static> Reply<T> {
    /// A reply and where its answer arrives.
    pub fn channel() -> (Self, Pending<T>) {
        let (sender, receiver) = oneshot::channel();
        (Self(sender), Pending(receiver))
    }

    /// Answers. An asker that no longer waits is counted.
    pub fn answer(self, value: T) {
        if self.0.send(value).is_err() {
            crate::metrics::lost_asker();
        }
    }

    /// Whether the asker has gone.
    pub fn is_abandoned(&self) -> bool {
        self.0.is_closed()
    }
}

impl<T> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reply")
    }
}

/// An answer on its way.
#[derive(Debug)]
pub struct Pending<T>(oneshot::Receiver<T>);

impl<T: Send + 'static> Pending<T> {
    /// Waits for the answer, at most `timeout`.
    ///
    /// # Errors
    /// [`CallError::Dropped`] or [`CallError::Timeout`]; the question may have been acted on.
    pub async fn within(self, timeout: Duration) -> Result<T, CallError> {
        tokio::time::timeout(timeout, self.answer()).await.unwrap_or(Err(CallError::Timeout))
    }

    pub(crate) async fn answer(self) -> Result<T, CallError> {
        self.0.await.map_err(|_| CallError::Dropped)
    }
}

/// Why a question got no answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum CallError {
    /// There was no room for the question. It was not acted on.
    #[error("mailbox is full")]
    Full,
    /// The actor is being stopped for good. The question was not acted on.
    #[error("mailbox is closed")]
    Closed,
    /// The actor died with the question in hand. It may have been acted on.
    #[error("the question was dropped unanswered")]
    Dropped,
    /// The answer did not come in time. The question may have been acted on.
    #[error("no answer in time")]
    Timeout,
}

impl CallError {
    /// Whether asking again, of an actor that is idempotent, may help.
    pub const fn is_retryable(self) -> bool {
        match self {
            Self::Full | Self::Dropped | Self::Timeout => true,
            Self::Closed => false,
        }
    }
}

impl From<RejectReason> for CallError {
    fn from(reason: RejectReason) -> Self {
        match reason {
            RejectReason::Full => Self::Full,
            RejectReason::Closed => Self::Closed,
        }
    }
}
