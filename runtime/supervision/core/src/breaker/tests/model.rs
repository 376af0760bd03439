//! The breaker against a book-keeper: it writes every call into a book, with the chapter it was
//! let through in, and works out the state by reading the chapter again each time.

use proptest::prelude::{Just, Strategy, prop_assert_eq, prop_oneof, proptest};

use super::*;

#[derive(Clone, Copy, Debug)]
enum Act {
    Call,
    /// The n-th permit not given back.
    Report(usize, CallOutcome),
    ForceOpen,
    ForceClosed,
    Reset,
}

#[derive(Debug)]
struct Entry {
    chapter: usize,
    /// The number of the report, when it came, and what it said.
    outcome: Option<(usize, Moment, CallOutcome)>,
}

/// The state each chapter began with, and every call.
#[derive(Debug)]
struct Book {
    policy: BreakerPolicy,
    chapters: Vec<BreakerState>,
    entries: Vec<Entry>,
    reports: usize,
    /// Reports up to this one were forgotten by a reset.
    forgotten: usize,
}

impl Book {
    fn state(&self) -> BreakerState {
        *self.chapters.last().unwrap()
    }

    /// Outcomes of this chapter's calls that say something, in order.
    fn outcomes(&self) -> Vec<(Moment, CallOutcome)> {
        let mut told: Vec<(usize, Moment, CallOutcome)> = (self.entries.iter())
            .filter(|entry| entry.chapter == self.chapters.len())
            .filter_map(|entry| entry.outcome)
            .filter(|&(at, _, outcome)| self.forgotten < at && outcome != CallOutcome::Cancelled)
            .collect();
        told.sort_by_key(|&(at, ..)| at);
        told.into_iter().map(|(_, at, outcome)| (at, outcome)).collect()
    }

    /// Whether what the chapter says opens a closed breaker.
    fn must_open(&self, now: Moment) -> bool {
        let outcomes = self.outcomes();
        let window = match self.policy.opens_on {
            OpensOn::ConsecutiveFailures(failures) => {
                let row = outcomes.iter().rev().take_while(|(_, outcome)| outcome.is_failure());
                return row.count() >= failures as usize;
            }
            OpensOn::Window(window) => window,
        };
        let seen: Vec<CallOutcome> = match window.span {
            Span::Calls(calls) => {
                let skipped = outcomes.len().saturating_sub(calls as usize);
                outcomes.iter().skip(skipped).map(|&(_, outcome)| outcome).collect()
            }
            Span::Time(time) => {
                let slice = |at: Moment| u128::from(at.unix_nanos()) / (time.as_nanos() / 10);
                let seen = outcomes.iter().filter(|&&(at, _)| slice(now) < slice(at) + 10);
                seen.map(|&(_, outcome)| outcome).collect()
            }
        };
        let share = |is: fn(CallOutcome) -> bool| {
            let those = seen.iter().filter(|&&outcome| is(outcome)).count();
            those as f64 / seen.len() as f64 * 100.0
        };
        seen.len() >= window.minimum_calls as usize
            && (share(CallOutcome::is_failure) >= f64::from(window.failure_rate_percent)
                || window.slow.is_some_and(|slow| {
                    share(CallOutcome::is_slow) >= f64::from(slow.rate_percent)
                }))
    }

    fn probes(&self) -> usize {
        let is_probe = |entry: &&Entry| {
            entry.chapter == self.chapters.len()
                && entry.outcome.is_none_or(|(.., outcome)| outcome != CallOutcome::Cancelled)
        };
        self.entries.iter().filter(is_probe).count()
    }

    fn admit(&mut self, now: Moment) -> Result<(), Rejection> {
        let under_way = self.entries.iter().filter(|entry| entry.outcome.is_none()).count();
        let is_busy = under_way >= self.policy.calls_max as usize;
        match self.state() {
            BreakerState::Open { until } if now < until => return Err(Rejection::Open { until }),
            BreakerState::ForcedOpen => return Err(Rejection::ForcedOpen),
            _ if is_busy => {
                return Err(Rejection::ConcurrencyLimit { calls_max: self.policy.calls_max });
            }
            BreakerState::HalfOpen if self.probes() >= self.policy.half_open_permits as usize => {
                return Err(Rejection::HalfOpen { permits: self.policy.half_open_permits });
            }
            BreakerState::Open { .. } => self.turn(BreakerState::HalfOpen),
            BreakerState::Closed | BreakerState::HalfOpen | BreakerState::ForcedClosed => (),
        }
        self.entries.push(Entry { chapter: self.chapters.len(), outcome: None });
        Ok(())
    }

    fn report(&mut self, now: Moment, index: usize, outcome: CallOutcome) {
        self.reports += 1;
        self.entries[index].outcome = Some((self.reports, now, outcome));
        // What was cancelled changes nothing, and nor does what belongs to an earlier chapter.
        if outcome == CallOutcome::Cancelled || self.entries[index].chapter != self.chapters.len() {
            return;
        }
        let open = BreakerState::Open { until: now + self.policy.open_for };
        match self.state() {
            BreakerState::Closed if self.must_open(now) => self.turn(open),
            BreakerState::HalfOpen => {
                let outcomes = self.outcomes();
                let good = outcomes.iter().filter(|(_, it)| *it == CallOutcome::Success).count();
                let left = self.policy.half_open_permits as usize - outcomes.len();
                if good >= self.policy.successes_to_close as usize {
                    self.turn(BreakerState::Closed);
                } else if good + left < self.policy.successes_to_close as usize {
                    self.turn(open);
                }
            }
            BreakerState::Closed
            | BreakerState::Open { .. }
            | BreakerState::ForcedOpen
            | BreakerState::ForcedClosed => (),
        }
    }

    fn turn(&mut self, to: BreakerState) {
        if self.state() != to {
            self.chapters.push(to);
        }
    }
}

/// The breaker and the book, told the same.
struct Both {
    breaker: BreakerCore,
    book: Book,
    /// Each with its entry in the book.
    permits: Vec<(usize, Permit)>,
}

impl Both {
    /// What the breaker said about its state.
    fn act(&mut self, now: Moment, act: Act) -> Option<Transition> {
        match act {
            Act::Call => {
                let expected = self.book.admit(now);
                let answer = self.breaker.admit(now);
                assert_eq!(answer.as_ref().map(|_| ()), expected.as_ref().copied());
                let (permit, changed) = answer.ok()?;
                self.permits.push((self.book.entries.len() - 1, permit));
                changed
            }
            Act::Report(nth, _) if self.permits.len() <= nth => None,
            Act::Report(nth, outcome) => {
                let (index, permit) = self.permits.remove(nth);
                self.book.report(now, index, outcome);
                self.breaker.report(now, permit, outcome)
            }
            Act::ForceOpen => {
                self.book.turn(BreakerState::ForcedOpen);
                self.breaker.force_open()
            }
            Act::ForceClosed => {
                self.book.turn(BreakerState::ForcedClosed);
                self.breaker.force_closed()
            }
            Act::Reset => {
                self.book.turn(BreakerState::Closed);
                self.book.forgotten = self.book.reports;
                self.breaker.reset()
            }
        }
    }
}

fn act() -> impl Strategy<Value = Act> {
    let outcome = prop_oneof![
        6 => Just(CallOutcome::Success),
        1 => Just(CallOutcome::SlowSuccess),
        5 => Just(CallOutcome::Failure),
        1 => Just(CallOutcome::SlowFailure),
        2 => Just(CallOutcome::Cancelled),
    ];
    prop_oneof![
        20 => Just(Act::Call),
        20 => (0..4_usize, outcome).prop_map(|(nth, outcome)| Act::Report(nth, outcome)),
        1 => Just(Act::ForceOpen),
        1 => Just(Act::ForceClosed),
        2 => Just(Act::Reset),
    ]
}

/// Small policies of every sort.
pub(super) fn policies() -> impl Strategy<Value = BreakerPolicy> {
    let span = prop_oneof![
        (1..8_u32).prop_map(Span::Calls),
        (10..100_u64).prop_map(|seconds| Span::Time(Duration::from_secs(seconds))),
    ];
    let slow = proptest::option::of(
        (1..=100_u8)
            .prop_map(|rate_percent| SlowCalls { after: Duration::from_secs(1), rate_percent }),
    );
    let window = (span, 1..8_u32, 1..=100_u8, slow).prop_map(|(span, least, rate, slow)| {
        let most = if let Span::Calls(calls) = span { calls } else { 8 };
        let minimum_calls = least.min(most);
        OpensOn::Window(WindowPolicy { span, minimum_calls, failure_rate_percent: rate, slow })
    });
    let opens_on = prop_oneof![
        1 => (1..4_u32).prop_map(OpensOn::ConsecutiveFailures),
        2 => window,
    ];
    let limits = (1..4_u32, 1..4_u32, 1..5_u32);
    (opens_on, limits).prop_map(|(opens_on, (half_open_permits, successes, calls_max))| {
        let successes_to_close = successes.min(half_open_permits);
        BreakerPolicy { opens_on, half_open_permits, successes_to_close, calls_max, ..SMALL }
    })
}

proptest! {
    #[test]
    fn agrees_with_the_book(
        policy in policies(),
        script in proptest::collection::vec((act(), 0..40_u64), 1..150),
    ) {
        let chapters = vec![BreakerState::Closed];
        let book = Book { policy, chapters, entries: Vec::new(), reports: 0, forgotten: 0 };
        let mut both = Both { breaker: BreakerCore::new(policy), book, permits: Vec::new() };
        let mut now = Moment::default();
        for (act, gap) in script {
            now = now + Duration::from_secs(gap);
            let before = both.book.chapters.len();
            let changed = both.act(now, act);
            prop_assert_eq!(both.breaker.state(), both.book.state());
            prop_assert_eq!(changed.is_some(), before < both.book.chapters.len());
            prop_assert_eq!(both.breaker.calls() as usize, both.permits.len());
        }
    }
}
