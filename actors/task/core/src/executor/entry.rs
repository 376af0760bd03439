use std::collections::VecDeque;

use synod_types::Bytes;
use synod_types::signature::Digest;
use synod_types::task::{Answer, ExecutionView, SubmitRefusal, Task};
use synod_types::time::Moment;

use super::{Asker, Origin};

/// One task, from acceptance to long after its end.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    /// Counts acceptances: the order of lists and of forgetting.
    pub(super) number: u64,
    pub(super) task: Task,
    pub(super) origin: Origin,
    pub(super) accepted_at: Moment,
    pub(super) deadline: Moment,
    pub(super) stage: Stage,
    /// Runs that failed in a way that may pass.
    pub(super) failures: u32,
    /// Who waits for the end. Dies with the incarnation.
    pub(super) askers: VecDeque<Asker>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Stage {
    /// Waits for the performer.
    Queued,
    /// Is being performed.
    Running,
    /// Was performed in vain, and will be again when somebody asks or an alarm rings.
    Idle,
    /// Performed; the signer is asked, or an alarm is set to ask it again.
    Signing { output: Bytes, digest: Digest, attempts: u32 },
    /// The end.
    Signed(Box<Answer>),
    /// The end.
    Refused(SubmitRefusal),
}

impl Entry {
    pub(super) const fn is_ended(&self) -> bool {
        matches!(self.stage, Stage::Signed(_) | Stage::Refused(_))
    }

    pub(super) fn view(&self) -> ExecutionView {
        let mut view = ExecutionView {
            id: self.task.id,
            state: "queued",
            refusal: None,
            attempts: self.failures,
            accepted_ms: self.accepted_at.unix_millis(),
            output: None,
            digest: None,
            signature: None,
        };
        match &self.stage {
            Stage::Queued => (),
            Stage::Running => view.state = "running",
            Stage::Idle => view.state = "waiting",
            Stage::Signing { output, digest, .. } => {
                view.state = "signing";
                view.output = Some(output.clone());
                view.digest = Some(digest.0);
            }
            Stage::Signed(answer) => {
                view.state = "signed";
                view.output = Some(answer.output.clone());
                view.digest = Some(answer.digest.0);
                view.signature = Some(answer.signature.bytes.clone());
            }
            Stage::Refused(refusal) => {
                view.state = "refused";
                view.refusal = Some(refusal.name());
            }
        }
        view
    }
}
