use std::collections::BTreeMap;
use std::time::Duration;

use synod_types::actor::Incarnation;
use synod_types::time::Moment;

/// What a message is known by when it comes again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Fingerprint {
    /// Of its kind and of all it says, under a key of this process: it gives nothing away, and
    /// nobody can make another message of the same.
    pub hash: u64,
    /// How much was hashed.
    pub bytes: u64,
}

/// Which message an incarnation died with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Mark {
    /// Any that says this.
    Print(Fingerprint),
    /// This one letter, by its number.
    Letter(u32),
}

/// Messages that incarnations of one actor died with, until they have killed too often.
#[derive(Clone, Debug, Default)]
pub struct Suspects {
    suspects: BTreeMap<Mark, Suspect>,
    bans: BTreeMap<Fingerprint, u64>,
    banned: u64,
    last_death: Option<Moment>,
}

#[derive(Clone, Debug)]
struct Suspect {
    lives: Vec<Incarnation>,
    last: Moment,
}

/// What becomes of a message that an incarnation died with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It may be tried again.
    Again,
    /// It is not to be handled any more; these lives ended with it in hand.
    Quarantine(Vec<Incarnation>),
}

impl Suspects {
    /// How many are remembered; beyond, the one that last killed longest ago is forgotten.
    pub const SUSPECTS_MAX: usize = 64;
    /// How many fingerprints are banned; beyond, the oldest ban is lifted.
    pub const BANS_MAX: usize = 256;
    /// A suspect that has not killed for so long is none any more.
    pub const FORGOTTEN_AFTER: Duration = Duration::from_secs(3_600);

    /// `life` ended with the message in hand. At `deaths_max` such ends the message is
    /// quarantined; if it has a fingerprint, that is banned.
    pub fn struck(
        &mut self,
        now: Moment,
        mark: Mark,
        life: Incarnation,
        deaths_max: usize,
    ) -> Verdict {
        self.died(now);
        self.forget(now);
        let suspect = self.suspects.entry(mark);
        let suspect = suspect.or_insert_with(|| Suspect { lives: Vec::new(), last: now });
        suspect.lives.push(life);
        suspect.last = now;
        if deaths_max <= suspect.lives.len() {
            let lives = std::mem::take(&mut suspect.lives);
            self.suspects.remove(&mark);
            if let Mark::Print(print) = mark {
                self.ban(print);
            }
            return Verdict::Quarantine(lives);
        }
        if Self::SUSPECTS_MAX < self.suspects.len() {
            let oldest = self.suspects.iter().min_by_key(|(_, suspect)| suspect.last);
            if let Some(mark) = oldest.map(|(mark, _)| *mark) {
                self.suspects.remove(&mark);
            }
        }
        Verdict::Again
    }

    /// An incarnation ended with a message in hand that cannot be told from others: the next of
    /// its kind should be.
    pub fn died(&mut self, now: Moment) {
        self.last_death = Some(now);
    }

    /// The message was handled: it is no poison.
    pub fn cleared(&mut self, mark: Mark) {
        self.suspects.remove(&mark);
    }

    /// Whether messages of this fingerprint are refused.
    pub fn is_banned(&self, print: Fingerprint) -> bool {
        self.bans.contains_key(&print)
    }

    /// Lets messages of this fingerprint in again; false if they were not kept out.
    pub fn lift(&mut self, print: Fingerprint) -> bool {
        self.bans.remove(&print).is_some()
    }

    /// Forgets suspects that have not killed for long, and deaths that are long past.
    pub fn forget(&mut self, now: Moment) {
        let is_recent = |at: &Moment| now.since(*at) < Self::FORGOTTEN_AFTER;
        self.suspects.retain(|_, suspect| is_recent(&suspect.last));
        self.last_death = self.last_death.filter(is_recent);
    }

    /// Whether any fingerprint is banned.
    pub fn has_bans(&self) -> bool {
        !self.bans.is_empty()
    }

    /// Whether nothing has happened lately and nothing is banned: no message need be looked at.
    pub fn is_calm(&self) -> bool {
        self.last_death.is_none() && self.suspects.is_empty() && self.bans.is_empty()
    }

    /// Refuses messages of this fingerprint.
    pub fn ban(&mut self, print: Fingerprint) {
        self.banned += 1;
        self.bans.insert(print, self.banned);
        if Self::BANS_MAX < self.bans.len()
            && let Some(oldest) = self.bans.iter().min_by_key(|(_, number)| **number)
        {
            let oldest = *oldest.0;
            self.bans.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests;
