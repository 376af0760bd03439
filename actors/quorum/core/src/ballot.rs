use std::collections::BTreeMap;

use synod_types::operator::{OperatorId, Stake};
use synod_types::quorum::{Equivocation, Question, Refusal, Verdict, Vote};
use synod_types::signature::Digest;
use synod_types::time::Moment;

/// One question, from opening to verdict and after.
///
/// Invariants: for every digest, `tally[digest]` is the stake, kind by kind, of exactly the
/// operators whose vote counts and is `digest`; `outstanding` is that of all who have not voted;
/// `verdict`, once set, never changes.
#[derive(Debug)]
pub(crate) struct Ballot {
    question: Question,
    stakes: BTreeMap<OperatorId, Vec<Stake>>,
    votes: BTreeMap<OperatorId, Digest>,
    offenders: BTreeMap<OperatorId, Digest>,
    tally: BTreeMap<Digest, Vec<Stake>>,
    outstanding: Vec<Stake>,
    total: Vec<Stake>,
    verdict: Option<Verdict>,
}

/// What a vote brought.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Counted {
    /// Nothing that anybody must be told.
    Silently,
    /// The end.
    Decided(Verdict),
    /// An offence, the first of this operator in this ballot.
    Offence(Equivocation),
}

impl Ballot {
    pub(crate) fn new(question: Question) -> Result<Self, Refusal> {
        let uncountable = Refusal::Uncountable(question.ballot);
        let kinds = question.members.first().map_or(0, |(_, stakes)| stakes.len());
        let mut total = vec![Stake::ZERO; kinds];
        let mut stakes = BTreeMap::new();
        for (operator, of_kind) in &question.members {
            if of_kind.len() != kinds || stakes.insert(*operator, of_kind.clone()).is_some() {
                return Err(uncountable);
            }
            for (sum, &stake) in total.iter_mut().zip(of_kind) {
                *sum = sum.checked_add(stake).ok_or(uncountable)?;
            }
        }
        if !is_some(&total) {
            return Err(uncountable);
        }
        Ok(Self {
            question,
            stakes,
            votes: BTreeMap::new(),
            offenders: BTreeMap::new(),
            tally: BTreeMap::new(),
            outstanding: total.clone(),
            total,
            verdict: None,
        })
    }

    pub(crate) const fn question(&self) -> &Question {
        &self.question
    }

    pub(crate) const fn verdict(&self) -> Option<Verdict> {
        self.verdict
    }

    /// Ends the ballot if its window is over and it has not ended before. Says how, if so.
    pub(crate) fn expire(&mut self, now: Moment) -> Option<Verdict> {
        if self.verdict.is_some() || now < self.question.closes_at {
            return None;
        }
        self.verdict = Some(Verdict::Expired(self.question.ballot));
        self.verdict
    }

    /// Takes a vote. After the verdict votes are still heard, for the sake of evidence, and
    /// change nothing. The same vote again is no news and no offence.
    pub(crate) fn cast(&mut self, vote: Vote) -> Result<Counted, Refusal> {
        let Vote { ballot, operator, digest } = vote;
        let stakes = self.stakes.get(&operator).ok_or(Refusal::Stranger { ballot, operator })?;
        if let Some(&first) = self.votes.get(&operator) {
            let is_news = first != digest && !self.offenders.contains_key(&operator);
            if !is_news {
                return Ok(Counted::Silently);
            }
            self.offenders.insert(operator, digest);
            let offence = Equivocation { ballot, operator, first, second: digest };
            return Ok(Counted::Offence(offence));
        }
        self.votes.insert(operator, digest);
        if self.verdict.is_some() {
            return Ok(Counted::Silently);
        }
        let sums = self.tally.entry(digest).or_insert_with(|| vec![Stake::ZERO; stakes.len()]);
        for ((sum, left), stake) in sums.iter_mut().zip(&mut self.outstanding).zip(stakes) {
            // Neither wraps: the sum of all members' stakes was checked at opening.
            sum.0 += stake.0;
            left.0 -= stake.0;
        }
        self.verdict = if self.is_enough(&self.tally[&digest]) {
            Some(Verdict::Agreed(ballot, digest))
        } else if self.is_reachable() {
            None
        } else {
            Some(Verdict::Rejected(ballot))
        };
        Ok(self.verdict.map_or(Counted::Silently, Counted::Decided))
    }

    /// The rule is met in every kind. Where rounding lets it be met by nothing, it is not.
    fn is_enough(&self, signed: &[Stake]) -> bool {
        is_some(signed) && self.question.rule.is_met_by_all(signed, &self.total)
    }

    /// Whether some digest would be enough if all who have not voted chose it.
    fn is_reachable(&self) -> bool {
        let with_outstanding = |signed: &Vec<Stake>| {
            // Does not wrap: both are parts of the same total.
            signed.iter().zip(&self.outstanding).map(|(a, b)| Stake(a.0 + b.0)).collect::<Vec<_>>()
        };
        self.is_enough(&self.outstanding)
            || self.tally.values().map(with_outstanding).any(|best| self.is_enough(&best))
    }
}

/// Whether there is stake of any kind.
fn is_some(stakes: &[Stake]) -> bool {
    stakes.iter().any(|&stake| stake != Stake::ZERO)
}
