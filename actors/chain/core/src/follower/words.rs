use synod_types::chain::{BlockId, ChainId, ChainIdentity, EventNumber, Sight, Trouble};
use synod_types::time::Moment;

use super::past::Seam;
use crate::outbox::Delivery;
use crate::record::Record;

/// What happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Input {
    /// Replay is done; begin.
    Start,
    /// The alarm set by [`Effect::WakeAt`] rang.
    Tick,
    /// Somebody has heard of a new block.
    NewHead,
    /// The look with this ticket has ended.
    Seen(u64, Result<Sight, Trouble>),
    /// The live following has gone on: so far may a backfill go now.
    Bounded(Seam),
    /// The journal holds all events up to this one.
    Durable(EventNumber),
    /// The consumer has answered the batch that ended with this event.
    Answered(usize, EventNumber),
    /// The consumer has not answered the batch that ended with this event.
    Unanswered(usize, EventNumber),
}

/// What the shell must now do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Look at the node; come back with [`Input::Seen`] and this ticket.
    Look(u64, Plan),
    /// Write this down; come back with [`Input::Durable`].
    Journal(Record),
    /// Send it; come back with [`Input::Answered`] or [`Input::Unanswered`].
    Deliver(Delivery),
    /// Come back with [`Input::Tick`] at this time.
    WakeAt(Moment),
    /// The following has stopped; somebody must act.
    Halted(Halt),
}

/// What to look for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Who the node is. Shows [`Sight::Identity`].
    Identify,
    /// Headers from the tip, if there is one, and logs above it. Shows [`Sight::Segment`].
    Extend {
        /// The block we stand on.
        tip: Option<BlockId>,
        /// The first block that is missing.
        from: u64,
        /// At most this many missing blocks.
        blocks: u32,
        /// How far to stay below the head.
        confirmations: u64,
    },
    /// Headers of these heights, as far as there are. Shows [`Sight::Headers`].
    Compare {
        /// The lowest.
        from: u64,
        /// The highest.
        to: u64,
    },
}

/// Why the following has stopped. Nothing was changed by it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Halt {
    /// The node is of another chain than configured.
    #[error("the node follows chain {found}, not {expected}")]
    WrongChain {
        /// As configured.
        expected: ChainId,
        /// As the node says.
        found: ChainId,
    },
    /// The node is of another chain than the one followed so far: a wiped test chain, mostly.
    #[error(
        "the node's genesis is {} of chain {}; followed so far: {} of chain {}",
        found.genesis, found.chain, began.genesis, began.chain
    )]
    OtherChain {
        /// As journalled.
        began: ChainIdentity,
        /// As the node says.
        found: ChainIdentity,
    },
    /// None of the blocks that may be retracted stands on one the node still has.
    #[error("the node has left our chain more than {limit} blocks below {tip}")]
    ReorgTooDeep {
        /// The last committed block.
        tip: BlockId,
        /// How many may be retracted.
        limit: u64,
    },
    /// One block's wanted logs exceed the limit: narrow the filter or raise it.
    #[error("the wanted logs of block {block} take {bytes} bytes; allowed are {max}")]
    BlockTooLarge {
        /// The block.
        block: BlockId,
        /// What they take.
        bytes: usize,
        /// What is allowed.
        max: usize,
    },
}

/// Why an input changed nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// No look with this ticket is out.
    #[error("look {0} is over")]
    StaleLook(u64),
    /// No backfill of this number is under way.
    #[error("backfill {0} is over")]
    NoSuchStrand(u32),
    /// No such batch is out.
    #[error("no batch up to event {upto} is out to consumer {consumer}")]
    StaleAnswer {
        /// Which consumer.
        consumer: usize,
        /// The last event of the batch.
        upto: EventNumber,
    },
}
