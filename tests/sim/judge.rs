//! Holds what became of every parcel against the rules.

use std::sync::atomic::Ordering;

use synod_supervision::DeadReason;

use crate::trace::Figures;
use crate::world::{World, worker};

/// Panics at the first broken rule. From the parcel `peace` on nobody came to harm, so nothing
/// that was accepted by one who was not `retired` may be lost.
pub(crate) fn judge(world: &World, peace: Option<usize>, retired: &[bool]) -> Figures {
    let shared = &world.shared;
    let seed = shared.seed;
    assert_eq!(*shared.violations.lock(), [""; 0], "seed {seed}");
    for (who, alive) in shared.alive.iter().enumerate() {
        assert_eq!(alive.load(Ordering::SeqCst), 0, "seed {seed}: something is left of {who}");
    }
    let dead = world.runtime.dead_letters();
    for letter in &dead {
        shared.trace.write(format_args!("{letter:?}"));
    }
    shared.trace.write(format_args!("{:?}", world.runtime.tree(world.running.root())));

    let fates = shared.fates.lock();
    let mut figures = Figures { was_peaceful: peace.is_some(), ..Figures::default() };
    let mut by_worker = vec![(0, 0); retired.len()];
    for (number, fate) in fates.iter().enumerate() {
        let ways = (fate.begun, fate.ended, fate.dropped);
        let text = format!("seed {seed}: parcel {number}: {fate:?}");
        if !fate.is_accepted {
            assert_eq!(ways, (0, 0, 1), "{text}");
            continue;
        }
        figures.accepted += 1;
        match ways {
            (1, 1, 0) => figures.handled += 1,
            (1, 0, 0) => by_worker[fate.target].0 += 1,
            (0, 0, 1) => by_worker[fate.target].1 += 1,
            _ => panic!("{text}"),
        }
        let is_safe = peace.is_some_and(|peace| peace <= number) && !retired[fate.target];
        assert!(!is_safe || ways == (1, 1, 0), "lost in peace, {text}");
    }
    for (who, &(in_hand, unread)) in by_worker.iter().enumerate() {
        let count = |reason| {
            let of = |letter: &&synod_supervision::DeadLetter| {
                letter.actor == worker(who) && letter.kind == "parcel" && letter.reason == reason
            };
            dead.iter().filter(of).count()
        };
        let [hand, oldest, left] =
            [DeadReason::InHand, DeadReason::DroppedOldest, DeadReason::Abandoned].map(count);
        assert_eq!((hand, oldest + left), (in_hand, unread), "seed {seed}: mail of {who}");
        figures.in_hand += hand;
        figures.dropped_oldest += oldest;
        figures.abandoned += left;
    }
    let tree = world.runtime.tree(world.running.root());
    figures.restarts = tree.flatten().iter().map(|node| node.restarts as usize).sum();
    figures
}
