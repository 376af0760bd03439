//! Weights per kind of stake, of members whose total was checked when their roster was made.

use synod_types::aggregation::CertificateOrder;
use synod_types::operator::Stake;

use super::roster::Roster;

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
