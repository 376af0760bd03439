use std::fmt;
use std::future::Future;
use std::hash::Hash;

use synod_supervision_core::Fingerprint;
use synod_types::time::Moment;

use crate::actor::Failure;
use crate::message::{Lane, Message, Overflow};

/// One of very many things that have a key, a state and messages of their own.
///
/// It decides and does not wait: its shard loads it, hands it a message at a time, saves it and
/// only then does what it wants told. It may be dropped whenever it handles nothing.
pub trait Entity: Sized + Send + 'static {
    /// Whether [`save`](Self::save) writes other than by messages. Messages of a fenced shard are
    /// refused, so its saves cannot overwrite those of its successor; of what it writes itself
    /// nobody knows. So only shards of entities that say no are ever started again beside a life
    /// that cannot be ended.
    const IS_EXCLUSIVE: bool = true;

    /// What tells it from all others.
    type Key: Clone + Ord + Hash + Send + Sync + 'static;

    /// What it can be told. Each message names its entity.
    type Msg: Message;

    /// Where states are kept. Cloned for each life of each shard.
    type Rows: Clone + Send + Sync + 'static;

    /// Whom a message is for.
    fn key(msg: &Self::Msg) -> &Self::Key;

    /// Makes the entity from its rows; of a key without rows, a new one. Called before its first
    /// message, and again after it was put away or its shard has crashed. The shard waits for
    /// it: set a limit to what may take long.
    ///
    /// # Errors
    /// “Restart the shard”: the rows cannot be read at all. An entity whose own rows are damaged
    /// should load as one that refuses everything, for only it is concerned.
    fn load(
        rows: &Self::Rows,
        key: &Self::Key,
    ) -> impl Future<Output = Result<Self, Failure>> + Send;

    /// Writes the whole state, durably and at once or not at all: the shard may be killed at any
    /// point of it. The shard waits for it: set a limit to what may take long.
    ///
    /// # Errors
    /// “Restart the shard”: what the entity wanted told is not told.
    fn save(
        &mut self,
        rows: &Self::Rows,
        key: &Self::Key,
    ) -> impl Future<Output = Result<(), Failure>> + Send;

    /// Takes one message. If the shard dies after a save and before the message is done with, it
    /// comes again if it can be [copied](Message::again).
    fn handle(&mut self, now: Moment, msg: Self::Msg) -> Step;
}

/// What became of an entity's state.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keep {
    /// It is as it was.
    Unchanged,
    /// It changed. Saved with the next change, or when the entity is put away; a crash before
    /// that takes it back.
    Later,
    /// It changed. Saved before anything is told.
    Now,
}

/// What follows from a message.
pub struct Step {
    pub(super) keep: Keep,
    pub(super) tell: Option<Box<dyn FnOnce() + Send>>,
}

impl Step {
    /// Nothing to tell.
    pub const fn new(keep: Keep) -> Self {
        Self { keep, tell: None }
    }

    /// Something to tell: an answer, messages to others. Done once what [`Keep::Now`] wants saved
    /// is saved.
    pub fn tell(keep: Keep, tell: impl FnOnce() + Send + 'static) -> Self {
        Self { keep, tell: Some(Box::new(tell)) }
    }
}

impl fmt::Debug for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Step({:?}, tells: {})", self.keep, self.tell.is_some())
    }
}

/// What a shard is told.
#[derive(Debug)]
pub enum ShardMsg<M> {
    /// A message for one of its entities.
    To(M),
    /// The shard's own alarm: entities may have been idle for long enough.
    Look,
}

impl<M> From<M> for ShardMsg<M> {
    fn from(msg: M) -> Self {
        Self::To(msg)
    }
}

/// A message for an entity is delivered as it says itself.
impl<M: Message> Message for ShardMsg<M> {
    fn kind(&self) -> &'static str {
        match self {
            Self::To(msg) => msg.kind(),
            Self::Look => "look",
        }
    }

    fn lane(&self) -> Lane {
        match self {
            Self::To(msg) => msg.lane(),
            Self::Look => Lane::Normal,
        }
    }

    fn again(&self) -> Option<Self> {
        match self {
            Self::To(msg) => msg.again().map(Self::To),
            Self::Look => None,
        }
    }

    fn digest(&self) -> Option<Fingerprint> {
        match self {
            Self::To(msg) => msg.digest(),
            Self::Look => None,
        }
    }

    fn overflow(&self) -> Overflow {
        match self {
            Self::To(msg) => msg.overflow(),
            Self::Look => Overflow::Wait,
        }
    }
}
