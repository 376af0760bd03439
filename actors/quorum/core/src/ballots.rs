use std::collections::{BTreeMap, VecDeque};

use synod_types::quorum::{BallotId, Equivocation, Question, Refusal, Verdict, Vote};
use synod_types::time::Moment;

use crate::ballot::{Ballot, Counted};

/// What happened.
#[derive(Clone, Debug)]
pub enum Input {
    /// A question is put.
    Open(Question),
    /// An operator answers.
    Cast(Vote),
    /// The alarm set by [`Effect::WakeAt`] rang.
    Expire(BallotId),
}

/// What the shell must now do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Come back with [`Input::Expire`] at this time.
    WakeAt(BallotId, Moment),
    /// Tell the outcome.
    Settle(Verdict),
    /// Tell the offence.
    Evidence(Equivocation),
}

/// How much is kept at most.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// Ballots open at once.
    pub open_max: usize,
    /// Ended ballots remembered.
    pub decided_max: usize,
    /// Members of one ballot.
    pub members_max: usize,
    /// Offences kept for reading; the oldest go first.
    pub evidence_max: usize,
}

/// All ballots, open and remembered.
#[derive(Debug)]
pub struct Ballots {
    ballots: BTreeMap<BallotId, Ballot>,
    /// Those with a verdict, in the order they got it.
    decided: VecDeque<BallotId>,
    evidence: VecDeque<Equivocation>,
    limits: Limits,
}

impl Ballots {
    /// No ballots yet.
    pub const fn new(limits: Limits) -> Self {
        Self {
            ballots: BTreeMap::new(),
            decided: VecDeque::new(),
            evidence: VecDeque::new(),
            limits,
        }
    }

    /// How many ballots wait for a verdict.
    pub fn open_len(&self) -> usize {
        self.ballots.len() - self.decided.len()
    }

    /// The latest offences, oldest first.
    pub fn evidence(&self) -> impl Iterator<Item = Equivocation> {
        self.evidence.iter().copied()
    }

    /// Takes one input at `now`; says what follows from it.
    ///
    /// # Errors
    /// A [`Refusal`]: nothing changed.
    pub fn apply(&mut self, now: Moment, input: Input) -> Result<Vec<Effect>, Refusal> {
        match input {
            Input::Open(question) => self.open(now, question),
            Input::Cast(vote) => self.cast(now, vote),
            Input::Expire(ballot) => Ok(self.expire(now, ballot)),
        }
    }

    /// The same question again is heard again: a ballot that has ended says how.
    fn open(&mut self, now: Moment, question: Question) -> Result<Vec<Effect>, Refusal> {
        let id = question.ballot;
        if let Some(known) = self.ballots.get(&id) {
            return if *known.question() == question {
                Ok(known.verdict().map(Effect::Settle).into_iter().collect())
            } else {
                Err(Refusal::Different(id))
            };
        }
        let open = self.open_len();
        if self.limits.open_max <= open {
            return Err(Refusal::Full { open });
        }
        let (members, max) = (question.members.len(), self.limits.members_max);
        if max < members {
            return Err(Refusal::Crowded { ballot: id, members, max });
        }
        let closes_at = question.closes_at;
        self.ballots.insert(id, Ballot::new(question)?);
        let expired = self.expire(now, id);
        Ok(if expired.is_empty() { vec![Effect::WakeAt(id, closes_at)] } else { expired })
    }

    /// The window decides, not the order in which a late vote and the alarm arrive.
    fn cast(&mut self, now: Moment, vote: Vote) -> Result<Vec<Effect>, Refusal> {
        let ballot = self.ballots.get_mut(&vote.ballot).ok_or(Refusal::NotOpen(vote.ballot))?;
        let expired = ballot.expire(now);
        let counted = match ballot.cast(vote) {
            Ok(counted) => counted,
            Err(refusal) if expired.is_none() => return Err(refusal),
            // The window's end is news whoever knocked.
            Err(_) => Counted::Silently,
        };
        let mut effects: Vec<Effect> = expired.map(Effect::Settle).into_iter().collect();
        match counted {
            Counted::Silently => (),
            Counted::Decided(verdict) => effects.push(Effect::Settle(verdict)),
            Counted::Offence(offence) => {
                self.keep(offence);
                effects.push(Effect::Evidence(offence));
            }
        }
        if effects.iter().any(|effect| matches!(effect, Effect::Settle(_))) {
            self.remember(vote.ballot);
        }
        Ok(effects)
    }

    /// An alarm outlives the ballot it was set for; one that ended otherwise is left alone.
    fn expire(&mut self, now: Moment, id: BallotId) -> Vec<Effect> {
        let Some(verdict) = self.ballots.get_mut(&id).and_then(|ballot| ballot.expire(now)) else {
            return Vec::new();
        };
        self.remember(id);
        vec![Effect::Settle(verdict)]
    }

    /// Files an ended ballot, and forgets the one that ended longest ago when there are too many.
    fn remember(&mut self, id: BallotId) {
        self.decided.push_back(id);
        while self.limits.decided_max < self.decided.len() {
            if let Some(oldest) = self.decided.pop_front() {
                self.ballots.remove(&oldest);
            }
        }
    }

    fn keep(&mut self, offence: Equivocation) {
        self.evidence.push_back(offence);
        while self.limits.evidence_max < self.evidence.len() {
            self.evidence.pop_front();
        }
    }
}

#[cfg(test)]
mod model;
#[cfg(test)]
mod tests;
