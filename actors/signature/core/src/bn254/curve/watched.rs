//! In test builds both arithmetics are watched: where a thread plays one of the actors', which
//! must be free for mail, no point is decoded, added up or paired.

use std::cell::Cell;
use std::marker::PhantomData;

use synod_types::signature::{Bn254G1, Bn254G2, Digest};

use super::Curve;

thread_local! {
    static IS_AN_ACTORS: Cell<bool> = const { Cell::new(false) };
}

/// Does this as an actor's handler would: arithmetic panics.
pub(crate) fn as_an_actor<T>(work: impl FnOnce() -> T) -> T {
    struct Until;
    impl Drop for Until {
        fn drop(&mut self) {
            IS_AN_ACTORS.set(false);
        }
    }
    assert!(!IS_AN_ACTORS.replace(true), "handlers do not call handlers");
    let _until = Until;
    work()
}

fn look() {
    assert!(!IS_AN_ACTORS.get(), "arithmetic on a thread of the actors");
}

/// An arithmetic that looks where it is done.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Watched<C>(PhantomData<C>);

impl<C: Curve> Curve for Watched<C> {
    type G1 = C::G1;
    type G2 = C::G2;
    type Gt = C::Gt;

    fn g1(bytes: &Bn254G1) -> Option<C::G1> {
        look();
        C::g1(bytes)
    }

    fn g2(bytes: &Bn254G2) -> Option<C::G2> {
        look();
        C::g2(bytes)
    }

    fn own1(bytes: &Bn254G1) -> C::G1 {
        look();
        C::own1(bytes)
    }

    fn own2(bytes: &Bn254G2) -> C::G2 {
        look();
        C::own2(bytes)
    }

    fn bytes1(point: &C::G1) -> Bn254G1 {
        look();
        C::bytes1(point)
    }

    fn bytes2(point: &C::G2) -> Bn254G2 {
        look();
        C::bytes2(point)
    }

    fn hash(digest: Digest) -> C::G1 {
        look();
        C::hash(digest)
    }

    fn generator() -> C::G1 {
        C::generator()
    }

    fn identity() -> C::G2 {
        C::identity()
    }

    fn sum1(points: &[C::G1]) -> C::G1 {
        look();
        C::sum1(points)
    }

    fn sum2(points: &[C::G2]) -> C::G2 {
        look();
        C::sum2(points)
    }

    fn minus1(point: &C::G1) -> C::G1 {
        look();
        C::minus1(point)
    }

    fn minus2(point: &C::G2) -> C::G2 {
        look();
        C::minus2(point)
    }

    fn weighted1(points: &[C::G1], weights: &[u128]) -> C::G1 {
        look();
        C::weighted1(points, weights)
    }

    fn weighted2(points: &[C::G2], weights: &[u128]) -> C::G2 {
        look();
        C::weighted2(points, weights)
    }

    fn add_each(left: &[C::G2], right: &[C::G2]) -> Vec<C::G2> {
        look();
        C::add_each(left, right)
    }

    fn double_each(points: &[C::G2], times: u32) -> Vec<C::G2> {
        look();
        C::double_each(points, times)
    }

    fn product(fixed: &C::G1, pairs: &[(C::G1, C::G2)]) -> C::Gt {
        look();
        C::product(fixed, pairs)
    }

    fn one() -> C::Gt {
        C::one()
    }

    fn times(a: &C::Gt, b: &C::Gt) -> C::Gt {
        look();
        C::times(a, b)
    }

    fn inverse(value: &C::Gt) -> C::Gt {
        look();
        C::inverse(value)
    }

    fn mark(value: &C::Gt) -> [u8; 32] {
        look();
        C::mark(value)
    }
}
