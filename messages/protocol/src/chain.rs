//! What a chain actor can be told, and what it tells.

use synod_supervision::{CallError, Fingerprint, Lane, Message, Overflow, Reply, fingerprint};
use synod_types::actor::ActorId;
use synod_types::chain::{
    BackfillRefusal, ChainEvent, ChainId, ChainStatus, EventNumber, Looked, Probed, Strand,
};

use crate::journal::Committed;
use crate::store::StoreRefusal;

/// Told to every consumer of a chain.
///
/// A consumer gets the events of a chain in order, one batch at a time, each event at least once:
/// a batch that is not answered in time, or whose answer is lost, comes again, perhaps longer.
/// It answers `done` after its own journal holds what it made of the events.
///
/// Of a strand that is not [`Strand::Live`] it need not remember how far it came: what it knows
/// already of a block it does not do again. A block that it never heard of may be retracted.
#[derive(Debug)]
pub struct ChainBatch {
    /// The chain.
    pub chain: ChainId,
    /// Whether it is what happens or what was; each has numbers of its own.
    pub strand: Strand,
    /// Number of the first of the events; the others follow without a gap.
    pub first: EventNumber,
    /// At most 64, in order.
    pub events: Vec<ChainEvent>,
    /// Answered once the events are applied for good.
    pub done: Reply<()>,
}

impl ChainBatch {
    /// What it says, told to a consumer as a message of that kind: where it begins, because it may
    /// come again longer.
    pub fn digest(&self, kind: &'static str) -> Fingerprint {
        fingerprint(kind, &(self.chain, self.strand, self.first))
    }

    /// The events with numbers above `last`, each with its number: those that are new to a
    /// consumer that has applied all up to `last`.
    pub fn after(&self, last: EventNumber) -> impl Iterator<Item = (EventNumber, &ChainEvent)> {
        let numbers = (self.first.0..).map(EventNumber);
        numbers.zip(&self.events).filter(move |(number, _)| *number > last)
    }
}

/// Told to a chain actor.
#[derive(Debug)]
pub enum ChainMsg {
    /// How does it stand? Answered at once.
    Status(Reply<ChainStatus>),
    /// Tell this consumer what was from a block on, up to what it was told as it happened.
    /// Answered once the order is durable, or refused.
    Backfill(ActorId, u64, Reply<Result<(), BackfillRefusal>>),
    /// The source has heard of a new block. A hint only: nobody relies on it.
    NewHead,
    /// The actor's own alarm.
    Tick,
    /// The actor's own look at the node for a strand, that of this ticket, has ended.
    Seen(Strand, u64, Box<Looked>),
    /// A piece of the chain that is read ahead for a strand, of this number, has come.
    Fetched(Strand, u64, Box<Looked>),
    /// What was read ahead is what the look of this ticket would have shown.
    Judged(Strand, u64, Box<Looked>),
    /// An endpoint that is not in use has been asked how it is.
    Probed(Probed),
    /// A consumer has answered the batch that ended with this event, or has not.
    Answered(Strand, usize, EventNumber, Result<(), CallError>),
    /// The journal of a strand has answered.
    Journalled(Strand, Committed),
    /// The snapshot is saved, or not.
    Saved(Result<(), StoreRefusal>),
}

impl Message for ChainMsg {
    fn kind(&self) -> &'static str {
        match self {
            Self::Status(_) => "status",
            Self::Backfill(..) => "backfill",
            Self::NewHead => "new_head",
            Self::Tick => "tick",
            Self::Seen(..) => "seen",
            Self::Fetched(..) => "fetched",
            Self::Judged(..) => "judged",
            Self::Probed(_) => "probed",
            Self::Answered(..) => "answered",
            Self::Journalled(..) => "journalled",
            Self::Saved(_) => "saved",
        }
    }

    fn lane(&self) -> Lane {
        match self {
            Self::Status(_) => Lane::Control,
            Self::Tick
            | Self::Seen(..)
            | Self::Fetched(..)
            | Self::Judged(..)
            | Self::Probed(_)
            | Self::Answered(..)
            | Self::Journalled(..)
            | Self::Saved(_) => Lane::High,
            Self::NewHead | Self::Backfill(..) => Lane::Normal,
        }
    }

    /// One hint is as good as many.
    fn overflow(&self) -> Overflow {
        match self {
            Self::NewHead => Overflow::Coalesce(0),
            Self::Status(_)
            | Self::Backfill(..)
            | Self::Tick
            | Self::Seen(..)
            | Self::Fetched(..)
            | Self::Judged(..)
            | Self::Probed(_)
            | Self::Answered(..)
            | Self::Journalled(..)
            | Self::Saved(_) => Overflow::Refuse,
        }
    }
}
