//! Names of everything this crate counts. Call [`describe`] after the recorder is installed and
//! before the first address is made: a handle made earlier is mute.

mod breaker;

pub(crate) use breaker::BreakerMetrics;

use std::sync::Arc;
use std::time::Duration;

use metrics::{
    Counter, Gauge, Histogram, SharedString, Unit, counter, describe_counter, describe_gauge,
    describe_histogram, gauge, histogram,
};
use parking_lot::Mutex;
use synod_supervision_core::{Parking, Work};
use synod_types::actor::{ActorId, Incarnation};
use synod_types::time::Moment;

use crate::dead_letters::DeadReason;
use crate::times::Times;

const ACCEPTED: &str = "actor_messages_accepted_total";
const COALESCED: &str = "actor_messages_coalesced_total";
const REFUSED: &str = "actor_messages_refused_total";
const EXPIRED: &str = "actor_requests_expired_total";
const REDELIVERED: &str = "actor_messages_redelivered_total";
const QUARANTINED: &str = "actor_messages_quarantined_total";
const KEPT_OUT: &str = "actor_messages_kept_out_total";
const HANDLED: &str = "actor_messages_handled_total";
const WAIT: &str = "actor_message_wait_seconds";
const HANDLING: &str = "actor_message_handling_seconds";
const DEPTH: &str = "actor_mailbox_depth";
const BOUND: &str = "actor_mailbox_bound";
const INCARNATION: &str = "actor_incarnation";
const PROGRESS: &str = "actor_last_progress_timestamp_seconds";
const EXITS: &str = "actor_exits_total";
const RESTARTS: &str = "actor_restarts_total";
const KILLS: &str = "actor_kills_total";
const STUCK: &str = "actor_stuck";
const STUCK_TOTAL: &str = "actor_stuck_total";
const FENCED: &str = "actor_fenced_total";
const FENCED_LIVES: &str = "actor_fenced_lives";
const FENCED_REFUSED: &str = "actor_fenced_refused_total";
const INTENSITY: &str = "supervisor_intensity_used";
const PARKS: &str = "actor_parks_total";
const PARKING: &str = "supervisor_parking";
const GAVE_UP: &str = "supervisor_escalations_total";
const DEAD: &str = "dead_letters_total";
const DEADLOCKS: &str = "actor_deadlocks_total";
const DEAD_KEPT: &str = "dead_letters_remembered";
const DEAD_REPLAYED: &str = "dead_letters_replayed_total";
const LOST_ASKERS: &str = "replies_without_asker_total";
const POOL_WORKERS: &str = "pool_workers";
const POOL_RESTING: &str = "pool_workers_resting";

/// Describes every metric of this crate.
pub fn describe() {
    describe_mail();
    describe_lives();
    describe_gauge!(POOL_WORKERS, Unit::Count, "Workers of a pool that take its messages");
    describe_gauge!(POOL_RESTING, Unit::Count, "Of these, workers that have nothing to do");
    breaker::describe();
    crate::shards::describe();
}

fn describe_mail() {
    describe_counter!(ACCEPTED, Unit::Count, "Messages put into a mailbox");
    describe_counter!(COALESCED, Unit::Count, "Messages that replaced a queued one of their key");
    describe_counter!(REFUSED, Unit::Count, "Messages given back to their sender: full or closed");
    describe_counter!(
        EXPIRED,
        Unit::Count,
        "Questions not handled because their deadline had passed when they were taken up"
    );
    describe_counter!(
        REDELIVERED,
        Unit::Count,
        "Messages in hand when their actor ended that were put back to be tried again"
    );
    describe_counter!(
        QUARANTINED,
        Unit::Count,
        "Messages put into quarantine because the actor died of them too often"
    );
    describe_counter!(
        KEPT_OUT,
        Unit::Count,
        "Messages given back to their sender because what they say is in quarantine"
    );
    describe_counter!(HANDLED, Unit::Count, "Messages handled");
    describe_histogram!(
        WAIT,
        Unit::Seconds,
        "Time from acceptance to the start of handling; of many fast messages, of a part"
    );
    describe_histogram!(
        HANDLING,
        Unit::Seconds,
        "Time a handler took for one message; of many fast ones, of a part"
    );
    describe_gauge!(DEPTH, Unit::Count, "Messages waiting in the mailbox");
    describe_gauge!(BOUND, Unit::Count, "Messages the mailbox can hold");
    describe_counter!(DEAD, Unit::Count, "Accepted messages that were never handled, by reason");
    describe_counter!(
        DEADLOCKS,
        Unit::Count,
        "Calls not made because actors would have waited for one another, by who called"
    );
    describe_gauge!(
        DEAD_KEPT,
        Unit::Count,
        "Dead letters that are remembered: in quarantine or not"
    );
    describe_counter!(DEAD_REPLAYED, Unit::Count, "Dead letters sent to their actor again");
    describe_counter!(LOST_ASKERS, Unit::Count, "Answers whose asker no longer waited");
}

fn describe_lives() {
    describe_gauge!(INCARNATION, Unit::Count, "Which life the actor is in: 1 plus its restarts");
    describe_gauge!(PROGRESS, Unit::Seconds, "When the actor last finished a message (Unix time)");
    describe_counter!(EXITS, Unit::Count, "Ends of actors and supervisors, by reason");
    describe_counter!(RESTARTS, Unit::Count, "Restarts of actors and supervisors");
    describe_counter!(KILLS, Unit::Count, "Kills on request");
    describe_gauge!(STUCK, Unit::Count, "1 while the watchdog finds the actor stuck, else 0");
    describe_counter!(STUCK_TOTAL, Unit::Count, "Times an actor was found stuck: busy or waiting");
    describe_counter!(
        FENCED,
        Unit::Count,
        "Lives that held on to their thread and were fenced, to be started again beside it"
    );
    describe_gauge!(FENCED_LIVES, Unit::Count, "Fenced lives of the actor that still run");
    describe_counter!(
        FENCED_REFUSED,
        Unit::Count,
        "What fenced lives were refused: send, reply, alarm, work"
    );
    describe_gauge!(INTENSITY, Unit::Count, "Restarts within the supervisor's period");
    describe_counter!(
        PARKS,
        Unit::Count,
        "Times an actor, or all below a supervisor, were parked: exceeded, breaker, degraded"
    );
    describe_gauge!(PARKING, Unit::Count, "Its children: 0 run, 1 on probation, 2 parked");
    describe_counter!(GAVE_UP, Unit::Count, "Times a supervisor gave up and told its parent");
}

pub(crate) struct MailboxMetrics {
    accepted: Counter,
    pub(crate) coalesced: Counter,
    pub(crate) redelivered: Counter,
    pub(crate) quarantined: Counter,
    pub(crate) kept_out: Counter,
    pub(crate) refused: Counter,
    pub(crate) expired: Counter,
    handled: Counter,
    wait: Histogram,
    handling: Histogram,
    depth: Gauge,
    bound: Gauge,
    incarnation: Gauge,
    progress: Gauge,
    stuck: Gauge,
    /// Handling times once more, to be read here: histograms of the recorder are not.
    times: Mutex<Times>,
}

impl MailboxMetrics {
    pub(crate) fn register(id: &ActorId) -> Self {
        // One text for all of them.
        let actor = SharedString::from(Arc::<str>::from(id.as_str()));
        Self {
            accepted: counter!(ACCEPTED, "actor" => actor.clone()),
            coalesced: counter!(COALESCED, "actor" => actor.clone()),
            redelivered: counter!(REDELIVERED, "actor" => actor.clone()),
            quarantined: counter!(QUARANTINED, "actor" => actor.clone()),
            kept_out: counter!(KEPT_OUT, "actor" => actor.clone()),
            refused: counter!(REFUSED, "actor" => actor.clone()),
            expired: counter!(EXPIRED, "actor" => actor.clone()),
            handled: counter!(HANDLED, "actor" => actor.clone()),
            wait: histogram!(WAIT, "actor" => actor.clone()),
            handling: histogram!(HANDLING, "actor" => actor.clone()),
            depth: gauge!(DEPTH, "actor" => actor.clone()),
            bound: gauge!(BOUND, "actor" => actor.clone()),
            incarnation: gauge!(INCARNATION, "actor" => actor.clone()),
            progress: gauge!(PROGRESS, "actor" => actor.clone()),
            stuck: gauge!(STUCK, "actor" => actor),
            times: Mutex::default(),
        }
    }

    pub(crate) fn count(&self, accepted: u64, handled: u64) {
        self.accepted.increment(accepted);
        self.handled.increment(handled);
    }

    pub(crate) fn timed(&self, now: Moment, waited: Duration, took: Duration) {
        self.wait.record(waited);
        self.handling.record(took);
        self.times.lock().record(now, took);
    }

    /// The longest handling of each 500, and of each 990, of 1,000 messages lately.
    pub(crate) fn handling(&self) -> (Option<Duration>, Option<Duration>) {
        let times = self.times.lock();
        (times.quantile(500), times.quantile(990))
    }

    pub(crate) fn stuck(&self, is_stuck: bool) {
        self.stuck.set(if is_stuck { 1.0 } else { 0.0 });
    }

    pub(crate) fn publish(
        &self,
        depth: usize,
        bound: usize,
        incarnation: Incarnation,
        progress: Option<Moment>,
    ) {
        self.depth.set(depth as f64);
        self.bound.set(bound as f64);
        self.incarnation.set(incarnation.0 as f64);
        self.progress.set(progress.map_or(0.0, |at| at.unix_millis() as f64 / 1_000.0));
    }
}

pub(crate) fn stuck(actor: &ActorId, how: Work) {
    counter!(STUCK_TOTAL, "actor" => actor.to_string(), "how" => how.name()).increment(1);
}

pub(crate) fn fenced(actor: &ActorId) {
    counter!(FENCED, "actor" => actor.to_string()).increment(1);
    gauge!(FENCED_LIVES, "actor" => actor.to_string()).increment(1.0);
}

pub(crate) fn fence_over(actor: &ActorId) {
    gauge!(FENCED_LIVES, "actor" => actor.to_string()).decrement(1.0);
}

pub(crate) fn fenced_refused(actor: &ActorId, what: &'static str) {
    counter!(FENCED_REFUSED, "actor" => actor.to_string(), "what" => what).increment(1);
}

pub(crate) struct PoolMetrics {
    workers: Gauge,
    resting: Gauge,
}

impl PoolMetrics {
    pub(crate) fn register(id: &ActorId) -> Self {
        Self {
            workers: gauge!(POOL_WORKERS, "pool" => id.to_string()),
            resting: gauge!(POOL_RESTING, "pool" => id.to_string()),
        }
    }

    pub(crate) fn publish(&self, workers: usize, resting: usize) {
        self.workers.set(workers as f64);
        self.resting.set(resting as f64);
    }
}

pub(crate) fn exited(child: &ActorId, reason: &'static str) {
    counter!(EXITS, "actor" => child.to_string(), "reason" => reason).increment(1);
}

pub(crate) fn restarted(child: &ActorId) {
    counter!(RESTARTS, "actor" => child.to_string()).increment(1);
}

pub(crate) fn killed(child: &ActorId) {
    counter!(KILLS, "actor" => child.to_string()).increment(1);
}

pub(crate) fn intensity(supervisor: &ActorId, used: u32) {
    gauge!(INTENSITY, "supervisor" => supervisor.to_string()).set(f64::from(used));
}

pub(crate) fn parking(supervisor: &ActorId, parking: Parking) {
    let level = match parking {
        Parking::Closed => 0,
        Parking::Probing { .. } => 1,
        Parking::Open { .. } => 2,
    };
    gauge!(PARKING, "supervisor" => supervisor.to_string()).set(f64::from(level));
}

pub(crate) fn parked(actor: &ActorId, why: &'static str) {
    counter!(PARKS, "actor" => actor.to_string(), "why" => why).increment(1);
}

pub(crate) fn gave_up(supervisor: &ActorId) {
    counter!(GAVE_UP, "supervisor" => supervisor.to_string()).increment(1);
}

pub(crate) fn dead_letter(reason: DeadReason) {
    counter!(DEAD, "reason" => reason.name()).increment(1);
}

pub(crate) fn deadlock(asker: &ActorId) {
    counter!(DEADLOCKS, "actor" => asker.to_string()).increment(1);
}

pub(crate) fn replayed(actor: &ActorId) {
    counter!(DEAD_REPLAYED, "actor" => actor.to_string()).increment(1);
}

pub(crate) fn remembered((named, quarantined): (usize, usize)) {
    gauge!(DEAD_KEPT, "quarantined" => "no").set(named as f64);
    gauge!(DEAD_KEPT, "quarantined" => "yes").set(quarantined as f64);
}

pub(crate) fn lost_asker() {
    counter!(LOST_ASKERS).increment(1);
}
