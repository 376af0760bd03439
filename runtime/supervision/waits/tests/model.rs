//! Random waits, against a graph that is searched as a whole.
#![allow(clippy::unwrap_used, missing_docs)]
#![cfg(not(loom))]

use std::collections::BTreeMap;

use proptest::prelude::*;
use synod_supervision_waits::{Cycle, SeatId, Waits};

#[derive(Clone, Copy, Debug)]
enum Step {
    Begin(usize, usize),
    /// The wait so many before the last.
    End(usize),
    Pass(usize, usize),
}

/// Every wait: who waits, and for whom.
type Graph = BTreeMap<u64, (usize, usize)>;

fn reaches(graph: &Graph, from: usize, to: usize) -> bool {
    let mut reached = vec![from];
    let mut next = 0;
    while let Some(&here) = reached.get(next) {
        next += 1;
        for &(_, whom) in graph.values().filter(|&&(who, _)| who == here) {
            if !reached.contains(&whom) {
                reached.push(whom);
            }
        }
    }
    reached.contains(&to)
}

fn check(actors: usize, steps: &[Step]) {
    let waits = Waits::new();
    let seats: Vec<SeatId> = (0..actors).map(|name| waits.sit(name).unwrap()).collect();
    let mut graph = Graph::new();
    for (call, step) in (1..).zip(steps) {
        let nth = |back: usize| graph.iter().rev().nth(back).map(|(call, wait)| (*call, *wait));
        match *step {
            Step::Begin(who, whom) => match waits.begin(seats[who], seats[whom], call) {
                Ok(()) => {
                    assert!(!reaches(&graph, whom, who), "{who} → {whom} was let through");
                    graph.insert(call, (who, whom));
                }
                Err(cycle) => holds(&graph, (who, whom), &cycle),
            },
            Step::End(back) => {
                if let Some((call, (who, _))) = nth(back) {
                    waits.end(seats[who], call);
                    graph.remove(&call);
                }
            }
            Step::Pass(back, to) => {
                // Whoever takes a call over waits for nobody, or the cycle would be its own doing.
                let wait = nth(back).filter(|&(_, (who, _))| !reaches(&graph, to, who));
                if let Some((call, (who, _))) = wait {
                    waits.pass(seats[who], call, seats[to]);
                    graph.insert(call, (who, to));
                }
            }
        }
        for (who, seat) in seats.iter().enumerate() {
            let mut seen = waits.of(*seat);
            let mut known: Vec<usize> =
                graph.values().filter(|wait| wait.0 == who).map(|wait| wait.1).collect();
            seen.sort_unstable();
            known.sort_unstable();
            assert_eq!(seen, known);
        }
    }
}

/// The cycle begins with the wait that was refused, and all others in it are there.
fn holds(graph: &Graph, refused: (usize, usize), Cycle(cycle): &Cycle<usize>) {
    let mut around = cycle.iter().copied().zip(cycle.iter().copied().cycle().skip(1));
    assert_eq!(around.next(), Some(refused), "{cycle:?}");
    for wait in around {
        assert!(graph.values().any(|known| *known == wait), "{wait:?} of {cycle:?}");
    }
}

fn step(actors: usize) -> impl Strategy<Value = Step> {
    prop_oneof![
        4 => (0..actors, 0..actors).prop_map(|(who, whom)| Step::Begin(who, whom)),
        2 => (0..8_usize).prop_map(Step::End),
        1 => (0..8_usize, 0..actors).prop_map(|(back, to)| Step::Pass(back, to)),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn a_wait_is_refused_exactly_if_it_closes_a_cycle(
        (actors, steps) in (1..7_usize)
            .prop_flat_map(|actors| (Just(actors), prop::collection::vec(step(actors), 0..60)))
    ) {
        check(actors, &steps);
    }
}
