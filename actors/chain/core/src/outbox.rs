use std::collections::VecDeque;

use synod_types::chain::{ChainEvent, EventNumber};
use synod_types::time::Moment;

use crate::assemble::weight;
use crate::limits::Limits;

/// One batch for one consumer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Which consumer, counted from 0.
    pub consumer: usize,
    /// Number of the first event.
    pub first: EventNumber,
    /// The events.
    pub events: Vec<ChainEvent>,
}

impl Delivery {
    /// Number of the last event.
    pub const fn last(&self) -> EventNumber {
        EventNumber(self.first.0.saturating_add(self.events.len() as u64).saturating_sub(1))
    }
}

/// Events on their way to the consumers.
#[derive(Debug)]
pub(crate) struct Outbox {
    /// From number `answered + 1` on.
    events: VecDeque<ChainEvent>,
    bytes: usize,
    /// How many of them are retractions.
    retractions: usize,
    answered: EventNumber,
    durable: EventNumber,
    consumers: Vec<Consumer>,
}

#[derive(Clone, Copy, Debug)]
struct Consumer {
    answered: EventNumber,
    /// The last event of the batch that is out.
    out: Option<EventNumber>,
    failures: u32,
    retry_at: Moment,
    /// Nothing is sent, whatever waits.
    is_held: bool,
}

impl Outbox {
    /// Nothing waits; the next event has the number after `answered`.
    pub(crate) fn new(consumers: usize, answered: EventNumber) -> Self {
        let (out, failures, retry_at, is_held) = Default::default();
        let consumer = Consumer { answered, out, failures, retry_at, is_held };
        let consumers = vec![consumer; consumers];
        let (events, bytes, retractions) = Default::default();
        Self { events, bytes, retractions, answered, durable: answered, consumers }
    }

    /// What the journal says: all queued events are durable, and all up to `answered` are
    /// answered.
    pub(crate) fn replay(&mut self, answered: EventNumber) {
        self.durable = self.last();
        for consumer in &mut self.consumers {
            consumer.answered = consumer.answered.max(answered.min(self.durable));
        }
        self.forget_answered();
    }

    pub(crate) fn len(&self) -> usize {
        self.events.len()
    }

    pub(crate) const fn bytes(&self) -> usize {
        self.bytes
    }

    pub(crate) const fn answered(&self) -> EventNumber {
        self.answered
    }

    pub(crate) fn last(&self) -> EventNumber {
        self.answered.plus(self.events.len())
    }

    pub(crate) fn events(&self) -> impl Iterator<Item = &ChainEvent> {
        self.events.iter()
    }

    pub(crate) fn push(&mut self, event: ChainEvent) {
        self.bytes += weight(&event);
        self.retractions += usize::from(is_retraction(&event));
        self.events.push_back(event);
    }

    /// The journal holds everything up to `number`.
    pub(crate) fn make_durable(&mut self, number: EventNumber) {
        self.durable = self.durable.max(number.min(self.last()));
        self.forget_answered();
    }

    /// Whether it was the answer to the batch that is out.
    pub(crate) fn settle(&mut self, consumer: usize, upto: EventNumber) -> bool {
        let Some(consumer) = self.consumers.get_mut(consumer) else { return false };
        if consumer.out != Some(upto) {
            return false;
        }
        consumer.out = None;
        consumer.failures = 0;
        consumer.answered = upto;
        self.forget_answered();
        true
    }

    /// Whether it was the batch that is out. It is sent again when `retry` says, which is told
    /// how often in a row the consumer has failed.
    pub(crate) fn fail(
        &mut self,
        consumer: usize,
        upto: EventNumber,
        retry: impl FnOnce(u32) -> Moment,
    ) -> bool {
        let Some(consumer) = self.consumers.get_mut(consumer) else { return false };
        if consumer.out != Some(upto) {
            return false;
        }
        consumer.out = None;
        consumer.failures = consumer.failures.saturating_add(1);
        consumer.retry_at = retry(consumer.failures);
        true
    }

    /// The batches that can go out now.
    pub(crate) fn deliveries(&mut self, now: Moment, limits: &Limits) -> Vec<Delivery> {
        let (events, base, durable) = (&self.events, self.answered, self.durable);
        let mut deliveries = Vec::new();
        for (index, consumer) in self.consumers.iter_mut().enumerate() {
            if consumer.is_held
                || consumer.out.is_some()
                || durable <= consumer.answered
                || now < consumer.retry_at
            {
                continue;
            }
            let known = consumer.answered.since(base);
            let waiting = events.iter().skip(known).take(durable.since(consumer.answered));
            let first = consumer.answered.plus(1);
            let delivery = Delivery { consumer: index, first, events: batch(waiting, limits) };
            consumer.out = Some(delivery.last());
            deliveries.push(delivery);
        }
        deliveries
    }

    /// Whether retractions wait for an answer.
    pub(crate) const fn is_taking_back(&self) -> bool {
        0 < self.retractions
    }

    /// Sets who is sent nothing for the moment; says whether somebody is let go by it.
    pub(crate) fn hold(&mut self, held: &[bool]) -> bool {
        let mut is_any_free = false;
        for (consumer, is_held) in self.consumers.iter_mut().zip(held) {
            is_any_free |= consumer.is_held && !is_held;
            consumer.is_held = *is_held;
        }
        is_any_free
    }

    /// When a batch that failed is to be sent again.
    pub(crate) fn next_retry(&self) -> Option<Moment> {
        let waits = |consumer: &&Consumer| {
            !consumer.is_held && consumer.out.is_none() && consumer.answered < self.durable
        };
        self.consumers.iter().filter(waits).map(|consumer| consumer.retry_at).min()
    }

    fn forget_answered(&mut self) {
        let by_all = self.consumers.iter().map(|consumer| consumer.answered).min();
        let by_all = by_all.unwrap_or(self.durable);
        while self.answered < by_all {
            let Some(event) = self.events.pop_front() else { break };
            self.bytes -= weight(&event);
            self.retractions -= usize::from(is_retraction(&event));
            self.answered = self.answered.plus(1);
        }
    }
}

const fn is_retraction(event: &ChainEvent) -> bool {
    matches!(event, ChainEvent::Retracted { .. })
}

/// As many of `events` as one batch holds; at least one.
pub(crate) fn batch<'a>(
    events: impl Iterator<Item = &'a ChainEvent>,
    limits: &Limits,
) -> Vec<ChainEvent> {
    let mut bytes = 0_usize;
    let fits = |event: &&ChainEvent| {
        let is_first = bytes == 0;
        bytes = bytes.saturating_add(weight(event));
        is_first || bytes <= limits.batch_bytes_max
    };
    events.take(limits.batch_events_max.max(1)).take_while(fits).cloned().collect()
}

#[cfg(test)]
mod tests;
