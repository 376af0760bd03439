//! What a chain actor can be told, and what it tells.

use synod_supervision::{CallError, Fingerprint, Lane, Message, Overflow, Reply, fingerprint};
use synod_types::chain::{ChainEvent, ChainId, ChainStatus, EventNumber, Looked, Probed};

use crate::journal::Committed;
use crate::store::StoreRefusal;

/// Told to every consumer of a chain.
///
/// A consumer gets the events of a chain in order, one batch at a time, each event at least once:
/// a batch that is not answered in time, or whose answer is lost, comes again, perhaps longer.
/// It answers `done` after its own journal holds what it made of the events.
#[derive(Debug)]
pub struct ChainBatch {
    /// The chain.
    pub chain: ChainId,
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
        fingerprint(kind, &(self.chain, self.first))
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
    /// The source has heard of a new block. A hint only: nobody relies on it.
    NewHead,
    /// The actor's own alarm.
    Tick,
    /// The actor's own look at the node, that of this ticket, has ended.
    Seen(u64, Box<Looked>),
    /// An endpoint that is not in use has been asked how it is.
    Probed(Probed),
    /// A consumer has answered the batch that ended with this event, or has not.
    Answered(usize, EventNumber, Result<(), CallError>),
    /// The journal has answered.
    Journalled(Committed),
    /// The snapshot is saved, or not.
    Saved(Result<(), StoreRefusal>),
}

impl Message for ChainMsg {
    fn kind(&self) -> &'static str {
        match self {
            Self::Status(_) => "status",
            Self::NewHead => "new_head",
            Self::Tick => "tick",
            Self::Seen(..) => "seen",
            Self::Probed(_) => "probed",
            Self::Answered(..) => "answered",
            Self::Journalled(_) => "journalled",
            Self::Saved(_) => "saved",
        }
    }

    fn lane(&self) -> Lane {
        match self {
            Self::Status(_) => Lane::Control,
            Self::Tick
            | Self::Seen(..)
            | Self::Probed(_)
            | Self::Answered(..)
            | Self::Journalled(_)
            | Self::Saved(_) => Lane::High,
            Self::NewHead => Lane::Normal,
        }
    }

    /// One hint is as good as many.
    fn overflow(&self) -> Overflow {
        match self {
            Self::NewHead => Overflow::Coalesce(0),
            Self::Status(_)
            | Self::Tick
            | Self::Seen(..)
            | Self::Probed(_)
            | Self::Answered(..)
            | Self::Journalled(_)
            | Self::Saved(_) => Overflow::Refuse,
        }
    }
}
