//! Every metric of the task actors.

use metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram,
    gauge, histogram,
};
use synod_task_core::Skip;
use synod_task_core::aggregator::Effect;
use synod_types::actor::ActorId;

const OPEN: &str = "task_tasks_open";
const ACCEPTED: &str = "task_tasks_accepted_total";
const ENDED: &str = "task_tasks_ended_total";
const CERTIFY: &str = "task_certify_seconds";
const RETRIES: &str = "task_submission_retries_total";
const FAULTS: &str = "task_member_faults_total";
const PASSED_OVER: &str = "task_chain_passed_over_total";
const STALE: &str = "task_stale_inputs_total";
const UNHEARD: &str = "task_unheard_total";
const QUEUED: &str = "executor_tasks_queued";
const RUNNING: &str = "executor_runs_open";
const RUNS: &str = "executor_runs_total";
const RUN_SECONDS: &str = "executor_run_seconds";
const ANSWERS: &str = "executor_answers_total";
const EXECUTED: &str = "executor_tasks_ended_total";
const EXECUTOR_PASSED_OVER: &str = "executor_chain_passed_over_total";

/// Tells the recorder what the metrics mean.
pub fn describe() {
    describe_gauge!(OPEN, Unit::Count, "Tasks that have not ended, by actor and state");
    describe_counter!(ACCEPTED, Unit::Count, "Tasks accepted, by actor");
    describe_counter!(ENDED, Unit::Count, "Tasks ended, by actor and outcome");
    describe_histogram!(CERTIFY, Unit::Seconds, "From acceptance to certificate, by actor");
    describe_counter!(RETRIES, Unit::Count, "Submissions to be repeated, by actor");
    describe_counter!(FAULTS, Unit::Count, "Members given up in a task, by actor and reason");
    describe_counter!(PASSED_OVER, Unit::Count, "Events and logs passed over, by actor and reason");
    describe_counter!(STALE, Unit::Count, "Inputs that changed nothing, by actor and reason");
    describe_counter!(
        UNHEARD,
        Unit::Count,
        "Orders, answers and votes that aggregation or quorum did not take, by actor and reason"
    );
    describe_gauge!(QUEUED, Unit::Count, "Tasks waiting for the performer, by actor");
    describe_gauge!(RUNNING, Unit::Count, "Runs of the performer under way, by actor");
    describe_counter!(RUNS, Unit::Count, "Runs of the performer ended, by actor and outcome");
    describe_histogram!(
        RUN_SECONDS,
        Unit::Seconds,
        "How long runs of the performer took, by actor"
    );
    describe_counter!(ANSWERS, Unit::Count, "Answers to submissions, by actor and outcome");
    describe_counter!(EXECUTED, Unit::Count, "Tasks ended in an executor, by actor and outcome");
    describe_counter!(
        EXECUTOR_PASSED_OVER,
        Unit::Count,
        "Events and logs passed over by an executor, by actor and reason"
    );
}

fn skips(name: &'static str, actor: &str) -> [Counter; Skip::ALL.len()] {
    Skip::ALL.map(|skip| counter!(name, "actor" => actor.to_owned(), "reason" => skip.name()))
}

fn skip_index(skip: Skip) -> usize {
    match skip {
        Skip::Repeated => 0,
        Skip::Gap => 1,
        Skip::Foreign => 2,
        Skip::Malformed => 3,
        Skip::Unacceptable => 4,
        Skip::OtherAvs => 5,
        Skip::Known => 6,
    }
}

pub(crate) struct TaskMetrics {
    actor: String,
    pending: Gauge,
    processing: Gauge,
    accepted: Counter,
    certified: Counter,
    certify: Histogram,
    retries: Counter,
    passed_over: [Counter; Skip::ALL.len()],
}

impl TaskMetrics {
    pub(crate) fn register(id: &ActorId) -> Self {
        let actor = || id.as_str().to_owned();
        Self {
            actor: actor(),
            pending: gauge!(OPEN, "actor" => actor(), "state" => "pending"),
            processing: gauge!(OPEN, "actor" => actor(), "state" => "processing"),
            accepted: counter!(ACCEPTED, "actor" => actor()),
            certified: counter!(ENDED, "actor" => actor(), "outcome" => "certified"),
            certify: histogram!(CERTIFY, "actor" => actor()),
            retries: counter!(RETRIES, "actor" => actor()),
            passed_over: skips(PASSED_OVER, id.as_str()),
        }
    }

    pub(crate) fn stands(&self, open: usize, processing: usize) {
        self.pending.set((open - processing) as f64);
        self.processing.set(processing as f64);
    }

    pub(crate) fn follows(&self, effect: &Effect) {
        match effect {
            Effect::Accepted(_) => self.accepted.increment(1),
            Effect::Certified(_, took) => {
                self.certified.increment(1);
                self.certify.record(took.as_secs_f64());
            }
            Effect::Failed(_, failure) => self.count(ENDED, "outcome", failure.name()),
            Effect::Faulty(_, _, fault) => self.count(FAULTS, "reason", fault.name()),
            Effect::Retrying(..) => self.retries.increment(1),
            Effect::PassedOver(skip) => self.passed_over[skip_index(*skip)].increment(1),
            Effect::Journal(_)
            | Effect::Submit(_)
            | Effect::OpenAggregation(_)
            | Effect::AddAnswer(_)
            | Effect::CloseAggregation(_)
            | Effect::OpenBallot(_)
            | Effect::Cast(_)
            | Effect::WakeAt(_) => (),
        }
    }

    pub(crate) fn refused(&self, reason: &'static str) {
        self.count(STALE, "reason", reason);
    }

    pub(crate) fn unheard(&self, reason: &'static str) {
        self.count(UNHEARD, "reason", reason);
    }

    /// For what is rare enough to look up its counter each time.
    fn count(&self, name: &'static str, label: &'static str, value: &'static str) {
        counter!(name, "actor" => self.actor.clone(), label => value).increment(1);
    }
}

pub(crate) struct ExecutorMetrics {
    actor: String,
    queued: Gauge,
    running: Gauge,
    run_seconds: Histogram,
    passed_over: [Counter; Skip::ALL.len()],
}

/// Where the length of one run goes.
pub(crate) struct RunTimer(Histogram);

impl RunTimer {
    pub(crate) fn record(&self, took: std::time::Duration) {
        self.0.record(took.as_secs_f64());
    }
}

impl ExecutorMetrics {
    pub(crate) fn register(id: &ActorId) -> Self {
        let actor = || id.as_str().to_owned();
        Self {
            actor: actor(),
            queued: gauge!(QUEUED, "actor" => actor()),
            running: gauge!(RUNNING, "actor" => actor()),
            run_seconds: histogram!(RUN_SECONDS, "actor" => actor()),
            passed_over: skips(EXECUTOR_PASSED_OVER, id.as_str()),
        }
    }

    pub(crate) fn stands(&self, queued: usize, running: usize) {
        self.queued.set(queued as f64);
        self.running.set(running as f64);
    }

    pub(crate) fn run_seconds(&self) -> RunTimer {
        RunTimer(self.run_seconds.clone())
    }

    pub(crate) fn ran(&self, outcome: &'static str) {
        self.count(RUNS, outcome);
    }

    pub(crate) fn answered(&self, outcome: &'static str) {
        self.count(ANSWERS, outcome);
    }

    pub(crate) fn ended(&self, outcome: &'static str) {
        self.count(EXECUTED, outcome);
    }

    pub(crate) fn passed_over(&self, skip: Skip) {
        self.passed_over[skip_index(skip)].increment(1);
    }

    fn count(&self, name: &'static str, outcome: &'static str) {
        counter!(name, "actor" => self.actor.clone(), "outcome" => outcome).increment(1);
    }
}
