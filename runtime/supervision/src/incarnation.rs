//! One life of an actor, run by ractor.

use std::convert::Infallible;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::panic::AssertUnwindSafe;
use std::pin::pin;
use std::sync::Arc;

use futures_util::FutureExt;
use ractor::{ActorProcessingErr, ActorRef};
use synod_supervision_lanes::Next;
use synod_types::actor::Incarnation;
use synod_types::time::Moment;
use synod_types::trace::TraceId;
use tracing::{Instrument, Span};

use crate::actor::{Actor, Failure};
use crate::carried::Carried;
use crate::child::Gone;
use crate::context::{Context, panic_text};
use crate::dead_letters::DeadReason;
use crate::events::Tapped;
use crate::failures::InHand;
use crate::fence::{Exposed, unfenced};
use crate::hand::Hand;
use crate::mailbox::{End, Letter, Mailbox};
use crate::matter::Matter;
use crate::message::{Lane, Message};
use crate::quarantine::Spare;

pub(crate) struct Shell<A>(PhantomData<fn() -> A>);

impl<A> Shell<A> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

/// What a life is made from.
pub(crate) struct Birth<A: Actor> {
    pub(crate) mailbox: Arc<Mailbox<A::Msg>>,
    pub(crate) incarnation: Incarnation,
    pub(crate) args: A::Args,
    /// If it may be fenced.
    pub(crate) exposed: Option<Arc<Exposed<A::Msg>>>,
    /// Dropped when nothing of the incarnation is left.
    pub(crate) gone: Gone,
}

/// Fields are dropped in this order: the state first, the word that it is gone last.
pub(crate) struct Life<A: Actor> {
    actor: A,
    ctx: Context<A::Msg>,
    hand: Hand<A::Msg>,
    /// Being handled, or what its handling failed on.
    in_hand: Option<&'static str>,
    spare: Spare<A::Msg>,
    exposed: Option<Arc<Exposed<A::Msg>>>,
    /// Says in every log line who speaks, and in which life.
    span: Span,
    _gone: Arc<Gone>,
}

impl<A: Actor> Drop for Life<A> {
    fn drop(&mut self) {
        let trace = self.ctx.matter().trace();
        let exposed = self.exposed.take();
        // Of one that was fenced everything has been seen to, and another may live by now.
        let Some(_unfenced) = unfenced(exposed.as_deref(), &mut self.spare) else { return };
        self.ctx.end();
        if let Some(kind) = self.in_hand.take() {
            let incarnation = self.ctx.incarnation();
            let spare = std::mem::take(&mut self.spare).traced(trace);
            let trace = trace.map(|context| context.trace);
            let lost = DeadReason::InHand;
            self.ctx.mailbox().fell(InHand { incarnation, kind, trace, lost }, spare);
        }
        self.ctx.mailbox().put_back(&mut self.hand);
    }
}

/// ractor starts it, kills it at its next await and says how it ended. It carries no messages:
/// one future runs the whole life and waits on the mailbox alone.
impl<A: Actor> ractor::Actor for Shell<A> {
    type Msg = Infallible;
    type State = Life<A>;
    type Arguments = Birth<A>;

    async fn pre_start(
        &self,
        _: ActorRef<Infallible>,
        birth: Birth<A>,
    ) -> Result<Life<A>, ActorProcessingErr> {
        let Birth { mailbox, incarnation, args, exposed, gone } = birth;
        let gone = Arc::new(gone);
        let ctx = Context::begin(mailbox, incarnation, &gone, exposed.as_deref());
        let unborn = Unborn(Some(ctx.clone()), exposed.clone());
        let span = tracing::info_span!("actor", id = %ctx.id(), life = %ctx.incarnation());
        let mut matter = Some(Arc::clone(ctx.matter()));
        let started = {
            let mut start = pin!(A::start(&ctx, args).instrument(span.clone()));
            poll_fn(|cx| Matter::poll(&mut matter, start.as_mut(), cx)).await
        };
        let actor = started.map_err(Failure::into_error)?;
        let mut spare = Spare::default();
        let Some(living) = unfenced(exposed.as_deref(), &mut spare) else {
            return Err("was fenced while it started".into());
        };
        unborn.lives();
        ctx.mailbox().ready(incarnation);
        drop(living);
        // What is in hand beside the message that is handled, a fence could not get at.
        let share = if exposed.is_some() { 1 } else { ctx.mailbox().share() };
        let hand = Hand::of(incarnation, ctx.in_flight(), share);
        Ok(Life { actor, ctx, hand, in_hand: None, spare, exposed, span, _gone: gone })
    }

    async fn post_start(
        &self,
        myself: ActorRef<Infallible>,
        life: &mut Life<A>,
    ) -> Result<(), ActorProcessingErr> {
        let span = life.span.clone();
        let mut matter = Some(Arc::clone(life.ctx.matter()));
        let run = AssertUnwindSafe(life.run()).catch_unwind();
        let mut run = pin!(run.instrument(span));
        let ended = poll_fn(|cx| Matter::poll(&mut matter, run.as_mut(), cx)).await;
        ended.map_err(|panic| panic_text(&*panic))?.map_err(Failure::into_error)?;
        myself.stop(None);
        Ok(())
    }
}

/// Ends the work of an incarnation that never got as far as living.
struct Unborn<M: Message>(Option<Context<M>>, Option<Arc<Exposed<M>>>);

impl<M: Message> Unborn<M> {
    fn lives(mut self) {
        self.0 = None;
    }
}

impl<M: Message> Drop for Unborn<M> {
    fn drop(&mut self) {
        if let Some(ctx) = self.0.take()
            && let Some(_unfenced) = unfenced(self.1.as_deref(), &mut Spare::default())
        {
            ctx.end();
        }
    }
}

impl<A: Actor> Life<A> {
    /// Handles messages until it is told to end.
    async fn run(&mut self) -> Result<(), Failure> {
        loop {
            while let Some(letter) = self.ctx.mailbox().in_hand(&mut self.hand) {
                if !letter.is_plain() || self.ctx.mailbox().is_looked_at() {
                    self.take(letter).await?;
                    continue;
                }
                // Most messages come in a crowd, carry nothing, and nobody looks at them: of what
                // is done with others only this is left. What is to be done with every message
                // has its place here and in `take`.
                let msg = letter.msg;
                self.spare.keep(&msg);
                self.in_hand = Some(msg.kind());
                let outcome = self.actor.handle(&self.ctx, msg).await;
                self.ctx.mailbox().handled_one();
                outcome?;
                self.in_hand = None;
                self.spare.clear();
            }
            let (mailbox, hand) = (self.ctx.mailbox(), &mut self.hand);
            match poll_fn(|cx| mailbox.poll_next(cx, hand)).await {
                Next::Letter(letter) => self.take(letter).await?,
                // Taken alone, it must not wait in a hand that a fence could not get at.
                Next::Hand if self.exposed.is_some() => {
                    if let Some(letter) = self.ctx.mailbox().pop(&mut self.hand) {
                        self.take(letter).await?;
                    }
                }
                Next::Hand => (),
                Next::Drain => self.ctx.drain(),
                Next::End(End::Fail(failure)) => return Err(failure),
                // ractor ends it here.
                Next::End(End::Kill) => return std::future::pending().await,
                // Told to halt before it was fenced, it has heard it now: its last words are void.
                Next::End(End::Halt) | Next::Drained if self.ctx.is_fenced() => return Ok(()),
                Next::End(End::Halt) | Next::Drained => {
                    self.actor.stop(&self.ctx).await;
                    return Ok(());
                }
                Next::Over => return Ok(()),
            }
        }
    }

    async fn take(&mut self, letter: Letter<A::Msg>) -> Result<(), Failure> {
        let at = letter.timed_at();
        let is_own = letter.is_own();
        let Letter { msg, at: accepted_at, own, carried, number } = letter;
        let (kind, lane) = (msg.kind(), msg.lane());
        let is_looked_at = at.is_some() || self.ctx.mailbox().shared.events.is_tapped();
        let begun = is_looked_at.then(|| self.ctx.now());
        if !carried.is_nothing() {
            let now = begun.unwrap_or_else(|| self.ctx.now());
            if carried.deadline <= now {
                self.ctx.mailbox().progressed(now);
                self.ctx.mailbox().expire(msg);
                return Ok(());
            }
        }
        if !is_own && !self.spares(&msg, number, &carried) {
            return Ok(());
        }
        if !carried.is_nothing() {
            self.ctx.matter().take_up(&carried);
        }
        if is_looked_at {
            self.ctx.mailbox().begun_one(kind);
        }
        let trace = self.ctx.matter().trace_id();
        if !self.shows(kind) {
            let letter = Letter { msg, at: accepted_at, own, carried, number };
            self.ctx.mailbox().take_back(letter);
            return Ok(());
        }
        self.in_hand = Some(kind);
        let span = match &trace {
            Some(trace) => tracing::info_span!("message", kind, %trace),
            None => tracing::debug_span!("message", kind),
        };
        // A panic is caught where it has the fewest frames to unwind.
        let handling = AssertUnwindSafe(self.actor.handle(&self.ctx, msg)).catch_unwind();
        let caught =
            if span.is_disabled() { handling.await } else { handling.instrument(span).await };
        let outcome = caught.map_err(|panic| Failure::panicked(&*panic))?;
        let exposed = self.exposed.clone();
        let Some(_unfenced) = unfenced(exposed.as_deref(), &mut self.spare) else {
            return Ok(());
        };
        if outcome.is_ok() {
            self.in_hand = None;
            self.ctx.mailbox().quarantine.handled(&mut self.spare);
            if !carried.is_nothing() {
                self.ctx.matter().put_down();
            }
        }
        let handled = self.ctx.mailbox().handled_one();
        if let Some(begun) = begun {
            let is_failed = outcome.is_err();
            self.note(Seen { at, begun, handled, kind, lane, is_failed, trace });
        }
        outcome
    }

    /// Keeps of a message what is needed if it is the last one. False: it is not to be handled.
    fn spares(&mut self, msg: &A::Msg, number: u32, carried: &Carried) -> bool {
        let mailbox = self.ctx.mailbox();
        let spare = mailbox.quarantine.spare(msg, number);
        let is_kept_out = mailbox.quarantine.keeps_out(&spare);
        if is_kept_out {
            mailbox.keep_out(msg, spare, carried);
        } else {
            self.spare = spare;
        }
        !is_kept_out
    }

    /// Shows what is in hand to who may have to fence this life. False: it is fenced.
    fn shows(&mut self, kind: &'static str) -> bool {
        let Some(exposed) = &self.exposed else { return true };
        let matter = self.ctx.matter();
        let (incarnation, lost) = (self.ctx.incarnation(), DeadReason::Fenced);
        let in_hand = InHand { incarnation, kind, trace: matter.trace_id(), lost };
        let is_shown = exposed.hold(in_hand, &mut self.spare, matter.trace());
        if !is_shown {
            matter.put_down();
        }
        is_shown
    }

    fn note(&mut self, seen: Seen) {
        let ended = self.ctx.now();
        let handled_in = ended.since(seen.begun);
        let waited = seen.at.map(|at| seen.begun.since(at));
        let mailbox = self.ctx.mailbox();
        mailbox.progressed(ended);
        if let Some(waited) = waited {
            mailbox.metrics.timed(ended, waited, handled_in);
            self.hand.timed(mailbox.stamps(), ended, seen.handled);
        }
        if mailbox.shared.events.is_tapped() {
            mailbox.shared.events.tap(Tapped {
                at: seen.begun,
                actor: mailbox.id.clone(),
                incarnation: self.ctx.incarnation(),
                kind: seen.kind,
                lane: seen.lane.name(),
                waited: waited.unwrap_or_default(),
                handled_in,
                is_failed: seen.is_failed,
                trace: seen.trace,
            });
        }
    }
}

/// What is known of a message whose handling was looked at.
struct Seen {
    at: Option<Moment>,
    begun: Moment,
    /// Which of all that were handled.
    handled: u64,
    kind: &'static str,
    lane: Lane,
    is_failed: bool,
    trace: Option<TraceId>,
}
