//! What follows when restarts do not help, and whom a supervisor ends with.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::actor::Life;
use crate::check::Check;
use crate::kinds::Kind;
use crate::shape::join;
use crate::supervisor::{Restart, SupervisorSection};
use crate::written::ActorSection;

/// What a supervisor does when its children fail too often.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum OnExceeded {
    /// It stops them and fails itself: its parent decides. The root ends the process.
    Escalate,
    /// The daemon ends in order, with this as the reason.
    Exit,
    /// It halts them for `park_for`, keeps their mailboxes, and tries again.
    Park,
}

/// Whether a supervisor ends, in order, when significant children have ended by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum AutoShutdown {
    /// It does not.
    Never,
    /// At the first.
    AnySignificant,
    /// At the last.
    AllSignificant,
}

/// What is done with an actor whose failure is one more than its supervisor bears.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Recovery {
    /// What `on_exceeded` of its supervisor says.
    Restart,
    /// The others go on without it; it is tried again after `retry_after`.
    Degrade,
    /// The others go on without it, until an operator restarts it.
    Isolate,
}

/// Why another actor cannot stand in for one of this kind.
pub(crate) const fn no_standby(kind: Kind) -> &'static str {
    match kind {
        Kind::Store => "a journal has one owner, and one beside it would hold other records",
        Kind::Signer => "a key has one owner, and its guard one memory",
        Kind::Executor => {
            "another performer may answer otherwise, and two answers are evidence against it"
        }
        Kind::Chain => "it fails over among its `endpoints` by itself, and keeps its cursor",
        Kind::Embedding => "vectors of another embedding do not compare with those that are kept",
        Kind::Memory | Kind::Aggregation | Kind::Quorum | Kind::Task => {
            "what it knows, one must know, and it has no outside that another could stand before"
        }
    }
}

/// Whom a supervisor ends with makes sense.
pub(crate) fn check_actor(check: &mut Check<'_, '_>, id: &str, section: &ActorSection) {
    let key = join("actors", id);
    let Life { restart, significant, .. } = &section.life;
    check_significant(check, &key, *significant, *restart);
}

pub(crate) fn check_significant(
    check: &mut Check<'_, '_>,
    key: &str,
    is_significant: bool,
    restart: Restart,
) {
    if is_significant && restart == Restart::Permanent {
        let hint =
            "restart = \"transient\" or \"temporary\": a permanent child has no end of its own";
        check.found.refuse(&join(key, "significant"), "significant and permanent", hint);
    }
}

/// A limit that back-off never lets its children reach is none: they would fail for ever.
pub(crate) fn check_intensity(check: &mut Check<'_, '_>, key: &str, section: &SupervisorSection) {
    let is_restarted = |child: &&String| {
        let actor = check.written.actors.get(*child).map(|actor| actor.life.restart);
        let supervisor = check.written.supervisors.get(*child).map(|below| below.restart);
        actor.or(supervisor) != Some(Restart::Temporary)
    };
    let children = section.children.iter().filter(is_restarted).count() as u64;
    let most = children.saturating_mul(failures_max(section));
    let is_rising = section.backoff_first <= section.backoff_max;
    if children != 0 && is_rising && most <= u64::from(section.restarts_max) {
        let period = humantime::format_duration(section.period);
        let rule = format!("never exceeded: back-off allows at most {most} failures in {period}");
        let hint = format!("at most {}, or a shorter backoff_max", most - 1);
        check.found.refuse(&join(key, "restarts_max"), rule, hint);
    }
}

/// At least as many failures as one child can have within the period if it fails as soon as it
/// is started. Running for `backoff_reset_after` in between may shorten the waits after it.
fn failures_max(section: &SupervisorSection) -> u64 {
    let shortest = u32::from(100 - section.jitter_percent.min(100));
    let wait = |attempt: u32| {
        let factor = 2_u32.checked_pow(attempt);
        let grown = factor.and_then(|factor| section.backoff_first.checked_mul(factor));
        let wait = grown.unwrap_or(section.backoff_max).min(section.backoff_max);
        wait.as_nanos() * u128::from(shortest) / 100
    };
    let (period, reset_after) = (section.period.as_nanos(), section.backoff_reset_after.as_nanos());
    if wait(0) == 0 || reset_after < wait(0) {
        return u64::MAX;
    }
    let resets_max = (period / reset_after).min(1_000);
    let with_resets = |resets: u128| {
        let (mut left, mut failures) = (period - resets * reset_after, 1_u64);
        for attempt in 0.. {
            // Once the waits grow no more, the rest is a division.
            let wait = wait(attempt);
            let is_last = attempt >= 64 || wait == longest(section, shortest);
            let fit = left / wait;
            let taken = if is_last { fit } else { fit.min(resets + 1) };
            failures = failures.saturating_add(u64::try_from(taken).unwrap_or(u64::MAX));
            left -= taken * wait;
            if is_last || taken < resets + 1 {
                break;
            }
        }
        failures
    };
    (0..=resets_max).map(with_resets).max().unwrap_or(1)
}

fn longest(section: &SupervisorSection, shortest: u32) -> u128 {
    section.backoff_max.as_nanos() * u128::from(shortest) / 100
}

#[cfg(test)]
mod tests;
