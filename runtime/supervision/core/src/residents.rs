use std::collections::BTreeMap;
use std::time::Duration;

use synod_types::time::Moment;

/// Entities that one shard may keep in memory.
pub const LIVE_MAX: usize = 10_000_000;

/// Which of very many entities are in memory: a bounded number, each until it has been idle for
/// long enough or gives its place to another. The one used longest ago goes first.
///
/// Moments that are told never go backwards.
#[derive(Clone, Debug)]
pub struct Residents<K, V> {
    live_max: usize,
    idle_after: Duration,
    /// With the number of its last use.
    by_key: BTreeMap<K, (u64, V)>,
    /// The use longest ago comes first.
    by_use: BTreeMap<u64, (Moment, K)>,
    uses: u64,
}

/// Why there is no such table.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidResidents {
    /// None could be live, or more than memory holds.
    #[error("{0} entities cannot be live: 1 to {LIVE_MAX} can")]
    LiveMax(usize),
    /// Each would go as soon as it came.
    #[error("an entity must be left in memory for longer than no time")]
    IdleAfter,
}

impl<K: Ord + Clone, V> Residents<K, V> {
    /// A table that holds `live_max` entities at most, each for `idle_after` its last use.
    ///
    /// # Errors
    /// [`InvalidResidents`].
    pub fn new(live_max: usize, idle_after: Duration) -> Result<Self, InvalidResidents> {
        if !(1..=LIVE_MAX).contains(&live_max) {
            return Err(InvalidResidents::LiveMax(live_max));
        }
        if idle_after.is_zero() {
            return Err(InvalidResidents::IdleAfter);
        }
        let (by_key, by_use) = (BTreeMap::new(), BTreeMap::new());
        Ok(Self { live_max, idle_after, by_key, by_use, uses: 0 })
    }

    /// How many are live.
    pub fn len(&self) -> usize {
        self.by_key.len()
    }

    /// Whether none is live.
    pub fn is_empty(&self) -> bool {
        self.by_key.is_empty()
    }

    /// The entity of that key, if it is live; it is used now.
    pub fn touch(&mut self, now: Moment, key: &K) -> Option<&mut V> {
        let (last, value) = self.by_key.get_mut(key)?;
        if let Some((_, key)) = self.by_use.remove(last) {
            *last = self.uses;
            self.by_use.insert(self.uses, (now, key));
            self.uses += 1;
        }
        Some(value)
    }

    /// The entity of that key, if it is live. It is not used.
    pub fn get_mut(&mut self, key: &K) -> Option<&mut V> {
        self.by_key.get_mut(key).map(|(_, value)| value)
    }

    /// Who must leave before another can enter; none if there is room.
    pub fn in_the_way(&self) -> Option<&K> {
        if self.len() < self.live_max { None } else { self.eldest() }
    }

    /// The one whose last use is longest ago.
    pub fn eldest(&self) -> Option<&K> {
        self.by_use.first_key_value().map(|(_, (_, key))| key)
    }

    /// Takes in an entity that is not live, which is used now.
    ///
    /// # Panics
    /// If it is live, or there is no room: who is [in the way](Self::in_the_way) leaves first.
    pub fn enter(&mut self, now: Moment, key: K, value: V) {
        assert!(self.len() < self.live_max, "more entities than may be live");
        let earlier = self.by_key.insert(key.clone(), (self.uses, value));
        assert!(earlier.is_none(), "an entity is live twice");
        self.by_use.insert(self.uses, (now, key));
        self.uses += 1;
    }

    /// Takes an entity out.
    pub fn leave(&mut self, key: &K) -> Option<V> {
        let (last, value) = self.by_key.remove(key)?;
        self.by_use.remove(&last);
        Some(value)
    }

    /// One that has been idle for long enough, the longest first.
    pub fn idle(&self, now: Moment) -> Option<&K> {
        let (_, (last, key)) = self.by_use.first_key_value()?;
        (*last + self.idle_after <= now).then_some(key)
    }

    /// When to look for idle ones again; never, if none is live. Not for each on its own: an
    /// entity may stay an eighth longer, so that one alarm serves many.
    pub fn look_at(&self, now: Moment) -> Option<Moment> {
        let (_, (last, _)) = self.by_use.first_key_value()?;
        let (due, soon) = (*last + self.idle_after, now + self.idle_after / 8);
        Some(if due <= now { now } else { due.max(soon) })
    }
}

#[cfg(test)]
mod tests;
