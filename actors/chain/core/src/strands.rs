//! What happens and what was: one live following, and one backfill for each consumer that came
//! late, told beside one another.
//!
//! A consumer gets the events of each strand in order, and both strands agree on what it ends up
//! with: no block is committed to it by both, and nothing that left the chain stays. For that,
//! live events wait while a backfill takes something back: what it takes back may come again live.

use std::collections::BTreeMap;

use synod_types::chain::{BackfillRefusal, BackfillStatus, Sight, Strand, Trouble};
use synod_types::time::Moment;

use crate::follower::{Effect, Follower, Input, Refusal};
use crate::limits::Rules;
use crate::record::{Record, RecordError, Snapshot};

/// Everything told of one chain.
#[derive(Debug)]
pub struct Strands {
    rules: Rules,
    /// The consumers, in their order.
    names: Vec<String>,
    live: Follower,
    pasts: BTreeMap<u32, Past>,
}

#[derive(Debug)]
struct Past {
    follower: Follower,
    /// Counted from 0, among all.
    consumer: usize,
    name: String,
    from: u64,
}

/// A backfill whose journal is yet to be read.
#[derive(Debug)]
pub struct Unread {
    number: u32,
    past: Past,
}

impl Unread {
    /// The order's number.
    pub const fn number(&self) -> u32 {
        self.number
    }

    /// What was known when the snapshot was taken. Records after it are replayed on top.
    pub fn restore(&mut self, snapshot: Snapshot) {
        self.past.follower.restore_over(snapshot);
    }

    /// Takes a record from the journal of this strand.
    ///
    /// # Errors
    /// [`RecordError`] if it does not follow from those before.
    pub fn replay(&mut self, record: Record) -> Result<(), RecordError> {
        self.past.follower.replay(record)
    }
}

impl Strands {
    /// The live following, with all its journal replayed, for consumers of these names. What comes
    /// back is to be journalled.
    pub fn new(rules: Rules, mut live: Follower, names: Vec<String>) -> (Self, Vec<Record>) {
        let records = live.call_roll(&names);
        (Self { rules, names, live, pasts: BTreeMap::new() }, records)
    }

    /// What is followed as it happens.
    pub const fn live(&self) -> &Follower {
        &self.live
    }

    /// The following of a strand, if there is one.
    pub fn strand(&self, strand: Strand) -> Option<&Follower> {
        match strand {
            Strand::Live => Some(&self.live),
            Strand::Past(number) => self.pasts.get(&number).map(|past| &past.follower),
        }
    }

    /// Whom a strand is told, counted from 0 among all; `consumer` is counted within the strand.
    pub fn addressee(&self, strand: Strand, consumer: usize) -> Option<usize> {
        match strand {
            Strand::Live => Some(consumer),
            Strand::Past(number) => self.pasts.get(&number).map(|past| past.consumer),
        }
    }

    /// Numbers of what is ordered and not begun.
    pub fn ordered(&self) -> Vec<u32> {
        let numbers = self.live.orders().map(|(number, _)| number);
        numbers.filter(|number| !self.pasts.contains_key(number)).collect()
    }

    /// What is ordered under this number, once the order is durable: to be read from its journal,
    /// then to [`Strands::begin`].
    pub fn unread(&self, number: u32) -> Option<Unread> {
        let (_, order) = self.live.orders().find(|(other, _)| *other == number)?;
        let consumer = self.names.iter().position(|name| *name == order.consumer)?;
        let rules = Rules { start_block: Some(order.from), consumers: 1, ..self.rules.clone() };
        let follower = Follower::of_past(rules, self.live.seam(&order.consumer));
        let (name, from) = (order.consumer.clone(), order.from);
        Some(Unread { number, past: Past { follower, consumer, name, from } })
    }

    /// Tells the past from now on.
    pub fn begin(&mut self, now: Moment, unread: Unread) -> Vec<(Strand, Effect)> {
        let Unread { number, past } = unread;
        let seam = self.live.seam(&past.name);
        self.pasts.insert(number, past);
        let mut effects = self.tell_past(now, number, Input::Bounded(seam));
        effects.extend(self.tell_past(now, number, Input::Start));
        self.tie_up(now, &mut effects);
        effects
    }

    /// Takes one input for a strand at `now`; says what follows from it, and in which strand.
    ///
    /// # Errors
    /// [`Refusal`]: the input is about something that is over. Nothing changed.
    pub fn apply(
        &mut self,
        now: Moment,
        strand: Strand,
        input: Input,
    ) -> Result<Vec<(Strand, Effect)>, Refusal> {
        let mut effects = match strand {
            Strand::Live => {
                let effects = self.live.apply(now, input)?;
                let is_on = effects.iter().any(|effect| matches!(effect, Effect::Journal(_)));
                let mut all = tagged(Strand::Live, effects);
                if is_on {
                    self.bound_pasts(now, &mut all);
                }
                all
            }
            Strand::Past(number) => {
                let input = self.checked(input);
                let past = self.pasts.get_mut(&number).ok_or(Refusal::NoSuchStrand(number))?;
                tagged(strand, past.follower.apply(now, input)?)
            }
        };
        self.tie_up(now, &mut effects);
        Ok(effects)
    }

    /// The alarm of whichever strand.
    pub fn tick(&mut self, now: Moment) -> Vec<(Strand, Effect)> {
        let strands = self.pasts.keys().map(|number| Strand::Past(*number));
        let all: Vec<Strand> = std::iter::once(Strand::Live).chain(strands).collect();
        let ticked = all.into_iter().map(|strand| self.apply(now, strand, Input::Tick));
        ticked.flat_map(Result::unwrap_or_default).collect()
    }

    /// Orders that `consumer` be told what was from block `from` on. What comes back is to be
    /// journalled; when it is durable, [`Strands::unread`] is to be read.
    ///
    /// # Errors
    /// [`BackfillRefusal`].
    pub fn order(&mut self, consumer: &str, from: u64) -> Result<(u32, Record), BackfillRefusal> {
        self.live.order(consumer, from)
    }

    /// How the backfills stand.
    pub fn backfills(&self) -> Vec<BackfillStatus> {
        let status = |(number, past): (&u32, &Past)| {
            let (standing, follower) = (past.follower.status(), &past.follower);
            BackfillStatus {
                number: *number,
                consumer: past.name.clone(),
                from: past.from,
                until: follower.until().unwrap_or(past.from),
                next: follower.next_number().max(past.from),
                undelivered: standing.undelivered,
                is_told: follower.is_past_told(),
                phase: standing.phase,
            }
        };
        self.pasts.iter().map(status).collect()
    }

    /// Where the live following has come to a block that is another than here, one of the two is
    /// mistaken: time will tell.
    fn checked(&self, input: Input) -> Input {
        match input {
            Input::Seen(ticket, Ok(Sight::Segment { headers, .. }))
                if !self.live.agrees(&headers) =>
            {
                Input::Seen(ticket, Err(Trouble::Torn))
            }
            other => other,
        }
    }

    fn bound_pasts(&mut self, now: Moment, effects: &mut Vec<(Strand, Effect)>) {
        let seams: Vec<_> =
            self.pasts.iter().map(|(number, past)| (*number, self.live.seam(&past.name))).collect();
        for (number, seam) in seams {
            effects.extend(self.tell_past(now, number, Input::Bounded(seam)));
        }
    }

    fn tell_past(&mut self, now: Moment, number: u32, input: Input) -> Vec<(Strand, Effect)> {
        let past = self.pasts.get_mut(&number);
        let effects = past.and_then(|past| past.follower.apply(now, input).ok());
        tagged(Strand::Past(number), effects.unwrap_or_default())
    }

    /// Holds live events back where they must be, and ends what has been told.
    fn tie_up(&mut self, now: Moment, effects: &mut Vec<(Strand, Effect)>) {
        let is_over = |past: &Past| self.live.is_settled() && past.follower.is_past_told();
        let over = self.pasts.iter().filter(|(_, past)| is_over(past));
        let over: Vec<u32> = over.map(|(number, _)| *number).collect();
        for number in over {
            self.pasts.remove(&number);
            let record = self.live.finish(number);
            effects.extend(record.map(|record| (Strand::Live, Effect::Journal(record))));
        }
        let is_held = |index: usize| {
            let mut pasts = self.pasts.values();
            pasts.any(|past| past.consumer == index && past.follower.is_taking_back())
        };
        let held: Vec<bool> = (0..self.names.len()).map(is_held).collect();
        if self.live.hold(&held) {
            let freed = self.live.apply(now, Input::Tick).unwrap_or_default();
            effects.extend(tagged(Strand::Live, freed));
        }
    }
}

fn tagged(strand: Strand, effects: Vec<Effect>) -> Vec<(Strand, Effect)> {
    effects.into_iter().map(|effect| (strand, effect)).collect()
}

#[cfg(test)]
mod tests;
