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
    /// The number of the report, and what it said.
    outcome: Option<(usize, CallOutcome)>,
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
    fn outcomes(&self) -> Vec<CallOutcome> {
        let mut told: Vec<(usize, CallOutcome)> = (self.entries.iter())
            .filter(|entry| entry.chapter == self.chapters.len())
            .filter_map(|entry| entry.outcome)
            .filter(|&(at, outcome)| self.forgotten < at && outcome != CallOutcome::Cancelled)
            .collect();
        told.sort_by_key(|&(at, _)| at);
        told.into_iter().map(|(_, outcome)| outcome).collect()
    }

    fn probes(&self) -> usize {
        let is_probe = |entry: &&Entry| {
            entry.chapter == self.chapters.len()
                && entry.outcome.is_none_or(|(_, outcome)| outcome != CallOutcome::Cancelled)
        };
        self.entries.iter().filter(is_probe).count()
    }

    fn admit(&mut self, now: Moment) -> Result<(), Rejection> {
        let under_way = self.entries.iter().filter(|entry| entry.outcome.is_none()).count();
        let is_busy = under_way >= self.policy.calls_max as usize;
        match self.state() {
            BreakerState::Open { until } if now < until => return Err(Rejection::Open { until }),
            BreakerState::ForcedOpen => return Err(Rejection::Open { until: Moment::MAX }),
            _ if is_busy => return Err(Rejection::Busy),
            BreakerState::HalfOpen if self.probes() >= self.policy.probes_max as usize => {
                return Err(Rejection::Probing);
            }
            BreakerState::Open { .. } => self.turn(BreakerState::HalfOpen),
            BreakerState::Closed | BreakerState::HalfOpen | BreakerState::ForcedClosed => (),
        }
        self.entries.push(Entry { chapter: self.chapters.len(), outcome: None });
        Ok(())
    }

    fn report(&mut self, now: Moment, index: usize, outcome: CallOutcome) {
        self.reports += 1;
        self.entries[index].outcome = Some((self.reports, outcome));
        let outcomes = self.outcomes();
        let is_failure = |outcome: &&CallOutcome| **outcome == CallOutcome::Failure;
        let open = BreakerState::Open { until: now + self.policy.open_for };
        match self.state() {
            BreakerState::Closed => {
                let in_a_row = outcomes.iter().rev().take_while(is_failure).count();
                if in_a_row >= self.policy.failures_to_open as usize {
                    self.turn(open);
                }
            }
            BreakerState::HalfOpen => {
                if outcomes.contains(&CallOutcome::Failure) {
                    self.turn(open);
                } else if outcomes.len() >= self.policy.successes_to_close as usize {
                    self.turn(BreakerState::Closed);
                }
            }
            BreakerState::Open { .. } | BreakerState::ForcedOpen | BreakerState::ForcedClosed => (),
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
                let permit = answer.ok()?;
                let changed = permit.transition();
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
                self.breaker.force_open(now)
            }
            Act::ForceClosed => {
                self.book.turn(BreakerState::ForcedClosed);
                self.breaker.force_closed(now)
            }
            Act::Reset => {
                self.book.turn(BreakerState::Closed);
                self.book.forgotten = self.book.reports;
                self.breaker.reset(now)
            }
        }
    }
}

fn act() -> impl Strategy<Value = Act> {
    let outcome = prop_oneof![
        3 => Just(CallOutcome::Success),
        3 => Just(CallOutcome::Failure),
        1 => Just(CallOutcome::Cancelled),
    ];
    prop_oneof![
        20 => Just(Act::Call),
        20 => (0..4_usize, outcome).prop_map(|(nth, outcome)| Act::Report(nth, outcome)),
        1 => Just(Act::ForceOpen),
        1 => Just(Act::ForceClosed),
        2 => Just(Act::Reset),
    ]
}

proptest! {
    #[test]
    fn agrees_with_the_book(
        limits in (1..4_u32, 1..4_u32, 1..4_u32, 1..5_u32),
        script in proptest::collection::vec((act(), 0..40_u64), 1..150),
    ) {
        let (failures_to_open, probes_max, successes, calls_max) = limits;
        let successes_to_close = successes.min(probes_max);
        let policy =
            BreakerPolicy { failures_to_open, probes_max, successes_to_close, calls_max, ..SMALL };
        let chapters = vec![BreakerState::Closed];
        let book = Book { policy, chapters, entries: Vec::new(), reports: 0, forgotten: 0 };
        let mut both = Both { breaker: BreakerCore::new(policy), book, permits: Vec::new() };
        let mut now = Moment::default();
        for (act, gap) in script {
            now = now + Duration::from_secs(gap);
            let before = both.book.chapters.len();
            let changed = both.act(now, act);
            prop_assert_eq!(both.breaker.state(now), both.book.state());
            prop_assert_eq!(changed.is_some(), before < both.book.chapters.len());
            prop_assert_eq!(both.breaker.calls() as usize, both.permits.len());
        }
    }
}
