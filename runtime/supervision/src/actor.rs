//! What an actor is.

use std::any::Any;
use std::fmt;
use std::future::Future;

use ractor::ActorProcessingErr;

use crate::context::{Context, panic_text};
use crate::message::Message;

/// The state of one incarnation, and how it is made, told things and ended.
pub trait Actor: Sized + Send + 'static {
    /// Whether it owns something outside that two lives must not own at once: a file, a port, a
    /// key's mark. Such an actor is never started again beside a life that cannot be ended,
    /// whatever its policy says. Of others, what a fenced life does with the things it holds
    /// itself, not through its [`Context`] or an address, is the actor's own affair.
    const IS_EXCLUSIVE: bool = false;

    /// What it can be told.
    type Msg: Message;

    /// What a supervisor makes each incarnation from: limits, outlets, ports. Cloned for each.
    type Args: Clone + Send + Sync + 'static;

    /// Makes an incarnation. It is ready, and gets its first message, once this returns.
    ///
    /// # Errors
    /// A failed start counts as a crash: the supervisor tries again with back-off.
    fn start(
        ctx: &Context<Self::Msg>,
        args: Self::Args,
    ) -> impl Future<Output = Result<Self, Failure>> + Send;

    /// Takes one message. Never waits for the world: it starts work with [`Context::pipe`] and
    /// gets the result as a message.
    ///
    /// # Errors
    /// “Restart me”: the state is in doubt. A bad message is no reason; refuse it and go on.
    fn handle(
        &mut self,
        ctx: &Context<Self::Msg>,
        msg: Self::Msg,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Called once at an orderly end, after the last message. Not called at a crash or kill.
    fn stop(&mut self, ctx: &Context<Self::Msg>) -> impl Future<Output = ()> + Send {
        let _ = ctx;
        async {}
    }
}

/// Why an incarnation cannot go on. Its supervisor logs it and acts.
#[derive(Debug)]
pub struct Failure(Box<dyn std::error::Error + Send + Sync>);

impl Failure {
    /// A failure that has no error behind it.
    pub fn because(reason: impl Into<String>) -> Self {
        Self(reason.into().into())
    }

    /// The message and those of its causes, joined by `: `.
    pub fn chain(&self) -> String {
        let mut text = self.0.to_string();
        let mut cause = self.0.source();
        while let Some(error) = cause {
            text.push_str(": ");
            text.push_str(&error.to_string());
            cause = error.source();
        }
        text
    }

    /// The handler panicked, and that was caught.
    pub(crate) fn panicked(panic: &(dyn Any + Send)) -> Self {
        Self(Box::new(Panic(panic_text(panic))))
    }

    /// As ractor carries it: of a panic the text alone.
    pub(crate) fn into_error(self) -> ActorProcessingErr {
        match self.0.downcast::<Panic>() {
            Ok(panic) => panic.0.into(),
            Err(error) => Box::new(FailureError(Self(error).chain())),
        }
    }
}

impl<E: std::error::Error + Send + Sync + 'static> From<E> for Failure {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

/// A panic on its way out of a life.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Panic(String);

/// A failure on its way through ractor, told from a panic by its type.
#[derive(Debug)]
pub(crate) struct FailureError(pub(crate) String);

impl fmt::Display for FailureError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for FailureError {}
