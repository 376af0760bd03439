//! What a message says about its own delivery.

/// Which queue of a mailbox a message waits in. A lane is emptied before the next is looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Lane {
    /// Orders that must get through when work is piled up.
    Control,
    /// Answers and alarms: they finish work that is already under way.
    High,
    /// Work.
    Normal,
}

impl Lane {
    /// Its name in taps and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Control => "control",
            Self::High => "high",
            Self::Normal => "normal",
        }
    }
}

/// What happens when the lane is full.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Overflow {
    /// An awaiting sender waits for room; one that cannot wait is refused.
    Wait,
    /// The sender gets the message back.
    Refuse,
    /// The oldest message of the lane becomes a dead letter.
    DropOldest,
    /// A queued message of the same kind and key is replaced, full or not; if there is none and
    /// the lane is full, the sender gets the message back.
    Coalesce(u64),
}

/// A type of message: one enum per actor, in `messages/protocol`.
pub trait Message: Send + 'static {
    /// The variant's name in snake case, for metrics and taps.
    fn kind(&self) -> &'static str;

    /// Where it waits.
    fn lane(&self) -> Lane {
        Lane::Normal
    }

    /// What happens when there is no room.
    fn overflow(&self) -> Overflow {
        Overflow::Refuse
    }
}
