//! From sections of a file to policies of supervision.

use std::time::Duration;

use synod_config::{
    Actor, AutoShutdown, BreakerPolicy, Class, OnExceeded, OnStuck, OpensOn, Recovery, Restart,
    Strategy, Supervisor,
};
use synod_supervision::core;
use synod_types::actor::ActorId;

/// A supervisor is ready when all below it are; that may take as long as all of them together,
/// and its own children's timeouts bound it. An hour is a fuse, not a policy.
const SUPERVISOR_START: Duration = Duration::from_secs(3_600);

const fn restart(restart: Restart) -> core::Restart {
    match restart {
        Restart::Permanent => core::Restart::Permanent,
        Restart::Transient => core::Restart::Transient,
        Restart::Temporary => core::Restart::Temporary,
    }
}

pub(super) const fn class(class: Class) -> synod_supervision::Class {
    match class {
        Class::Async => synod_supervision::Class::Async,
        Class::Blocking => synod_supervision::Class::Blocking,
    }
}

pub(super) fn of_actor(id: &ActorId, actor: &Actor) -> core::ChildPolicy {
    core::ChildPolicy {
        restart: restart(actor.restart),
        is_significant: actor.significant,
        recovery: match actor.recovery {
            Recovery::Restart => core::Recovery::Restart,
            Recovery::Degrade => core::Recovery::Degrade { retry_after: actor.retry_after },
            Recovery::Isolate => core::Recovery::Isolate,
        },
        // The breaker of an actor has its name.
        needs: actor.needs.iter().map(ToString::to_string).collect(),
        start_timeout: actor.start_timeout,
        stop_timeout: actor.stop_timeout,
        fencing: actor
            .replace_after
            .map(|after| core::Fencing { after, lives_max: actor.fenced_max }),
        ..core::ChildPolicy::new(id.clone())
    }
}

pub(super) const fn of_watch(actor: &Actor) -> core::WatchPolicy {
    let on_stuck = match actor.on_stuck {
        OnStuck::Report => core::OnStuck::Report,
        OnStuck::Restart => core::OnStuck::Restart,
    };
    core::WatchPolicy { stuck_after: actor.stuck_after, on_stuck }
}

pub(super) fn of_supervisor_as_child(id: &ActorId, section: &Supervisor) -> core::ChildPolicy {
    core::ChildPolicy {
        restart: restart(section.restart),
        is_significant: section.significant,
        start_timeout: SUPERVISOR_START,
        stop_timeout: section.stop_timeout,
        ..core::ChildPolicy::new(id.clone())
    }
}

pub(super) const fn of_supervisor(section: &Supervisor, seed: u64) -> core::SupervisorPolicy {
    let strategy = match section.strategy {
        Strategy::OneForOne => core::Strategy::OneForOne,
        Strategy::OneForAll => core::Strategy::OneForAll,
        Strategy::RestForOne => core::Strategy::RestForOne,
    };
    let backoff = section.backoff;
    core::SupervisorPolicy {
        strategy,
        intensity: core::Intensity { restarts_max: section.restarts_max, period: section.period },
        backoff: core::Backoff {
            first: backoff.first,
            max: backoff.max,
            jitter_percent: backoff.jitter_percent,
            reset_after: backoff.reset_after,
        },
        seed,
        on_exceeded: match section.on_exceeded {
            OnExceeded::Escalate => core::OnExceeded::Escalate,
            OnExceeded::Exit => core::OnExceeded::Exit,
            OnExceeded::Park => {
                core::OnExceeded::Park { open: section.park_for, probes: section.park_probes }
            }
        },
        auto_shutdown: match section.auto_shutdown {
            AutoShutdown::Never => core::AutoShutdown::Never,
            AutoShutdown::AnySignificant => core::AutoShutdown::AnySignificant,
            AutoShutdown::AllSignificant => core::AutoShutdown::AllSignificant,
        },
        children_max: section.children_max,
    }
}

pub(super) fn of_breaker(policy: &BreakerPolicy, seed: u64) -> core::BreakerPolicy {
    let window = |span| {
        core::OpensOn::Window(core::WindowPolicy {
            span,
            minimum_calls: policy.minimum_calls,
            failure_rate_percent: policy.failure_rate_percent,
            slow: policy.slow_call_after.map(|after| core::SlowCalls {
                after,
                rate_percent: policy.slow_call_rate_percent,
            }),
        })
    };
    core::BreakerPolicy {
        opens_on: match policy.opens_on {
            OpensOn::ConsecutiveFailures => {
                core::OpensOn::ConsecutiveFailures(policy.failures_to_open)
            }
            OpensOn::CountWindow => window(core::Span::Calls(policy.window_calls)),
            OpensOn::TimeWindow => window(core::Span::Time(policy.window_time)),
        },
        open_for: policy.open_for,
        open_for_max: policy.open_for_max.unwrap_or(policy.open_for),
        open_jitter_percent: policy.open_jitter_percent,
        half_open_permits: policy.half_open_permits,
        successes_to_close: policy.successes_to_close,
        call_timeout: policy.call_timeout,
        calls_max: policy.calls_max,
        retry: core::RetryPolicy {
            attempts_max: policy.retry.attempts_max,
            backoff_first: policy.retry.backoff_first,
            backoff_max: policy.retry.backoff_max,
            budget: core::BudgetPolicy {
                window: policy.retry.window,
                percent: policy.retry.percent,
                per_second_min: policy.retry.per_second_min,
                retries_max: policy.retry.retries_max,
            },
        },
        seed,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The defaults stand twice, because the file and the core know nothing of each other.
    #[test]
    fn a_breaker_that_no_file_describes_is_the_one_that_the_file_describes_by_default() {
        assert_eq!(of_breaker(&BreakerPolicy::default(), 0), core::BreakerPolicy::default());
    }
}
