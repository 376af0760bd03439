//! What is known of every mailbox alike.

use std::sync::atomic::Ordering;
use std::time::Duration;

use synod_supervision_core::{Fingerprint, Stamp, Work};
use synod_supervision_lanes::{Doing, Order};
use synod_types::actor::Incarnation;
use synod_types::time::Moment;

use super::{Counted, End, Mailbox};
use crate::address::RejectReason;
use crate::dead_letters::{DeadReason, Kept};
use crate::failures::InHand;
use crate::message::Message;
use crate::pulse::Pulse;
use crate::quarantine::Cause;
use crate::waits::Chair;

/// What anyone may know of a mailbox, whatever its messages.
pub(crate) trait MailboxFacts: Send + Sync {
    fn incarnation(&self) -> Incarnation;
    /// An incarnation that is being killed handles nothing more, though its thread may be held.
    fn doom(&self, incarnation: Incarnation);
    /// What the present incarnation, which has ended, had in hand.
    fn fell_with(&self) -> Option<InHand>;
    /// Returns once every sender that has had leave to put a letter in has done so.
    fn settle(&self);
    fn depth(&self) -> usize;
    fn bound(&self) -> usize;
    fn handled(&self) -> u64;
    /// Fenced lives that still run.
    fn fenced(&self) -> u32;
    fn pulse(&self) -> &Pulse;
    fn chair(&self) -> &Chair;
    /// Decides what becomes of what the last incarnation had in hand when it ended of `cause`.
    fn judge(&self, cause: Option<Cause<'_>>);
    fn set_deaths_max(&self, deaths_max: usize);
    fn lift(&self, print: Fingerprint);
    /// Takes a dead letter's message again, or gives it back.
    fn replay(&self, kept: Kept) -> Result<(), (Kept, RejectReason)>;
    /// What the watchdog sees.
    fn stamp(&self) -> Stamp;
    /// Median and 99th percentile of its handling times lately.
    fn handling(&self) -> (Option<Duration>, Option<Duration>);
    /// Buries all that still waits: at the end of everything.
    fn abandon(&self);
    fn publish(&self);
}

impl<M: Message> MailboxFacts for Mailbox<M> {
    fn incarnation(&self) -> Incarnation {
        Incarnation(self.lanes.glance().0)
    }

    fn doom(&self, incarnation: Incarnation) {
        self.order(incarnation, Order::End(End::Kill));
    }

    fn fell_with(&self) -> Option<InHand> {
        let incarnation = self.incarnation();
        self.fell_with.lock().filter(|in_hand| in_hand.incarnation == incarnation)
    }

    fn settle(&self) {
        // The lock is held from the leave to the letter.
        self.lanes.len();
    }

    fn depth(&self) -> usize {
        self.lanes.len() + self.held.load(Ordering::Relaxed)
    }

    fn bound(&self) -> usize {
        self.capacity.total()
    }

    fn handled(&self) -> u64 {
        self.handled.load(Ordering::Relaxed)
    }

    fn fenced(&self) -> u32 {
        self.fenced.load(Ordering::SeqCst)
    }

    fn pulse(&self) -> &Pulse {
        &self.pulse
    }

    fn chair(&self) -> &Chair {
        &self.chair
    }

    fn judge(&self, cause: Option<Cause<'_>>) {
        Self::judge(self, cause);
    }

    fn set_deaths_max(&self, deaths_max: usize) {
        self.quarantine.set_deaths_max(deaths_max);
    }

    fn lift(&self, print: Fingerprint) {
        self.quarantine.lift(print);
    }

    fn replay(&self, kept: Kept) -> Result<(), (Kept, RejectReason)> {
        Self::replay(self, kept)
    }

    fn stamp(&self) -> Stamp {
        let (life, doing) = self.lanes.glance();
        let work = match doing {
            Doing::Nothing => Work::Idle,
            Doing::Woken => Work::Waiting,
            Doing::Letters => Work::Busy,
        };
        let (incarnation, progress) = (Incarnation(life), self.handled());
        Stamp { incarnation, progress, work, policy: self.pulse.policy() }
    }

    fn handling(&self) -> (Option<Duration>, Option<Duration>) {
        self.metrics.handling()
    }

    fn abandon(&self) {
        let left: Vec<_> = self.lanes.abandon().collect();
        Self::judge(self, None);
        for letter in left {
            self.bury(&letter, DeadReason::Abandoned);
        }
        self.abandon_pool();
    }

    fn publish(&self) {
        let (accepted, handled) = (self.lanes.accepted(), self.handled());
        let mut counted = self.counted.lock();
        let new = handled - counted.handled;
        self.metrics.count(accepted - counted.accepted, new);
        if 0 < new {
            // Not before the last look: the last ones may not have been timed.
            self.progress.fetch_max(counted.at.unix_nanos(), Ordering::Relaxed);
        }
        *counted = Counted { accepted, handled, at: self.shared.clock.now() };
        drop(counted);
        self.publish_crew();
        self.quarantine.forget(self.shared.clock.now());
        self.metrics.stuck(self.pulse.stuck().is_some());
        let nanos = self.progress.load(Ordering::Relaxed);
        let progress = (nanos != 0).then(|| Moment::from_unix_nanos(nanos));
        self.metrics.publish(self.depth(), self.bound(), self.incarnation(), progress);
    }
}
