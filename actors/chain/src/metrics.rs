//! Every metric of the chain actor.

use metrics::{
    Counter, Gauge, Histogram, Unit, counter, describe_counter, describe_gauge, describe_histogram,
    gauge, histogram,
};
use synod_chain_core::{Delivery, Record, Terms};
use synod_types::chain::{
    ChainEvent, ChainId, ChainPhase, ChainStatus, EndpointState, Strand, Trouble,
};

const HEAD: &str = "chain_head_block_number";
const COMMITTED: &str = "chain_committed_block_number";
const LAG: &str = "chain_lag_blocks";
const UNDELIVERED: &str = "chain_undelivered_events";
const HALTED: &str = "chain_halted";
const COMMITS: &str = "chain_committed_blocks_total";
const RETRACTIONS: &str = "chain_retracted_blocks_total";
const REORGS: &str = "chain_reorgs_total";
const DEPTH: &str = "chain_reorg_depth_blocks";
const LOOKS: &str = "chain_looks_total";
const TROUBLES: &str = "chain_look_troubles_total";
const SENT: &str = "chain_sent_events_total";
const UNANSWERED: &str = "chain_unanswered_batches_total";
const SCORE: &str = "chain_endpoint_score";
const SERVES: &str = "chain_endpoint_serves";
const DEMOTED: &str = "chain_endpoint_demoted";
const DEMOTIONS: &str = "chain_endpoint_demotions_total";
const FAILOVERS: &str = "chain_endpoint_changes_total";
const BUDGET_WAITS: &str = "chain_budget_waits_total";
const READ_AHEAD: &str = "chain_pieces_read_ahead_total";
const BACKFILLS: &str = "chain_backfills";
const BACKFILL_MISSING: &str = "chain_backfill_missing_blocks";
const BACKFILLED: &str = "chain_backfilled_blocks_total";
const STALE: &str = "chain_stale_inputs_total";

/// Tells the recorder what the metrics mean.
pub fn describe() {
    describe_gauge!(HEAD, Unit::Count, "Height of the node's highest block, by chain");
    describe_gauge!(COMMITTED, Unit::Count, "Height of the last committed block, by chain");
    describe_gauge!(LAG, Unit::Count, "Blocks the node has that are not committed, by chain");
    describe_gauge!(UNDELIVERED, Unit::Count, "Events some consumer has not answered, by chain");
    describe_gauge!(HALTED, Unit::Count, "1 if following has stopped for good, by chain");
    describe_counter!(COMMITS, Unit::Count, "Blocks committed, by chain");
    describe_counter!(RETRACTIONS, Unit::Count, "Committed blocks taken back, by chain");
    describe_counter!(
        REORGS,
        Unit::Count,
        "Reorgs seen, by chain and class: minor to 2 blocks, major to 12, critical above"
    );
    describe_histogram!(DEPTH, Unit::Count, "Committed blocks a reorg took back, by chain");
    describe_counter!(LOOKS, Unit::Count, "Looks at the node that showed something, by chain");
    describe_counter!(TROUBLES, Unit::Count, "Looks that showed nothing, by chain and reason");
    describe_counter!(SENT, Unit::Count, "Events sent to consumers, repeats included, by chain");
    describe_counter!(UNANSWERED, Unit::Count, "Batches to be sent again, by chain");
    describe_gauge!(SCORE, Unit::Count, "Health of an endpoint, 0 to 1000, by chain and endpoint");
    describe_gauge!(SERVES, Unit::Count, "1 if the chain is followed through the endpoint");
    describe_gauge!(DEMOTED, Unit::Count, "1 if the endpoint is demoted, by chain and endpoint");
    describe_counter!(DEMOTIONS, Unit::Count, "Demotions, by chain, endpoint and reason");
    describe_counter!(FAILOVERS, Unit::Count, "Times another endpoint took over, by chain");
    describe_counter!(BUDGET_WAITS, Unit::Count, "Looks that waited for a budget, by chain");
    describe_counter!(READ_AHEAD, Unit::Count, "Pieces of the chain asked for ahead, by chain");
    describe_gauge!(BACKFILLS, Unit::Count, "Consumers that are being told the past, by chain");
    describe_gauge!(BACKFILL_MISSING, Unit::Count, "Blocks that they are still to be told");
    describe_counter!(BACKFILLED, Unit::Count, "Blocks committed to be told as past, by chain");
    describe_counter!(STALE, Unit::Count, "Answers to questions that were over, by chain");
}

/// A head that is replaced is every chain's daily bread; more than a dozen blocks are not.
const fn class(depth: u64) -> usize {
    match depth {
        0..=2 => 0,
        3..=12 => 1,
        13.. => 2,
    }
}

pub(crate) struct Metrics {
    head: Gauge,
    committed: Gauge,
    lag: Gauge,
    undelivered: Gauge,
    halted: Gauge,
    commits: Counter,
    retractions: Counter,
    /// Minor, major, critical.
    reorgs: [Counter; 3],
    depth: Histogram,
    looks: Counter,
    troubles: [Counter; Trouble::ALL.len()],
    sent: Counter,
    unanswered: Counter,
    stale: Counter,
    read_ahead: Counter,
    backfills: Gauge,
    backfill_missing: Gauge,
    backfilled: Counter,
    failovers: Counter,
    budget_waits: Counter,
    chain: String,
    /// Score, whether it serves, whether it is demoted; in the order of the endpoints.
    endpoints: Vec<[Gauge; 3]>,
}

impl Metrics {
    pub(crate) fn register(chain: ChainId, endpoints: &[Terms]) -> Self {
        let chain = chain.to_string();
        let gauges = |terms: &Terms| {
            [SCORE, SERVES, DEMOTED].map(
                |name| gauge!(name, "chain" => chain.clone(), "endpoint" => terms.name.clone()),
            )
        };
        let of = |name: &'static str| counter!(name, "chain" => chain.clone());
        let at = |name: &'static str| gauge!(name, "chain" => chain.clone());
        Self {
            head: at(HEAD),
            committed: at(COMMITTED),
            lag: at(LAG),
            undelivered: at(UNDELIVERED),
            halted: at(HALTED),
            commits: of(COMMITS),
            retractions: of(RETRACTIONS),
            reorgs: ["minor", "major", "critical"]
                .map(|class| counter!(REORGS, "chain" => chain.clone(), "class" => class)),
            depth: histogram!(DEPTH, "chain" => chain.clone()),
            looks: of(LOOKS),
            troubles: Trouble::ALL.map(
                |trouble| counter!(TROUBLES, "chain" => chain.clone(), "reason" => trouble.name()),
            ),
            sent: of(SENT),
            unanswered: of(UNANSWERED),
            stale: of(STALE),
            read_ahead: of(READ_AHEAD),
            backfills: at(BACKFILLS),
            backfill_missing: at(BACKFILL_MISSING),
            backfilled: of(BACKFILLED),
            failovers: of(FAILOVERS),
            budget_waits: of(BUDGET_WAITS),
            endpoints: endpoints.iter().map(gauges).collect(),
            chain: chain.clone(),
        }
    }

    #[expect(clippy::cast_precision_loss, reason = "gauges are floating-point")]
    pub(crate) fn stands(&self, status: &ChainStatus) {
        if let Some(head) = status.head {
            self.head.set(head as f64);
        }
        if let Some(committed) = status.committed {
            self.committed.set(committed.number as f64);
        }
        self.lag.set(status.lag() as f64);
        self.undelivered.set(status.undelivered as f64);
        self.halted.set(if matches!(status.phase, ChainPhase::Halted(_)) { 1.0 } else { 0.0 });
        let untold = status.backfills.iter().filter(|backfill| !backfill.is_told);
        self.backfills.set(untold.clone().count() as f64);
        let missing = untold.map(|each| each.until.saturating_sub(each.next));
        self.backfill_missing.set(missing.sum::<u64>() as f64);
        for (gauges, endpoint) in self.endpoints.iter().zip(&status.endpoints) {
            let [score, serves, demoted] = gauges;
            let is = |yes: bool| if yes { 1.0 } else { 0.0 };
            score.set(f64::from(endpoint.score));
            serves.set(is(endpoint.state == EndpointState::Serving));
            demoted.set(is(matches!(endpoint.state, EndpointState::Demoted(_))));
        }
    }

    pub(crate) fn looked(&self, trouble: Option<Trouble>) {
        let Some(trouble) = trouble else { return self.looks.increment(1) };
        let known = Trouble::ALL.iter().zip(&self.troubles).find(|(known, _)| **known == trouble);
        if let Some((_, counter)) = known {
            counter.increment(1);
        }
    }

    /// Records that come of one input: blocks up, or one reorg's blocks down.
    #[expect(clippy::cast_precision_loss, reason = "a reorg's depth is small")]
    pub(crate) fn told(&self, strand: Strand, records: &[Record]) {
        let events = || {
            records.iter().flat_map(|record| match record {
                Record::Told { events, .. } => events.as_slice(),
                Record::Began { .. }
                | Record::Joined { .. }
                | Record::Left { .. }
                | Record::Ordered { .. }
                | Record::Finished { .. } => &[],
            })
        };
        let is_retraction = |event: &&ChainEvent| matches!(event, ChainEvent::Retracted { .. });
        let down = events().filter(is_retraction).count() as u64;
        let up = events().count() as u64 - down;
        if strand != Strand::Live {
            self.backfilled.increment(up);
            return;
        }
        self.commits.increment(up);
        if 0 < down {
            self.retractions.increment(down);
            self.reorgs[class(down)].increment(1);
            self.depth.record(down as f64);
        }
    }

    pub(crate) fn sent(&self, delivery: &Delivery) {
        self.sent.increment(delivery.events.len() as u64);
    }

    pub(crate) fn unanswered(&self) {
        self.unanswered.increment(1);
    }

    /// Rare enough to be looked up.
    pub(crate) fn demoted(&self, endpoint: &str, reason: &'static str) {
        let (chain, endpoint) = (self.chain.clone(), endpoint.to_owned());
        counter!(DEMOTIONS, "chain" => chain, "endpoint" => endpoint, "reason" => reason)
            .increment(1);
    }

    pub(crate) fn serves(&self) {
        self.failovers.increment(1);
    }

    pub(crate) fn waits_for_budget(&self) {
        self.budget_waits.increment(1);
    }

    pub(crate) fn read_ahead(&self) {
        self.read_ahead.increment(1);
    }

    pub(crate) fn stale(&self) {
        self.stale.increment(1);
    }
}
