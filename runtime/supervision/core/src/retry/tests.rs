mod model;

use super::*;

const NOW: Moment = Moment::from_unix_seconds(1_000);

/// Ten free repeats in ten seconds, and no more by calls.
fn free() -> BudgetPolicy {
    BudgetPolicy { percent: 0, ..BudgetPolicy::default() }
}

fn failed(attempts: u32) -> Failed {
    Failed { attempts, state: BreakerState::Closed, deadline: None }
}

#[track_caller]
fn check(policy: RetryPolicy, failed: Failed, expected: Result<(), NoRetry>) {
    let answer = Retries::new(policy, 1).again(NOW, failed);
    assert_eq!(answer.map(|_| ()), expected);
}

#[test]
fn a_call_is_made_as_often_as_it_may_be() {
    let policy = RetryPolicy::default();
    check(policy, failed(1), Ok(()));
    check(policy, failed(2), Ok(()));
    check(policy, failed(3), Err(NoRetry::Attempts));
    check(RetryPolicy { attempts_max: 1, ..policy }, failed(1), Err(NoRetry::Attempts));
    check(RetryPolicy { attempts_max: 0, ..policy }, failed(1), Err(NoRetry::Attempts));
    let many = RetryPolicy { attempts_max: 1_000, ..policy };
    check(many, failed(ATTEMPTS_MAX - 1), Ok(()));
    check(many, failed(ATTEMPTS_MAX), Err(NoRetry::Attempts));
}

#[test]
fn none_is_made_while_the_breaker_is_open_and_one_may_be_a_probe() {
    let with = |state| Failed { state, ..failed(1) };
    let policy = RetryPolicy::default();
    check(policy, with(BreakerState::Open { until: NOW }), Err(NoRetry::Open));
    check(policy, with(BreakerState::ForcedOpen), Err(NoRetry::Open));
    check(policy, with(BreakerState::HalfOpen), Ok(()));
    check(policy, with(BreakerState::ForcedClosed), Ok(()));
}

#[test]
fn none_is_made_for_who_waits_no_longer() {
    let at_once = RetryPolicy {
        backoff_first: Duration::ZERO,
        backoff_max: Duration::ZERO,
        ..RetryPolicy::default()
    };
    let by = |deadline| Failed { deadline: Some(deadline), ..failed(1) };
    check(at_once, by(NOW), Err(NoRetry::Deadline));
    check(at_once, by(NOW + Duration::from_nanos(1)), Ok(()));
}

#[test]
fn what_is_refused_costs_nothing() {
    let budget = BudgetPolicy { per_second_min: 0, retries_max: 1, percent: 100, ..free() };
    let mut retries = Retries::new(RetryPolicy { budget, ..RetryPolicy::default() }, 1);
    retries.first(NOW);
    let open = Failed { state: BreakerState::ForcedOpen, ..failed(1) };
    let late = Failed { deadline: Some(NOW), ..failed(1) };
    for _ in 0..3 {
        assert_eq!(retries.again(NOW, failed(3)), Err(NoRetry::Attempts));
        assert_eq!(retries.again(NOW, open), Err(NoRetry::Open));
        assert_eq!(retries.again(NOW, late), Err(NoRetry::Deadline));
    }
    assert_eq!(retries.left(NOW), 1);
    assert!(retries.again(NOW, failed(1)).is_ok());
    assert_eq!(retries.again(NOW, failed(1)), Err(NoRetry::Budget { is_news: true }));
}

#[test]
fn an_empty_budget_is_news_once_in_a_window() {
    let budget = BudgetPolicy { per_second_min: 0, ..free() };
    let mut retries = Retries::new(RetryPolicy { budget, ..RetryPolicy::default() }, 1);
    let mut news = |at| retries.again(at, failed(1)) == Err(NoRetry::Budget { is_news: true });
    assert!(news(NOW));
    assert!(!news(NOW));
    assert!(!news(NOW + (budget.window - Duration::from_nanos(1))));
    assert!(news(NOW + budget.window));
    assert!(!news(NOW + budget.window));
}

#[test]
fn waits_are_no_longer_than_doubled_and_capped() {
    let budget = BudgetPolicy { per_second_min: 1_000, retries_max: 10_000, ..free() };
    let policy = RetryPolicy {
        attempts_max: ATTEMPTS_MAX,
        backoff_first: Duration::from_millis(100),
        backoff_max: Duration::from_millis(500),
        budget,
    };
    let mut retries = Retries::new(policy, 3);
    for (attempts, most) in [(1, 100), (2, 200), (3, 400), (4, 500), (9, 500)] {
        let mut longest = Duration::ZERO;
        let mut shortest = Duration::MAX;
        for _ in 0..500 {
            let wait = retries.again(NOW, failed(attempts)).unwrap().since(NOW);
            (longest, shortest) = (longest.max(wait), shortest.min(wait));
        }
        let most = Duration::from_millis(most);
        assert!(longest <= most && most * 9 / 10 < longest, "{longest:?} of {most:?}");
        assert!(shortest < most / 10, "{shortest:?} of {most:?}");
    }
}

#[test]
fn a_caller_that_calls_rarely_may_repeat_too() {
    let mut budget = RetryBudget::new(free());
    let made = (0..100).filter(|_| budget.withdraw(NOW)).count();
    assert_eq!(made, 10);
    assert!(!budget.withdraw(NOW + Duration::from_secs(9)));
    assert!(budget.withdraw(NOW + Duration::from_secs(10)));
}

#[test]
fn five_calls_pay_for_one_repeat_until_they_are_too_old() {
    let mut budget = RetryBudget::new(BudgetPolicy { per_second_min: 0, ..Default::default() });
    (0..4).for_each(|_| budget.deposit(NOW));
    assert_eq!(budget.left(NOW), 0);
    budget.deposit(NOW);
    assert_eq!(budget.left(NOW), 1);
    assert_eq!(budget.left(NOW + Duration::from_secs(9)), 1);
    assert_eq!(budget.left(NOW + Duration::from_secs(10)), 0);
}
