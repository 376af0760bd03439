use proptest::prelude::*;
use synod_types::B256;

use super::*;

/// What a curve makes of the same numbers, as bytes.
fn trace<C: Curve>(digests: &[[u8; 32]], weights: &[u128]) -> Vec<Vec<u8>> {
    let points: Vec<C::G1> =
        digests.iter().map(|&bytes| C::hash(Digest(B256::new(bytes)))).collect();
    let generator = crate::bn254::G2::generator().encode();
    let keys: Vec<C::G2> =
        weights.iter().map(|&weight| C::weighted2(&[C::own2(&generator)], &[weight])).collect();
    let one = |point: &C::G1| C::bytes1(point).to_vec();
    let two = |point: &C::G2| C::bytes2(point).to_vec();
    let mut trace: Vec<Vec<u8>> = points.iter().map(one).chain(keys.iter().map(two)).collect();
    trace.push(one(&C::sum1(&points)));
    trace.push(two(&C::sum2(&keys)));
    trace.push(one(&C::weighted1(&points, weights)));
    trace.push(two(&C::weighted2(&keys, weights)));
    trace.extend(C::add_each(&keys, &keys).iter().chain(&C::double_each(&keys, 3)).map(two));
    trace.push(one(&C::sum1(&[C::minus1(&points[0]), points[0]])));
    trace.push(two(&C::sum2(&[C::minus2(&keys[0]), keys[0]])));
    let pairs: Vec<(C::G1, C::G2)> = points.iter().copied().zip(keys.iter().copied()).collect();
    let value = C::product(&points[0], &pairs);
    let square = C::times(&value, &value);
    trace.push(C::mark(&value).to_vec());
    trace.push(C::mark(&square).to_vec());
    trace.push(vec![u8::from(C::times(&square, &C::inverse(&value)) == value)]);
    trace.push(vec![u8::from(C::times(&value, &C::inverse(&value)) == C::one())]);
    for bytes in digests {
        let mut point = C::bytes1(&points[0]);
        point.0[32..].copy_from_slice(bytes);
        trace.push(vec![
            u8::from(C::g1(&point).is_some()),
            u8::from(C::g1(&C::bytes1(&points[0])).is_some()),
        ]);
        let mut key = C::bytes2(&keys[0]);
        trace.push(vec![u8::from(C::g2(&key).is_some())]);
        key.0[..32].copy_from_slice(bytes);
        trace.push(vec![u8::from(C::g2(&key).is_some())]);
    }
    trace
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn both_compute_the_same(
        digests in prop::collection::vec(prop::array::uniform32(any::<u8>()), 1..9),
        weights in prop::collection::vec(prop_oneof![any::<u128>(), 0..4_u128], 9),
    ) {
        let weights = &weights[..digests.len()];
        prop_assert_eq!(trace::<Ark>(&digests, weights), trace::<Synod>(&digests, weights));
    }
}
