use std::collections::BTreeMap;
use std::sync::Arc;

use synod_types::certificate::{CertifiedResult, OperatorTable};
use synod_types::operator::{OperatorId, OperatorSet};
use synod_types::signature::Digest;
use synod_types::task::{
    Answer, MemberView, SubmitRefusal, Task, TaskFailure, TaskState, TaskView,
};
use synod_types::time::Moment;

/// One task, from acceptance to long after its end.
///
/// Invariant: `work` is there only while `end` is not.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Counts acceptances: the order of lists, of waiting and of forgetting.
    pub(super) number: u64,
    pub(super) task: Task,
    pub(super) accepted_at: Moment,
    pub(super) deadline: Moment,
    /// Emptied at the end.
    pub(super) answers: BTreeMap<OperatorId, Answer>,
    pub(super) end: Option<(End, Moment)>,
    pub(super) is_retracted: bool,
    /// Who was asked in this life of the aggregator.
    pub(super) standings: BTreeMap<OperatorId, Standing>,
    pub(super) work: Option<Work>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum End {
    Certified(Box<CertifiedResult>),
    Failed(TaskFailure),
}

/// What is known of a task in progress and found out again after a crash.
#[derive(Clone, Debug)]
pub(super) struct Work {
    pub(super) set: Arc<OperatorSet>,
    pub(super) table: Arc<OperatorTable>,
    /// A digest that enough stake has signed, with the certificate that shows it.
    pub(super) proof: Option<Box<CertifiedResult>>,
    /// The digest for which the quorum has decided.
    pub(super) agreed: Option<Digest>,
}

/// What became of asking one member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    pub(super) state: Asked,
    pub(super) attempts: u32,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    /// A submission is on its way, or an alarm is set to send the next.
    Waiting,
    Answered,
    Faulty(Fault),
}

/// Why nothing more is expected of a member.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// It refused for good.
    Refused(SubmitRefusal),
    /// Its answer is for something else, too large, or not what its digest says.
    WrongAnswer,
    /// Its signature does not verify.
    WrongSignature,
}

impl Fault {
    /// Its name in metrics and views.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Refused(refusal) => refusal.name(),
            Self::WrongAnswer => "wrong_answer",
            Self::WrongSignature => "wrong_signature",
        }
    }
}

impl Entry {
    pub(super) const fn state(&self) -> TaskState {
        match (&self.end, &self.work) {
            (Some((End::Certified(_), _)), _) => TaskState::Completed,
            (Some((End::Failed(failure), _)), _) => TaskState::Failed(*failure),
            (None, Some(_)) => TaskState::Processing,
            (None, None) => TaskState::Pending,
        }
    }

    pub(super) const fn is_open(&self) -> bool {
        self.end.is_none()
    }

    pub(super) const fn is_waiting(&self) -> bool {
        self.end.is_none() && self.work.is_none()
    }

    /// The certificate is shown only in `full`: it is long.
    pub(super) fn view(&self, full: bool) -> TaskView {
        let state = self.state();
        let result = match &self.end {
            Some((End::Certified(result), _)) => Some(result),
            Some((End::Failed(_), _)) | None => None,
        };
        let failure = match state {
            TaskState::Failed(failure) => Some(failure),
            TaskState::Pending | TaskState::Processing | TaskState::Completed => None,
        };
        TaskView {
            id: self.task.id,
            state: state.name(),
            failure,
            is_retracted: self.is_retracted,
            chain: self.task.chain.0,
            block_number: self.task.block.number,
            block_hash: self.task.block.hash,
            creator: self.task.creator,
            set: self.task.set,
            reference_timestamp: self.task.reference_timestamp,
            fee: self.task.fee.to_string(),
            deadline_ms: self.deadline.unix_millis(),
            accepted_ms: self.accepted_at.unix_millis(),
            ended_ms: self.end.as_ref().map(|(_, at)| at.unix_millis()),
            payload: self.task.payload.clone(),
            members: self.standings.iter().map(member_view).collect(),
            output: result.map(|result| result.output.clone()),
            digest: result.map(|result| result.digest.0),
            signers: result.map(|result| result.signers.clone()).unwrap_or_default(),
            certificate: result.filter(|_| full).map(|result| (&result.certificate).into()),
        }
    }
}

fn member_view((&operator, standing): (&OperatorId, &Standing)) -> MemberView {
    let (state, reason) = match standing.state {
        Asked::Waiting => ("waiting", None),
        Asked::Answered => ("answered", None),
        Asked::Faulty(fault) => ("refused", Some(fault.name())),
    };
    MemberView { operator, state, reason, attempts: standing.attempts }
}
