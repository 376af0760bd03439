use std::collections::BTreeMap;
use std::sync::Arc;

use synod_types::aggregation::{AnswerRefusal, CertificateOrder, OrderRefusal, Rejection};
use synod_types::certificate::{Certificate, CertifiedResult, message_hash};
use synod_types::operator::{OperatorId, Stake};
use synod_types::quorum::{BallotId, Vote};
use synod_types::signature::{Digest, Scheme};
use synod_types::task::Answer;

use super::Effect;
use super::atomic::Atomic;
use super::group::Group;
use super::job::{Finding, Item, Job, Purpose, Report};
use super::prepare::Prepared;
use super::roster::{Keys, Roster};
use super::stakes::{Enough, add, subtract, sum};

/// So many signatures are worth a job of their own, that adds them up before they are needed.
const CHUNK: usize = 128;

/// The answers to one task.
#[derive(Debug)]
pub(super) struct Collection {
    opening: u64,
    order: Arc<CertificateOrder>,
    roster: Arc<Roster>,
    keys: Keys,
    enough: Enough,
    /// The weight of exactly the members that have said nothing.
    outstanding: Vec<Stake>,
    /// By position.
    said: Vec<Option<Said>>,
    groups: BTreeMap<Digest, Group>,
    /// Of all outputs.
    bytes: usize,
    is_verifying: bool,
    decided: Option<CertifiedResult>,
    is_disputed: bool,
    /// Whether all that can be said of a lost vote has been told.
    is_split_told: bool,
}

#[derive(Clone, Copy, Debug)]
struct Said {
    digest: Digest,
    standing: Standing,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Counted,
    Suspected,
    Rejected,
}

/// What a report says of operators.
#[derive(Debug, Default)]
pub(super) struct Judged {
    pub(super) guilty: Vec<OperatorId>,
    pub(super) proved: Vec<OperatorId>,
}

impl Collection {
    pub(super) fn new(
        order: CertificateOrder,
        roster: Arc<Roster>,
        keys: Keys,
        opening: u64,
    ) -> Self {
        Self {
            opening,
            enough: Enough::new(order.threshold, roster.total()),
            order: Arc::new(order),
            outstanding: roster.total().to_vec(),
            said: vec![None; roster.members().len()],
            roster,
            keys,
            groups: BTreeMap::new(),
            bytes: 0,
            is_verifying: false,
            decided: None,
            is_disputed: false,
            is_split_told: false,
        }
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

    /// The keys of a roster are checked; says whether it is this task's.
    pub(super) fn prepared(&mut self, roster: u64, keys: &Keys) -> bool {
        let is_ours = self.roster.number() == roster;
        if is_ours {
            self.keys = keys.clone();
            self.is_disputed |= matches!(keys, Keys::Disputed);
        }
        is_ours
    }

    /// Counts an answer; that of a suspect apart from the others'.
    pub(super) fn submit(
        &mut self,
        answer: Answer,
        is_suspect: bool,
        bytes_max: usize,
    ) -> Result<(), AnswerRefusal> {
        let Answer { task, operator, output, digest, signature } = answer;
        let member = self.roster.position(operator).ok_or(AnswerRefusal::Stranger(operator))?;
        if self.decided.is_some() {
            return Err(AnswerRefusal::Decided(task));
        }
        if self.is_disputed {
            return Err(AnswerRefusal::Disputed(task));
        }
        let (found, wanted) = (signature.scheme, self.order.rule.scheme());
        if found != wanted {
            return Err(AnswerRefusal::OtherScheme { operator, found, wanted });
        }
        if let Some(said) = self.said[member] {
            return Err(said.again(operator, digest));
        }
        let group = match self.groups.get_mut(&digest) {
            // Its digest was found to be that of its output.
            Some(group) if group.output == output => group,
            Some(_) => return Err(AnswerRefusal::WrongDigest),
            None => {
                let message_hash = message_hash(task, &output);
                let timestamp = self.order.table.reference_timestamp;
                if self.order.rule.digest_of(timestamp, message_hash) != digest {
                    return Err(AnswerRefusal::WrongDigest);
                }
                let bytes = self.bytes + output.len();
                if bytes_max < bytes {
                    return Err(AnswerRefusal::Crowded { bytes });
                }
                self.bytes = bytes;
                let group = Group::new(output, message_hash, self.outstanding.len());
                self.groups.entry(digest).or_insert(group)
            }
        };
        let weights = &self.roster.members()[member].weights;
        let item = Item { member, signature };
        let standing = if is_suspect {
            add(&mut group.doubtful, weights);
            group.suspects.push(item);
            Standing::Suspected
        } else {
            add(&mut group.claimed, weights);
            group.waiting.push(item);
            Standing::Counted
        };
        self.said[member] = Some(Said { digest, standing });
        subtract(&mut self.outstanding, weights);
        self.is_split_told = false;
        Ok(())
    }

    /// The next verification, if one is worth its cost and none is under way; or, when no answer
    /// can reach the threshold any more and it is known of all by themselves that they signed,
    /// who said what.
    pub(super) fn next(&mut self) -> Option<Effect> {
        let Keys::Ready(prepared) = &self.keys else {
            return None;
        };
        if self.is_verifying || self.is_disputed || self.decided.is_some() {
            return None;
        }
        if self.is_lost() {
            let prepared = Arc::clone(prepared);
            let digest = self.groups.iter().find(|(_, group)| group.has_unattributed());
            if let Some(digest) = digest.map(|one| *one.0) {
                return self.attribute(digest, prepared);
            }
            let is_news = !self.is_split_told;
            self.is_split_told = true;
            return is_news.then(|| self.split());
        }
        let (digest, purpose, needs_suspects) = self.ripe()?;
        let prepared = Arc::clone(prepared);
        let group = self.groups.get_mut(&digest)?;
        let job = Job {
            opening: self.opening,
            order: Arc::clone(&self.order),
            roster: Arc::clone(&self.roster),
            prepared,
            digest,
            message_hash: group.message_hash,
            purpose,
            base: group.proven.clone(),
            summed: group.summed.clone(),
            chunks: group.chunks.clone(),
            fresh: std::mem::take(&mut group.waiting),
            suspects: if needs_suspects { std::mem::take(&mut group.suspects) } else { Vec::new() },
        };
        self.is_verifying = true;
        Some(Effect::Verify(Box::new(job)))
    }

    /// Which group to do something about, what, and whether its suspects are needed for it.
    fn ripe(&self) -> Option<(Digest, Purpose, bool)> {
        let is_met = |stakes: &[Stake]| self.enough.is_met_by(stakes);
        let decides = self.groups.iter().find_map(|(&digest, group)| {
            if is_met(&group.claimed) {
                return group.has_unverified().then_some((digest, Purpose::Decide, false));
            }
            let is_needed =
                !group.suspects.is_empty() && is_met(&sum(&[&group.claimed, &group.doubtful]));
            is_needed.then_some((digest, Purpose::Decide, true))
        });
        let has_chunk =
            |group: &Group| self.roster.scheme() == Scheme::Bn254 && CHUNK <= group.waiting.len();
        decides.or_else(|| {
            let chunk = self.groups.iter().find(|(_, group)| has_chunk(group));
            chunk.map(|(&digest, _)| (digest, Purpose::Absorb, false))
        })
    }

    /// Verifies all of a group anew, each by itself.
    fn attribute(&mut self, digest: Digest, prepared: Arc<Prepared>) -> Option<Effect> {
        let group = self.groups.get_mut(&digest)?;
        group.proven = None;
        group.summed = None;
        let mut chunks = std::mem::take(&mut group.chunks);
        chunks.append(&mut group.verified);
        let is_rejected = |item: &Item| {
            self.said[item.member].is_some_and(|said| said.standing == Standing::Rejected)
        };
        let items = chunks.iter().flat_map(|chunk| chunk.iter());
        let left: Vec<Item> = items.filter(|item| !is_rejected(item)).cloned().collect();
        let job = Job {
            opening: self.opening,
            order: Arc::clone(&self.order),
            roster: Arc::clone(&self.roster),
            prepared,
            digest,
            message_hash: group.message_hash,
            purpose: Purpose::Attribute,
            base: None,
            summed: None,
            chunks: vec![Arc::new(left)],
            fresh: std::mem::take(&mut group.waiting),
            suspects: std::mem::take(&mut group.suspects),
        };
        self.is_verifying = true;
        Some(Effect::Verify(Box::new(job)))
    }

    /// Whether no answer would be enough even if all who have said nothing gave it.
    fn is_lost(&self) -> bool {
        let is_reachable = |parts: &[&[Stake]]| self.enough.is_met_by(&sum(parts));
        !self.enough.is_met_by(&self.outstanding)
            && !self
                .groups
                .values()
                .any(|group| is_reachable(&[&self.outstanding, &group.claimed, &group.doubtful]))
    }

    /// Who has said what, each shown by itself.
    fn split(&self) -> Effect {
        let task = self.order.task;
        let members = self.roster.members();
        let votes = self.groups.iter().flat_map(|(&digest, group)| {
            group.attributed.members().iter().map(move |&member| Vote {
                ballot: BallotId(task.0),
                operator: members[member].operator,
                digest,
            })
        });
        Effect::Split { task, votes: votes.collect() }
    }

    /// Takes the outcome of the verification under way.
    pub(super) fn settle(&mut self, report: Report) -> (Vec<Effect>, Judged) {
        let Report { task, digest, outcome, kept, certificate, .. } = report;
        self.is_verifying = false;
        let mut judged = Judged::default();
        if outcome.finding == Finding::Disputed {
            self.is_disputed = true;
            self.groups.clear();
            return (vec![Effect::Disputed { task }], judged);
        }
        let mut effects = Vec::with_capacity(outcome.culprits.len() + 1);
        for culprit in outcome.culprits {
            let operator = self.reject(culprit.member, digest);
            if culprit.reason != Rejection::UnusableKey {
                judged.guilty.push(operator);
            }
            effects.push(Effect::Rejected { task, operator, digest, reason: culprit.reason });
        }
        for member in outcome.cleared {
            judged.proved.push(self.clear(member, digest));
        }
        let Some(group) = self.groups.get_mut(&digest) else {
            return (effects, judged);
        };
        match outcome.finding {
            Finding::Summed(summed) => {
                group.summed = Some(summed);
                group.chunks.push(Arc::new(kept));
            }
            Finding::Proven(batch) => {
                group.proven = Some(batch);
                group.summed = None;
                group.verified.append(&mut group.chunks);
                group.verified.push(Arc::new(kept));
            }
            Finding::Attributed(attributed) => group.attributed.extend(attributed),
            Finding::Nothing => {
                group.summed = None;
                group.chunks.clear();
            }
            Finding::Disputed => (),
        }
        if group.is_empty() {
            self.bytes -= group.output.len();
            self.groups.remove(&digest);
        } else if let Some(certificate) = certificate {
            effects.extend(self.decide(digest, certificate));
        }
        (effects, judged)
    }

    /// The task has its certificate: nothing else is kept of it.
    fn decide(&mut self, digest: Digest, certificate: Certificate) -> Option<Effect> {
        let group = self.groups.remove(&digest)?;
        let signers = self.roster.operators(group.proven.as_ref().map_or(&[], Atomic::members));
        let (task, output) = (self.order.task, group.output);
        let result = CertifiedResult { task, output, digest, signers, certificate };
        self.groups.clear();
        self.decided = Some(result.clone());
        Some(Effect::Proven(Box::new(result)))
    }

    /// Its stake does not count any more.
    fn reject(&mut self, member: usize, digest: Digest) -> OperatorId {
        let row = &self.roster.members()[member];
        let before = self.said[member].replace(Said { digest, standing: Standing::Rejected });
        if let Some(group) = self.groups.get_mut(&digest) {
            match before.map(|said| said.standing) {
                Some(Standing::Counted) => subtract(&mut group.claimed, &row.weights),
                Some(Standing::Suspected) => subtract(&mut group.doubtful, &row.weights),
                Some(Standing::Rejected) | None => (),
            }
        }
        row.operator
    }

    /// A suspect's signature is right: its stake counts as others' does.
    fn clear(&mut self, member: usize, digest: Digest) -> OperatorId {
        let row = &self.roster.members()[member];
        self.said[member] = Some(Said { digest, standing: Standing::Counted });
        if let Some(group) = self.groups.get_mut(&digest) {
            subtract(&mut group.doubtful, &row.weights);
            add(&mut group.claimed, &row.weights);
        }
        row.operator
    }
}

impl Said {
    /// Why a second answer does not count.
    fn again(self, operator: OperatorId, second: Digest) -> AnswerRefusal {
        if self.digest != second {
            return AnswerRefusal::Conflict { operator, first: self.digest, second };
        }
        match self.standing {
            Standing::Counted | Standing::Suspected => AnswerRefusal::Duplicate(operator),
            Standing::Rejected => AnswerRefusal::Rejected(operator),
        }
    }
}
