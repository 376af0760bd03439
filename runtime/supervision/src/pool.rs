//! Pools: equal actors behind one address.
//!
//! ```text
//!   shared   Address ──▶ Mailbox ◀──take── worker 0, 1, 2 …      whoever is free
//!   keyed    Address ──▶ worker_of(key) ──▶ Mailbox of worker n   the same key, the same worker
//! ```
//!
//! The workers are children of a supervisor that has the pool's name. One that crashes loses the
//! message in hand; what waits is in mailboxes, which no worker owns.

use std::sync::Arc;

use synod_supervision_core::{ChildPolicy, Crew, InvalidSize, SupervisorPolicy};
use synod_types::actor::{ActorId, InvalidActorId};

use crate::actor::Actor;
use crate::address::Address;
use crate::capacity::Capacity;
use crate::child::{ChildSpec, SupervisorSpec};
use crate::mailbox::Mailbox;
use crate::message::Message;
use crate::runtime::Runtime;

/// Which worker of a pool has a message.
#[derive(Clone, Copy, Debug)]
pub enum Routing<M> {
    /// Whoever is free: messages wait for no worker in particular. Those of a lane are begun in
    /// order, and may end in any.
    Shared,
    /// The same worker for the same key, in order. A worker that is busy or down holds up the
    /// keys it has, and no others.
    Keyed(fn(&M) -> u64),
}

/// What a pool is to be.
#[derive(Clone, Copy, Debug)]
pub struct PoolSpec<M> {
    /// Workers that take messages at first.
    pub workers: usize,
    /// The most there may be. So many are started; those not employed sleep. Of a keyed pool,
    /// `workers`.
    pub workers_max: usize,
    /// Which worker has a message.
    pub routing: Routing<M>,
    /// Room in the pool's mailbox; of a keyed pool, in that of each worker.
    pub capacity: Capacity,
}

/// A pool's address, and those of its workers.
#[derive(Debug)]
pub struct Pool<M> {
    address: Address<M>,
    workers: Vec<Address<M>>,
}

impl<M> Clone for Pool<M> {
    fn clone(&self) -> Self {
        Self { address: self.address.clone(), workers: self.workers.clone() }
    }
}

/// Why there is no such pool.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidPool {
    /// Not that many workers.
    #[error(transparent)]
    Size(#[from] InvalidSize),
    /// Workers are called after their pool, and the name is too long for that.
    #[error(transparent)]
    Name(#[from] InvalidActorId),
}

impl Runtime {
    /// Makes a pool with its mailboxes. Messages are accepted from now on and wait for the first
    /// worker. Workers are called `<pool>-1`, `<pool>-2` and so on.
    ///
    /// # Errors
    /// [`InvalidPool`].
    pub fn pool<M: Message>(&self, id: ActorId, spec: PoolSpec<M>) -> Result<Pool<M>, InvalidPool> {
        let PoolSpec { workers, workers_max, routing, capacity } = spec;
        let crew = Crew::new(workers_max, workers)?;
        let name = |number: usize| ActorId::new(&format!("{id}-{}", number + 1));
        let names = (0..workers_max).map(name).collect::<Result<Vec<_>, _>>()?;
        match routing {
            Routing::Shared => {
                let address = self.open(Mailbox::of_pool(id, capacity, crew, self.shared()));
                let own = |(n, name)| self.open(Mailbox::of_worker(name, &address.mailbox, n));
                let workers = names.into_iter().enumerate().map(own).collect();
                Ok(Pool { address, workers })
            }
            Routing::Keyed(_) if workers < workers_max => Err(InvalidSize::Keyed.into()),
            Routing::Keyed(key) => {
                let workers: Vec<Address<M>> =
                    names.into_iter().map(|name| self.address(name, capacity)).collect();
                let below = workers.iter().map(|worker| worker.mailbox.clone()).collect();
                // Nothing waits in it, so there is nothing to see of it but its workers.
                let mailbox = Arc::new(Mailbox::of_keys(id, key, below, self.shared()));
                Ok(Pool { address: Address { mailbox }, workers })
            }
        }
    }
}

impl<M: Message> Pool<M> {
    /// Where its messages go.
    pub const fn address(&self) -> &Address<M> {
        &self.address
    }

    /// Its workers' names.
    pub fn workers(&self) -> impl Iterator<Item = &ActorId> {
        self.workers.iter().map(Address::id)
    }

    /// Workers that take messages.
    pub fn size(&self) -> usize {
        self.address.mailbox.crew().map_or(self.workers.len(), |(size, _)| size)
    }

    /// Workers that have nothing to do; not known of a keyed pool.
    pub fn resting(&self) -> Option<usize> {
        self.address.mailbox.crew().map(|(_, resting)| resting)
    }

    /// Lets `workers` of them take messages from now on. Who is dismissed finishes what it has in
    /// hand.
    ///
    /// # Errors
    /// None, more than `workers_max`, or the pool is keyed. Nothing is changed.
    pub fn resize(&self, workers: usize) -> Result<(), InvalidSize> {
        self.address.mailbox.resize(workers)
    }
}

impl ChildSpec {
    /// A pool: a supervisor of the pool's name with its workers below it, each made from a clone
    /// of `args`. `policy` is that of each worker, but for its name; `above`, that of the
    /// supervisor, which is a permanent child.
    pub fn pool<A: Actor>(
        policy: &ChildPolicy,
        above: SupervisorPolicy,
        pool: &Pool<A::Msg>,
        args: &A::Args,
    ) -> Self {
        let worker = |address: &Address<A::Msg>| {
            // For those above, it is the pool that matters.
            let (id, is_significant) = (address.id().clone(), false);
            let policy = ChildPolicy { id, is_significant, ..policy.clone() };
            Self::worker::<A>(policy, address, args.clone())
        };
        let children: Vec<Self> = pool.workers.iter().map(worker).collect();
        // They start and end one after another.
        let each = u32::try_from(children.len()).unwrap_or(u32::MAX);
        let own = ChildPolicy {
            id: pool.address.id().clone(),
            start_timeout: policy.start_timeout.saturating_mul(each),
            stop_timeout: policy.stop_timeout.saturating_mul(each),
            ..policy.clone()
        };
        let spec = SupervisorSpec { id: own.id.clone(), policy: above, children };
        Self::supervisor(own, spec)
    }
}
