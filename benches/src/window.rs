//! How far a sender may run ahead.

use std::sync::Arc;

use tokio::sync::Semaphore;

/// One small message.
#[derive(Debug)]
pub struct Tick {
    /// Which one.
    pub number: u64,
    /// Whether a burst ends with it.
    pub is_last: bool,
}

/// At most two bursts are under way, so that no contender's queue overflows or grows without
/// bound, and all are fed alike.
#[derive(Clone, Debug)]
pub struct Window {
    burst: u64,
    bursts: u32,
    open: Arc<Semaphore>,
}

impl Window {
    /// A window of two bursts of `burst` messages; of one, if a burst is one message.
    pub fn of(burst: u64) -> Self {
        let bursts = if burst == 1 { 1 } else { 2 };
        Self { burst, bursts, open: Arc::new(Semaphore::new(bursts as usize)) }
    }

    /// Sends about `count` messages and waits until all are handled.
    pub async fn drive(&self, count: u64, mut send: impl FnMut(Tick)) {
        for burst in 0..count.div_ceil(self.burst) {
            self.wait(1).await.forget();
            for n in 1..=self.burst {
                send(Tick { number: burst * self.burst + n, is_last: n == self.burst });
            }
        }
        drop(self.wait(self.bursts).await);
    }

    async fn wait(&self, bursts: u32) -> tokio::sync::SemaphorePermit<'_> {
        self.open.acquire_many(bursts).await.expect("it is never closed")
    }

    /// What every receiver does with a message.
    pub fn handle(&self, tick: &Tick) {
        std::hint::black_box(tick.number);
        if tick.is_last {
            self.open.add_permits(1);
        }
    }
}
