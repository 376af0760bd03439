//! What shards promise: few entities in memory and all there, in order, whatever dies.
#![allow(clippy::unwrap_used, missing_docs)]

#[path = "../common/mod.rs"]
mod common;
mod crash;
mod killed;
mod many;
mod memory;
mod purse;
mod random;

use std::time::Duration;

use common::{child, id, pass, policy};
use purse::{Purse, PurseMsg, Rows};
use synod_supervision::core::{ChildPolicy, Restart, Strategy};
use synod_supervision::{
    Capacity, ChildSpec, Clock, Outlet, Running, Runtime, RuntimeLimits, Shards, ShardsSpec,
    SupervisorSpec,
};
use synod_types::time::Moment;

const SECOND: Duration = Duration::from_secs(1);
const IDLE: Duration = Duration::from_secs(60);

struct Stage {
    runtime: Runtime,
    running: Running,
    shards: Shards<Purse>,
    purses: Outlet<PurseMsg>,
    rows: Rows,
}

const fn spec(shards: usize, live_max: usize) -> ShardsSpec {
    let capacity = Capacity { control: 64, high: 64, normal: 1_024 };
    ShardsSpec { shards, live_max, idle_after: IDLE, capacity }
}

impl Stage {
    async fn start(spec: ShardsSpec, rows: Rows) -> Self {
        let clock = Clock::starting_at(Moment::from_unix_seconds(1_000));
        let runtime = Runtime::new(clock, RuntimeLimits::default());
        let shards = runtime.shards::<Purse>(id("purses"), spec, rows.clone()).unwrap();
        let above = policy(Strategy::OneForOne, 10_000);
        let below = ChildPolicy { restart: Restart::Permanent, ..child("shard") };
        let children = vec![ChildSpec::shards(&below, above, &shards)];
        let root = SupervisorSpec { id: id("root"), policy: above, children };
        let mut running = runtime.start(root).await.unwrap();
        assert!(running.ready().await);
        let purses = shards.outlet();
        Self { runtime, running, shards, purses, rows }
    }

    /// Puts one coin in; how many there are then.
    async fn put(&self, purse: u64) -> u64 {
        self.purses.call(SECOND, |reply| PurseMsg::Put(purse, reply)).await.unwrap()
    }

    /// How many coins there are, as the purse says.
    async fn count(&self, purse: u64) -> u64 {
        self.purses.call(SECOND, |reply| PurseMsg::Count(purse, reply)).await.unwrap()
    }
}
