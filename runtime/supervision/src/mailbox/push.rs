//! How messages come into a mailbox.

use std::task::Poll;

use synod_supervision_lanes::{Admission, Place};
use synod_types::actor::Incarnation;
use synod_types::time::Moment;

use super::pooled::Part;
use super::{End, Letter, Mailbox};
use crate::address::{RejectReason, Rejected};
use crate::carried::Carried;
use crate::dead_letters::DeadReason;
use crate::events::Sent;
use crate::fence::{self, Refused};
use crate::matter::Matter;
use crate::message::{Lane, Message, Overflow};

impl<M: Message> Mailbox<M> {
    /// Accepts a message or gives it back, according to its own overflow policy.
    pub(crate) fn push(&self, msg: M) -> Result<(), Rejected<M>> {
        if self.quarantine.refuses(&msg) {
            self.metrics.kept_out.increment(1);
            return Err(Rejected { msg, reason: RejectReason::Quarantined });
        }
        self.put(msg)
    }

    /// As [`Self::push`], whatever it says.
    #[inline]
    pub(crate) fn put(&self, msg: M) -> Result<(), Rejected<M>> {
        let (lane, overflow) = (msg.lane(), msg.overflow());
        let Ok(mut admission) = self.lanes.admit() else {
            return Err(self.refuse(msg, RejectReason::Closed));
        };
        if fence::is_over() {
            drop(admission);
            return Err(self.refuse(msg, RejectReason::Fenced));
        }
        let is_full = self.capacity.of(lane) <= admission.queue(lane as usize).len();
        match overflow {
            Overflow::Coalesce(key) => return self.coalesce(admission, (lane, key), msg),
            Overflow::DropOldest if is_full => return self.evict(admission, lane, msg),
            Overflow::Wait | Overflow::Refuse if is_full => {
                drop(admission);
                return Err(self.refuse(msg, RejectReason::Full));
            }
            Overflow::DropOldest | Overflow::Wait | Overflow::Refuse => (),
        }
        self.accept(admission, lane, (msg, Incarnation::default()));
        Ok(())
    }

    /// Replaces the message of its kind and key, if one waits.
    fn coalesce(
        &self,
        mut admission: Admission<'_, Letter<M>, End>,
        (lane, key): (Lane, u64),
        msg: M,
    ) -> Result<(), Rejected<M>> {
        let queue = admission.queue(lane as usize);
        let same = |letter: &&mut Letter<M>| {
            letter.msg.kind() == msg.kind() && letter.msg.overflow() == Overflow::Coalesce(key)
        };
        let found = queue.iter_mut().rev().find(same);
        if let Some(letter) = found {
            letter.carried = Carried::now();
            let replaced = std::mem::replace(&mut letter.msg, msg);
            drop(admission);
            self.metrics.coalesced.increment(1);
            drop(replaced);
            return Ok(());
        }
        if self.capacity.of(lane) <= queue.len() {
            drop(admission);
            return Err(self.refuse(msg, RejectReason::Full));
        }
        self.accept(admission, lane, (msg, Incarnation::default()));
        Ok(())
    }

    /// The lane is full: its oldest message makes room, if it has room for any.
    fn evict(
        &self,
        mut admission: Admission<'_, Letter<M>, End>,
        lane: Lane,
        msg: M,
    ) -> Result<(), Rejected<M>> {
        let Some(evicted) = admission.queue(lane as usize).pop_front() else {
            drop(admission);
            return Err(self.refuse(msg, RejectReason::Full));
        };
        self.accept(admission, lane, (msg, Incarnation::default()));
        self.bury(&evicted, DeadReason::DroppedOldest);
        Ok(())
    }

    /// Like [`Self::push`], for a message whose policy is to wait for room.
    pub(crate) async fn push_waiting(&self, msg: M) -> Result<(), Rejected<M>> {
        if self.quarantine.refuses(&msg) {
            return self.push(msg);
        }
        let lane = msg.lane();
        let place = self.lanes.place(lane as usize, self.capacity.of(lane));
        self.push_to(place, lane, (msg, Incarnation::default())).await.map_err(|msg| {
            let is_over = fence::is_over();
            let reason = if is_over { RejectReason::Fenced } else { RejectReason::Closed };
            self.refuse(msg, reason)
        })
    }

    /// Like [`Self::push_waiting`], from that incarnation of the actor itself: admitted while
    /// draining too, and of no use to the next one. Dropped if nobody will ever look.
    pub(crate) async fn push_own(&self, msg: M, own: Incarnation) {
        let lane = msg.lane();
        let place = self.lanes.own_place(lane as usize, self.capacity.of(lane));
        drop(self.push_to(place, lane, (msg, own)).await);
    }

    async fn push_to(
        &self,
        mut place: Place<'_, Letter<M>, End>,
        lane: Lane,
        (msg, own): (M, Incarnation),
    ) -> Result<(), M> {
        let mut msg = Some(msg);
        std::future::poll_fn(move |cx| {
            let Some(taken) = msg.take() else { return Poll::Ready(Ok(())) };
            match place.poll_admit(cx) {
                Poll::Ready(Ok(_)) if fence::is_over() => Poll::Ready(Err(taken)),
                Poll::Ready(Ok(admission)) => {
                    self.accept(admission, lane, (taken, own));
                    Poll::Ready(Ok(()))
                }
                Poll::Ready(Err(_)) => Poll::Ready(Err(taken)),
                Poll::Pending => {
                    msg = Some(taken);
                    Poll::Pending
                }
            }
        })
        .await
    }

    #[cold]
    fn refuse(&self, msg: M, reason: RejectReason) -> Rejected<M> {
        self.metrics.refused.increment(1);
        if reason == RejectReason::Fenced {
            fence::refuses(Refused::Send);
        }
        Rejected { msg, reason }
    }

    /// There is room.
    #[inline]
    fn accept(
        &self,
        admission: Admission<'_, Letter<M>, End>,
        lane: Lane,
        (msg, own): (M, Incarnation),
    ) {
        let kind = self.shared.events.is_sent_tapped().then(|| msg.kind());
        let is_timed = self.stamps.are_due(admission.accepted());
        let at = if is_timed { self.shared.clock.now() } else { Moment::default() };
        let carried = Carried::now();
        admission.accept(lane as usize, Letter { msg, at, own, carried, number: 0 });
        if let Part::Front(front) = &self.part {
            front.call();
        }
        if let Some(kind) = kind {
            self.tap_sent(lane, kind);
        }
    }

    /// Tells those who watch edges what an actor has sent. Others are not watched.
    #[cold]
    fn tap_sent(&self, lane: Lane, kind: &'static str) {
        let Some(from) = Matter::speaker() else { return };
        let (at, to) = (self.shared.clock.now(), self.id.clone());
        self.shared.events.tap_sent(Sent { at, from, to, kind, lane: lane.name() });
    }
}
