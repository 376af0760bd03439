//! What an actor's handlers call, called as on a thread of the actors, where arithmetic panics:
//! every test of aggregation shows that pairings, sums and decoding are left to what it hands out.

use super::super::Aggregation as Inner;
use super::*;
use crate::bn254::as_an_actor;

/// See the module.
pub(super) struct Aggregation(Inner);

impl Aggregation {
    pub(super) fn new(limits: Limits, arithmetic: Arithmetic) -> Self {
        Self(Inner::new(limits, arithmetic))
    }

    pub(super) fn tasks_len(&self) -> usize {
        self.0.tasks_len()
    }

    pub(super) fn suspects_len(&self) -> usize {
        self.0.suspects_len()
    }

    pub(super) fn open(&mut self, order: CertificateOrder) -> Result<Vec<Effect>, OrderRefusal> {
        as_an_actor(|| self.0.open(order))
    }

    pub(super) fn submit(&mut self, answer: Answer) -> Result<Vec<Effect>, AnswerRefusal> {
        as_an_actor(|| self.0.submit(answer))
    }

    pub(super) fn prepared(&mut self, readiness: Readiness) -> Vec<Effect> {
        as_an_actor(|| self.0.prepared(readiness))
    }

    pub(super) fn verified(&mut self, report: Report) -> Vec<Effect> {
        as_an_actor(|| self.0.verified(report))
    }

    pub(super) fn close(&mut self, task: TaskId) -> bool {
        as_an_actor(|| self.0.close(task))
    }
}

/// The watch bites: the same work on the same thread panics.
#[test]
#[should_panic(expected = "arithmetic on a thread of the actors")]
fn a_job_is_not_run_where_mail_is_handled() {
    let mut aggregation = opened(&order(CertificateRule::Bn254, &[1]));
    let mut effects = aggregation.submit(answer(CertificateRule::Bn254, 0, YES)).unwrap();
    let Some(Effect::Verify(job)) = effects.pop() else { panic!("one is enough") };
    as_an_actor(|| drop(job.run(SEED)));
}
