//! Weights per kind of stake, of members whose total was checked when their roster was made.

use alloy_primitives::{U256, U512};
use synod_types::aggregation::CertificateOrder;
use synod_types::operator::Stake;
use synod_types::quorum::ThresholdRule;

use super::roster::Roster;

/// What is enough of each kind of stake, computed once: every answer is measured against it. `None`
/// where no stake is.
#[derive(Debug)]
pub(super) struct Enough(Vec<Option<Stake>>);

impl Enough {
    /// By this rule, of these totals.
    pub(super) fn new(rule: ThresholdRule, total: &[Stake]) -> Self {
        Self(total.iter().map(|&total| least(rule, total)).collect())
    }

    /// [`ThresholdRule::is_met_by_all`].
    pub(super) fn is_met_by(&self, signed: &[Stake]) -> bool {
        !self.0.is_empty()
            && signed.len() == self.0.len()
            && signed
                .iter()
                .zip(&self.0)
                .all(|(one, least)| least.is_some_and(|least| least <= *one))
    }
}

/// The least stake that is enough, exactly.
fn least(rule: ThresholdRule, total: Stake) -> Option<Stake> {
    let total = U512::from(total.0);
    let least = match rule {
        ThresholdRule::Certificate { bips } => total * U512::from(bips) / U512::from(10_000_u16),
        ThresholdRule::Middleware { percent } => {
            (total * U512::from(percent)).div_ceil(U512::from(100_u8))
        }
    };
    let (low, high) = least.as_limbs().split_at(U256::LIMBS);
    high.iter().all(|&word| word == 0).then(|| Stake(U256::from_limbs_slice(low)))
}

/// Adds a part of a checked total.
pub(super) fn add(sum: &mut [Stake], weights: &[Stake]) {
    for (sum, &weight) in sum.iter_mut().zip(weights) {
        *sum = Stake(sum.0.saturating_add(weight.0));
    }
}

/// Takes out a part that was added before.
pub(super) fn subtract(sum: &mut [Stake], weights: &[Stake]) {
    for (sum, &weight) in sum.iter_mut().zip(weights) {
        *sum = Stake(sum.0.saturating_sub(weight.0));
    }
}

/// The sum of some parts of a checked total.
pub(super) fn sum(parts: &[&[Stake]]) -> Vec<Stake> {
    let mut sum = vec![Stake::ZERO; parts.first().map_or(0, |part| part.len())];
    parts.iter().for_each(|part| add(&mut sum, part));
    sum
}

/// Whether these members weigh enough.
pub(super) fn is_enough(order: &CertificateOrder, roster: &Roster, members: &[usize]) -> bool {
    let mut signed = vec![Stake::ZERO; roster.total().len()];
    for &member in members {
        add(&mut signed, &roster.members()[member].weights);
    }
    order.threshold.is_met_by_all(&signed, roster.total())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn rules() -> impl Strategy<Value = ThresholdRule> {
        prop_oneof![
            (1_u16..=10_000).prop_map(|bips| ThresholdRule::Certificate { bips }),
            (1_u8..=100).prop_map(|percent| ThresholdRule::Middleware { percent }),
        ]
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        /// The rule itself is the judge, at the border and anywhere.
        #[test]
        fn enough_is_what_the_rule_says(
            rule in rules(),
            words in any::<[u64; 4]>(),
            shift in 0_usize..256,
            signed in any::<[u64; 4]>(),
        ) {
            let total = Stake(U256::from_limbs(words) >> shift);
            let enough = Enough::new(rule, &[total]);
            let least = enough.0[0].unwrap();
            let below = least.0.checked_sub(U256::from(1)).map(Stake);
            let above = Stake(least.0.saturating_add(U256::from(1)));
            let anything = Stake(U256::from_limbs(signed) >> shift);
            for signed in [Some(least), below, Some(above), Some(anything), Some(total)] {
                let Some(signed) = signed else { continue };
                prop_assert_eq!(
                    enough.is_met_by(&[signed]),
                    rule.is_met_by_all(&[signed], &[total])
                );
            }
        }
    }

    #[test]
    fn other_kinds_of_stake_are_not_enough() {
        let (rule, one) = (ThresholdRule::Certificate { bips: 1 }, Stake::from(1));
        assert!(!Enough::new(rule, &[]).is_met_by(&[]));
        assert!(!Enough::new(rule, &[one, one]).is_met_by(&[one]));
    }
}
