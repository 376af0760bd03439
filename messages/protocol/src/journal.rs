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
//! A ticket names its incarnation, and a pen believes only answers to its own.

use std::collections::VecDeque;
use std::time::Duration;

use bytes::Bytes;
use synod_supervision::{CallError, Context, Failure, Message, Outlet};
use synod_types::actor::Incarnation;
use synod_types::store::{StreamId, Version};

use crate::store::{Page, Snapshot, StoreMsg, StoreRefusal};

/// How long one answer of the store may take.
const ANSWER_TIMEOUT: Duration = Duration::from_secs(30);
/// How often a question at the start is repeated when its answer is lost.
const OPENING_TRIES: u32 = 5;
/// Bytes of records read at once at the start.
const PAGE_BYTES: u32 = 1 << 20;
/// Writes that wait for durability at once. Beyond that the incarnation cannot go on.
const OPEN_MAX: usize = 4_096;
/// Before the first repetition of a lost append; doubled at each further one.
const RESEND_FIRST: Duration = Duration::from_millis(5);
/// Never longer between repetitions.
const RESEND_MAX: Duration = Duration::from_secs(1);

/// Names one write of one incarnation's pen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket {
    incarnation: Incarnation,
    number: u64,
}

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

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// On its way; if `is_alone`, sent when everything before it was durable.
    Sent {
        is_alone: bool,
    },
    /// Its answer was lost, and perhaps itself.
    Lost,
    /// Refused or held back, because one before it was lost. To be sent after that one.
    Behind,
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
    /// Not durable yet, in order of their tickets, at most [`OPEN_MAX`].
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
            if more && version_after <= version {
                let text = format!("stream {stream}: more after {version}, but not a record of it");
                return Err(Failure::because(text));
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
        done: impl Fn(Committed) -> M + Copy + Send + 'static,
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
        if OPEN_MAX <= self.open.len() {
            let text = format!("{OPEN_MAX} writes are not durable yet, the most there may be");
            return Err(Failure::because(text));
        }
        let after = self.version;
        self.version = Version(after.0 + records.len() as u64);
        let ticket = Ticket { incarnation: ctx.incarnation(), number: self.next };
        self.next += 1;
        let must_wait = self.is_repeating();
        let state = State::Behind;
        self.open.push_back(Entry { ticket, after, records, effects, state, repeats: 0 });
        if !must_wait {
            self.send(ctx, self.open.len() - 1, done).await?;
        }
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
        done: impl Fn(Committed) -> M + Copy + Send + 'static,
    ) -> Result<Vec<E>, Failure> {
        let Some(index) = self.find(ticket) else {
            return Ok(Vec::new());
        };
        let is_alone = self.open[index].state == State::Sent { is_alone: true };
        self.open[index].state = match outcome {
            Ok(Ok(_)) => State::Durable,
            // When the store refused this, one before it had been lost. That may be durable by
            // now: answers overtake one another.
            Ok(Err(StoreRefusal::Conflict { holds, after, .. })) if holds < after && !is_alone => {
                State::Behind
            }
            Ok(Err(refusal)) => return Err(refusal.into()),
            Err(lost) if lost.is_retryable() => State::Lost,
            Err(closed) => return Err(closed.into()),
        };
        let mut released = Vec::new();
        while self.open.front().is_some_and(|entry| entry.state == State::Durable) {
            released.extend(self.open.pop_front().into_iter().flat_map(|entry| entry.effects));
        }
        self.catch_up(ctx, done).await?;
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
        done: impl FnOnce(Result<(), StoreRefusal>) -> M + Send + 'static,
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

    /// Tickets follow one another, so the first tells where the others are.
    fn find(&self, ticket: Ticket) -> Option<usize> {
        let first = self.open.front()?.ticket;
        let index = usize::try_from(ticket.number.checked_sub(first.number)?).ok()?;
        self.open.get(index).filter(|entry| entry.ticket == ticket).map(|_| index)
    }

    /// Whether what is sent now would be refused: something before it must first be sent again.
    fn is_repeating(&self) -> bool {
        let is_waiting = |entry: &Entry<E>| matches!(entry.state, State::Lost | State::Behind);
        self.open.front().is_some_and(|first| 0 < first.repeats)
            || self.open.back().is_some_and(is_waiting)
    }

    /// Sees to it that the oldest entry is on its way, and behind it those that waited for it.
    async fn catch_up<M: Message>(
        &mut self,
        ctx: &Context<M>,
        done: impl Fn(Committed) -> M + Copy + Send + 'static,
    ) -> Result<(), Failure> {
        if self.open.front().is_some_and(|first| first.state == State::Lost) {
            tracing::warn!(stream = %self.stream, "an append got lost; sending it again");
            return self.send_again(ctx, done);
        }
        let mut index = 0;
        while self.open.get(index).is_some_and(|entry| entry.state == State::Behind) {
            self.send(ctx, index, done).await?;
            index += 1;
        }
        Ok(())
    }

    /// Sends the oldest entry again, after a while: a store that loses answers at once is not
    /// asked in a circle.
    fn send_again<M: Message>(
        &mut self,
        ctx: &Context<M>,
        done: impl Fn(Committed) -> M + Copy + Send + 'static,
    ) -> Result<(), Failure> {
        let Some(entry) = self.open.front_mut() else { return Ok(()) };
        entry.state = State::Sent { is_alone: true };
        entry.repeats = entry.repeats.saturating_add(1);
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
        done: impl Fn(Committed) -> M + Copy + Send + 'static,
    ) -> Result<(), Failure> {
        let entry = &mut self.open[index];
        entry.state = State::Sent { is_alone: index == 0 };
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
