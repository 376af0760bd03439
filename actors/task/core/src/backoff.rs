use std::time::Duration;

use synod_types::operator::OperatorId;

/// How long to wait before asking again: doubling from `first` up to `max`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Backoff {
    /// After the first attempt in vain.
    pub first: Duration,
    /// Never longer.
    pub max: Duration,
}

impl Backoff {
    /// The wait after `attempts` attempts in vain, the first being 1.
    pub fn after(self, attempts: u32) -> Duration {
        let doublings = attempts.saturating_sub(1).min(31);
        self.first.saturating_mul(1 << doublings).min(self.max)
    }

    /// The same, a tenth shorter or longer depending on whom it is for, so that those who failed
    /// together are not asked together.
    pub(crate) fn spread(self, attempts: u32, operator: OperatorId) -> Duration {
        let share = u32::from(operator.0.0[19] ^ attempts.to_le_bytes()[0]) % 21;
        self.after(attempts).saturating_mul(90 + share) / 100
    }
}

#[cfg(test)]
mod tests {
    use synod_types::Address;

    use super::*;

    #[test]
    fn doubles_to_the_limit() {
        let backoff =
            Backoff { first: Duration::from_millis(100), max: Duration::from_millis(1_000) };
        let series: Vec<u128> = (1..=6).map(|n| backoff.after(n).as_millis()).collect();
        assert_eq!(series, [100, 200, 400, 800, 1_000, 1_000]);
        assert_eq!(backoff.after(u32::MAX), backoff.max);
    }

    #[test]
    fn spreads_by_a_tenth() {
        let backoff = Backoff { first: Duration::from_secs(1), max: Duration::from_secs(1) };
        for n in 0..=u8::MAX {
            let wait = backoff.spread(1, OperatorId(Address::repeat_byte(n))).as_millis();
            assert!((900..=1_100).contains(&wait), "{wait}");
        }
        // Shares of a hundredth: the last byte of who it is, flipped by the attempt, of 21.
        let wait =
            |attempts, n| backoff.spread(attempts, OperatorId(Address::repeat_byte(n))).as_millis();
        assert_eq!([wait(1, 0), wait(1, 1), wait(3, 1), wait(1, 255)], [910, 900, 920, 920]);
    }
}
