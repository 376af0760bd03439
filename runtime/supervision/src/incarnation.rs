//! One life of an actor, run by ractor.

use std::fmt;
use std::future::poll_fn;
use std::marker::PhantomData;
use std::pin::pin;
use std::sync::Arc;

use ractor::{ActorProcessingErr, ActorRef};
use synod_supervision_core::Work;
use synod_types::time::Moment;
use tracing::{Instrument, Span};

use crate::actor::{Actor, Failure};
use crate::child::Gone;
use crate::context::Context;
use crate::events::Tapped;
use crate::failures::InHand;
use crate::hand::Hand;
use crate::mailbox::{Letter, Mailbox};
use crate::matter::Matter;
use crate::message::{Lane, Message};

/// Messages handled at one poke before orders are looked at again.
const BATCH: usize = 64;

/// What ractor carries: never the actor's own messages.
#[derive(Debug)]
pub(crate) enum Signal {
    /// There may be mail.
    Poke,
    /// Handle what is queued, then end.
    Drain,
    /// End now; the mail stays.
    Halt,
    /// End as a failure.
    Fail(Failure),
}

/// Reaches one incarnation; harmless once it is gone.
#[derive(Clone)]
pub(crate) struct Poke(ActorRef<Signal>);

impl Poke {
    pub(crate) fn send(&self, signal: Signal) {
        // An incarnation that has ended needs no signal.
        drop(self.0.cast(signal));
    }
}

impl fmt::Debug for Poke {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Poke")
    }
}

pub(crate) struct Shell<A>(PhantomData<fn() -> A>);

impl<A> Shell<A> {
    pub(crate) const fn new() -> Self {
        Self(PhantomData)
    }
}

/// What a life is made from.
pub(crate) struct Birth<A: Actor> {
    pub(crate) mailbox: Arc<Mailbox<A::Msg>>,
    pub(crate) args: A::Args,
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
    is_draining: bool,
    /// Says in every log line who speaks, and in which life.
    span: Span,
    _gone: Arc<Gone>,
}

impl<A: Actor> Drop for Life<A> {
    fn drop(&mut self) {
        self.ctx.end();
        if let Some(kind) = self.in_hand.take() {
            let incarnation = self.ctx.incarnation();
            self.ctx.mailbox().fell(InHand { incarnation, kind, trace: None });
        }
        self.ctx.mailbox().put_back(&mut self.hand);
    }
}

impl<A: Actor> ractor::Actor for Shell<A> {
    type Msg = Signal;
    type State = Life<A>;
    type Arguments = Birth<A>;

    async fn pre_start(
        &self,
        myself: ActorRef<Signal>,
        birth: Birth<A>,
    ) -> Result<Life<A>, ActorProcessingErr> {
        let Birth { mailbox, args, gone } = birth;
        let gone = Arc::new(gone);
        let poke = Poke(myself);
        let ctx = Context::begin(&mailbox, poke.clone(), &gone);
        let unborn = Unborn(Some(ctx.clone()));
        let span = tracing::info_span!("actor", id = %ctx.id(), life = %ctx.incarnation());
        let mut matter = Some(Arc::clone(ctx.matter()));
        let started = {
            let mut start = pin!(A::start(&ctx, args).instrument(span.clone()));
            poll_fn(|cx| Matter::poll(&mut matter, start.as_mut(), cx)).await
        };
        let actor = started.map_err(Failure::into_error)?;
        unborn.lives();
        mailbox.attach(poke);
        let hand = Hand::of(ctx.incarnation());
        Ok(Life { actor, ctx, hand, in_hand: None, is_draining: false, span, _gone: gone })
    }

    async fn handle(
        &self,
        myself: ActorRef<Signal>,
        signal: Signal,
        life: &mut Life<A>,
    ) -> Result<(), ActorProcessingErr> {
        match signal {
            Signal::Poke => (),
            Signal::Drain => {
                life.is_draining = true;
                life.ctx.drain();
            }
            Signal::Halt => {
                // How long it may take, its supervisor says.
                life.ctx.mailbox().pulse.set(Work::Idle);
                life.actor.stop(&life.ctx).await;
                myself.stop(None);
                return Ok(());
            }
            Signal::Fail(failure) => return Err(Box::new(failure.into_error())),
        }
        // Not boxed here: `?` would box the box, and nobody would know the failure by its type.
        let span = life.span.clone();
        let mut matter = Some(Arc::clone(life.ctx.matter()));
        let mut work = pin!(life.work(&myself).instrument(span));
        let worked = poll_fn(|cx| Matter::poll(&mut matter, work.as_mut(), cx)).await;
        worked.map_err(Failure::into_error)?;
        Ok(())
    }
}

/// Ends the work of an incarnation that never got as far as living.
struct Unborn<M: Message>(Option<Context<M>>);

impl<M: Message> Unborn<M> {
    fn lives(mut self) {
        self.0 = None;
    }
}

impl<M: Message> Drop for Unborn<M> {
    fn drop(&mut self) {
        if let Some(ctx) = self.0.take() {
            ctx.end();
        }
    }
}

impl<A: Actor> Life<A> {
    /// Handles up to a batch of messages; asks to be poked again if there may be more.
    async fn work(&mut self, myself: &ActorRef<Signal>) -> Result<(), Failure> {
        for _ in 0..BATCH {
            let Some(letter) = self.ctx.mailbox().next(&mut self.hand) else {
                if self.is_draining && self.ctx.is_quiet() {
                    self.actor.stop(&self.ctx).await;
                    myself.stop(None);
                }
                return Ok(());
            };
            self.take(letter).await?;
        }
        Poke(myself.clone()).send(Signal::Poke);
        Ok(())
    }

    async fn take(&mut self, letter: Letter<A::Msg>) -> Result<(), Failure> {
        let Letter { msg, at, is_timed, carried, .. } = letter;
        let (kind, lane) = (msg.kind(), msg.lane());
        let is_looked_at = is_timed || self.ctx.mailbox().shared.events.is_tapped();
        let begun = if is_looked_at { self.ctx.now() } else { at };
        if !carried.is_nothing() {
            let now = if is_looked_at { begun } else { self.ctx.now() };
            if carried.deadline <= now {
                self.ctx.mailbox().progressed(now);
                self.ctx.mailbox().expire(msg);
                return Ok(());
            }
            self.ctx.matter().take_up(&carried);
        }
        if is_looked_at {
            self.ctx.mailbox().begun_one(kind);
        }
        self.in_hand = Some(kind);
        let span = tracing::debug_span!("message", kind);
        let handling = self.actor.handle(&self.ctx, msg);
        let outcome =
            if span.is_disabled() { handling.await } else { handling.instrument(span).await };
        if outcome.is_ok() {
            self.in_hand = None;
        }
        if !carried.is_nothing() {
            self.ctx.matter().put_down();
        }
        self.ctx.mailbox().handled_one();
        if is_looked_at {
            let seen = Seen { at, begun, is_timed, kind, lane, is_failed: outcome.is_err() };
            self.note(seen);
        }
        outcome
    }

    fn note(&mut self, seen: Seen) {
        let ended = self.ctx.now();
        let (waited, handled_in) = (seen.begun.since(seen.at), ended.since(seen.begun));
        let mailbox = self.ctx.mailbox();
        mailbox.progressed(ended);
        if seen.is_timed && self.hand.records(ended) {
            mailbox.metrics.timed(ended, waited, handled_in);
        }
        if mailbox.shared.events.is_tapped() {
            mailbox.shared.events.tap(Tapped {
                at: seen.begun,
                actor: mailbox.id.clone(),
                incarnation: self.ctx.incarnation(),
                kind: seen.kind,
                lane: seen.lane.name(),
                waited,
                handled_in,
                is_failed: seen.is_failed,
            });
        }
    }
}

/// What is known of a message whose handling was looked at.
struct Seen {
    at: Moment,
    begun: Moment,
    is_timed: bool,
    kind: &'static str,
    lane: Lane,
    is_failed: bool,
}
