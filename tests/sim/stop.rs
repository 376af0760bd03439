//! The end, time and again, under loads that differ: a thousand times when many seeds are asked for.

use tokio::task::JoinSet;

use crate::dice::Dice;
use crate::judge::judge;
use crate::on_virtual_time;
use crate::world::{MILLI, SECOND, World};

/// Ends a tree under load from the seed. Who stopped, in which order, and how much was accepted.
async fn end(seed: u64) -> (Vec<String>, usize) {
    let mut dice = Dice::new(seed);
    let mut world = World::begin(seed, None, true).await;
    assert!(world.running.ready().await);
    let mut senders = JoinSet::new();
    for n in 0..2 {
        senders.spawn(world.sender(dice.for_the(n), 100 * MILLI));
    }
    tokio::time::sleep(dice.time(SECOND / 2)).await;
    world.running.stop();
    world.running.ended().await;
    world.running.abandon();
    senders.shutdown().await;
    let figures = judge(&world, Some(0), &vec![false; world.workers()]);
    assert_eq!(figures.handled, figures.accepted);
    let lines = world.shared.trace.take().into_iter();
    let stops = lines.filter_map(|line| {
        let (_, what) = line.split_once(' ')?;
        what.ends_with(" stops").then(|| what.to_owned())
    });
    (stops.collect(), figures.accepted)
}

#[test]
fn the_order_of_stopping_is_one_and_nothing_accepted_is_lost() {
    crate::silence();
    // Groups in reverse; the one below the second is its last child.
    let expected = [8, 7, 10, 9, 6, 5, 4, 3, 2, 1, 0].map(|who| format!("{who} stops"));
    let (runs, mut accepted) = (crate::seeds().clamp(40, 1_000), 0);
    for seed in 0..runs {
        let (stops, of_this) = on_virtual_time(end(seed));
        assert_eq!(stops, expected, "seed {seed}");
        accepted += of_this;
    }
    assert!(runs < accepted as u64, "only {accepted} parcels were under way");
    #[expect(clippy::print_stdout, reason = "the figures of a run by hand")]
    {
        println!("{runs} of {runs} ends in one order, {accepted} parcels accepted, none lost");
    }
}
