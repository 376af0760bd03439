//! A mailbox and the incarnations that come and go before it.

use std::sync::atomic::Ordering;

use synod_supervision_lanes::Order;
use synod_types::actor::Incarnation;

use super::{End, Letter, Mailbox};
use crate::dead_letters::DeadReason;
use crate::failures::InHand;
use crate::hand::Hand;
use crate::message::Message;
use crate::quarantine::Spare;

impl<M: Message> Mailbox<M> {
    /// Takes back what an incarnation had in hand when it ended.
    pub(crate) fn put_back(&self, hand: &mut Hand<M>) {
        let left = self.lanes.put_back(hand.drain());
        self.held.store(0, Ordering::Relaxed);
        for letter in left {
            self.bury(&letter, DeadReason::Abandoned);
        }
    }

    /// Gives a new incarnation its number.
    pub(crate) fn begin(&self) -> Incarnation {
        // Of one whose supervisor ended with it, nobody said why.
        self.judge(None);
        Incarnation(self.lanes.begin())
    }

    /// The incarnation has started and comes to take its mail.
    pub(crate) fn ready(&self, incarnation: Incarnation) {
        self.lanes.ready(incarnation.0);
    }

    /// The incarnation is gone; unless a later one has taken its place, messages now wait.
    pub(crate) fn detach(&self, incarnation: Incarnation) {
        self.lanes.detach(incarnation.0);
        self.leave();
    }

    /// An incarnation was fenced: it reads no more, though it may never learn that.
    pub(crate) fn is_over(&self, incarnation: Incarnation) {
        self.order(incarnation, Order::End(End::Kill));
        self.detach(incarnation);
    }

    /// Takes back a letter that a fenced life had taken and not begun.
    #[cold]
    pub(crate) fn take_back(&self, letter: Letter<M>) {
        let lane = letter.msg.lane() as usize;
        let left = if letter.is_own() { None } else { self.lanes.put_first(lane, letter) };
        if let Some(letter) = left {
            self.bury(&letter, DeadReason::Abandoned);
        }
    }

    /// How many letters of the normal lane an incarnation takes at once.
    pub(crate) fn share(&self) -> usize {
        self.capacity.share()
    }

    /// Notes what an ending incarnation has in hand, until it is judged.
    pub(crate) fn fell(&self, in_hand: InHand, spare: Spare<M>) {
        *self.fell_with.lock() = Some(in_hand);
        self.quarantine.fell(in_hand, spare);
        if self.lanes.is_abandoned() {
            self.judge(None);
        }
    }
}
