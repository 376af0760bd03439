//! Threads that want different digests signed for the same duties.

use std::collections::{BTreeMap, BTreeSet};

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use synod_types::signature::Digest;

use crate::count;
use crate::house::{House, Ports, digest, tokio};

/// In which order a thread asks: every duty, each with both digests.
fn questions(seed: u64, duties: u64) -> Vec<(u64, Digest)> {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    let mut all: Vec<_> = (0..duties).flat_map(|n| [(n, digest(1)), (n, digest(2))]).collect();
    for last in (1..all.len()).rev() {
        all.swap(last, (dice.next_u64() % (last as u64 + 1)) as usize);
    }
    all
}

#[test]
fn eight_threads_that_disagree_get_one_digest_a_duty() {
    let duties = count("GUARD_DUTIES", 200);
    let home = tempfile::tempdir().unwrap();
    let tokio = tokio();
    let house = tokio.block_on(House::begin(Ports::open(home.path()).unwrap()));
    let answers: Vec<_> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..8)
            .map(|seed| {
                let (house, tokio) = (&house, tokio.handle().clone());
                let asked = move |(n, digest)| (n, digest, tokio.block_on(house.ask(n, digest)));
                let questions = questions(seed, duties);
                scope.spawn(move || questions.into_iter().map(asked).collect::<Vec<_>>())
            })
            .collect();
        threads.into_iter().flat_map(|thread| thread.join().unwrap()).collect()
    });
    let mut signed: BTreeMap<u64, BTreeSet<(Digest, Vec<u8>)>> = BTreeMap::new();
    for (n, digest, answer) in answers {
        match answer {
            Ok(signature) => {
                signed.entry(n).or_default().insert((digest, signature.bytes.to_vec()));
            }
            Err(refusal) => assert_eq!(refusal.reason(), "conflict", "duty {n}"),
        }
    }
    assert_eq!(signed.len() as u64, duties);
    assert!(signed.values().all(|digests| digests.len() == 1), "{signed:?}");
}
