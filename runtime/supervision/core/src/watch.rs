use std::collections::BTreeMap;
use std::time::Duration;

use synod_types::actor::{ActorId, Incarnation};
use synod_types::time::Moment;

use crate::policy::KILL_GRACE;

/// When an actor counts as stuck, and what follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WatchPolicy {
    /// Busy with one message for longer, or with mail for longer and not taking it: stuck.
    /// [`Duration::MAX`]: never.
    pub stuck_after: Duration,
    /// What is done about it.
    pub on_stuck: OnStuck,
}

impl Default for WatchPolicy {
    fn default() -> Self {
        Self { stuck_after: Duration::from_secs(60), on_stuck: OnStuck::Restart }
    }
}

/// What is done about a stuck actor. Each does what the one before it does, and more.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum OnStuck {
    /// It is said, counted and shown.
    Report,
    /// It is killed; its supervisor starts the next incarnation once nothing of it is left. One
    /// that blocks its thread outlives the kill until it lets go; that is told too.
    Restart,
}

/// What an actor does with its mail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Work {
    /// There is none, or no incarnation to do it.
    Idle,
    /// There is mail that the incarnation was told of and has not taken.
    Waiting,
    /// It has taken a message and not done with it.
    Busy,
}

impl Work {
    /// Its name in events and answers.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Waiting => "waiting",
            Self::Busy => "busy",
        }
    }
}

/// What a look at an actor shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// Which life it is in.
    pub incarnation: Incarnation,
    /// Another number after each message.
    pub progress: u64,
    /// What it does.
    pub work: Work,
    /// How it is watched.
    pub policy: WatchPolicy,
}

/// What a look at all actors finds. Each is said once.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Finding {
    /// It has not got on for as long as it may.
    Stuck {
        /// Who.
        actor: ActorId,
        /// In which life.
        incarnation: Incarnation,
        /// Busy or waiting.
        work: Work,
        /// For at least this long.
        lasted: Duration,
        /// What is to be done.
        on_stuck: OnStuck,
    },
    /// It was to be killed and is still there: it blocks its thread.
    Immovable {
        /// Who.
        actor: ActorId,
        /// In which life.
        incarnation: Incarnation,
        /// For at least this long.
        lasted: Duration,
    },
    /// It gets on again, or another incarnation has taken its place.
    Recovered {
        /// Who.
        actor: ActorId,
        /// In which life it is now.
        incarnation: Incarnation,
        /// For at least this long it did not.
        lasted: Duration,
    },
}

/// Who gets on and who does not, from looks at all actors now and then.
///
/// An actor's time begins at the first look that shows it where it is, so nobody is found too
/// early; looking every [`Watch::pause`], whoever is stuck is found within 5/4 of the time it may
/// take, and one that cannot be moved within 3/2 (if a quarter second is little beside that time,
/// which a pause never exceeds eightfold). Time in which nobody looked, as when the process was
/// stopped, counts as two pauses.
#[derive(Clone, Debug, Default)]
pub struct Watch {
    seen: BTreeMap<ActorId, Seen>,
    looked_at: Option<Moment>,
    pause: Duration,
}

#[derive(Clone, Copy, Debug)]
struct Seen {
    incarnation: Incarnation,
    progress: u64,
    work: Work,
    /// How long it has been as it is.
    lasted: Duration,
    told: Told,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Told {
    Nothing,
    /// That it is stuck, when that had lasted so long.
    Stuck(Duration),
    Immovable,
}

impl Watch {
    /// The longest between two looks.
    pub const PAUSE_MAX: Duration = Duration::from_secs(1);
    /// The shortest.
    pub const PAUSE_MIN: Duration = Duration::from_millis(5);
    /// Looks within the time an actor may take.
    const LOOKS: u32 = 8;

    /// One that has seen nobody.
    pub const fn new() -> Self {
        Self { seen: BTreeMap::new(), looked_at: None, pause: Self::PAUSE_MAX }
    }

    /// How long to wait before the next look, from what the last one showed.
    pub const fn pause(&self) -> Duration {
        self.pause
    }

    /// Compares what all actors show now with what they showed before.
    pub fn look(&mut self, now: Moment, stamps: &[(ActorId, Stamp)]) -> Vec<Finding> {
        let unseen = self.looked_at.map_or(Duration::ZERO, |at| now.since(at));
        let since = unseen.min(self.pause * 2);
        self.looked_at = Some(now);
        let shortest = stamps.iter().map(|(_, stamp)| stamp.policy.stuck_after).min();
        let pause = shortest.unwrap_or(Duration::MAX) / Self::LOOKS;
        self.pause = pause.clamp(Self::PAUSE_MIN, Self::PAUSE_MAX);
        let mut findings = Vec::new();
        let mut seen = BTreeMap::new();
        for (actor, stamp) in stamps {
            let before = self.seen.remove(actor);
            let (after, finding) = judge(actor, stamp, before, since);
            findings.extend(finding);
            seen.insert(actor.clone(), after);
        }
        self.seen = seen;
        findings
    }
}

fn judge(
    actor: &ActorId,
    stamp: &Stamp,
    before: Option<Seen>,
    since: Duration,
) -> (Seen, Option<Finding>) {
    let Stamp { incarnation, progress, work, policy } = *stamp;
    let fresh = Seen { incarnation, progress, work, lasted: Duration::ZERO, told: Told::Nothing };
    let Some(mut seen) = before else { return (fresh, None) };
    let is_same = (seen.incarnation, seen.progress, seen.work) == (incarnation, progress, work);
    if !is_same || work == Work::Idle {
        let actor = actor.clone();
        let lasted = seen.lasted;
        let recovered = Finding::Recovered { actor, incarnation, lasted };
        return (fresh, (seen.told != Told::Nothing).then_some(recovered));
    }
    seen.lasted = seen.lasted.saturating_add(since);
    let lasted = seen.lasted;
    let finding = match seen.told {
        Told::Nothing if policy.stuck_after <= lasted => {
            seen.told = Told::Stuck(lasted);
            let (actor, on_stuck) = (actor.clone(), policy.on_stuck);
            Some(Finding::Stuck { actor, incarnation, work, lasted, on_stuck })
        }
        Told::Stuck(at) if policy.on_stuck == OnStuck::Restart => {
            let grace = (policy.stuck_after / Watch::LOOKS).min(KILL_GRACE);
            let is_over = grace <= lasted.saturating_sub(at);
            seen.told = if is_over { Told::Immovable } else { seen.told };
            let actor = actor.clone();
            is_over.then_some(Finding::Immovable { actor, incarnation, lasted })
        }
        Told::Nothing | Told::Stuck(_) | Told::Immovable => None,
    };
    (seen, finding)
}

#[cfg(test)]
mod tests;
