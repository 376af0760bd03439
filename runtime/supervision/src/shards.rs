//! Shards: very many entities, of which few are in memory.
//!
//! ```text
//!   Outlet ──▶ worker_of(key) ──▶ Mailbox of shard n ──▶ Shard ──▶ entity of the key
//!                                                          │ ▲
//!                                  idle, or no room: save ─┘ └─ first message: load
//!                                                          ▼ │
//!                                                         rows
//! ```
//!
//! The shards are the workers of a keyed pool, so an entity has one place and its messages come in
//! order, over crashes of its shard too. A shard does one thing at a time: while it loads or saves,
//! messages wait in its mailbox, which no shard owns, and none is held anywhere else.
//!
//! What dies with a shard: the entities it has in memory, with what was [`Keep::Later`] and not yet
//! saved. What does not: messages that wait, and what is in the rows.

mod entity;
mod metrics;
mod shard;

pub use entity::{Entity, Keep, ShardMsg, Step};
pub(crate) use metrics::describe;

use std::fmt;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::time::Duration;

use synod_supervision_core::{ChildPolicy, InvalidResidents, Residents, SupervisorPolicy};
use synod_types::actor::ActorId;

use crate::address::Address;
use crate::capacity::Capacity;
use crate::child::ChildSpec;
use crate::outlet::Outlet;
use crate::pool::{InvalidPool, Pool, PoolSpec, Routing};
use crate::runtime::Runtime;
use shard::{Shard, ShardArgs};

/// How many shards there are, and how much each keeps in memory.
#[derive(Clone, Copy, Debug)]
pub struct ShardsSpec {
    /// Actors among which the keys are divided. Fixed while they run.
    pub shards: usize,
    /// Entities that one shard has in memory at most. For one more, the one used longest ago goes.
    pub live_max: usize,
    /// How long an entity stays in memory without a message; an eighth longer at most.
    pub idle_after: Duration,
    /// Room in the mailbox of each shard.
    pub capacity: Capacity,
}

/// Why there are no such shards.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidShards {
    /// Not that many shards, or not of that name.
    #[error(transparent)]
    Pool(#[from] InvalidPool),
    /// Not that many entities, or not for so short.
    #[error(transparent)]
    Residents(#[from] InvalidResidents),
}

/// The shards of one type of entity: their address, and what they are made from.
pub struct Shards<E: Entity> {
    pool: Pool<ShardMsg<E::Msg>>,
    args: ShardArgs<E>,
}

impl<E: Entity> Clone for Shards<E> {
    fn clone(&self) -> Self {
        Self { pool: self.pool.clone(), args: self.args.clone() }
    }
}

impl<E: Entity> fmt::Debug for Shards<E> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Shards({})", self.pool.address().id())
    }
}

impl<E: Entity> Shards<E> {
    /// Where messages for entities go.
    pub const fn address(&self) -> &Address<ShardMsg<E::Msg>> {
        self.pool.address()
    }

    /// The same, for who need not know that there are shards.
    pub fn outlet(&self) -> Outlet<E::Msg> {
        self.address().outlet()
    }

    /// The shards' names.
    pub fn names(&self) -> impl Iterator<Item = &ActorId> {
        self.pool.workers()
    }
}

impl Runtime {
    /// Makes shards with their mailboxes. Messages are accepted from now on and wait for their
    /// shard. Shards are called `<id>-1`, `<id>-2` and so on. `rows` is where entities are loaded
    /// from and saved to.
    ///
    /// # Errors
    /// [`InvalidShards`].
    pub fn shards<E: Entity>(
        &self,
        id: ActorId,
        spec: ShardsSpec,
        rows: E::Rows,
    ) -> Result<Shards<E>, InvalidShards> {
        let ShardsSpec { shards, live_max, idle_after, capacity } = spec;
        Residents::<E::Key, ()>::new(live_max, idle_after)?;
        let routing = Routing::Keyed(place::<E>);
        let spec = PoolSpec { workers: shards, workers_max: shards, routing, capacity };
        let pool = self.pool(id, spec)?;
        Ok(Shards { pool, args: ShardArgs { rows, live_max, idle_after } })
    }
}

impl ChildSpec {
    /// Shards: a supervisor of their name with the shards below it. `policy` is that of each
    /// shard, but for its name; `above`, that of the supervisor, which is a permanent child.
    pub fn shards<E: Entity>(
        policy: &ChildPolicy,
        above: SupervisorPolicy,
        shards: &Shards<E>,
    ) -> Self {
        Self::pool::<Shard<E>>(policy, above, &shards.pool, &shards.args)
    }
}

/// The same for the same key in every process, so that a run can be repeated.
fn place<E: Entity>(msg: &ShardMsg<E::Msg>) -> u64 {
    let mut hasher = DefaultHasher::new();
    match msg {
        ShardMsg::To(msg) => E::key(msg).hash(&mut hasher),
        // A shard's own, which nobody sends.
        ShardMsg::Look => (),
    }
    hasher.finish()
}
