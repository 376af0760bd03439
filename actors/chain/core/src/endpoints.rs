//! Which of a chain's endpoints is asked, and which are demoted, for how long and why.
//!
//! An endpoint is healthy until its answers say otherwise. Its **score** falls with failed
//! answers, slow ones and a head behind the others'. Whoever serves goes on serving until another
//! is clearly better; so two of equal health do not take turns. A **demoted** endpoint rests for a
//! while, twice as long each time, and serves again only after a probe found it well. If all are
//! demoted, the least bad one is asked all the same: what it shows is checked as ever.

mod health;
mod votes;

use synod_types::chain::{
    ChainIdentity, Demotion, EndpointState, EndpointStatus, Looked, Probed, Sight, Trouble,
};
use synod_types::time::Moment;

use health::Health;
use std::time::Duration;

/// What a better score must exceed that of whoever serves by.
const STICKINESS: i64 = 100;
/// What each step of priority takes from a score, when endpoints are compared.
const PRIORITY_STEP: i64 = 50;

/// What is agreed with one endpoint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Terms {
    /// Its name in the topology.
    pub name: String,
    /// 0: preferred. Each further step costs 50 points of health in a comparison.
    pub priority: u8,
    /// How often it may be asked. None: as often as needed.
    pub budget: Option<Budget>,
}

/// How often an endpoint may be asked. A batch counts as many calls as it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Budget {
    /// Calls a second, in the long run.
    pub calls_per_second: u32,
    /// Calls that may have been saved up; no look is sized for more.
    pub burst: u32,
}

/// What is held against an endpoint, and for how long.
#[derive(Clone, Copy, Debug)]
pub struct EndpointRules {
    /// How often endpoints that do not serve are asked how they are.
    pub probe_every: Duration,
    /// How many blocks an endpoint may be behind.
    pub stale_blocks: u64,
    /// The first rest of one that is demoted; doubled at each further one.
    pub rest_min: Duration,
    /// The longest rest.
    pub rest_max: Duration,
    /// How many endpoints must have a block before it counts. 0 and 1: whoever shows it.
    pub quorum: usize,
}

impl Default for EndpointRules {
    fn default() -> Self {
        Self {
            probe_every: Duration::from_secs(5),
            stale_blocks: 3,
            rest_min: Duration::from_secs(10),
            rest_max: Duration::from_secs(600),
            quorum: 1,
        }
    }
}

/// Who is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// This one, now.
    Now(Turn),
    /// Nobody before then: every budget is spent.
    At(Moment),
}

/// One endpoint's turn.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// The endpoint, counted from 0.
    pub endpoint: usize,
    /// Whether it must first say who it is.
    pub identify: bool,
    /// How many calls the look may come to, if it need not be less than one block.
    pub calls_max: u32,
}

/// What has become of an endpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It is not used for this long.
    Demoted(usize, Demotion, Duration),
    /// It could be used again.
    Restored(usize),
    /// The chain is now followed through it.
    Serves(usize),
}

/// All endpoints of one chain.
#[derive(Debug)]
pub struct Endpoints {
    rules: EndpointRules,
    all: Vec<Health>,
    serving: Option<usize>,
    changes: Vec<Change>,
}

impl Endpoints {
    /// At least one, nothing known of any.
    pub fn new(rules: EndpointRules, terms: Vec<Terms>) -> Self {
        assert!(!terms.is_empty(), "a chain has an endpoint");
        let all = terms.into_iter().map(Health::new).collect();
        Self { rules, all, serving: None, changes: Vec::new() }
    }

    /// Who is asked next. `tip` is the height of the last committed block.
    pub fn choose(&mut self, now: Moment, tip: Option<u64>) -> Choice {
        let is_any_sound = self.all.iter().any(|health| health.demotion().is_none());
        let is_any_high = self.sound().any(|health| !health.is_below(tip));
        let eligible = |health: &Health| match health.demotion() {
            None => !is_any_high || !health.is_below(tip),
            Some(_) => !is_any_sound,
        };
        let affordable = |index: &usize| {
            let health = &self.all[*index];
            eligible(health) && health.affordable_at(now) <= now
        };
        let best = (0..self.all.len())
            .filter(affordable)
            .max_by_key(|index| (self.rank(*index), std::cmp::Reverse(*index)));
        let Some(index) = best else {
            let waits = self.all.iter().filter(|health| eligible(health));
            let at = waits.map(|health| health.affordable_at(now)).min();
            return Choice::At(at.unwrap_or(now));
        };
        if self.serving != Some(index) {
            self.serving = Some(index);
            self.changes.push(Change::Serves(index));
        }
        let health = &self.all[index];
        Choice::Now(Turn {
            endpoint: index,
            identify: 1 < self.all.len() && !health.is_identified(),
            calls_max: health.calls_max(),
        })
    }

    /// A look has ended.
    pub fn looked(&mut self, now: Moment, looked: &Looked) {
        let Some(health) = self.all.get_mut(looked.endpoint) else { return };
        health.asked(now, looked.calls);
        health.took(looked.latency);
        match &looked.outcome {
            Ok(sight) => self.good(now, looked.endpoint, head_of(sight)),
            Err(trouble) => self.bad(now, looked.endpoint, *trouble),
        }
        self.count_votes(now, looked);
    }

    /// A probe has ended. `expected` is the chain that is followed, once that is known.
    pub fn probed(&mut self, now: Moment, probed: &Probed, expected: Option<ChainIdentity>) {
        let next = now + self.rules.probe_every;
        let Some(health) = self.all.get_mut(probed.endpoint) else { return };
        health.asked(now, probed.calls);
        health.took(probed.latency);
        health.probed(next);
        match probed.answer {
            Ok((identity, _)) if expected.is_some_and(|expected| expected != identity) => {
                self.bad(now, probed.endpoint, Trouble::WrongChain);
            }
            Ok((_, head)) => self.good(now, probed.endpoint, head),
            Err(trouble) => self.bad(now, probed.endpoint, trouble),
        }
    }

    /// Whom to ask how they are; come back with [`Endpoints::probed`]. Nobody, if there is no
    /// choice.
    pub fn probes(&mut self, now: Moment) -> Vec<usize> {
        if self.all.len() < 2 {
            return Vec::new();
        }
        let serving = self.serving;
        let others = self.all.iter_mut().enumerate().filter(|(index, _)| serving != Some(*index));
        let due = others.filter_map(|(index, health)| health.begin_probe(now).then_some(index));
        due.collect()
    }

    /// When somebody must be probed next.
    pub fn next_probe(&self) -> Option<Moment> {
        let others = self.all.iter().enumerate().filter(|(index, _)| self.serving != Some(*index));
        let others = others.filter(|_| 1 < self.all.len());
        others.filter_map(|(_, health)| health.next_probe()).min()
    }

    /// Whom a quorum is asked of, besides `endpoint`.
    pub fn voters(&self, endpoint: usize) -> Vec<usize> {
        let may_vote = |index: &usize| {
            *index != endpoint && self.all[*index].demotion() != Some(Demotion::WrongChain)
        };
        if self.rules.quorum < 2 { vec![] } else { (0..self.all.len()).filter(may_vote).collect() }
    }

    /// Whether every other endpoint is of another chain as well.
    pub fn is_last_resort(&self, endpoint: usize) -> bool {
        let mut others = self.all.iter().enumerate().filter(|(index, _)| *index != endpoint);
        others.all(|(_, health)| health.demotion() == Some(Demotion::WrongChain))
    }

    /// Whether another can take over from `endpoint`.
    pub fn has_other(&self, endpoint: usize) -> bool {
        let mut others = self.all.iter().enumerate().filter(|(index, _)| *index != endpoint);
        others.any(|(_, health)| health.demotion().is_none())
    }

    /// What has become of them since this was last asked.
    pub fn take_changes(&mut self) -> Vec<Change> {
        std::mem::take(&mut self.changes)
    }

    /// The name of one.
    pub fn name(&self, endpoint: usize) -> &str {
        self.all.get(endpoint).map_or("", |health| health.name())
    }

    /// How they stand.
    pub fn statuses(&self) -> Vec<EndpointStatus> {
        let status = |(index, health): (usize, &Health)| EndpointStatus {
            name: health.name().to_owned(),
            state: match health.demotion() {
                Some(reason) => EndpointState::Demoted(reason),
                None if self.serving == Some(index) => EndpointState::Serving,
                None => EndpointState::Standby,
            },
            score: self.score(index),
            head: health.head(),
        };
        self.all.iter().enumerate().map(status).collect()
    }

    /// Health of one, 0 to 1000.
    fn score(&self, index: usize) -> u32 {
        self.all[index].score()
    }

    fn sound(&self) -> impl Iterator<Item = &Health> {
        self.all.iter().filter(|health| health.demotion().is_none())
    }

    fn best_head(&self) -> u64 {
        self.all.iter().filter_map(Health::head).max().unwrap_or(0)
    }

    /// By what they are compared: first whether one can be right at all.
    fn rank(&self, index: usize) -> (bool, i64) {
        let health = &self.all[index];
        let can_be_right =
            !matches!(health.demotion(), Some(Demotion::WrongChain | Demotion::False));
        let stickiness = if self.serving == Some(index) { STICKINESS } else { 0 };
        let priority = PRIORITY_STEP * i64::from(health.priority());
        (can_be_right, i64::from(self.score(index)) + stickiness - priority)
    }

    /// A fresh head is compared with those seen before it: whoever is lower now was behind then.
    fn good(&mut self, now: Moment, index: usize, head: u64) {
        let others = self.all.iter().enumerate().filter(|(other, _)| *other != index);
        let best = others.filter_map(|(_, health)| health.head()).max().unwrap_or(0);
        let behind = best.saturating_sub(head);
        let health = &mut self.all[index];
        health.good(head, behind);
        if self.rules.stale_blocks < behind {
            self.demote(now, index, Demotion::Stale);
        } else if health.restore(now) {
            self.changes.push(Change::Restored(index));
        }
    }

    fn bad(&mut self, now: Moment, index: usize, trouble: Trouble) {
        if let Some(reason) = self.all[index].bad(trouble) {
            self.demote(now, index, reason);
        }
    }

    fn demote(&mut self, now: Moment, index: usize, reason: Demotion) {
        let rest = self.all[index].demote(now, reason, &self.rules);
        self.changes.push(Change::Demoted(index, reason, rest));
        if self.serving == Some(index) && 1 < self.all.len() {
            self.serving = None;
        }
        // What it said of its height counts for nothing, nor does who was held against it.
        if matches!(reason, Demotion::WrongChain | Demotion::False | Demotion::Incoherent) {
            let best = self.best_head();
            for (index, health) in self.all.iter_mut().enumerate() {
                if health.forgive_staleness(best, self.rules.stale_blocks) {
                    self.changes.push(Change::Restored(index));
                }
            }
        }
    }
}

const fn head_of(sight: &Sight) -> u64 {
    match sight {
        Sight::Identity { head, .. }
        | Sight::Segment { head, .. }
        | Sight::Headers { head, .. } => *head,
    }
}

#[cfg(test)]
mod tests;
