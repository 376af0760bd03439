//! Bounds of a mailbox.

use crate::hand::Hand;
use crate::message::Lane;

/// How many messages each lane holds. An incarnation has up to a sixteenth of the normal lane, and
/// no more than 64 messages, in hand besides; if it dies, they come first in the next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// Control lane.
    pub control: usize,
    /// High lane.
    pub high: usize,
    /// Normal lane.
    pub normal: usize,
}

impl Default for Capacity {
    fn default() -> Self {
        Self { control: 64, high: 256, normal: 1024 }
    }
}

impl Capacity {
    pub(crate) const fn of(&self, lane: Lane) -> usize {
        match lane {
            Lane::Control => self.control,
            Lane::High => self.high,
            Lane::Normal => self.normal,
        }
    }

    /// How much of the normal lane an incarnation takes in hand at once: of a short one, one
    /// message, so that its bound is exact; of the usual one, [`Hand::MAX`].
    pub(crate) fn share(&self) -> usize {
        (self.normal / 16).clamp(1, Hand::MAX)
    }

    /// Room in all lanes together.
    pub const fn total(&self) -> usize {
        self.control + self.high + self.normal
    }
}
