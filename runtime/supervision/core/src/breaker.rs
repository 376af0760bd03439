mod policy;
mod window;
mod words;

pub use policy::{BreakerPolicy, OpensOn, SlowCalls, Span, WindowPolicy};
pub use words::{BreakerState, CallOutcome, Counts, Permit, Reason, Rejection, Transition};

use synod_types::time::Moment;

use crate::jitter::{exponential, shortened, splitmix64};
use window::Tally;

/// Calls at once that a policy may allow.
pub const CALLS_MAX: u32 = 65_536;

/// Calls that a window may hold.
pub const WINDOW_CALLS_MAX: u32 = 16_384;

/// Epochs are counted up to here and then from the beginning. A permit that outlived half a
/// thousand million changes of state could be taken for a new one.
const EPOCHS: u32 = 1 << 29;

/// The breaker before one outside dependency.
///
/// Every change of state begins an epoch. The outcome of a call let through in an earlier epoch
/// frees its place and counts for nothing else.
#[derive(Debug)]
pub struct BreakerCore {
    policy: BreakerPolicy,
    state: BreakerState,
    epoch: u32,
    /// Calls on their way, of every epoch.
    calls: u32,
    /// Closed: what came of calls.
    tally: Tally,
    /// Half-open: calls let through and not cancelled.
    probes: u32,
    /// Half-open: what came of those.
    probed: Probed,
    /// Openings since it was last closed.
    openings_in_a_row: u32,
    /// Openings in all.
    openings: u64,
}

#[derive(Clone, Copy, Debug, Default)]
struct Probed {
    counts: Counts,
    /// Neither failed nor slow.
    good: u32,
}

/// What may happen to a breaker before its core is asked again: so many calls need no look at
/// anything but two numbers.
///
/// A lease ends with the next input of any sort. Then [`BreakerCore::settle`] comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Calls may be let through, as long as fewer than `calls_max` are on their way.
    pub admits: bool,
    /// Of the present epoch, so many calls may be reported as [`CallOutcome::Success`].
    pub successes: u32,
    /// They may be reported before this moment.
    pub until: Moment,
    /// The epoch of permits given, and of those that may be reported.
    pub epoch: u32,
}

impl BreakerCore {
    /// Closed.
    pub fn new(policy: BreakerPolicy) -> Self {
        let policy = policy.bounded();
        Self {
            policy,
            state: BreakerState::Closed,
            epoch: 0,
            calls: 0,
            tally: Tally::new(policy.opens_on),
            probes: 0,
            probed: Probed::default(),
            openings_in_a_row: 0,
            openings: 0,
        }
    }

    /// The policy, with its limits as they are applied.
    pub const fn policy(&self) -> &BreakerPolicy {
        &self.policy
    }

    /// Calls on their way.
    pub const fn calls(&self) -> u32 {
        self.calls
    }

    /// The state. Time alone changes none: see [`BreakerState::Open`].
    pub const fn state(&self) -> BreakerState {
        self.state
    }

    /// What the present state is judged by: closed, the window as of the last call; half-open,
    /// the probes.
    pub const fn counts(&self) -> Counts {
        match self.state {
            BreakerState::HalfOpen => self.probed.counts,
            BreakerState::Closed
            | BreakerState::Open { .. }
            | BreakerState::ForcedOpen
            | BreakerState::ForcedClosed => self.tally.counts(),
        }
    }

    /// Whether a call may be made now; and the change of state, if this call is the first probe.
    ///
    /// # Errors
    /// [`Rejection`] says why not.
    pub fn admit(&mut self, now: Moment) -> Result<(Permit, Option<Transition>), Rejection> {
        match self.state {
            BreakerState::Open { until } if now < until => return Err(Rejection::Open { until }),
            BreakerState::ForcedOpen => return Err(Rejection::ForcedOpen),
            BreakerState::Closed
            | BreakerState::Open { .. }
            | BreakerState::HalfOpen
            | BreakerState::ForcedClosed => (),
        }
        if self.policy.calls_max <= self.calls {
            return Err(Rejection::ConcurrencyLimit { calls_max: self.policy.calls_max });
        }
        let transition = match self.state {
            BreakerState::Open { .. } => self.enter(BreakerState::HalfOpen, Reason::OpenTimeOver),
            BreakerState::Closed
            | BreakerState::HalfOpen
            | BreakerState::ForcedOpen
            | BreakerState::ForcedClosed => None,
        };
        if self.state == BreakerState::HalfOpen {
            let permits = self.policy.half_open_permits;
            if permits <= self.probes {
                return Err(Rejection::HalfOpen { permits });
            }
            self.probes += 1;
        }
        self.calls += 1;
        Ok((Permit::of_epoch(self.epoch), transition))
    }

    /// Takes back a permit; says whether its outcome changed the state.
    pub fn report(
        &mut self,
        now: Moment,
        permit: Permit,
        outcome: CallOutcome,
    ) -> Option<Transition> {
        self.calls = self.calls.saturating_sub(1);
        if permit.epoch() != self.epoch {
            return None;
        }
        match self.state {
            BreakerState::Closed => self.report_closed(now, outcome),
            BreakerState::HalfOpen => self.report_half_open(now, outcome),
            BreakerState::Open { .. } | BreakerState::ForcedOpen | BreakerState::ForcedClosed => {
                None
            }
        }
    }

    /// Refuses every call until told otherwise.
    pub fn force_open(&mut self) -> Option<Transition> {
        self.enter(BreakerState::ForcedOpen, Reason::ByHand)
    }

    /// Lets every call through until told otherwise.
    pub fn force_closed(&mut self) -> Option<Transition> {
        self.enter(BreakerState::ForcedClosed, Reason::ByHand)
    }

    /// Closed, with nothing held against the dependency.
    pub fn reset(&mut self) -> Option<Transition> {
        self.tally.clear();
        self.openings_in_a_row = 0;
        self.enter(BreakerState::Closed, Reason::ByHand)
    }

    /// What may happen from now on without asking.
    pub fn lease(&self) -> Lease {
        let epoch = self.epoch;
        match self.state {
            BreakerState::Closed => {
                let (successes, until) = self.tally.quiet();
                Lease { admits: true, successes, until, epoch }
            }
            BreakerState::ForcedClosed => {
                Lease { admits: true, successes: u32::MAX, until: Moment::MAX, epoch }
            }
            BreakerState::Open { .. } | BreakerState::HalfOpen | BreakerState::ForcedOpen => {
                Lease { admits: false, successes: 0, until: Moment::MAX, epoch }
            }
        }
    }

    /// What has happened under the lease: `calls` are on their way now, and so many `successes`
    /// were reported.
    pub fn settle(&mut self, calls: u32, successes: u32) {
        self.calls = calls;
        if self.state == BreakerState::Closed {
            self.tally.take_quiet(successes);
        }
    }

    fn report_closed(&mut self, now: Moment, outcome: CallOutcome) -> Option<Transition> {
        if outcome == CallOutcome::Cancelled {
            return None;
        }
        let reason = self.tally.record(now, outcome)?;
        self.open(now, reason)
    }

    /// Opens as soon as too few probes are left that could close it.
    fn report_half_open(&mut self, now: Moment, outcome: CallOutcome) -> Option<Transition> {
        if outcome == CallOutcome::Cancelled {
            self.probes = self.probes.saturating_sub(1);
            return None;
        }
        let probed = &mut self.probed;
        probed.counts.add(outcome);
        probed.good += u32::from(outcome == CallOutcome::Success);
        let Probed { counts, good } = *probed;
        if self.policy.successes_to_close <= good {
            self.openings_in_a_row = 0;
            return self.enter(BreakerState::Closed, Reason::HalfOpenSucceeded(counts));
        }
        let bad = counts.calls.saturating_sub(good);
        if self.policy.half_open_permits - self.policy.successes_to_close < bad {
            return self.open(now, Reason::HalfOpenFailed(counts));
        }
        None
    }

    fn open(&mut self, now: Moment, reason: Reason) -> Option<Transition> {
        let BreakerPolicy { open_for, open_for_max, open_jitter_percent, .. } = self.policy;
        let longest = exponential(open_for, 2, self.openings_in_a_row, open_for_max);
        let chance = splitmix64(self.policy.seed) ^ self.openings;
        let wait = shortened(longest, open_jitter_percent, chance);
        self.openings_in_a_row = self.openings_in_a_row.saturating_add(1);
        self.openings = self.openings.wrapping_add(1);
        self.enter(BreakerState::Open { until: now + wait }, reason)
    }

    fn enter(&mut self, to: BreakerState, reason: Reason) -> Option<Transition> {
        let from = std::mem::replace(&mut self.state, to);
        if from == to {
            return None;
        }
        self.epoch = (self.epoch + 1) % EPOCHS;
        self.tally.clear();
        self.probes = 0;
        self.probed = Probed::default();
        Some(Transition { from, to, reason })
    }
}

#[cfg(test)]
mod tests;
