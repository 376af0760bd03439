use std::time::Duration;

use synod_supervision_core::Residents;

use super::entity::{Entity, Keep, ShardMsg};
use super::metrics::{Metrics, Why};
use crate::actor::{Actor, Failure};
use crate::context::Context;

/// Entities put away in one go: more of them, and messages would wait for it.
const AT_ONCE: usize = 64;

/// What a shard is made from.
pub(crate) struct ShardArgs<E: Entity> {
    pub(super) rows: E::Rows,
    pub(super) live_max: usize,
    pub(super) idle_after: Duration,
}

impl<E: Entity> Clone for ShardArgs<E> {
    fn clone(&self) -> Self {
        Self { rows: self.rows.clone(), live_max: self.live_max, idle_after: self.idle_after }
    }
}

/// One of the actors among which entities are divided.
pub(crate) struct Shard<E: Entity> {
    rows: E::Rows,
    residents: Residents<E::Key, Resident<E>>,
    /// Its alarm is set.
    looks: bool,
    metrics: Metrics,
}

/// An entity in memory.
struct Resident<E> {
    entity: E,
    is_saved: bool,
}

type Ctx<E> = Context<ShardMsg<<E as Entity>::Msg>>;

impl<E: Entity> Actor for Shard<E> {
    const IS_EXCLUSIVE: bool = E::IS_EXCLUSIVE;
    type Msg = ShardMsg<E::Msg>;
    type Args = ShardArgs<E>;

    async fn start(ctx: &Ctx<E>, args: ShardArgs<E>) -> Result<Self, Failure> {
        let ShardArgs { rows, live_max, idle_after } = args;
        let residents = Residents::new(live_max, idle_after)?;
        Ok(Self { rows, residents, looks: false, metrics: Metrics::register(ctx.id()) })
    }

    async fn handle(&mut self, ctx: &Ctx<E>, msg: ShardMsg<E::Msg>) -> Result<(), Failure> {
        match msg {
            ShardMsg::To(msg) => self.take(ctx, msg).await?,
            ShardMsg::Look => self.look(ctx).await?,
        }
        self.watch(ctx);
        Ok(())
    }

    async fn stop(&mut self, ctx: &Ctx<E>) {
        while let Some(key) = self.residents.eldest().cloned() {
            if let Err(failure) = self.put_away(&key, Why::End).await {
                let (left, why) = (self.residents.len(), failure.chain());
                tracing::error!(shard = %ctx.id(), left, why, "changes of entities were not saved");
                break;
            }
        }
    }
}

impl<E: Entity> Shard<E> {
    /// Hands a message to its entity, and tells what follows once that is durable.
    async fn take(&mut self, ctx: &Ctx<E>, msg: E::Msg) -> Result<(), Failure> {
        let key = E::key(&msg).clone();
        let now = ctx.now();
        if self.residents.touch(now, &key).is_none() {
            self.activate(ctx, &key).await?;
        }
        let resident = self.residents.get_mut(&key);
        let resident = resident.ok_or_else(|| Failure::because("an entity went as it came"))?;
        let step = resident.entity.handle(now, msg);
        match step.keep {
            Keep::Unchanged => (),
            Keep::Later => resident.is_saved = false,
            Keep::Now => {
                resident.is_saved = false;
                resident.entity.save(&self.rows, &key).await?;
                resident.is_saved = true;
                self.metrics.saved();
            }
        }
        if let Some(tell) = step.tell {
            tell();
        }
        Ok(())
    }

    /// Makes room, then loads.
    async fn activate(&mut self, ctx: &Ctx<E>, key: &E::Key) -> Result<(), Failure> {
        while let Some(eldest) = self.residents.in_the_way().cloned() {
            self.put_away(&eldest, Why::Room).await?;
        }
        let entity = E::load(&self.rows, key).await?;
        self.residents.enter(ctx.now(), key.clone(), Resident { entity, is_saved: true });
        self.metrics.activated(self.residents.len());
        Ok(())
    }

    /// Saves what is not yet saved, then lets the entity go.
    async fn put_away(&mut self, key: &E::Key, why: Why) -> Result<(), Failure> {
        if let Some(resident) = self.residents.get_mut(key)
            && !resident.is_saved
        {
            resident.entity.save(&self.rows, key).await?;
            self.metrics.saved();
        }
        self.residents.leave(key);
        self.metrics.passivated(why, self.residents.len());
        Ok(())
    }

    /// Puts away who has been idle for long enough.
    async fn look(&mut self, ctx: &Ctx<E>) -> Result<(), Failure> {
        self.looks = false;
        let now = ctx.now();
        for _ in 0..AT_ONCE {
            let Some(key) = self.residents.idle(now).cloned() else { break };
            self.put_away(&key, Why::Idle).await?;
        }
        Ok(())
    }

    /// Sets its alarm, unless it is set or nobody is there to be idle.
    fn watch(&mut self, ctx: &Ctx<E>) {
        if !self.looks
            && let Some(at) = self.residents.look_at(ctx.now())
        {
            self.looks = true;
            ctx.wake_at(at, ShardMsg::Look);
        }
    }
}
