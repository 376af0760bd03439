//! actix runs on single-threaded runtimes of its own.

use actix::{Actor, Addr, Arbiter, Context, System, SystemRunner};

use crate::{Threads, pin};

/// A sender's thread and, if it is another, an actor's.
#[expect(missing_debug_implementations, reason = "actix's runner has none")]
pub struct ActixSystem {
    system: SystemRunner,
    arbiter: Option<Arbiter>,
}

impl ActixSystem {
    /// One that runs as `threads` says.
    pub fn new(threads: Threads) -> Self {
        let system = System::with_tokio_rt(|| Threads::One.tokio());
        let processor = match threads {
            Threads::One => return Self { system, arbiter: None },
            Threads::Two => 0,
            Threads::TwoProcessors => 1,
        };
        let arbiter = system.block_on(async move {
            Arbiter::with_tokio_rt(move || {
                let tokio = Threads::One.tokio();
                pin(processor);
                tokio
            })
        });
        Self { system, arbiter: Some(arbiter) }
    }

    /// Starts an actor.
    pub fn start<A: Actor<Context = Context<A>> + Send>(&self, actor: A) -> Addr<A> {
        self.system.block_on(async {
            match &self.arbiter {
                None => actor.start(),
                Some(arbiter) => A::start_in_arbiter(&arbiter.handle(), |_| actor),
            }
        })
    }

    /// Runs the sender.
    pub fn block_on<T>(&self, future: impl Future<Output = T>) -> T {
        self.system.block_on(future)
    }
}
