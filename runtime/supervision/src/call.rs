//! Questions and answers.

use std::cell::Cell;
use std::fmt;
use std::time::Duration;

use tokio::sync::oneshot;

use crate::address::RejectReason;
use crate::fence::{self, Refused};
use crate::matter::Matter;
use crate::waits::{Asker, Cycle};

/// The asker's side of a question travels with it; whoever holds it owes an answer. Dropped
/// unanswered, it tells the asker [`CallError::Dropped`].
pub struct Reply<T> {
    sender: Option<oneshot::Sender<Result<T, CallError>>>,
    /// Of which call; 0 if nobody said.
    call: u64,
    /// Who waits for it in a handler.
    asker: Option<Asker>,
}

thread_local! {
    /// Whether questions are being dropped because their time is over.
    static IS_EXPIRING: Cell<bool> = const { Cell::new(false) };
}

impl<T: Send + 'static> Reply<T> {
    /// A reply and where its answer arrives.
    pub fn channel() -> (Self, Pending<T>) {
        Self::of_call(0, None)
    }

    pub(crate) fn of_call(call: u64, asker: Option<Asker>) -> (Self, Pending<T>) {
        let (sender, receiver) = oneshot::channel();
        (Self { sender: Some(sender), call, asker }, Pending(receiver))
    }

    /// Answers. An asker that no longer waits is counted. From a fenced life no answer is taken:
    /// who asked is told [`CallError::Dropped`].
    pub fn answer(mut self, value: T) {
        if fence::refuses(Refused::Reply) {
            return;
        }
        Matter::present(|present| present.answered(self.call));
        self.hand_on();
        if self.sender.take().is_none_or(|sender| sender.send(Ok(value)).is_err()) {
            crate::metrics::lost_asker();
        }
    }

    /// Says that the answer does not hang on the handler that has the question in hand, because
    /// the reply goes on to another actor, or to piped work that answers by itself. Needed only by
    /// a handler that then makes a call: without it, the asker is taken to wait for this actor
    /// until the handling of the question has ended.
    pub fn hand_on(&mut self) {
        if let Some(asker) = self.asker.take() {
            asker.released();
        }
    }

    /// Whether the asker has gone.
    pub fn is_abandoned(&self) -> bool {
        self.sender.as_ref().is_none_or(oneshot::Sender::is_closed)
    }
}

impl<T> Drop for Reply<T> {
    fn drop(&mut self) {
        if let Some(asker) = self.asker.take() {
            asker.released();
        }
        let expired = self.sender.take().filter(|_| IS_EXPIRING.get());
        // An asker that no longer waits has noticed by itself.
        drop(expired.map(|sender| sender.send(Err(CallError::Expired))));
    }
}

/// Drops a message unhandled because its deadline has passed, and says so to who asked.
pub(crate) fn expire<M>(msg: M) {
    struct Expiring;
    impl Drop for Expiring {
        fn drop(&mut self) {
            IS_EXPIRING.set(false);
        }
    }
    IS_EXPIRING.set(true);
    let _expiring = Expiring;
    drop(msg);
}

impl<T> fmt::Debug for Reply<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Reply")
    }
}

/// An answer on its way.
#[derive(Debug)]
pub struct Pending<T>(oneshot::Receiver<Result<T, CallError>>);

impl<T: Send + 'static> Pending<T> {
    /// Waits for the answer, at most `timeout`.
    ///
    /// # Errors
    /// [`CallError::Dropped`] or [`CallError::Timeout`]; the question may have been acted on.
    pub async fn within(self, timeout: Duration) -> Result<T, CallError> {
        tokio::time::timeout(timeout, self.answer()).await.unwrap_or(Err(CallError::Timeout))
    }

    pub(crate) async fn answer(self) -> Result<T, CallError> {
        self.0.await.unwrap_or(Err(CallError::Dropped))
    }
}

/// Why a question got no answer.
#[derive(Clone, Debug, PartialEq, Eq, Hash, thiserror::Error)]
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
    /// The actor has died of the same question too often. It was not acted on.
    #[error("the question is in quarantine")]
    Quarantined,
    /// The asker is a life of an actor that was fenced. The question was not put.
    #[error("the asker was fenced")]
    Fenced,
    /// The answer did not come in time. The question may have been acted on.
    #[error("no answer in time")]
    Timeout,
    /// The time was over before the question was taken up. It was not acted on.
    #[error("the time was over before the question was taken up")]
    Expired,
    /// The actors named would have waited for one another. The question was not put.
    #[error("the call would wait for itself: {0}")]
    Deadlock(Cycle),
}

impl CallError {
    /// Whether asking again, of an actor that is idempotent, may help.
    pub const fn is_retryable(&self) -> bool {
        match self {
            Self::Full | Self::Dropped | Self::Timeout | Self::Expired => true,
            Self::Closed | Self::Deadlock(_) | Self::Quarantined | Self::Fenced => false,
        }
    }
}

impl From<RejectReason> for CallError {
    fn from(reason: RejectReason) -> Self {
        match reason {
            RejectReason::Full => Self::Full,
            RejectReason::Closed => Self::Closed,
            RejectReason::Quarantined => Self::Quarantined,
            RejectReason::Fenced => Self::Fenced,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_asked_is_told_whether_a_dropped_question_came_too_late() {
        let ((late, told), (lost, dropped)) = (Reply::<()>::channel(), Reply::<()>::channel());
        expire(late);
        drop(lost);
        assert_eq!(told.answer().await, Err(CallError::Expired));
        assert_eq!(dropped.answer().await, Err(CallError::Dropped));
    }
}
