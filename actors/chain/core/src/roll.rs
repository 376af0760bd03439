//! Who is told what the chain does, from which block on, and who is to be told what was before.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use synod_types::chain::BackfillRefusal;

use crate::record::{Record, RecordError};

/// A consumer is to be told what was before it came.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Order {
    /// Who.
    pub consumer: String,
    /// The first block.
    pub from: u64,
}

/// All consumers, by name.
///
/// A consumer's **floor** is the lowest height at which it was told anything as it happened. What
/// is below the floor it knows only from a backfill; so live events and those of a backfill never
/// commit the same block to it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Roll {
    /// `u64::MAX`: told nothing yet.
    floors: BTreeMap<String, u64>,
    orders: BTreeMap<u32, Order>,
    ordered: u32,
}

impl Roll {
    pub(crate) fn orders(&self) -> impl Iterator<Item = (u32, &Order)> {
        self.orders.iter().map(|(number, order)| (*number, order))
    }

    /// None for a name that is not on the roll.
    pub(crate) fn floor(&self, consumer: &str) -> Option<u64> {
        self.floors.get(consumer).copied()
    }

    /// Something at this height is told to all.
    pub(crate) fn told(&mut self, height: u64) {
        for floor in self.floors.values_mut() {
            *floor = height.min(*floor);
        }
    }

    /// What makes the roll one of exactly these names.
    pub(crate) fn differences(&self, names: &[String]) -> Vec<Record> {
        let gone = self.floors.keys().filter(|name| !names.contains(name));
        let left = gone.map(|name| Record::Left { consumer: name.clone() });
        let new = names.iter().filter(|name| !self.floors.contains_key(*name));
        let joined = new.map(|name| Record::Joined { consumer: name.clone() });
        left.chain(joined).collect()
    }

    /// Of a consumer that has heard of everything from `floor` on.
    pub(crate) fn order(
        &self,
        consumer: &str,
        from: u64,
        floor: u64,
    ) -> Result<Record, BackfillRefusal> {
        let name = || consumer.to_owned();
        if !self.floors.contains_key(consumer) {
            let known: Vec<_> = self.floors.keys().map(String::as_str).collect();
            return Err(BackfillRefusal::UnknownConsumer {
                consumer: name(),
                known: if known.is_empty() { "none".to_owned() } else { known.join(", ") },
            });
        }
        if let Some(order) = self.orders.values().find(|order| order.consumer == consumer) {
            return Err(BackfillRefusal::UnderWay { consumer: name(), from: order.from });
        }
        if floor <= from {
            return Err(BackfillRefusal::NothingMissing { consumer: name(), floor });
        }
        Ok(Record::Ordered { number: self.ordered.saturating_add(1), consumer: name(), from })
    }

    pub(crate) fn join(&mut self, consumer: String, floor: u64) {
        self.floors.insert(consumer, floor);
    }

    pub(crate) fn leave(&mut self, consumer: &str) {
        self.floors.remove(consumer);
        self.orders.retain(|_, order| order.consumer != consumer);
    }

    pub(crate) fn ordered(&mut self, number: u32, consumer: String, from: u64) {
        self.ordered = number;
        self.orders.insert(number, Order { consumer, from });
    }

    /// Whoever was told all of it has heard of everything from there on.
    pub(crate) fn finished(&mut self, number: u32) -> Result<(), RecordError> {
        let Order { consumer, from } =
            self.orders.remove(&number).ok_or(RecordError::NotOrdered(number))?;
        if let Some(floor) = self.floors.get_mut(&consumer) {
            *floor = from.min(*floor);
        }
        Ok(())
    }
}
