//! Trees that become others while they run, under load: random differences, some of which fail on
//! the way. Whoever is untouched keeps incarnation and mailbox, nothing accepted is lost, and a
//! failure leaves the tree as it was.
//!
//! `SYNOD_DIFFS=1000 cargo test --release -p synod-tests --test sim reload -- --nocapture` plays
//! many; see `docs/simulation.md`.

mod actor;
mod model;
mod world;

use crate::dice::Dice;
use crate::on_virtual_time;
use world::World;

/// Differences played on one tree, one after the other.
const ON_ONE_TREE: u64 = 20;

/// How many differences: few in everyday life.
fn diffs() -> u64 {
    std::env::var("SYNOD_DIFFS").ok().and_then(|diffs| diffs.parse().ok()).unwrap_or(100)
}

/// What was seen of some differences.
#[derive(Debug, Default)]
struct Sum {
    diffs: u64,
    applied: u64,
    undone: u64,
    refused: u64,
    added: usize,
    removed: usize,
    restarted: usize,
    untouched: usize,
    accepted: usize,
    handled: usize,
    refused_messages: usize,
}

async fn play(seed: u64, sum: &mut Sum) {
    let mut dice = Dice::new(seed);
    let mut world = World::begin(&mut dice).await;
    for _ in 0..ON_ONE_TREE {
        world.reload(&mut dice, sum).await;
    }
    world.end(sum).await;
}

#[test]
fn a_reload_loses_nothing_and_a_failed_one_changes_nothing() {
    crate::silence();
    let (begun, mut sum) = (std::time::Instant::now(), Sum::default());
    for seed in 0..diffs().div_ceil(ON_ONE_TREE) {
        on_virtual_time(play(seed, &mut sum));
    }
    assert_eq!(sum.accepted, sum.handled, "{sum:#?}");
    let each = [sum.applied, sum.undone, sum.refused];
    assert!(each.iter().all(|&count| 0 < count), "{sum:#?}");
    assert!(0 < sum.added && 0 < sum.removed && 0 < sum.restarted && 0 < sum.untouched);
    assert!(sum.diffs < sum.accepted as u64, "hardly any load: {sum:#?}");
    #[expect(clippy::print_stdout, reason = "the figures of a run by hand")]
    {
        println!("{sum:#?} in {:?}", begun.elapsed());
    }
}
