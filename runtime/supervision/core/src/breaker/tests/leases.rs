//! A breaker whose calls go by the lease as far as it reaches, beside one that is asked each time.

use proptest::prelude::{Just, Strategy, prop_assert_eq, prop_oneof, proptest};

use super::model::policies;
use super::*;

#[derive(Debug)]
struct Leasing {
    core: BreakerCore,
    lease: Lease,
    calls: u32,
    successes: u32,
}

impl Leasing {
    fn asked<T>(&mut self, step: impl FnOnce(&mut BreakerCore) -> T) -> T {
        self.core.settle(self.calls, self.successes);
        let done = step(&mut self.core);
        self.lease = self.core.lease();
        (self.calls, self.successes) = (self.core.calls(), 0);
        done
    }

    fn admit(&mut self, now: Moment) -> Result<(Permit, Option<Transition>), Rejection> {
        if self.lease.admits && self.calls < self.core.policy().calls_max {
            self.calls += 1;
            return Ok((Permit::of_epoch(self.lease.epoch), None));
        }
        self.asked(|core| core.admit(now))
    }

    fn report(&mut self, now: Moment, permit: Permit, outcome: CallOutcome) -> Option<Transition> {
        let is_leased = outcome == CallOutcome::Success
            && permit.epoch() == self.lease.epoch
            && self.successes < self.lease.successes
            && now < self.lease.until;
        if is_leased {
            self.calls -= 1;
            self.successes += 1;
            return None;
        }
        self.asked(|core| core.report(now, permit, outcome))
    }
}

fn outcome() -> impl Strategy<Value = CallOutcome> {
    prop_oneof![
        12 => Just(CallOutcome::Success),
        1 => Just(CallOutcome::SlowSuccess),
        3 => Just(CallOutcome::Failure),
        1 => Just(CallOutcome::SlowFailure),
        1 => Just(CallOutcome::Cancelled),
    ]
}

proptest! {
    #[test]
    fn going_by_the_lease_changes_nothing(
        policy in policies(),
        script in proptest::collection::vec((0..2_u8, outcome(), 0..4_usize, 0..30_u64), 1..300),
    ) {
        let mut asked = BreakerCore::new(policy);
        let core = BreakerCore::new(policy);
        let lease = core.lease();
        let mut leasing = Leasing { core, lease, calls: 0, successes: 0 };
        let mut permits = Vec::new();
        let mut now = Moment::default();
        for (word, outcome, nth, gap) in script {
            now = now + Duration::from_secs(gap / 10 * gap);
            if word == 0 || permits.len() <= nth {
                let (one, other) = (asked.admit(now), leasing.admit(now));
                prop_assert_eq!(&one, &other);
                permits.extend(one.ok().zip(other.ok()).map(|(one, other)| (one.0, other.0)));
            } else {
                let (one, other) = permits.remove(nth);
                prop_assert_eq!(asked.report(now, one, outcome), leasing.report(now, other, outcome));
            }
            prop_assert_eq!(asked.calls(), leasing.calls);
        }
        leasing.asked(|_| ());
        prop_assert_eq!(asked.counts(), leasing.core.counts());
    }
}
