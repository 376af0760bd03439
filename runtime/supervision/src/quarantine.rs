//! Messages that their actor dies of: which is tried again, and which is kept apart.
//!
//! A message that can be copied ([`Message::again`]) is handled from the original while the copy
//! is kept; if the incarnation dies with it in hand, the copy comes first in its lane in the next.
//! Any other is lost with its incarnation, and whoever asked is told; if it comes again, it is
//! known by its fingerprint ([`Message::digest`]). That costs a hash of what it says, so it is
//! taken only while the actor has suspects: the first death of one is then unknown.
//!
//! Deaths count if the message can be their cause: a panic, a failure, a handler that got stuck.
//! When it has caused as many as the actor may die, it becomes a dead letter with all that is
//! known of it, and messages that say the same are refused until that letter is replayed, purged
//! or forgotten.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::Mutex;
use synod_supervision_core::{ExitReason, Fingerprint, Mark, Suspects, Verdict};
use synod_types::actor::{ActorId, Incarnation};
use synod_types::time::Moment;
use synod_types::trace::TraceContext;

use crate::address::RejectReason;
use crate::carried::Carried;
use crate::dead_letters::{DeadReason, Kept, Obituary};
use crate::events::RuntimeEvent;
use crate::failures::InHand;
use crate::mailbox::{Letter, Mailbox};
use crate::message::Message;
use crate::runtime::{NoSuchActor, Runtime};
use crate::shared::Shared;

/// How many deaths of one message are suffered unless someone says otherwise.
const DEATHS_MAX: usize = 3;

pub(crate) struct Quarantine<M> {
    /// Whether messages are looked at: there was a death lately, or something is banned.
    is_alert: AtomicBool,
    /// Whether messages are refused at the door.
    has_bans: AtomicBool,
    deaths_max: AtomicUsize,
    state: Mutex<State<M>>,
}

struct State<M> {
    suspects: Suspects,
    /// What the last incarnation died with, until it is judged.
    fallen: Option<Fallen<M>>,
    /// The last number given to a letter that has no fingerprint.
    numbered: u32,
}

/// What is kept of a message while it is handled.
pub(crate) struct Spare<M> {
    copy: Option<M>,
    print: Option<Fingerprint>,
    /// Its number if it is a suspect without a fingerprint, else 0.
    number: u32,
    /// In which it was handled. Noted at the end, if that comes.
    trace: Option<TraceContext>,
}

impl<M> Default for Spare<M> {
    fn default() -> Self {
        Self { copy: None, print: None, number: 0, trace: None }
    }
}

struct Fallen<M> {
    in_hand: InHand,
    spare: Spare<M>,
}

/// What an incarnation ended of, if the message in hand may be why.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Cause<'a> {
    pub(crate) text: &'a str,
    /// The handler gave up: of this message, or of something that would have failed any. It is
    /// not tried for ever, but what says the same is not kept out.
    pub(crate) is_failure: bool,
}

/// What follows from the end of an incarnation that had a message in hand.
pub(crate) enum Judgement<M> {
    /// It is tried again, under this number and in this trace.
    Again(M, u32, Option<TraceContext>),
    /// There is no copy of it to be tried again.
    Lost(InHand, Option<Fingerprint>),
    /// It has killed too often.
    Poison(Poison<M>),
}

/// A message that is not to be handled again.
pub(crate) struct Poison<M> {
    pub(crate) in_hand: InHand,
    pub(crate) print: Option<Fingerprint>,
    pub(crate) copy: Option<M>,
    pub(crate) lives: Vec<Incarnation>,
}

impl<M: Message> Quarantine<M> {
    pub(crate) fn new() -> Self {
        let state = State { suspects: Suspects::default(), fallen: None, numbered: 0 };
        Self {
            is_alert: AtomicBool::new(false),
            has_bans: AtomicBool::new(false),
            deaths_max: AtomicUsize::new(DEATHS_MAX),
            state: Mutex::new(state),
        }
    }

    pub(crate) fn set_deaths_max(&self, deaths_max: usize) {
        self.deaths_max.store(deaths_max.max(1), Ordering::Relaxed);
    }

    /// Whether a message that says this is refused.
    pub(crate) fn refuses(&self, msg: &M) -> bool {
        self.has_bans.load(Ordering::Relaxed)
            && msg.digest().is_some_and(|print| self.state.lock().suspects.is_banned(print))
    }

    /// Whether messages are looked at.
    pub(crate) fn is_alert(&self) -> bool {
        self.is_alert.load(Ordering::Relaxed)
    }

    /// What is to be kept of a message, not one of the actor's own, before it is handled.
    pub(crate) fn spare(&self, msg: &M, number: u32) -> Spare<M> {
        let is_alert = self.is_alert.load(Ordering::Relaxed);
        let print = if is_alert { msg.digest() } else { None };
        Spare { copy: msg.again(), print, number, trace: None }
    }

    /// Whether messages that say the same have been refused since this one was accepted.
    pub(crate) fn keeps_out(&self, spare: &Spare<M>) -> bool {
        spare.print.is_some_and(|print| self.state.lock().suspects.is_banned(print))
    }

    /// The message was handled.
    pub(crate) fn handled(&self, spare: &mut Spare<M>) {
        for mark in [spare.print.map(Mark::Print), spare.letter()].into_iter().flatten() {
            self.clear(mark);
        }
        *spare = Spare::default();
    }

    #[cold]
    fn clear(&self, mark: Mark) {
        let mut state = self.state.lock();
        state.suspects.cleared(mark);
        self.look_at(&state.suspects);
    }

    /// An incarnation ends with a message in hand.
    pub(crate) fn fell(&self, in_hand: InHand, spare: Spare<M>) {
        self.state.lock().fallen = Some(Fallen { in_hand, spare });
    }

    /// Decides what becomes of the message that the last incarnation died with, if it did.
    pub(crate) fn judge(&self, now: Moment, cause: Option<Cause<'_>>) -> Option<Judgement<M>> {
        let is_failure = cause.is_some_and(|cause| cause.is_failure);
        let mut state = self.state.lock();
        let Fallen { in_hand, mut spare } = state.fallen.take()?;
        if spare.print.is_none() {
            spare.print = spare.copy.as_ref().and_then(Message::digest);
        }
        let is_told_apart = spare.print.is_some() && !is_failure;
        if spare.number == 0 && !is_told_apart && spare.copy.is_some() {
            state.numbered = state.numbered.checked_add(1).unwrap_or(1);
            spare.number = state.numbered;
        }
        let mut verdict = Verdict::Again;
        if cause.is_some() {
            let deaths_max = self.deaths_max.load(Ordering::Relaxed);
            let struck = |mark| state.suspects.struck(now, mark, in_hand.incarnation, deaths_max);
            let mark = if is_failure { spare.letter() } else { spare.mark() };
            verdict = mark.map_or(Verdict::Again, struck);
            state.suspects.died(now);
            self.look_at(&state.suspects);
        }
        let Spare { copy, print, number, trace } = spare;
        Some(match (verdict, copy) {
            (Verdict::Quarantine(lives), copy) => {
                Judgement::Poison(Poison { in_hand, print, copy, lives })
            }
            (Verdict::Again, Some(copy)) => Judgement::Again(copy, number, trace),
            (Verdict::Again, None) => Judgement::Lost(in_hand, print),
        })
    }

    /// Lets messages of this fingerprint in again.
    pub(crate) fn lift(&self, print: Fingerprint) -> bool {
        let mut state = self.state.lock();
        let was_banned = state.suspects.lift(print);
        self.look_at(&state.suspects);
        was_banned
    }

    /// Refuses messages of this fingerprint.
    pub(crate) fn ban(&self, print: Fingerprint) {
        let mut state = self.state.lock();
        state.suspects.ban(print);
        self.look_at(&state.suspects);
    }

    /// Forgets suspects that have been none for long.
    pub(crate) fn forget(&self, now: Moment) {
        if self.is_alert.load(Ordering::Relaxed) {
            let mut state = self.state.lock();
            state.suspects.forget(now);
            self.look_at(&state.suspects);
        }
    }

    fn look_at(&self, suspects: &Suspects) {
        self.is_alert.store(!suspects.is_calm(), Ordering::Relaxed);
        self.has_bans.store(suspects.has_bans(), Ordering::Relaxed);
    }
}

impl<M: Message> Spare<M> {
    /// Keeps a copy of a message at which nobody looks. Nothing was kept before.
    #[inline]
    pub(crate) fn keep(&mut self, msg: &M) {
        if let Some(copy) = msg.again() {
            self.copy = Some(copy);
        }
    }

    /// Gives up what [`Self::keep`] kept.
    #[inline]
    pub(crate) fn clear(&mut self) {
        if self.copy.is_some() {
            self.copy = None;
        }
    }
}

impl<M> Spare<M> {
    fn mark(&self) -> Option<Mark> {
        self.print.map(Mark::Print).or_else(|| self.letter())
    }

    /// Notes the trace it was handled in.
    pub(crate) fn traced(self, trace: Option<TraceContext>) -> Self {
        Self { trace, ..self }
    }

    fn letter(&self) -> Option<Mark> {
        (self.number != 0).then_some(Mark::Letter(self.number))
    }
}

impl<M: Message> Mailbox<M> {
    /// Drops a message that says what is quarantined: it was accepted before that.
    #[cold]
    pub(crate) fn keep_out(&self, msg: &M, spare: Spare<M>, carried: &Carried) {
        let (trace, print, kept) = (carried.trace_id(), spare.print, boxed(spare.copy));
        let it = Obituary { trace, print, kept, ..Obituary::of(msg.kind(), DeadReason::KeptOut) };
        self.shared.bury(&self.id, it);
    }

    /// Decides what becomes of the message that the last incarnation died with, if it did, before
    /// there is a next one. `cause`: what it died of, if the message may be why.
    pub(crate) fn judge(&self, cause: Option<Cause<'_>>) {
        match self.quarantine.judge(self.shared.clock.now(), cause) {
            None => (),
            Some(Judgement::Again(msg, number, trace)) => {
                let kind = msg.kind();
                let lane = msg.lane() as usize;
                match self.lanes.put_first(lane, Letter::again(msg, number, trace)) {
                    None => self.metrics.redelivered.increment(1),
                    Some(letter) => self.bury(&letter, DeadReason::Abandoned),
                }
                tracing::debug!(actor = %self.id, kind, "the message in hand is tried again");
            }
            Some(Judgement::Lost(InHand { kind, trace, lost, .. }, print)) => {
                let it = Obituary { trace, print, ..Obituary::of(kind, lost) };
                self.shared.bury(&self.id, it);
            }
            Some(Judgement::Poison(poison)) => self.quarantine(poison, cause.map(|it| it.text)),
        }
    }

    fn quarantine(&self, poison: Poison<M>, cause: Option<&str>) {
        let Poison { in_hand: InHand { kind, trace, .. }, print, copy, lives } = poison;
        let (reason, deaths) = (DeadReason::Quarantined, lives.len());
        let cause = cause.map(str::to_owned);
        let kept = boxed(copy);
        let it = Obituary { kind, reason, trace, print, kept, lives, cause };
        let id = self.shared.bury(&self.id, it);
        self.metrics.quarantined.increment(1);
        tracing::error!(
            actor = %self.id,
            kind,
            deaths,
            dead_letter = id,
            "the actor died of a message too often: it is in quarantine, and so are those that \
             say the same"
        );
        let (at, actor) = (self.shared.clock.now(), self.id.clone());
        self.shared.events.emit(RuntimeEvent::Quarantined { at, actor, kind, deaths, id });
    }

    /// Puts a dead letter's message into the mailbox again; ends its quarantine.
    pub(crate) fn replay(&self, kept: Kept) -> Result<(), (Kept, RejectReason)> {
        let msg = match kept.downcast::<M>() {
            Ok(msg) => *msg,
            Err(kept) => return Err((kept, RejectReason::Closed)),
        };
        let lifted = msg.digest().filter(|print| self.quarantine.lift(*print));
        self.put(msg).map_err(|rejected| {
            if let Some(print) = lifted {
                self.quarantine.ban(print);
            }
            (Box::new(rejected.msg) as Kept, rejected.reason)
        })
    }
}

fn boxed<M: Message>(copy: Option<M>) -> Option<Kept> {
    copy.map(|copy| Box::new(copy) as Kept)
}

/// A copy of a message that is about to be lost.
pub(crate) fn kept<M: Message>(msg: &M) -> Option<Kept> {
    boxed(msg.again())
}

impl Shared {
    /// An incarnation has ended: what becomes of the message it had in hand?
    pub(crate) fn judge(&self, id: &ActorId, reason: &ExitReason) {
        let Some(mailbox) = self.mailbox(id) else { return };
        let cause = reason.cause();
        let is_failure = matches!(cause, ExitReason::Error(_));
        let is_cause = is_failure || matches!(cause, ExitReason::Panic(_) | ExitReason::Stuck);
        let text = is_cause.then(|| reason.to_string());
        mailbox.judge(text.as_deref().map(|text| Cause { text, is_failure }));
    }
}

impl Runtime {
    /// Says how often an actor dies of one message before that is quarantined; until then, 3.
    ///
    /// # Errors
    /// [`NoSuchActor`]: nobody made an address of that name.
    pub fn quarantine_after(&self, id: &ActorId, deaths: usize) -> Result<(), NoSuchActor> {
        let mailbox = self.shared.mailbox(id).ok_or_else(|| NoSuchActor(id.to_string()))?;
        mailbox.set_deaths_max(deaths);
        Ok(())
    }
}
