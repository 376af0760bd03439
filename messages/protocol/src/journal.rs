//! How an actor writes its journal: a pen that keeps order and holds back what must not be seen
//! before it is durable.
//!
//! ```text
//!   core.apply ──▶ records + effects ──▶ Pen::write ──▶ store … commit ──▶ Pen::settle ──▶ effects
//! ```
//!
//! Invariant: an effect leaves the pen only when every record written before it is durable, and
//! effects leave in the order in which they were written. An append whose answer was lost is
//! sent again as it was: the store answers a repeat without writing twice.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use synod_supervision::{CallError, Context, Failure, Message, Outlet};
use synod_types::store::{StreamId, Version};

use crate::store::{Page, Snapshot, StoreMsg, StoreRefusal};

/// How long one answer of the store may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a question at the start is repeated when its answer is lost.
const OPENING_TRIES: u32 = 5;
/// Bytes of records read at once at the start.
const PAGE_BYTES: u32 = 1 << 20;
/// Before the first repetition of a lost append; doubled at each further one.
const RESEND_FIRST: Duration = Duration::from_millis(5);
/// Never longer between repetitions.
const RESEND_MAX: Duration = Duration::from_secs(1);

/// Names one write of a pen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(u64);

/// The store's answer to a write, on its way back to the pen.
#[derive(Debug)]
pub struct Committed {
    ticket: Ticket,
    outcome: Result<Result<Version, StoreRefusal>, CallError>,
}

/// What an actor's past consists of, oldest first.
#[derive(Debug)]
pub enum Past<'a> {
    /// At most one, first: the state that the records before it led to.
    Snapshot(&'a Bytes),
    /// What followed.
    Record(&'a Bytes),
}

#[derive(Debug, PartialEq, Eq)]
enum State {
    Sent,
    Lost,
    Durable,
}

#[derive(Debug)]
struct Entry<E> {
    ticket: Ticket,
    after: Version,
    records: Vec<Bytes>,
    effects: Vec<E>,
    state: State,
    /// How often it was sent again.
    repeats: u32,
}

/// An actor's pen: the only writer of its stream.
#[derive(Debug)]
pub struct Pen<E> {
    store: Outlet<StoreMsg>,
    stream: StreamId,
    /// Records of the stream once everything written is durable.
    version: Version,
    saved: Version,
    next: u64,
    /// Not durable yet, in order. Bounded by the work an incarnation may have under way.
    open: VecDeque<Entry<E>>,
}

impl<E> Pen<E> {
    /// Reads the past into `replay` and takes up the pen after it.
    ///
    /// # Errors
    /// The store does not answer or refuses, or `replay` fails.
    pub async fn open(
        store: Outlet<StoreMsg>,
        stream: StreamId,
        mut replay: impl FnMut(Past<'_>) -> Result<(), Failure>,
    ) -> Result<Self, Failure> {
        let mut version = Version::default();
        if let Some(Snapshot { at, state }) = load(&store, &stream).await? {
            replay(Past::Snapshot(&state))?;
            version = at;
        }
        let saved = version;
        loop {
            let Page { records, version_after, more } = read(&store, &stream, version).await?;
            for record in &records {
                replay(Past::Record(record))?;
            }
            version = version_after;
            if !more {
                return Ok(Self { store, stream, version, saved, next: 0, open: VecDeque::new() });
            }
        }
    }

    /// Appends `records` and holds `effects` until they are durable. Gives back what may be done
    /// at once: everything, if nothing is written and nothing is under way.
    ///
    /// # Errors
    /// The store is stopping, or too much is under way: the incarnation cannot go on.
    pub async fn write<M: Message>(
        &mut self,
        ctx: &Context<M>,
        records: Vec<Bytes>,
        effects: Vec<E>,
        done: fn(Committed) -> M,
    ) -> Result<Vec<E>, Failure> {
        if records.is_empty() {
            return Ok(match self.open.back_mut() {
                None => effects,
                Some(last) => {
                    last.effects.extend(effects);
                    Vec::new()
                }
            });
        }
        let after = self.version;
        self.version = Version(after.0 + records.len() as u64);
        let ticket = Ticket(self.next);
        self.next += 1;
        self.open.push_back(Entry {
            ticket,
            after,
            records,
            effects,
            state: State::Sent,
            repeats: 0,
        });
        self.send(ctx, self.open.len() - 1, done).await?;
        Ok(Vec::new())
    }

    /// Takes the store's answer; gives back the effects that may now be done, in order.
    ///
    /// # Errors
    /// The store refused: what the actor holds in memory will never be durable.
    pub async fn settle<M: Message>(
        &mut self,
        ctx: &Context<M>,
        Committed { ticket, outcome }: Committed,
        done: fn(Committed) -> M,
    ) -> Result<Vec<E>, Failure> {
        let Some(index) = self.open.iter().position(|entry| entry.ticket == ticket) else {
            return Ok(Vec::new());
        };
        self.open[index].state = match outcome {
            Ok(Ok(_)) => State::Durable,
            // The one before it was lost on the way: it will be sent again, and then this.
            Ok(Err(StoreRefusal::Conflict { holds, after, .. })) if holds < after && 0 < index => {
                State::Lost
            }
            Ok(Err(refusal)) => return Err(refusal.into()),
            Err(lost) if lost.is_retryable() => State::Lost,
            Err(closed) => return Err(closed.into()),
        };
        let mut released = Vec::new();
        while self.open.front().is_some_and(|entry| entry.state == State::Durable) {
            released.extend(self.open.pop_front().into_iter().flat_map(|entry| entry.effects));
        }
        if self.open.front().is_some_and(|entry| entry.state == State::Lost) {
            tracing::warn!(stream = %self.stream, "an append got lost; sending it again");
            self.send_again(ctx, done)?;
        }
        Ok(released)
    }

    /// Records in the stream, once everything written is durable.
    pub const fn version(&self) -> Version {
        self.version
    }

    /// Records since the last snapshot: when there are many, it is time for the next.
    pub const fn unsaved(&self) -> u64 {
        self.version.0.saturating_sub(self.saved.0)
    }

    /// Saves the state that all records written so far led to. A snapshot that is lost or
    /// refused costs nothing but time at the next start; the next one is due after as many
    /// records again.
    ///
    /// # Errors
    /// The store is stopping, or too much is under way.
    pub async fn save<M: Message>(
        &mut self,
        ctx: &Context<M>,
        state: Bytes,
        done: fn(Result<(), StoreRefusal>) -> M,
    ) -> Result<(), Failure> {
        let (stream, at) = (self.stream.clone(), self.version);
        self.saved = at;
        let ask = |reply| StoreMsg::SaveSnapshot { stream, at, state, reply };
        let pending = self.store.request(ask).await?;
        ctx.pipe(pending.within(ANSWER_TIMEOUT), move |answer| {
            done(answer.unwrap_or_else(|lost| Err(StoreRefusal::Failed(lost.to_string()))))
        })?;
        Ok(())
    }

    /// Sends the oldest entry again, after a while: a store that loses answers at once is not
    /// asked in a circle.
    fn send_again<M: Message>(
        &mut self,
        ctx: &Context<M>,
        done: fn(Committed) -> M,
    ) -> Result<(), Failure> {
        let Some(entry) = self.open.front_mut() else { return Ok(()) };
        entry.state = State::Sent;
        entry.repeats += 1;
        let wait = pause(entry.repeats);
        let (stream, after, records) = (self.stream.clone(), entry.after, entry.records.clone());
        let (ticket, store) = (entry.ticket, self.store.clone());
        let asked = async move {
            tokio::time::sleep(wait).await;
            let ask = |reply| StoreMsg::Append { stream, after, records, reply };
            store.call(ANSWER_TIMEOUT, ask).await
        };
        ctx.pipe(asked, move |outcome| done(Committed { ticket, outcome }))?;
        Ok(())
    }

    async fn send<M: Message>(
        &mut self,
        ctx: &Context<M>,
        index: usize,
        done: fn(Committed) -> M,
    ) -> Result<(), Failure> {
        let entry = &mut self.open[index];
        entry.state = State::Sent;
        let (stream, after, records) = (self.stream.clone(), entry.after, entry.records.clone());
        let ticket = entry.ticket;
        let ask = |reply| StoreMsg::Append { stream, after, records, reply };
        let pending = self.store.request(ask).await?;
        ctx.pipe(pending.within(ANSWER_TIMEOUT), move |outcome| {
            done(Committed { ticket, outcome })
        })?;
        Ok(())
    }
}

/// Before repetition number `repeats`, counted from 1.
fn pause(repeats: u32) -> Duration {
    RESEND_FIRST.saturating_mul(1 << repeats.saturating_sub(1).min(16)).min(RESEND_MAX)
}

async fn load(store: &Outlet<StoreMsg>, stream: &StreamId) -> Result<Option<Snapshot>, Failure> {
    let ask = |reply| StoreMsg::LoadSnapshot { stream: stream.clone(), reply };
    ask_patiently(store, ask).await
}

async fn read(
    store: &Outlet<StoreMsg>,
    stream: &StreamId,
    after: Version,
) -> Result<Page, Failure> {
    let ask =
        |reply| StoreMsg::Read { stream: stream.clone(), after, bytes_max: PAGE_BYTES, reply };
    ask_patiently(store, ask).await
}

type Answer<T> = synod_supervision::Reply<Result<T, StoreRefusal>>;

async fn ask_patiently<T: Send + 'static>(
    store: &Outlet<StoreMsg>,
    ask: impl Fn(Answer<T>) -> StoreMsg,
) -> Result<T, Failure> {
    let mut tries = 1;
    loop {
        match store.call(ANSWER_TIMEOUT, &ask).await {
            Ok(answer) => return Ok(answer?),
            Err(lost) if lost.is_retryable() && tries < OPENING_TRIES => tries += 1,
            Err(lost) => return Err(lost.into()),
        }
    }
}
