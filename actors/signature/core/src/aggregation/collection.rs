use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use alloy_primitives::{B256, Bytes};
use synod_types::aggregation::{AnswerRefusal, CertificateOrder, OrderRefusal};
use synod_types::certificate::{CertifiedResult, OperatorTable, message_hash};
use synod_types::operator::{OperatorId, Stake};
use synod_types::quorum::{BallotId, Vote};
use synod_types::signature::{Digest, Signature};
use synod_types::task::Answer;

use super::Effect;
use super::batch::{Item, Sum};
use super::job::{Job, Report};
use super::keys::KeyRing;

/// The answers to one task.
///
/// Invariant: for every digest, `groups[digest].claimed` is the weight of exactly the members
/// that said it and were not rejected.
#[derive(Debug)]
pub(super) struct Collection {
    opening: u64,
    order: Arc<CertificateOrder>,
    positions: BTreeMap<OperatorId, usize>,
    total: Vec<Stake>,
    /// The weight of exactly the members that have said nothing.
    outstanding: Vec<Stake>,
    said: BTreeMap<usize, Said>,
    groups: BTreeMap<Digest, Group>,
    is_verifying: bool,
    decided: Option<CertifiedResult>,
    /// Whether all that can be said of a lost vote has been told.
    is_split_told: bool,
}

#[derive(Debug)]
struct Said {
    digest: Digest,
    is_rejected: bool,
}

/// Those that gave the same answer.
#[derive(Debug)]
struct Group {
    output: Bytes,
    message_hash: B256,
    claimed: Vec<Stake>,
    proven: Option<(Vec<usize>, Sum)>,
    waiting: BTreeMap<usize, Signature>,
}

impl Collection {
    pub(super) fn new(order: CertificateOrder, opening: u64) -> Result<Self, OrderRefusal> {
        let table = &order.table;
        let kinds = table.members.first().map_or(0, |member| member.weights.len());
        let mut total = vec![Stake::ZERO; kinds];
        let mut positions = BTreeMap::new();
        let mut keys = BTreeSet::new();
        for (position, member) in table.members.iter().enumerate() {
            if member.key.scheme() != order.rule.scheme() {
                return Err(OrderRefusal::OtherScheme(member.operator));
            }
            let is_new = positions.insert(member.operator, position).is_none();
            if !(is_new && keys.insert(member.key)) {
                return Err(OrderRefusal::Twice(member.operator));
            }
            total = sum(&total, &member.weights).ok_or(OrderRefusal::Uncountable)?;
        }
        if total.iter().all(|&stake| stake == Stake::ZERO) {
            return Err(OrderRefusal::NoStake);
        }
        Ok(Self {
            opening,
            order: Arc::new(order),
            positions,
            outstanding: total.clone(),
            total,
            said: BTreeMap::new(),
            groups: BTreeMap::new(),
            is_verifying: false,
            decided: None,
            is_split_told: false,
        })
    }

    /// Which opening this is.
    pub(super) const fn opening(&self) -> u64 {
        self.opening
    }

    pub(super) fn reopened(&self, order: &CertificateOrder) -> Result<Vec<Effect>, OrderRefusal> {
        if *self.order != *order {
            return Err(OrderRefusal::OtherTerms(order.task));
        }
        let proven = self.decided.iter().map(|result| Effect::Proven(Box::new(result.clone())));
        Ok(proven.chain(self.is_split_told.then(|| self.split())).collect())
    }

    pub(super) fn submit(&mut self, answer: Answer) -> Result<(), AnswerRefusal> {
        let Answer { task, operator, output, digest, signature } = answer;
        let stranger = AnswerRefusal::Stranger(operator);
        let &position = self.positions.get(&operator).ok_or(stranger)?;
        if self.decided.is_some() {
            return Err(AnswerRefusal::Decided(task));
        }
        match self.said.get(&position) {
            None => (),
            Some(said) if said.digest != digest => {
                return Err(AnswerRefusal::Conflict {
                    operator,
                    first: said.digest,
                    second: digest,
                });
            }
            Some(said) if said.is_rejected => return Err(AnswerRefusal::Rejected(operator)),
            Some(_) => return Err(AnswerRefusal::Duplicate(operator)),
        }
        let message_hash = message_hash(task, &output);
        let timestamp = self.order.table.reference_timestamp;
        if self.order.rule.digest_of(timestamp, message_hash) != digest {
            return Err(AnswerRefusal::WrongDigest);
        }
        self.said.insert(position, Said { digest, is_rejected: false });
        let group = self.groups.entry(digest).or_insert_with(|| Group {
            output,
            message_hash,
            claimed: vec![Stake::ZERO; self.total.len()],
            proven: None,
            waiting: BTreeMap::new(),
        });
        let weights = weights(&self.order.table, position);
        group.claimed = summed(&group.claimed, weights);
        group.waiting.insert(position, signature);
        self.outstanding = less(&self.outstanding, weights);
        self.is_split_told = false;
        Ok(())
    }

    /// The next verification, if one is worth its cost and none is under way; or, when no answer
    /// can reach the threshold any more and all are verified, who said what.
    pub(super) fn next(&mut self, keys: &KeyRing) -> Option<Effect> {
        if self.is_verifying || self.decided.is_some() {
            return None;
        }
        let is_lost = self.is_lost();
        let (order, total, opening) = (&self.order, &self.total, self.opening);
        let is_ripe = |group: &Group| {
            let decides = is_lost || order.threshold.is_met_by_all(&group.claimed, total);
            decides && !group.waiting.is_empty()
        };
        let Some((&digest, group)) = self.groups.iter_mut().find(|(_, group)| is_ripe(group))
        else {
            let is_news = is_lost && !self.is_split_told;
            self.is_split_told |= is_news;
            return is_news.then(|| self.split());
        };
        let items = std::mem::take(&mut group.waiting).into_iter().map(|(member, signature)| {
            let key = keys.get(&order.table.members[member].key);
            Item { member, key, signature }
        });
        self.is_verifying = true;
        Some(Effect::Verify(Box::new(Job {
            opening,
            order: Arc::clone(order),
            digest,
            message_hash: group.message_hash,
            base: group.proven.clone(),
            items: items.collect(),
        })))
    }

    /// Whether no answer would be enough even if all who have said nothing gave it.
    fn is_lost(&self) -> bool {
        let is_reachable = |claimed: &[Stake]| {
            let best = summed(claimed, &self.outstanding);
            self.order.threshold.is_met_by_all(&best, &self.total)
        };
        let nobody = vec![Stake::ZERO; self.total.len()];
        !is_reachable(&nobody) && !self.groups.values().any(|group| is_reachable(&group.claimed))
    }

    /// Who has provably said what.
    fn split(&self) -> Effect {
        let task = self.order.task;
        let members = &self.order.table.members;
        let votes = self.groups.iter().flat_map(|(&digest, group)| {
            let proven = group.proven.iter().flat_map(|(positions, _)| positions);
            proven.map(move |&position| Vote {
                ballot: BallotId(task.0),
                operator: members[position].operator,
                digest,
            })
        });
        Effect::Split { task, votes: votes.collect() }
    }

    /// Takes the outcome of the verification under way.
    pub(super) fn settle(&mut self, report: Report) -> Vec<Effect> {
        let Report { task, digest, proven, culprits, certificate, .. } = report;
        self.is_verifying = false;
        let Some(group) = self.groups.get_mut(&digest) else {
            return Vec::new();
        };
        let members = &self.order.table.members;
        let mut effects = Vec::with_capacity(culprits.len() + 1);
        for culprit in culprits {
            let lost = weights(&self.order.table, culprit.member);
            group.claimed = less(&group.claimed, lost);
            if let Some(said) = self.said.get_mut(&culprit.member) {
                said.is_rejected = true;
            }
            let operator = members[culprit.member].operator;
            effects.push(Effect::Rejected { task, operator, digest, reason: culprit.reason });
        }
        let signers = proven.iter().flat_map(|(signers, _)| signers);
        let mut signers: Vec<OperatorId> =
            signers.map(|&position| members[position].operator).collect();
        signers.sort_unstable();
        group.proven = proven;
        if group.proven.is_none() && group.waiting.is_empty() {
            self.groups.remove(&digest);
        } else if let Some(certificate) = certificate {
            let output = group.output.clone();
            let result = CertifiedResult { task, output, digest, signers, certificate };
            self.groups.clear();
            self.decided = Some(result.clone());
            effects.push(Effect::Proven(Box::new(result)));
        }
        effects
    }
}

/// Whether these members weigh enough.
pub(super) fn is_enough(order: &CertificateOrder, members: &[usize]) -> bool {
    let none = vec![Stake::ZERO; order.table.members.first().map_or(0, |one| one.weights.len())];
    let add = |sum: Vec<Stake>, position: usize| summed(&sum, weights(&order.table, position));
    let signed = members.iter().copied().fold(none.clone(), add);
    let total = (0..order.table.members.len()).fold(none, add);
    order.threshold.is_met_by_all(&signed, &total)
}

fn weights(table: &OperatorTable, position: usize) -> &[Stake] {
    &table.members[position].weights
}

/// Per kind of stake. `None` if the kinds differ in number or a sum exceeds 256 bits.
fn sum(one: &[Stake], other: &[Stake]) -> Option<Vec<Stake>> {
    if one.len() != other.len() {
        return None;
    }
    one.iter().zip(other).map(|(one, &other)| one.checked_add(other)).collect()
}

/// Per kind of stake, of members whose total was checked at opening.
fn summed(one: &[Stake], other: &[Stake]) -> Vec<Stake> {
    #[expect(clippy::expect_used, reason = "the sum over all members was checked at opening")]
    sum(one, other).expect("a part of a checked total")
}

/// Per kind of stake, of a part that was added before.
fn less(one: &[Stake], other: &[Stake]) -> Vec<Stake> {
    one.iter().zip(other).map(|(one, other)| Stake(one.0.saturating_sub(other.0))).collect()
}
