//! Traces: what is sent while a traced message is handled, or in piped work begun then, belongs to
//! the same trace. Each handling is a piece of work of its own. What is in no trace costs nothing.
//!
//! Where a trace comes in, as with a request over HTTP, [`follow`] it.

use std::hash::{BuildHasher, RandomState};
use std::sync::LazyLock;
use std::sync::atomic::{AtomicU64, Ordering};

use synod_types::trace::{SpanId, TraceContext, TraceId};

use crate::matter::Matter;

/// The trace that the present task works in, if it works in one.
pub fn present() -> Option<TraceContext> {
    Matter::present(Matter::trace).flatten()
}

/// Runs `future` as a part of a trace: what it sends belongs to that. Tasks it spawns do not.
pub async fn follow<T>(context: TraceContext, future: impl Future<Output = T>) -> T {
    Matter::work(Matter::traced(context), future).await
}

/// The beginning of a new trace.
pub fn begin() -> TraceContext {
    loop {
        let bits = u128::from(random()) << 64 | u128::from(random());
        if let Some(trace) = TraceId::new(bits) {
            return TraceContext::new(trace, span());
        }
    }
}

/// The next piece of work in the trace of `context`.
pub fn below(context: TraceContext) -> TraceContext {
    context.below(span())
}

fn span() -> SpanId {
    loop {
        if let Some(span) = SpanId::new(random()) {
            return span;
        }
    }
}

/// Bits that no other call of this process gets, and hardly one of another process: the states of
/// a counter that starts anywhere, mixed (splitmix64).
fn random() -> u64 {
    const STEP: u64 = 0x9e37_79b9_7f4a_7c15;
    static STATE: LazyLock<AtomicU64> =
        LazyLock::new(|| AtomicU64::new(RandomState::new().hash_one(std::process::id())));
    let mut bits = STATE.fetch_add(STEP, Ordering::Relaxed);
    bits = (bits ^ bits >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    bits = (bits ^ bits >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    bits ^ bits >> 31
}
