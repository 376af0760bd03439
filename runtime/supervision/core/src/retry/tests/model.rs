//! The budget against a book of everything that happened, read again from the beginning each time.

use proptest::prelude::{Strategy, any, prop_assert, prop_assert_eq, prop_oneof, proptest};

use super::*;

#[derive(Clone, Copy, Debug)]
enum Act {
    First,
    Again,
    Pass(Duration),
}

fn acts() -> impl Strategy<Value = Vec<Act>> {
    let act = prop_oneof![
        4 => any::<bool>().prop_map(|_| Act::First),
        4 => any::<bool>().prop_map(|_| Act::Again),
        1 => (0_u64..3_000).prop_map(|millis| Act::Pass(Duration::from_millis(millis))),
        1 => (0_u64..30).prop_map(|seconds| Act::Pass(Duration::from_secs(seconds))),
    ];
    proptest::collection::vec(act, 0..200)
}

fn policies() -> impl Strategy<Value = BudgetPolicy> {
    (1_u64..20_000, 0_u8..=100, 0_u32..5, 1_u32..30).prop_map(
        |(window, percent, per_second_min, retries_max)| BudgetPolicy {
            window: Duration::from_millis(window),
            percent,
            per_second_min,
            retries_max,
        },
    )
}

/// What the book allows: the floor and a share, at most the cap.
fn allowed(policy: BudgetPolicy, firsts: usize) -> usize {
    let free = f64::from(policy.per_second_min) * policy.window.as_secs_f64() + 1e-9;
    let earned = firsts * usize::from(policy.percent) / 100;
    (free as usize + earned).min(policy.retries_max as usize)
}

fn within(book: &[Moment], now: Moment, time: Duration) -> usize {
    book.iter().filter(|&&at| now.since(at) < time).count()
}

proptest! {
    /// Exactly what a reader of the book would grant, slice by slice.
    #[test]
    fn a_reader_of_the_book_would_decide_alike(policy in policies(), acts in acts()) {
        let mut budget = RetryBudget::new(policy);
        let (mut now, mut firsts, mut repeats) = (NOW, Vec::new(), Vec::new());
        let slice = |at: Moment| u128::from(at.unix_nanos()) / (policy.window.as_nanos() / 10);
        for act in acts {
            let seen = |book: &[Moment]| {
                book.iter().filter(|&&at| slice(now) < slice(at) + 10).count()
            };
            match act {
                Act::Pass(time) => now = now + time,
                Act::First => {
                    budget.deposit(now);
                    firsts.push(now);
                }
                Act::Again => {
                    let expected = seen(&repeats) < allowed(policy, seen(&firsts));
                    prop_assert_eq!(budget.withdraw(now), expected);
                    repeats.extend(expected.then_some(now));
                }
            }
        }
    }

    /// Whenever one looks: repeats of the last nine tenths of a window are within the floor and
    /// the share of the calls of the last window, and within the cap.
    #[test]
    fn repeats_stay_within_floor_share_and_cap(policy in policies(), acts in acts()) {
        let mut budget = RetryBudget::new(policy);
        let (mut now, mut firsts, mut repeats) = (NOW, Vec::new(), Vec::new());
        for act in acts {
            match act {
                Act::Pass(time) => now = now + time,
                Act::First => {
                    budget.deposit(now);
                    firsts.push(now);
                }
                Act::Again => repeats.extend(budget.withdraw(now).then_some(now)),
            }
            let most = repeats.iter().map(|&at| {
                let made = repeats.iter().filter(|&&other| other <= at).copied();
                let made: Vec<Moment> = made.collect();
                let called: Vec<Moment> = firsts.iter().filter(|&&it| it <= at).copied().collect();
                let width = policy.window / 10;
                (within(&made, at, policy.window - width), within(&called, at, policy.window))
            });
            for (made, called) in most {
                prop_assert!(made <= allowed(policy, called), "{} for {}", made, called);
            }
        }
    }

    #[test]
    fn the_same_seed_waits_alike(seed in any::<u64>(), attempts in 1_u32..3) {
        let waits = |seed| {
            let mut retries = Retries::new(RetryPolicy::default(), seed);
            let wait = move |_| retries.again(NOW, failed(attempts)).unwrap();
            (0..10).map(wait).collect::<Vec<_>>()
        };
        prop_assert_eq!(waits(seed), waits(seed));
        prop_assert!(waits(seed) != waits(seed.wrapping_add(1)));
    }
}
