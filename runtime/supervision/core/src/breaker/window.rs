//! What a closed breaker remembers of calls.

use std::collections::VecDeque;
use std::time::Duration;

use synod_types::time::Moment;

use super::policy::{OpensOn, Span, WindowPolicy};
use super::words::{CallOutcome, Counts, Reason};

/// Parts of a window of time; one at a time grows old.
const SLICES: usize = 10;

/// Calls since the breaker closed, as far as its policy looks back.
#[derive(Debug)]
pub(super) enum Tally {
    Row { failures: u32, failures_to_open: u32 },
    Rates { policy: WindowPolicy, window: Window },
}

#[derive(Debug)]
pub(super) enum Window {
    Calls(CallWindow),
    Time(TimeWindow),
}

impl Tally {
    pub(super) fn new(opens_on: OpensOn) -> Self {
        match opens_on {
            OpensOn::ConsecutiveFailures(failures_to_open) => {
                Self::Row { failures: 0, failures_to_open }
            }
            OpensOn::Window(policy) => {
                let window = match policy.span {
                    Span::Calls(size) => Window::Calls(CallWindow::new(size)),
                    Span::Time(time) => Window::Time(TimeWindow::new(time)),
                };
                Self::Rates { policy, window }
            }
        }
    }

    pub(super) fn clear(&mut self) {
        match self {
            Self::Row { failures, .. } => *failures = 0,
            Self::Rates { window: Window::Calls(window), .. } => {
                *window = CallWindow::new(window.size)
            }
            Self::Rates { window: Window::Time(window), .. } => window.clear(),
        }
    }

    /// Takes a call that was not cancelled; says whether the breaker must open.
    pub(super) fn record(&mut self, now: Moment, outcome: CallOutcome) -> Option<Reason> {
        match self {
            Self::Row { failures, failures_to_open } => {
                *failures = if outcome.is_failure() { *failures + 1 } else { 0 };
                let reason = Reason::ConsecutiveFailures { failures: *failures };
                (*failures_to_open <= *failures).then_some(reason)
            }
            Self::Rates { policy, window } => {
                match window {
                    Window::Calls(window) => window.record(outcome),
                    Window::Time(window) => window.record(now, outcome),
                }
                judge(policy, window.counts())
            }
        }
    }

    /// How many successes from now on, and until when, change nothing but the number of calls.
    pub(super) fn quiet(&self) -> (u32, Moment) {
        match self {
            Self::Row { failures: 0, .. } => (u32::MAX, Moment::MAX),
            Self::Row { .. } => (0, Moment::MAX),
            Self::Rates { policy, window } => {
                let counts = window.counts();
                let unjudged = policy.minimum_calls.saturating_sub(counts.calls);
                let successes = match window {
                    _ if counts.is_clean() => u32::MAX,
                    // The call with which judging begins is judged.
                    _ if 0 < unjudged => unjudged - 1,
                    Window::Calls(window) => window.until_something_leaves(),
                    // More successes only lower a rate that was not too high.
                    Window::Time(_) => u32::MAX,
                };
                let until = match window {
                    Window::Calls(_) => Moment::MAX,
                    Window::Time(window) => window.slice_ends,
                };
                (successes, until)
            }
        }
    }

    /// Takes successes that were promised to be quiet.
    pub(super) fn take_quiet(&mut self, successes: u32) {
        match self {
            Self::Row { .. } => (),
            Self::Rates { window: Window::Calls(window), .. } => window.take_quiet(successes),
            Self::Rates { window: Window::Time(window), .. } => window.take_quiet(successes),
        }
    }

    pub(super) const fn counts(&self) -> Counts {
        match self {
            Self::Row { failures, .. } => Counts { calls: *failures, failures: *failures, slow: 0 },
            Self::Rates { window, .. } => window.counts(),
        }
    }
}

impl Window {
    const fn counts(&self) -> Counts {
        match self {
            Self::Calls(window) => window.counts,
            Self::Time(window) => window.counts,
        }
    }
}

/// Failures weigh more: with both rates too high, the failures are the reason.
fn judge(policy: &WindowPolicy, counts: Counts) -> Option<Reason> {
    if counts.calls < policy.minimum_calls {
        return None;
    }
    let reaches = |part: u32, percent: u8| {
        u64::from(percent) * u64::from(counts.calls) <= 100 * u64::from(part)
    };
    if reaches(counts.failures, policy.failure_rate_percent) {
        return Some(Reason::FailureRate(counts));
    }
    let slow = policy.slow?;
    reaches(counts.slow, slow.rate_percent).then_some(Reason::SlowCallRate(counts))
}

/// The last calls. Runs of successes are kept as their length, so that a thousand of them cost
/// no more than one.
#[derive(Debug)]
pub(super) struct CallWindow {
    size: u32,
    counts: Counts,
    /// Oldest first: successes, and then what followed them.
    runs: VecDeque<(u32, CallOutcome)>,
    /// Successes since the last of these.
    successes: u32,
}

impl CallWindow {
    const fn new(size: u32) -> Self {
        let counts = Counts { calls: 0, failures: 0, slow: 0 };
        Self { size, counts, runs: VecDeque::new(), successes: 0 }
    }

    fn record(&mut self, outcome: CallOutcome) {
        if self.counts.calls == self.size {
            self.forget_oldest();
        }
        self.counts.add(outcome);
        if outcome == CallOutcome::Success {
            self.successes += 1;
        } else {
            self.runs.push_back((std::mem::take(&mut self.successes), outcome));
        }
    }

    fn forget_oldest(&mut self) {
        let mut gone = Counts::default();
        match self.runs.front_mut() {
            None => {
                self.successes -= 1;
                gone.add(CallOutcome::Success);
            }
            Some((0, outcome)) => {
                gone.add(*outcome);
                self.runs.pop_front();
            }
            Some((successes, _)) => {
                *successes -= 1;
                gone.add(CallOutcome::Success);
            }
        }
        self.counts.take(gone);
    }

    /// Successes that can come before the oldest failure or slow call is pushed out.
    fn until_something_leaves(&self) -> u32 {
        let room = self.size - self.counts.calls;
        room + self.runs.front().map_or(self.size, |(successes, _)| *successes)
    }

    fn take_quiet(&mut self, successes: u32) {
        let room = self.size - self.counts.calls;
        self.counts.calls += successes.min(room);
        self.successes = self.successes.saturating_add(successes).min(self.size);
        let pushed_out = successes.saturating_sub(room);
        if let Some((oldest, _)) = self.runs.front_mut() {
            *oldest = oldest.saturating_sub(pushed_out);
        }
    }
}

/// The calls of the last slices of time, the present one included.
#[derive(Debug)]
pub(super) struct TimeWindow {
    slice: u64,
    counts: Counts,
    slices: Box<[Counts; SLICES]>,
    /// The present slice's number since the epoch.
    present: u64,
    slice_ends: Moment,
}

impl TimeWindow {
    fn new(time: Duration) -> Self {
        let nanos = u64::try_from(time.as_nanos()).unwrap_or(u64::MAX);
        Self {
            slice: (nanos / SLICES as u64).max(1),
            counts: Counts::default(),
            slices: Box::default(),
            present: 0,
            slice_ends: Moment::default(),
        }
    }

    fn clear(&mut self) {
        self.counts = Counts::default();
        *self.slices = [Counts::default(); SLICES];
    }

    fn record(&mut self, now: Moment, outcome: CallOutcome) {
        self.advance(now);
        self.counts.add(outcome);
        self.slices[self.place()].add(outcome);
    }

    fn advance(&mut self, now: Moment) {
        if now < self.slice_ends {
            return;
        }
        let present = now.unix_nanos() / self.slice;
        for _ in 0..present.saturating_sub(self.present).min(SLICES as u64) {
            self.present += 1;
            let place = self.place();
            self.counts.take(std::mem::take(&mut self.slices[place]));
        }
        self.present = present;
        let ends = present.saturating_add(1).saturating_mul(self.slice);
        self.slice_ends = Moment::from_unix_nanos(ends);
    }

    const fn place(&self) -> usize {
        (self.present % SLICES as u64) as usize
    }

    fn take_quiet(&mut self, successes: u32) {
        let place = self.place();
        for counts in [&mut self.counts, &mut self.slices[place]] {
            counts.calls = counts.calls.saturating_add(successes);
        }
    }
}
