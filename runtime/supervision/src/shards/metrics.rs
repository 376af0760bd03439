use metrics::{Counter, Gauge, Unit, counter, describe_counter, describe_gauge, gauge};
use synod_types::actor::ActorId;

const LIVE: &str = "shard_entities_live";
const ACTIVATIONS: &str = "shard_activations_total";
const PASSIVATIONS: &str = "shard_passivations_total";
const SAVES: &str = "shard_saves_total";

/// Describes what shards count.
pub(crate) fn describe() {
    describe_gauge!(LIVE, Unit::Count, "Entities that the shard has in memory");
    describe_counter!(ACTIVATIONS, Unit::Count, "Entities loaded because a message for them came");
    describe_counter!(
        PASSIVATIONS,
        Unit::Count,
        "Entities put away, by reason: idle, room (another needed the place), end (of the shard)"
    );
    describe_counter!(SAVES, Unit::Count, "States of entities written");
}

/// Why an entity is put away.
#[derive(Clone, Copy, Debug)]
pub(super) enum Why {
    Idle,
    Room,
    End,
}

pub(super) struct Metrics {
    live: Gauge,
    activations: Counter,
    idle: Counter,
    room: Counter,
    end: Counter,
    saves: Counter,
}

impl Metrics {
    /// Of a shard that begins: nobody is in memory.
    pub(super) fn register(shard: &ActorId) -> Self {
        let actor = shard.to_string();
        let passivations =
            |reason| counter!(PASSIVATIONS, "actor" => actor.clone(), "reason" => reason);
        let metrics = Self {
            live: gauge!(LIVE, "actor" => actor.clone()),
            activations: counter!(ACTIVATIONS, "actor" => actor.clone()),
            idle: passivations("idle"),
            room: passivations("room"),
            end: passivations("end"),
            saves: counter!(SAVES, "actor" => actor.clone()),
        };
        metrics.live.set(0.0);
        metrics
    }

    pub(super) fn activated(&self, live: usize) {
        self.activations.increment(1);
        self.live.set(live as f64);
    }

    pub(super) fn passivated(&self, why: Why, live: usize) {
        match why {
            Why::Idle => self.idle.increment(1),
            Why::Room => self.room.increment(1),
            Why::End => self.end.increment(1),
        }
        self.live.set(live as f64);
    }

    pub(super) fn saved(&self) {
        self.saves.increment(1);
    }
}
