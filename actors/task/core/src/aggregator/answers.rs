use synod_types::certificate::CertifiedResult;
use synod_types::operator::OperatorId;
use synod_types::quorum::{BallotId, Verdict, Vote};
use synod_types::task::{Answer, SubmitRefusal, TaskFailure, TaskId};
use synod_types::time::Moment;

use super::entry::{Asked, Entry};
use super::{Aggregator, Alarm, Effect, Fault, Record, Refusal, votes};

impl Aggregator {
    /// The first well-formed answer counts and is kept; whether it is signed well is for the
    /// aggregation to say.
    pub(super) fn answered(
        &mut self,
        task: TaskId,
        operator: OperatorId,
        answer: Answer,
    ) -> Result<Vec<Effect>, Refusal> {
        let output_bytes_max = self.settings.output_bytes_max;
        let entry = self.in_progress(task)?;
        let rule = entry.work.as_ref().ok_or(Refusal::Idle(task))?.set.certificate;
        let standing =
            entry.standings.get_mut(&operator).ok_or(Refusal::Stranger(task, operator))?;
        if let Some(first) = entry.answers.get(&operator) {
            let is_same = first.digest == answer.digest;
            let refusal = Refusal::Contradiction(task, operator);
            return if is_same { Ok(Vec::new()) } else { Err(refusal) };
        }
        let reference = entry.task.reference_timestamp;
        let is_right = answer.task == task
            && answer.operator == operator
            && answer.output.len() <= output_bytes_max
            && answer.signature.scheme == rule.scheme()
            && answer.digest == rule.digest(reference, task, &answer.output);
        if !is_right {
            return self.fault(task, operator, Fault::WrongAnswer);
        }
        standing.state = Asked::Answered;
        let answer = Box::new(answer);
        let mut effects = Vec::new();
        self.commit(Record::Answered(answer.clone()), &mut effects);
        effects.push(Effect::AddAnswer(answer));
        Ok(effects)
    }

    /// What may pass is tried again until the task ends; what may not is not.
    pub(super) fn not_answered(
        &mut self,
        now: Moment,
        task: TaskId,
        operator: OperatorId,
        refusal: Option<SubmitRefusal>,
    ) -> Result<Vec<Effect>, Refusal> {
        if let Some(refusal) = refusal.filter(|refusal| !refusal.is_retryable()) {
            return self.fault(task, operator, Fault::Refused(refusal));
        }
        let retry = self.settings.retry;
        let entry = self.in_progress(task)?;
        let standing =
            entry.standings.get_mut(&operator).ok_or(Refusal::Stranger(task, operator))?;
        standing.attempts = standing.attempts.saturating_add(1);
        let at = now + retry.spread(standing.attempts, operator);
        self.timers.set(at, Alarm::Retry(task, operator));
        Ok(vec![Effect::Retrying(task, operator)])
    }

    /// Expects nothing more of a member.
    pub(super) fn fault(
        &mut self,
        task: TaskId,
        operator: OperatorId,
        fault: Fault,
    ) -> Result<Vec<Effect>, Refusal> {
        let entry = self.in_progress(task)?;
        let standing =
            entry.standings.get_mut(&operator).ok_or(Refusal::Stranger(task, operator))?;
        if standing.state == Asked::Faulty(fault) {
            return Ok(Vec::new());
        }
        standing.state = Asked::Faulty(fault);
        Ok(vec![Effect::Faulty(task, operator, fault)])
    }

    /// What is proven is voted for; the quorum's verdict decides.
    pub(super) fn proven(
        &mut self,
        now: Moment,
        proof: Box<CertifiedResult>,
    ) -> Result<Vec<Effect>, Refusal> {
        let task = proof.task;
        let entry = self.in_progress(task)?;
        let is_answer = |operator: &OperatorId| {
            entry.answers.get(operator).is_some_and(|answer| {
                answer.digest == proof.digest && answer.output == proof.output
            })
        };
        if proof.signers.is_empty() || !proof.signers.iter().all(is_answer) {
            return Err(Refusal::Unfounded(task));
        }
        let mut effects = votes(&proof).map(Effect::Cast).collect();
        if let Some(work) = &mut entry.work {
            work.proof.get_or_insert(proof);
        }
        self.certify(now, task, &mut effects);
        Ok(effects)
    }

    /// Votes that agree on nothing still count, so that the quorum can say so.
    pub(super) fn split(&mut self, task: TaskId, votes: Vec<Vote>) -> Result<Vec<Effect>, Refusal> {
        let entry = self.in_progress(task)?;
        let is_answer = |vote: &Vote| {
            let answer = entry.answers.get(&vote.operator);
            vote.ballot == BallotId(task.0) && answer.is_some_and(|a| a.digest == vote.digest)
        };
        if votes.iter().all(is_answer) {
            Ok(votes.into_iter().map(Effect::Cast).collect())
        } else {
            Err(Refusal::Unfounded(task))
        }
    }

    pub(super) fn settled(
        &mut self,
        now: Moment,
        verdict: Verdict,
    ) -> Result<Vec<Effect>, Refusal> {
        let id = TaskId(verdict.ballot().0);
        let entry = self.in_progress(id)?;
        let mut effects = Vec::new();
        match verdict {
            Verdict::Agreed(_, digest) => {
                if let Some(work) = &mut entry.work {
                    work.agreed = Some(digest);
                }
                self.certify(now, id, &mut effects);
            }
            Verdict::Rejected(_) => self.fail(now, id, TaskFailure::Disagreement, &mut effects),
            Verdict::Expired(_) => self.fail(now, id, TaskFailure::Expired, &mut effects),
        }
        Ok(effects)
    }

    /// Ends a task with its certificate once quorum and aggregation say the same.
    fn certify(&mut self, now: Moment, id: TaskId, effects: &mut Vec<Effect>) {
        let Some(entry) = self.ledger.get(id) else {
            return;
        };
        let proof = entry
            .work
            .as_ref()
            .and_then(|work| work.proof.as_ref().filter(|proof| work.agreed == Some(proof.digest)));
        let Some(result) = proof.cloned() else {
            return;
        };
        let took = now.since(entry.accepted_at);
        self.retire(id, effects);
        self.commit(Record::Certified { result: result.clone(), at: now }, effects);
        effects.push(Effect::Certified(result, took));
    }

    /// A task that operators are working on.
    fn in_progress(&mut self, task: TaskId) -> Result<&mut Entry, Refusal> {
        let entry = self.ledger.get_mut(task).ok_or(Refusal::Unknown(task))?;
        if !entry.is_open() {
            return Err(Refusal::Ended(task));
        }
        if entry.work.is_none() {
            return Err(Refusal::Idle(task));
        }
        Ok(entry)
    }
}
