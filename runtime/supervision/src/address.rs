//! Addresses: what actors hold of one another.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use synod_types::actor::ActorId;

use crate::call::{CallError, Pending, Reply};
use crate::deadline::Call;
use crate::mailbox::Mailbox;
use crate::message::{Message, Overflow};
use crate::outlet::Outlet;

/// Where messages for an actor go, whichever incarnation of it lives now, or none.
pub struct Address<M> {
    pub(crate) mailbox: Arc<Mailbox<M>>,
}

impl<M> Clone for Address<M> {
    fn clone(&self) -> Self {
        Self { mailbox: Arc::clone(&self.mailbox) }
    }
}

impl<M> fmt::Debug for Address<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Address({})", self.mailbox.id)
    }
}

/// A message that was not accepted, given back.
#[derive(Debug, thiserror::Error)]
#[error("message not accepted: {reason}")]
pub struct Rejected<M> {
    /// The message.
    pub msg: M,
    /// Why.
    pub reason: RejectReason,
}

/// Why a message was not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RejectReason {
    /// Its lane is full.
    #[error("mailbox is full")]
    Full,
    /// The actor is being stopped for good.
    #[error("mailbox is closed")]
    Closed,
    /// The actor has died of messages that say the same, too often.
    #[error("messages that say the same are in quarantine")]
    Quarantined,
    /// The sender is a life of an actor that was fenced: another has taken its place.
    #[error("the sender was fenced")]
    Fenced,
}

impl<M: Message> Address<M> {
    /// Whose address it is.
    pub fn id(&self) -> &ActorId {
        &self.mailbox.id
    }

    /// Sends without waiting.
    ///
    /// # Errors
    /// Gives the message back if there is no room for it or the actor is stopping.
    #[inline]
    pub fn tell(&self, msg: M) -> Result<(), Rejected<M>> {
        self.mailbox.way(&msg).push(msg)
    }

    /// Sends; waits for room if the message's policy is to wait.
    ///
    /// # Errors
    /// Gives the message back if there is no room for it or the actor is stopping.
    pub async fn send(&self, msg: M) -> Result<(), Rejected<M>> {
        match msg.overflow() {
            Overflow::Wait => self.mailbox.way(&msg).push_waiting(msg).await,
            Overflow::Refuse | Overflow::DropOldest | Overflow::Coalesce(_) => self.tell(msg),
        }
    }

    /// Sends a question; the answer is awaited apart. When this returns, the question is queued.
    /// It has no deadline: it is for what must be done whoever still waits, as a journal's append.
    ///
    /// # Errors
    /// [`CallError::Full`] or [`CallError::Closed`].
    pub async fn request<T: Send + 'static>(
        &self,
        question: impl FnOnce(Reply<T>) -> M,
    ) -> Result<Pending<T>, CallError> {
        let (reply, pending) = Reply::channel();
        self.send(question(reply)).await.map_err(|rejected| rejected.reason)?;
        Ok(pending)
    }

    /// Asks and waits for the answer, at most `timeout` in all; if an actor calls on behalf of a
    /// question, no longer than who asked that waits. The question carries the deadline: once it
    /// has passed, the question is not taken up any more.
    ///
    /// An actor calls on behalf of the question in its hand until it has answered that, and piped
    /// work on behalf of what its handler had in hand when it began the work. The result of piped
    /// work, a message of its own, has no deadline.
    ///
    /// # Errors
    /// [`CallError`]; on `Timeout` and `Dropped` the question may have been acted on. `Deadlock`:
    /// it was not put, because the actor that calls, and would take no message meanwhile, would
    /// wait for itself.
    pub async fn call<T: Send + 'static>(
        &self,
        timeout: Duration,
        question: impl FnOnce(Reply<T>) -> M,
    ) -> Result<T, CallError> {
        let call = Call::begin(timeout, &self.mailbox.shared.clock, self.mailbox.chair.seat())?;
        let (reply, pending) = call.channel();
        let asked = async {
            self.send(question(reply)).await.map_err(|rejected| rejected.reason)?;
            pending.answer().await
        };
        call.make(asked).await
    }

    /// This address for one type of sentence that the actor understands.
    pub fn outlet<T: Send + 'static>(&self) -> Outlet<T>
    where
        M: From<T>,
    {
        Outlet::new(self.clone())
    }
}
