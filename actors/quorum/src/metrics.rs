//! Every metric of the quorum actor.

use metrics::{Counter, Gauge, Unit, counter, describe_counter, describe_gauge, gauge};
use synod_quorum_core::Effect;
use synod_types::quorum::{Refusal, Verdict};

const OPEN: &str = "quorum_ballots_open";
const SETTLED: &str = "quorum_ballots_settled_total";
const VOTES: &str = "quorum_votes_total";
const REFUSED: &str = "quorum_refusals_total";
const OFFENCES: &str = "quorum_equivocations_total";

/// Tells the recorder what the metrics mean.
pub fn describe() {
    describe_gauge!(OPEN, Unit::Count, "Ballots waiting for a verdict");
    describe_counter!(SETTLED, Unit::Count, "Ballots ended, by verdict; told again counts again");
    describe_counter!(VOTES, Unit::Count, "Votes heard, repeated ones included");
    describe_counter!(REFUSED, Unit::Count, "Questions and votes refused, by reason");
    describe_counter!(OFFENCES, Unit::Count, "Operators that answered a ballot in two ways");
}

pub(crate) struct Metrics {
    open: Gauge,
    agreed: Counter,
    rejected: Counter,
    expired: Counter,
    votes: Counter,
    refused: [Counter; 6],
    offences: Counter,
}

impl Metrics {
    pub(crate) fn register() -> Self {
        let settled = |verdict: &'static str| counter!(SETTLED, "verdict" => verdict);
        let reasons = ["full", "crowded", "different", "uncountable", "not_open", "stranger"];
        Self {
            open: gauge!(OPEN),
            agreed: settled("agreed"),
            rejected: settled("rejected"),
            expired: settled("expired"),
            votes: counter!(VOTES),
            refused: reasons.map(|reason| counter!(REFUSED, "reason" => reason)),
            offences: counter!(OFFENCES),
        }
    }

    pub(crate) fn voted(&self) {
        self.votes.increment(1);
    }

    pub(crate) fn open(&self, ballots: usize) {
        self.open.set(ballots as f64);
    }

    pub(crate) fn follows(&self, effect: &Effect) {
        match effect {
            Effect::WakeAt(..) => (),
            Effect::Settle(Verdict::Agreed(..)) => self.agreed.increment(1),
            Effect::Settle(Verdict::Rejected(_)) => self.rejected.increment(1),
            Effect::Settle(Verdict::Expired(_)) => self.expired.increment(1),
            Effect::Evidence(_) => self.offences.increment(1),
        }
    }

    pub(crate) fn refused(&self, refusal: Refusal) {
        let index = match refusal {
            Refusal::Full { .. } => 0,
            Refusal::Crowded { .. } => 1,
            Refusal::Different(_) => 2,
            Refusal::Uncountable(_) => 3,
            Refusal::NotOpen(_) => 4,
            Refusal::Stranger { .. } => 5,
        };
        self.refused[index].increment(1);
    }
}
