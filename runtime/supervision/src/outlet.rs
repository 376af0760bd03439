//! Outlets: addresses narrowed to one type of sentence.

use std::fmt;
use std::future::Future;
use std::marker::PhantomData;
use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use synod_supervision_waits::SeatId;
use synod_types::actor::ActorId;

use crate::address::{Address, RejectReason};
use crate::call::{CallError, Pending, Reply};
use crate::clock::Clock;
use crate::deadline::Call;
use crate::message::Message;

/// Where sentences of type `T` go: the end of one edge of the topology. The sender does not know
/// what kind of actor listens.
pub struct Outlet<T> {
    port: Arc<dyn Port<T>>,
}

impl<T> Clone for Outlet<T> {
    fn clone(&self) -> Self {
        Self { port: Arc::clone(&self.port) }
    }
}

impl<T> fmt::Debug for Outlet<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Outlet({})", self.port.id())
    }
}

trait Port<T>: Send + Sync {
    fn id(&self) -> &ActorId;
    fn clock(&self) -> &Clock;
    fn seat(&self) -> Option<SeatId>;
    fn tell(&self, sentence: T) -> Result<(), RejectReason>;
    fn send(
        &self,
        sentence: T,
    ) -> Pin<Box<dyn Future<Output = Result<(), RejectReason>> + Send + '_>>;
}

struct Narrowed<M, T>(Address<M>, PhantomData<fn(T)>);

impl<M: Message + From<T>, T: Send + 'static> Port<T> for Narrowed<M, T> {
    fn id(&self) -> &ActorId {
        self.0.id()
    }

    fn clock(&self) -> &Clock {
        &self.0.mailbox.shared.clock
    }

    fn seat(&self) -> Option<SeatId> {
        self.0.mailbox.chair.seat()
    }

    fn tell(&self, sentence: T) -> Result<(), RejectReason> {
        self.0.tell(sentence.into()).map_err(|rejected| rejected.reason)
    }

    fn send(
        &self,
        sentence: T,
    ) -> Pin<Box<dyn Future<Output = Result<(), RejectReason>> + Send + '_>> {
        let msg = M::from(sentence);
        Box::pin(async move { self.0.send(msg).await.map_err(|rejected| rejected.reason) })
    }
}

impl<T: Send + 'static> Outlet<T> {
    pub(crate) fn new<M: Message + From<T>>(address: Address<M>) -> Self {
        Self { port: Arc::new(Narrowed(address, PhantomData)) }
    }

    /// Who listens.
    pub fn id(&self) -> &ActorId {
        self.port.id()
    }

    /// Sends without waiting.
    ///
    /// # Errors
    /// There is no room, or the listener is stopping; the sentence is dropped, and with it any
    /// [`Reply`] in it, so that an asker is told.
    pub fn tell(&self, sentence: T) -> Result<(), RejectReason> {
        self.port.tell(sentence)
    }

    /// Sends; waits for room if the message's policy is to wait.
    ///
    /// # Errors
    /// As [`Self::tell`].
    pub async fn send(&self, sentence: T) -> Result<(), RejectReason> {
        self.port.send(sentence).await
    }

    /// Sends a question; the answer is awaited apart. When this returns, the question is queued.
    /// It has no deadline: it is for what must be done whoever still waits, as a journal's append.
    ///
    /// # Errors
    /// [`CallError::Full`] or [`CallError::Closed`].
    pub async fn request<A: Send + 'static>(
        &self,
        question: impl FnOnce(Reply<A>) -> T,
    ) -> Result<Pending<A>, CallError> {
        let (reply, pending) = Reply::channel();
        self.send(question(reply)).await?;
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
    pub async fn call<A: Send + 'static>(
        &self,
        timeout: Duration,
        question: impl FnOnce(Reply<A>) -> T,
    ) -> Result<A, CallError> {
        let call = Call::begin(timeout, self.port.clock(), self.port.seat())?;
        let (reply, pending) = call.channel();
        let asked = async {
            self.send(question(reply)).await?;
            pending.answer().await
        };
        call.make(asked).await
    }
}

/// Everything an actor understands may be said through an outlet of its whole protocol.
impl<M: Message> From<Address<M>> for Outlet<M> {
    fn from(address: Address<M>) -> Self {
        Self::new(address)
    }
}
