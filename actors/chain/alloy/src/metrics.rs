//! What is counted of each endpoint's calls.

use std::sync::OnceLock;
use std::time::Duration;

use metrics::{Counter, Histogram, Unit, counter, describe_counter, describe_histogram, histogram};
use synod_types::chain::Trouble;

const SECONDS: &str = "chain_rpc_seconds";
const CALLS: &str = "chain_rpc_calls_total";
const ERRORS: &str = "chain_rpc_errors_total";
const SENT: &str = "chain_rpc_sent_bytes_total";
const RECEIVED: &str = "chain_rpc_received_bytes_total";

/// What is asked of nodes.
pub(crate) const METHODS: [&str; 5] = [
    "eth_chainId",
    "eth_blockNumber",
    "eth_getBlockByNumber",
    "eth_getLogs",
    "eth_getBlockReceipts",
];

/// Tells the recorder what the metrics mean.
pub fn describe() {
    describe_histogram!(
        SECONDS,
        Unit::Seconds,
        "Time a request took, by chain, endpoint and method"
    );
    describe_counter!(CALLS, Unit::Count, "Calls, each of a batch, by chain, endpoint and method");
    describe_counter!(
        ERRORS,
        Unit::Count,
        "Requests without a usable answer, by chain, endpoint, method and reason"
    );
    describe_counter!(SENT, Unit::Bytes, "Bytes of requests by HTTP and IPC, by chain, endpoint");
    describe_counter!(
        RECEIVED,
        Unit::Bytes,
        "Bytes of answers by HTTP and IPC, by chain and endpoint"
    );
}

/// Of one endpoint. Its handles are made at the first call: the recorder is there by then.
pub(crate) struct Metrics {
    chain: String,
    endpoint: String,
    handles: OnceLock<Handles>,
}

struct Handles {
    methods: [(Histogram, Counter); METHODS.len()],
    sent: Counter,
    received: Counter,
}

impl Metrics {
    pub(crate) const fn new(chain: String, endpoint: String) -> Self {
        Self { chain, endpoint, handles: OnceLock::new() }
    }

    pub(crate) fn asked(&self, method: &'static str, calls: u64, took: Duration) {
        let index = METHODS.iter().position(|known| *known == method);
        if let Some((seconds, count)) = index.map(|index| &self.handles().methods[index]) {
            seconds.record(took.as_secs_f64());
            count.increment(calls);
        }
    }

    /// Rare enough to be looked up.
    pub(crate) fn failed(&self, method: &'static str, trouble: Trouble) {
        let (chain, endpoint) = (self.chain.clone(), self.endpoint.clone());
        let reason = trouble.name();
        counter!(
            ERRORS,
            "chain" => chain, "endpoint" => endpoint, "method" => method, "reason" => reason
        )
        .increment(1);
    }

    pub(crate) fn bytes(&self, sent: u64, received: u64) {
        let handles = self.handles();
        handles.sent.increment(sent);
        handles.received.increment(received);
    }

    fn handles(&self) -> &Handles {
        self.handles.get_or_init(|| {
            let (chain, endpoint) = (&self.chain, &self.endpoint);
            let of = |name: &'static str| {
                counter!(name, "chain" => chain.clone(), "endpoint" => endpoint.clone())
            };
            let by_method = |method: &'static str| {
                let (at, by) = (chain.clone(), endpoint.clone());
                let seconds = histogram!(
                    SECONDS, "chain" => at.clone(), "endpoint" => by.clone(), "method" => method
                );
                let calls =
                    counter!(CALLS, "chain" => at, "endpoint" => by, "method" => method);
                (seconds, calls)
            };
            Handles {
                methods: METHODS.map(by_method),
                sent: of(SENT),
                received: of(RECEIVED),
            }
        })
    }
}
