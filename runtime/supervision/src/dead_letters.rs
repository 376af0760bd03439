//! Messages that were accepted and then not handled: counted, and the last ones kept by name. Of
//! those that can be copied the message itself is kept too, to be sent again. Nobody is ever shown
//! what a message says.

use std::any::Any;
use std::collections::VecDeque;

use parking_lot::Mutex;
use serde::Serialize;
use synod_supervision_core::Fingerprint;
use synod_types::actor::{ActorId, Incarnation};
use synod_types::time::Moment;
use synod_types::trace::TraceId;

use crate::address::RejectReason;
use crate::mailbox::MailboxFacts;
use crate::runtime::Runtime;
use crate::shared::Shared;

/// Bytes kept of a cause.
const CAUSE_BYTES_MAX: usize = 1_024;

/// A message that nobody handled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeadLetter {
    /// Its number, never given twice.
    pub id: u64,
    /// When it died.
    pub at: Moment,
    /// For whom it was.
    pub actor: ActorId,
    /// Its kind.
    pub kind: &'static str,
    /// How it died.
    pub reason: DeadReason,
    /// The trace it belonged to.
    pub trace: Option<TraceId>,
    /// A digest of what it says, in hexadecimal, if it can be known again. Equal for messages
    /// that say the same to the same process.
    pub digest: Option<String>,
    /// How many bytes went into the digest.
    pub bytes: Option<u64>,
    /// Whether it is kept and can be sent again.
    pub can_replay: bool,
    /// Of a quarantined one: the lives that ended with it in hand.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub lives: Vec<Incarnation>,
    /// Of a quarantined one: what the last of them ended of, at most 1,024 bytes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub cause: Option<String>,
}

/// How an accepted message died.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadReason {
    /// Its actor died with it in hand, or of it.
    InHand,
    /// Its actor held on to its thread with it in hand, and was fenced.
    Fenced,
    /// Its actor died of it as often as it may: it and those that say the same are refused.
    Quarantined,
    /// It waited when one that says the same was quarantined.
    KeptOut,
    /// A newer one took its place in a full lane, by policy.
    DroppedOldest,
    /// It still waited when the runtime ended.
    Abandoned,
}

impl DeadReason {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::InHand,
        Self::Fenced,
        Self::Quarantined,
        Self::KeptOut,
        Self::DroppedOldest,
        Self::Abandoned,
    ];

    /// Its name as a label.
    pub const fn name(self) -> &'static str {
        match self {
            Self::InHand => "in_hand",
            Self::Fenced => "fenced",
            Self::Quarantined => "quarantined",
            Self::KeptOut => "kept_out",
            Self::DroppedOldest => "dropped_oldest",
            Self::Abandoned => "abandoned",
        }
    }
}

/// Why a dead letter was not sent again. It is still there.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReplayError {
    /// Not there, or not any more.
    #[error("no dead letter {0} is kept")]
    Unknown(u64),
    /// Only its name is.
    #[error("dead letter {0} was not kept: its message cannot be copied, or others took its place")]
    NotKept(u64),
    /// Its actor runs here no more.
    #[error("nobody of that name takes dead letter {0}")]
    NobodyTakes(u64),
    /// Its actor's mailbox refuses it.
    #[error("dead letter {0} was refused: {1}")]
    Refused(u64, RejectReason),
}

/// Which dead letters are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct DeadFilter {
    /// Only those for this actor.
    pub actor: Option<ActorId>,
    /// Only those that died like this.
    pub reason: Option<DeadReason>,
}

impl DeadFilter {
    fn takes(&self, letter: &DeadLetter) -> bool {
        self.actor.as_ref().is_none_or(|actor| *actor == letter.actor)
            && self.reason.is_none_or(|reason| reason == letter.reason)
    }
}

/// A message of whatever type.
pub(crate) type Kept = Box<dyn Any + Send>;

/// What is known of a message that died.
pub(crate) struct Obituary {
    pub(crate) kind: &'static str,
    pub(crate) reason: DeadReason,
    pub(crate) trace: Option<TraceId>,
    pub(crate) print: Option<Fingerprint>,
    pub(crate) kept: Option<Kept>,
    pub(crate) lives: Vec<Incarnation>,
    pub(crate) cause: Option<String>,
}

impl Obituary {
    pub(crate) fn of(kind: &'static str, reason: DeadReason) -> Self {
        Self { kind, reason, trace: None, print: None, kept: None, lives: Vec::new(), cause: None }
    }
}

struct Entry {
    letter: DeadLetter,
    print: Option<Fingerprint>,
    kept: Option<Kept>,
}

/// How many are remembered.
#[derive(Clone, Copy, Debug)]
pub(crate) struct DeadLimits {
    /// By name, the quarantined ones apart.
    pub(crate) named_max: usize,
    /// Of those, with the message itself.
    pub(crate) kept_max: usize,
    /// Quarantined ones.
    pub(crate) quarantined_max: usize,
}

pub(crate) struct DeadLetters {
    limits: DeadLimits,
    all: Mutex<All>,
}

#[derive(Default)]
struct All {
    last: u64,
    named: VecDeque<Entry>,
    quarantined: VecDeque<Entry>,
}

/// A quarantine that ends, because its dead letter is gone.
pub(crate) struct Lifted(ActorId, Fingerprint);

impl DeadLetters {
    pub(crate) fn new(limits: DeadLimits) -> Self {
        Self { limits, all: Mutex::default() }
    }

    /// Adds one; gives back its number, and what no longer has a place.
    pub(crate) fn add(&self, at: Moment, actor: &ActorId, it: Obituary) -> (u64, Option<Lifted>) {
        let Obituary { kind, reason, trace, print, kept, lives, mut cause } = it;
        crate::metrics::dead_letter(reason);
        if let Some(cause) = &mut cause {
            cause.truncate(cause.floor_char_boundary(CAUSE_BYTES_MAX));
        }
        let mut all = self.all.lock();
        all.last += 1;
        let id = all.last;
        let letter = DeadLetter {
            id,
            at,
            actor: actor.clone(),
            kind,
            reason,
            trace,
            digest: print.map(|print| format!("{:016x}", print.hash)),
            bytes: print.map(|print| print.bytes),
            can_replay: kept.is_some(),
            lives,
            cause,
        };
        let entry = Entry { letter, print, kept };
        let gone = if reason == DeadReason::Quarantined {
            all.quarantine(entry, self.limits.quarantined_max)
        } else {
            all.name(entry, &self.limits)
        };
        drop(all);
        (id, gone.and_then(Entry::lifted))
    }

    /// Those that `filter` takes, oldest first.
    pub(crate) fn list(&self, filter: &DeadFilter) -> Vec<DeadLetter> {
        let all = self.all.lock();
        let letters = all.entries().map(|entry| &entry.letter);
        let mut letters: Vec<_> = letters.filter(|letter| filter.takes(letter)).cloned().collect();
        letters.sort_unstable_by_key(|letter| letter.id);
        letters
    }

    pub(crate) fn find(&self, id: u64) -> Option<DeadLetter> {
        let all = self.all.lock();
        all.entries().map(|entry| &entry.letter).find(|letter| letter.id == id).cloned()
    }

    pub(crate) fn len(&self) -> (usize, usize) {
        let all = self.all.lock();
        (all.named.len(), all.quarantined.len())
    }

    /// Takes a letter's message out.
    fn take(&self, id: u64) -> Result<(ActorId, Kept), ReplayError> {
        let mut all = self.all.lock();
        let entry = all.entries_mut().find(|entry| entry.letter.id == id);
        let entry = entry.ok_or(ReplayError::Unknown(id))?;
        let kept = entry.kept.take().ok_or(ReplayError::NotKept(id))?;
        Ok((entry.letter.actor.clone(), kept))
    }

    /// Puts it back, unless the letter is gone in the meantime.
    fn put_back(&self, id: u64, kept: Kept) {
        let mut all = self.all.lock();
        if let Some(entry) = all.entries_mut().find(|entry| entry.letter.id == id) {
            entry.kept = Some(kept);
        }
    }

    fn remove(&self, is_meant: impl Fn(&DeadLetter) -> bool) -> Vec<Entry> {
        let mut all = self.all.lock();
        let All { named, quarantined, .. } = &mut *all;
        let mut gone = Vec::new();
        for ring in [named, quarantined] {
            let entries = std::mem::take(ring);
            for entry in entries {
                if is_meant(&entry.letter) {
                    gone.push(entry);
                } else {
                    ring.push_back(entry);
                }
            }
        }
        gone
    }
}

impl All {
    fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.named.iter().chain(&self.quarantined)
    }

    fn entries_mut(&mut self) -> impl Iterator<Item = &mut Entry> {
        self.named.iter_mut().chain(&mut self.quarantined)
    }

    fn quarantine(&mut self, entry: Entry, max: usize) -> Option<Entry> {
        self.quarantined.push_back(entry);
        if max < self.quarantined.len() { self.quarantined.pop_front() } else { None }
    }

    fn name(&mut self, entry: Entry, limits: &DeadLimits) -> Option<Entry> {
        let is_kept = entry.kept.is_some();
        self.named.push_back(entry);
        let gone = if limits.named_max < self.named.len() { self.named.pop_front() } else { None };
        let mut kept = self.named.iter_mut().filter(|entry| entry.kept.is_some());
        if is_kept && limits.kept_max < kept.by_ref().count() {
            let mut kept = self.named.iter_mut().filter(|entry| entry.kept.is_some());
            if let Some(oldest) = kept.next() {
                oldest.kept = None;
                oldest.letter.can_replay = false;
            }
        }
        gone
    }
}

impl Entry {
    /// The quarantine that ends with this letter.
    fn lifted(self) -> Option<Lifted> {
        let is_quarantined = self.letter.reason == DeadReason::Quarantined;
        let print = self.print.filter(|_| is_quarantined)?;
        Some(Lifted(self.letter.actor, print))
    }
}

impl Shared {
    /// Buries a message, and says so.
    pub(crate) fn bury(&self, actor: &ActorId, it: Obituary) -> u64 {
        let (kind, reason) = (it.kind, it.reason.name());
        let (id, lifted) = self.dead_letters.add(self.clock.now(), actor, it);
        tracing::warn!(%actor, kind, reason, id, "dead letter");
        self.lift(lifted);
        id
    }

    fn lift(&self, lifted: impl IntoIterator<Item = Lifted>) {
        for Lifted(actor, print) in lifted {
            if let Some(mailbox) = self.mailbox(&actor) {
                mailbox.lift(print);
                tracing::info!(%actor, "a quarantine is over: its dead letter is gone");
            }
        }
    }

    pub(crate) fn mailbox(&self, id: &ActorId) -> Option<std::sync::Arc<dyn MailboxFacts>> {
        self.mailboxes.lock().get(id).cloned()
    }
}

impl Runtime {
    /// The dead letters that are remembered, oldest first.
    pub fn dead_letters(&self) -> Vec<DeadLetter> {
        self.shared.dead_letters.list(&DeadFilter::default())
    }

    /// Those that `filter` takes, oldest first.
    pub fn find_dead_letters(&self, filter: &DeadFilter) -> Vec<DeadLetter> {
        self.shared.dead_letters.list(filter)
    }

    /// The dead letter of that number.
    pub fn dead_letter(&self, id: u64) -> Option<DeadLetter> {
        self.shared.dead_letters.find(id)
    }

    /// Sends a dead letter's message to its actor again, as anyone would: its mailbox may refuse
    /// it. A quarantine of it ends. The letter is gone if it is accepted.
    ///
    /// # Errors
    /// [`ReplayError`]; the letter stays.
    pub fn replay_dead_letter(&self, id: u64) -> Result<DeadLetter, ReplayError> {
        let letter = self.dead_letter(id).ok_or(ReplayError::Unknown(id))?;
        let (actor, kept) = self.shared.dead_letters.take(id)?;
        let Some(mailbox) = self.shared.mailbox(&actor) else {
            self.shared.dead_letters.put_back(id, kept);
            return Err(ReplayError::NobodyTakes(id));
        };
        if let Err((kept, reason)) = mailbox.replay(kept) {
            self.shared.dead_letters.put_back(id, kept);
            return Err(ReplayError::Refused(id, reason));
        }
        self.purge(|letter| letter.id == id);
        crate::metrics::replayed(&actor);
        tracing::info!(%actor, kind = letter.kind, id, "dead letter sent again");
        Ok(letter)
    }

    /// Forgets a dead letter. A quarantine of it ends.
    pub fn purge_dead_letter(&self, id: u64) -> bool {
        self.purge(|letter| letter.id == id) != 0
    }

    /// Forgets the dead letters that `filter` takes; how many they were.
    pub fn purge_dead_letters(&self, filter: &DeadFilter) -> usize {
        self.purge(|letter| filter.takes(letter))
    }

    fn purge(&self, is_meant: impl Fn(&DeadLetter) -> bool) -> usize {
        let gone = self.shared.dead_letters.remove(is_meant);
        let purged = gone.len();
        self.shared.lift(gone.into_iter().filter_map(Entry::lifted));
        purged
    }
}
