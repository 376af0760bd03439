//! Leave to make a call that succeeds at once: what a breaker costs over the bare call.
//!
//! Every contender is told to open at half of the last hundred calls where it can be; ours is
//! measured in every sort. “One in a hundred fails” shows what failures cost: they, and the calls
//! that push them out of the window, ask the core.
#![allow(clippy::unwrap_used, missing_docs)]

use std::convert::Infallible;
use std::time::Duration;

use recloser::{AsyncRecloser, Recloser};
use synod_benches::{Contender, Options, Table, Threads, runtime};
use synod_supervision::Breaker;
use synod_supervision::core::{BreakerPolicy, OpensOn, SlowCalls, Span, WindowPolicy};
use tower::{Layer, Service, service_fn};
use tower_resilience_circuitbreaker::CircuitBreakerLayer;

const COUNT: u64 = 100_000;
const OF_CALLS: Span = Span::Calls(100);
const OF_TIME: Span = Span::Time(Duration::from_secs(60));
const SLOW: SlowCalls = SlowCalls { after: Duration::from_secs(1), rate_percent: 100 };

async fn call() -> Result<u64, Infallible> {
    Ok(std::hint::black_box(1))
}

/// Every hundredth fails.
async fn mostly(n: u64) -> Result<u64, u64> {
    if n.is_multiple_of(100) { Err(n) } else { Ok(std::hint::black_box(n)) }
}

fn window(span: Span, slow: Option<SlowCalls>) -> BreakerPolicy {
    let window = WindowPolicy { span, minimum_calls: 20, failure_rate_percent: 50, slow };
    BreakerPolicy { opens_on: OpensOn::Window(window), ..BreakerPolicy::default() }
}

fn recloser() -> AsyncRecloser {
    AsyncRecloser::from(Recloser::custom().error_rate(0.5).closed_len(100).build())
}

fn ours<'a>(
    name: &str,
    tokio: &'a tokio::runtime::Runtime,
    policy: BreakerPolicy,
) -> Contender<'a> {
    let breaker = runtime().breaker(name, policy);
    Contender::new(name, move |count| {
        tokio.block_on(async {
            for _ in 0..count {
                breaker.call(call()).await.unwrap();
            }
        });
    })
}

fn alone<'a>(tokio: &'a tokio::runtime::Runtime) -> Vec<Contender<'a>> {
    let theirs = recloser();
    let recloser = Contender::new("recloser", move |count| {
        tokio.block_on(async {
            for _ in 0..count {
                theirs.call(call()).await.unwrap();
            }
        });
    });
    let layer = CircuitBreakerLayer::builder().failure_rate_threshold(0.5).sliding_window_size(100);
    let mut service = layer.build().unwrap().layer(service_fn(|()| call()));
    let tower = Contender::new("tower-resilience", move |count| {
        tokio.block_on(async {
            for _ in 0..count {
                std::future::poll_fn(|task| service.poll_ready(task)).await.unwrap();
                service.call(()).await.unwrap();
            }
        });
    });
    let timed = Contender::new("a time-out, no breaker", |count| {
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
    vec![
        ours("failures in a row", tokio, BreakerPolicy::default()),
        ours("window of calls", tokio, window(OF_CALLS, None)),
        ours("window of time", tokio, window(OF_TIME, None)),
        ours("window of calls, slow calls timed", tokio, window(OF_CALLS, Some(SLOW))),
        ours("window of time, slow calls timed", tokio, window(OF_TIME, Some(SLOW))),
        recloser,
        tower,
        timed,
        bare,
    ]
}

fn failing<'a>(tokio: &'a tokio::runtime::Runtime) -> Vec<Contender<'a>> {
    let breaker = runtime().breaker("failing", window(OF_CALLS, None));
    let ours = Contender::new("window of calls", move |count| {
        tokio.block_on(async {
            for n in 0..count {
                drop(breaker.call(mostly(n)).await);
            }
        });
    });
    let theirs = recloser();
    let recloser = Contender::new("recloser", move |count| {
        tokio.block_on(async {
            for n in 0..count {
                drop(theirs.call(mostly(n)).await);
            }
        });
    });
    vec![ours, recloser]
}

/// Two threads, one breaker, each with half of the calls.
fn shared<'a>() -> Vec<Contender<'a>> {
    let breaker = runtime().breaker("shared", window(OF_CALLS, None));
    let through = async |breaker: &Breaker, count: u64| {
        for _ in 0..count {
            breaker.call(call()).await.unwrap();
        }
    };
    let ours = Contender::new("window of calls", move |count| {
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| Threads::One.tokio().block_on(through(&breaker, count / 2)));
            }
        });
    });
    let theirs = recloser();
    let recloser = Contender::new("recloser", move |count| {
        std::thread::scope(|scope| {
            for _ in 0..2 {
                scope.spawn(|| {
                    Threads::One.tokio().block_on(async {
                        for _ in 0..count / 2 {
                            theirs.call(call()).await.unwrap();
                        }
                    });
                });
            }
        });
    });
    vec![ours, recloser]
}

fn main() {
    let table = Table::new("Breaker, a permitted call", Options::read());
    let tokio = Threads::One.tokio();
    table.race("one thread", COUNT, || alone(&tokio));
    table.race("one in a hundred fails", COUNT, || failing(&tokio));
    table.race("two threads, one breaker", COUNT, shared);
}
