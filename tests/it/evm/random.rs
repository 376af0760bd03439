//! Certificates of random tables, with random members absent. `SYNOD_CERTIFICATES` says how many.

use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::{SizeRange, subsequence};
use synod_signature_core::bn254::SecretKey;
use synod_types::U256;
use synod_types::operator::Stake;

use super::judge::{Case, Judge, Verdict, task};

/// The most members of a table, and the most of them absent.
const MEMBERS: usize = 100;
const ABSENT: usize = 66;

static KEYS: LazyLock<Vec<SecretKey>> =
    LazyLock::new(|| (0..MEMBERS as u8).map(|n| SecretKey::from_seed(&[n; 32]).unwrap()).collect());

#[derive(Clone, Debug)]
struct Plan {
    /// Who is in the table, in this order.
    members: Vec<usize>,
    weights: Vec<[u64; 2]>,
    absent: Vec<usize>,
    task: [u8; 32],
    /// The bit of the certificate's bytes that is changed.
    bit: prop::sample::Index,
}

fn plans() -> impl Strategy<Value = Plan> {
    let members = (1..=MEMBERS).prop_flat_map(|count| {
        let all: Vec<usize> = (0..MEMBERS).collect();
        let absent: SizeRange = (0..=ABSENT.min(count - 1)).into();
        (
            subsequence(all, count).prop_shuffle(),
            prop::collection::vec(any::<[u64; 2]>(), count),
            subsequence((0..count).collect::<Vec<_>>(), absent),
        )
    });
    (members, any::<[u8; 32]>(), any::<prop::sample::Index>()).prop_map(
        |((members, weights, absent), task, bit)| Plan { members, weights, absent, task, bit },
    )
}

fn count() -> u32 {
    let told = std::env::var("SYNOD_CERTIFICATES");
    told.map_or(40, |count| count.parse().expect("SYNOD_CERTIFICATES is a number"))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: count(), ..ProptestConfig::default() })]

    /// As it is the EVM believes it, and finds the weights; with one bit changed it does not.
    #[test]
    fn the_evm_believes_what_was_signed_and_nothing_else(plan in plans()) {
        let judge = Judge::new();
        let members: Vec<_> = plan.members.iter().zip(&plan.weights).map(|(&key, weights)| {
            (&KEYS[key], weights.map(|one| Stake(U256::from(one))).to_vec())
        }).collect();
        let case = Case::of(&members, task(plan.task), |index| !plan.absent.contains(&index));
        prop_assert_eq!(case.certificate.non_signers.len(), plan.absent.len());
        prop_assert_eq!(judge.judge(&case), Verdict::Signed(case.signed.clone()));

        let mut bytes = case.encoded().to_vec();
        let bit = plan.bit.index(8 * bytes.len());
        bytes[bit / 8] ^= 1 << (bit % 8);
        let verdict = judge.judge_bytes(&case, bytes);
        prop_assert!(verdict.is_refused(), "bit {}: {:?}", bit, verdict);
    }
}
