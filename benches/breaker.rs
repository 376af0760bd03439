//! Leave to make a call that succeeds at once.
#![allow(clippy::unwrap_used, missing_docs)]

use std::convert::Infallible;

use synod_benches::{Contender, Options, Table, Threads, runtime};
use synod_supervision::core::BreakerPolicy;

async fn call() -> Result<u64, Infallible> {
    Ok(std::hint::black_box(1))
}

fn main() {
    let table = Table::new("Breaker, a permitted call", Options::read());
    let tokio = Threads::One.tokio();
    let breaker = runtime().breaker("node", BreakerPolicy::default());
    let through = Contender::new("through a breaker", |count| {
        tokio.block_on(async {
            for _ in 0..count {
                breaker.call(call()).await.unwrap();
            }
        });
    });
    let timed = Contender::new("with a time-out only", |count| {
        let limit = BreakerPolicy::default().call_timeout;
        tokio.block_on(async {
            for _ in 0..count {
                drop(tokio::time::timeout(limit, call()).await);
            }
        });
    });
    let bare = Contender::new("bare", |count| {
        tokio.block_on(async {
            for _ in 0..count {
                call().await.unwrap();
            }
        });
    });
    table.race("one thread", 100_000, || vec![through, timed, bare]);
}
