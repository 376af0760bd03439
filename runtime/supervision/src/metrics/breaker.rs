use metrics::{Counter, Gauge, Unit, counter, describe_counter, describe_gauge, gauge};
use synod_supervision_core::{NoRetry, Rejection};

const STATE: &str = "breaker_state";
const CALLS: &str = "breaker_calls_total";
const SLOW: &str = "breaker_slow_calls_total";
const REFUSED: &str = "breaker_calls_refused_total";
const UNDER_WAY: &str = "breaker_calls_under_way";
const TRANSITIONS: &str = "breaker_transitions_total";
const RETRIES: &str = "breaker_retries_total";
const RETRIES_REFUSED: &str = "breaker_retries_refused_total";
const BUDGET: &str = "breaker_retry_budget";

pub(super) fn describe() {
    describe_gauge!(
        STATE,
        Unit::Count,
        "0 closed, 1 half-open, 2 open, 3 forced open, 4 forced closed"
    );
    describe_counter!(
        CALLS,
        Unit::Count,
        "Calls made through a breaker, by outcome: succeeded, failed, timed_out, cancelled by the \
         caller, tolerated (an error that does not speak against the dependency)"
    );
    describe_counter!(SLOW, Unit::Count, "Calls that took longer than `slow_call_after`");
    describe_counter!(
        REFUSED,
        Unit::Count,
        "Calls that a breaker did not make, by reason: open, forced_open, half_open, \
         concurrency_limit"
    );
    describe_gauge!(UNDER_WAY, Unit::Count, "Calls under way through a breaker");
    describe_counter!(TRANSITIONS, Unit::Count, "Changes of a breaker's state, by the new state");
    describe_counter!(RETRIES, Unit::Count, "Calls made again after a passing failure");
    describe_counter!(
        RETRIES_REFUSED,
        Unit::Count,
        "Passing failures after which the call was not made again, by reason: attempts (as many \
         as may be), budget, deadline (nobody would wait any more), open, concurrency_limit"
    );
    describe_gauge!(BUDGET, Unit::Count, "Calls that may be made again now, within the budget");
}

pub(crate) struct BreakerMetrics {
    name: String,
    state: Gauge,
    under_way: Gauge,
    succeeded: Counter,
    failed: Counter,
    tolerated: Counter,
    timed_out: Counter,
    cancelled: Counter,
    slow: Counter,
    retried: Counter,
    budget: Gauge,
}

impl BreakerMetrics {
    pub(crate) fn register(name: &str) -> Self {
        let outcome = |outcome| counter!(CALLS, "breaker" => name.to_owned(), "outcome" => outcome);
        Self {
            name: name.to_owned(),
            state: gauge!(STATE, "breaker" => name.to_owned()),
            under_way: gauge!(UNDER_WAY, "breaker" => name.to_owned()),
            succeeded: outcome("succeeded"),
            failed: outcome("failed"),
            tolerated: outcome("tolerated"),
            timed_out: outcome("timed_out"),
            cancelled: outcome("cancelled"),
            slow: counter!(SLOW, "breaker" => name.to_owned()),
            retried: counter!(RETRIES, "breaker" => name.to_owned()),
            budget: gauge!(BUDGET, "breaker" => name.to_owned()),
        }
    }

    /// Calls that went by a lease are counted by the handful.
    pub(crate) fn succeeded(&self, calls: u32) {
        if 0 < calls {
            self.succeeded.increment(u64::from(calls));
        }
    }

    pub(crate) fn failed(&self) {
        self.failed.increment(1);
    }

    pub(crate) fn tolerated(&self) {
        self.tolerated.increment(1);
    }

    pub(crate) fn timed_out(&self) {
        self.timed_out.increment(1);
    }

    pub(crate) fn cancelled(&self) {
        self.cancelled.increment(1);
    }

    pub(crate) fn slow(&self) {
        self.slow.increment(1);
    }

    pub(crate) fn refused(&self, why: Rejection) {
        let breaker = self.name.clone();
        counter!(REFUSED, "breaker" => breaker, "reason" => why.name()).increment(1);
    }

    pub(crate) fn retried(&self) {
        self.retried.increment(1);
    }

    pub(crate) fn not_retried(&self, why: NoRetry) {
        let breaker = self.name.clone();
        counter!(RETRIES_REFUSED, "breaker" => breaker, "reason" => why.name()).increment(1);
    }

    pub(crate) fn budget(&self, left: u32) {
        self.budget.set(f64::from(left));
    }

    pub(crate) fn under_way(&self, calls: u32) {
        self.under_way.set(f64::from(calls));
    }

    pub(crate) fn changed(&self, to: &'static str) {
        counter!(TRANSITIONS, "breaker" => self.name.clone(), "to" => to).increment(1);
    }

    pub(crate) fn state(&self, level: u8) {
        self.state.set(f64::from(level));
    }
}
