//! Every metric of the signature actors.

use metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram,
    gauge, histogram,
};
use synod_protocol::signature::RemoteError;
use synod_types::actor::ActorId;
use synod_types::aggregation::{AnswerRefusal, OrderRefusal, Rejection};
use synod_types::signature::SignRefusal;

const REQUESTS: &str = "signer_requests_total";
const COMMITS: &str = "signer_commits_total";
const DUTIES: &str = "signer_guard_duties";
const SIGNING: &str = "signer_signing_seconds";
const REMOTE_CALLS: &str = "signer_remote_signatures_total";
const REMOTE: &str = "signer_remote_up";
const ORDERS: &str = "aggregation_orders_total";
const ANSWERS: &str = "aggregation_answers_total";
const CULPRITS: &str = "aggregation_culprits_total";
const PROVEN: &str = "aggregation_proven_results_total";
const TASKS: &str = "aggregation_open_tasks";
const CHECKS: &str = "aggregation_checks_total";
const VERIFYING: &str = "aggregation_verifying_seconds";
const SHARED: &str = "aggregation_tasks_per_verification";
const DISPUTED: &str = "aggregation_arithmetic_differences_total";
const SUSPECTS: &str = "aggregation_suspects";
const EVENTS: &str = "aggregation_untold_events";

/// Tells the recorder what the metrics mean.
pub fn describe() {
    describe_counter!(
        REQUESTS,
        Unit::Count,
        "Requests to sign, by signer and outcome: signed, repeated (the same bytes again), refused"
    );
    describe_counter!(
        COMMITS,
        Unit::Count,
        "Commits of guard records, by signer; requests signed per commit say how large a batch is"
    );
    describe_gauge!(DUTIES, Unit::Count, "Duties the guard remembers, by signer");
    describe_histogram!(SIGNING, Unit::Seconds, "Time to make one signature, by signer");
    describe_counter!(
        REMOTE_CALLS,
        Unit::Count,
        "Signatures asked of a remote signer, by signer and outcome: signed, or why not"
    );
    describe_gauge!(
        REMOTE,
        Unit::Count,
        "1 while nothing is known against a signer's remote signer, 0 otherwise, by signer"
    );
    describe_counter!(ORDERS, Unit::Count, "Orders to certify a task, by outcome");
    describe_counter!(ANSWERS, Unit::Count, "Answers submitted, by outcome");
    describe_counter!(CULPRITS, Unit::Count, "False signatures found, by reason");
    describe_counter!(PROVEN, Unit::Count, "Results proven");
    describe_gauge!(TASKS, Unit::Count, "Tasks for which answers are collected");
    describe_counter!(CHECKS, Unit::Count, "Pairing checks and key recoveries made");
    describe_histogram!(VERIFYING, Unit::Seconds, "Time to verify one batch");
    describe_histogram!(
        SHARED,
        Unit::Count,
        "Tasks verified together, by one check if all are right"
    );
    describe_counter!(
        DISPUTED,
        Unit::Count,
        "Tasks about which ark's arithmetic and ours differ: certified by neither"
    );
    describe_gauge!(
        SUSPECTS,
        Unit::Count,
        "Operators whose signatures are checked alone since one of them was false"
    );
    describe_gauge!(EVENTS, Unit::Count, "Events the listener had no room for yet");
}

/// Of one signer.
pub(crate) struct SignerMetrics {
    actor: String,
    signed: Counter,
    repeated: Counter,
    commits: Counter,
    duties: Gauge,
    signing: Histogram,
}

impl SignerMetrics {
    pub(crate) fn register(actor: &ActorId) -> Self {
        let actor = actor.as_str().to_owned();
        Self {
            signed: counter!(REQUESTS, "actor" => actor.clone(), "outcome" => "signed"),
            repeated: counter!(REQUESTS, "actor" => actor.clone(), "outcome" => "repeated"),
            commits: counter!(COMMITS, "actor" => actor.clone()),
            duties: gauge!(DUTIES, "actor" => actor.clone()),
            signing: histogram!(SIGNING, "actor" => actor.clone()),
            actor,
        }
    }

    /// A signature handed out: the first for its duty, or the same bytes again.
    pub(crate) fn signed(&self, is_first: bool) {
        let outcome = if is_first { &self.signed } else { &self.repeated };
        outcome.increment(1);
    }

    /// Rare enough to look the counter up.
    pub(crate) fn refused(&self, refusal: &SignRefusal) {
        let actor = self.actor.clone();
        counter!(REQUESTS, "actor" => actor, "outcome" => refusal.reason()).increment(1);
    }

    /// Another batch goes to the journal.
    pub(crate) fn committing(&self) {
        self.commits.increment(1);
    }

    pub(crate) fn duties(&self, duties: usize) {
        self.duties.set(duties as f64);
    }

    /// A remote signer was asked for a signature. Far dearer than looking the counter up.
    pub(crate) fn fetched<T>(&self, outcome: &Result<T, RemoteError>) {
        let outcome = outcome.as_ref().map_or_else(|error| error.kind.reason(), |_| "signed");
        counter!(REMOTE_CALLS, "actor" => self.actor.clone(), "outcome" => outcome).increment(1);
    }

    /// Whether a remote signer is of use.
    pub(crate) fn remote(&self, is_up: bool) {
        gauge!(REMOTE, "actor" => self.actor.clone()).set(f64::from(u8::from(is_up)));
    }

    pub(crate) fn timer(&self) -> Histogram {
        self.signing.clone()
    }
}

/// Of aggregation.
pub(crate) struct AggregationMetrics {
    orders: Counter,
    answers: Counter,
    proven: Counter,
    tasks: Gauge,
    checks: Counter,
    verifying: Histogram,
    shared: Histogram,
    disputed: Counter,
    suspects: Gauge,
    events: Gauge,
    /// As the gauges stand: most messages change none of them.
    held: [usize; 3],
}

impl AggregationMetrics {
    pub(crate) fn register() -> Self {
        Self {
            orders: counter!(ORDERS, "outcome" => "accepted"),
            answers: counter!(ANSWERS, "outcome" => "accepted"),
            proven: counter!(PROVEN),
            tasks: gauge!(TASKS),
            checks: counter!(CHECKS),
            verifying: histogram!(VERIFYING),
            shared: histogram!(SHARED),
            disputed: counter!(DISPUTED),
            suspects: gauge!(SUSPECTS),
            events: gauge!(EVENTS),
            held: [usize::MAX; 3],
        }
    }

    pub(crate) fn ordered<T>(&self, outcome: &Result<T, OrderRefusal>) {
        match outcome {
            Ok(_) => self.orders.increment(1),
            Err(refusal) => counter!(ORDERS, "outcome" => refusal.reason()).increment(1),
        }
    }

    pub(crate) fn submitted<T>(&self, outcome: &Result<T, AnswerRefusal>) {
        match outcome {
            Ok(_) => self.answers.increment(1),
            Err(refusal) => counter!(ANSWERS, "outcome" => refusal.reason()).increment(1),
        }
    }

    /// Rare enough to look the counter up.
    pub(crate) fn rejected(&self, reason: Rejection) {
        counter!(CULPRITS, "reason" => reason.name()).increment(1);
    }

    pub(crate) fn proven(&self) {
        self.proven.increment(1);
    }

    pub(crate) fn checked(&self, checks: u32) {
        self.checks.increment(checks.into());
    }

    /// So many tasks were verified together.
    pub(crate) fn shared(&self, tasks: usize) {
        self.shared.record(tasks as f64);
    }

    pub(crate) fn disputed(&self) {
        self.disputed.increment(1);
    }

    pub(crate) fn holds(&mut self, tasks: usize, suspects: usize, events: usize) {
        let held = [tasks, suspects, events];
        if std::mem::replace(&mut self.held, held) == held {
            return;
        }
        self.tasks.set(tasks as f64);
        self.suspects.set(suspects as f64);
        self.events.set(events as f64);
    }

    pub(crate) fn timer(&self) -> Histogram {
        self.verifying.clone()
    }
}
