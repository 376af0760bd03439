//! What a message says about its own delivery.

use std::hash::{BuildHasher, DefaultHasher, Hash, Hasher, RandomState};
use std::sync::LazyLock;

use synod_supervision_core::Fingerprint;

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

/// The fingerprint of a message of that kind that says `said`: equal ones have equal ones, in this
/// process. The key is drawn at its start.
pub fn fingerprint(kind: &'static str, said: &(impl Hash + ?Sized)) -> Fingerprint {
    static KEY: LazyLock<RandomState> = LazyLock::new(RandomState::new);
    let mut hasher = Counting { hasher: KEY.build_hasher(), bytes: 0 };
    said.hash(&mut hasher);
    kind.hash(&mut hasher.hasher);
    Fingerprint { hash: hasher.hasher.finish(), bytes: hasher.bytes }
}

/// Counts what it hashes.
struct Counting {
    hasher: DefaultHasher,
    bytes: u64,
}

impl Hasher for Counting {
    fn finish(&self) -> u64 {
        self.hasher.finish()
    }

    fn write(&mut self, bytes: &[u8]) {
        self.bytes += bytes.len() as u64;
        self.hasher.write(bytes);
    }
}

/// A type of message: one enum per actor, in `messages/protocol`.
pub trait Message: Send + 'static {
    /// The variant's name in snake case, for metrics and taps.
    fn kind(&self) -> &'static str;

    /// Where it waits.
    fn lane(&self) -> Lane {
        Lane::Normal
    }

    /// A copy, if one can be made: then the message outlives an incarnation that dies with it in
    /// hand, and is tried again. Made of every message that is handled, so it should be cheap; of
    /// one with a [`Reply`](crate::Reply) there is none: who asked is told, and asks again.
    fn again(&self) -> Option<Self>
    where
        Self: Sized,
    {
        None
    }

    /// What it says, as a [`fingerprint`], without any [`Reply`](crate::Reply): so that one that
    /// its actor died of is known when it comes again. Taken only while its actor has died of
    /// something lately.
    fn digest(&self) -> Option<Fingerprint> {
        None
    }

    /// What happens when there is no room.
    fn overflow(&self) -> Overflow {
        Overflow::Refuse
    }
}
