use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use proptest::prelude::*;
use synod_types::chain::ChainId;
use synod_types::operator::OperatorSetId;
use synod_types::task::{TaskCreated, TaskId};
use synod_types::{Address, U256};

use super::*;

const GENESIS: u64 = 1_700_000_000;

struct Stage {
    chain: SimulatedChain,
    now: Arc<AtomicU64>,
}

fn settings() -> Settings {
    Settings {
        seed: 7,
        chain: ChainId(31_337),
        block_interval: Duration::from_millis(400),
        task_every: 2,
        task_deadline: Duration::from_secs(60),
        mailbox: Address::repeat_byte(0xb0),
        sets: vec![OperatorSetId { avs: Address::repeat_byte(0xa5), number: 1 }],
        reorg_every: 0,
        reorg_depth: 1,
    }
}

fn clock() -> (Arc<AtomicU64>, Clock) {
    let now = Arc::new(AtomicU64::new(GENESIS * 1_000));
    let told = Arc::clone(&now);
    (now, Arc::new(move || Moment::from_unix_millis(told.load(Ordering::Relaxed))))
}

impl Stage {
    fn new(settings: Settings) -> Self {
        let (now, clock) = clock();
        Self { chain: SimulatedChain::in_memory(settings, clock), now }
    }

    fn pass(&self, blocks: u64) {
        self.now.fetch_add(400 * blocks, Ordering::Relaxed);
    }

    fn blocks(&self) -> Vec<Block> {
        ask(self.chain.headers(0, u64::MAX)).unwrap()
    }

    fn tasks(&self) -> BTreeSet<TaskId> {
        let logs = ask(self.chain.logs(&self.blocks(), &LogFilter::default())).unwrap();
        let decode = |placed: &PlacedLog| TaskCreated::decode(&placed.log.topics, &placed.log.data);
        logs.iter().filter_map(|placed| decode(placed).unwrap()).map(|task| task.task).collect()
    }
}

fn ask<T>(asked: Asked<'_, T>) -> Result<T, SourceError> {
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(asked)
}

/// How many blocks two states of a chain have in common.
fn common(before: &[Block], after: &[Block]) -> usize {
    before.iter().zip(after).take_while(|(before, after)| before == after).count()
}

#[track_caller]
fn assert_linked(blocks: &[Block]) {
    for (pair, number) in blocks.windows(2).zip(1..) {
        assert_eq!((pair[1].parent, pair[1].id.number), (pair[0].id.hash, number));
        assert!(pair[0].timestamp <= pair[1].timestamp);
    }
}

#[test]
fn blocks_come_with_the_clock() {
    let stage = Stage::new(settings());
    assert_eq!(ask(stage.chain.head()), Ok(0));
    stage.pass(5);
    assert_eq!(ask(stage.chain.head()), Ok(5));
    assert_linked(&stage.blocks());
    assert_eq!(stage.blocks()[5].timestamp, GENESIS + 2);
}

#[test]
fn every_second_block_announces_a_task_that_can_be_squared() {
    let stage = Stage::new(settings());
    stage.pass(21);
    let blocks = stage.blocks();
    let mailbox = LogFilter { addresses: vec![Address::repeat_byte(0xb0)], events: vec![] };
    let logs = ask(stage.chain.logs(&blocks, &mailbox)).unwrap();
    let heights: Vec<_> = logs.iter().map(|placed| placed.block.number).collect();
    assert_eq!(heights, (2..=20).step_by(2).collect::<Vec<_>>());
    for PlacedLog { block, log } in logs {
        let task = TaskCreated::decode(&log.topics, &log.data).unwrap().unwrap();
        let number: u64 = std::str::from_utf8(&task.payload).unwrap().parse().unwrap();
        assert!((2..300).contains(&number));
        let timestamp = blocks[usize::try_from(block.number).unwrap()].timestamp;
        assert_eq!(task.deadline, U256::from(timestamp + 60));
        assert_eq!(u64::from(task.reference_timestamp), GENESIS);
    }
}

#[test]
fn a_reorg_replaces_what_it_was_told_to_and_keeps_the_height() {
    let stage = Stage::new(settings());
    stage.pass(50);
    let before = stage.blocks();
    let fork = stage.chain.reorg(20).unwrap();
    let after = stage.blocks();
    assert_eq!((fork, before.len(), common(&before, &after)), (before[30].id, after.len(), 31));
    assert_linked(&after);
    let gone = ask(stage.chain.logs(&before[40..], &LogFilter::default()));
    assert_eq!(gone.map_err(|error| error.trouble), Err(Trouble::Torn));
}

#[test]
fn some_tasks_survive_a_reorg_and_some_do_not() {
    let stage = Stage::new(settings());
    stage.pass(100);
    let before = stage.tasks();
    stage.chain.reorg(100).unwrap();
    let after = stage.tasks();
    let kept = before.intersection(&after).count();
    assert_eq!(before.len(), 50);
    assert!((10..40).contains(&kept), "{kept} of 50 kept");
    assert!(after.difference(&before).count() > 3, "some were replaced");
    assert!(after.len() < 48, "some are missing");
}

#[test]
fn impossible_reorgs_are_refused() {
    let stage = Stage::new(settings());
    stage.pass(5);
    for depth in [0, 6, u64::MAX] {
        assert!(matches!(stage.chain.reorg(depth), Err(CannotReorg::Depth { head: 5, .. })));
    }
    assert!(stage.chain.reorg(5).is_ok(), "all but the genesis");
}

#[test]
fn a_restart_shows_the_same_chain() {
    let directory = tempfile::tempdir().unwrap();
    let (now, clock) = clock();
    let open = || SimulatedChain::open(settings(), Arc::clone(&clock), directory.path()).unwrap();
    let chain = open();
    now.fetch_add(400 * 30, Ordering::Relaxed);
    chain.reorg(7).unwrap();
    let before = ask(chain.headers(0, 100)).unwrap();
    drop(chain);
    now.fetch_add(400 * 10, Ordering::Relaxed);
    let after = ask(open().headers(0, 100)).unwrap();
    assert_eq!((after.len(), common(&before, &after)), (41, 31));
}

#[test]
fn other_settings_are_another_chain() {
    let other = Settings { seed: 8, ..settings() };
    let identity = |settings| ask(Stage::new(settings).chain.identity()).unwrap();
    assert_ne!(identity(settings()).genesis, identity(other).genesis);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    /// However reorgs of both kinds fall: the chain is linked at each moment, and only blocks
    /// above the forks change.
    #[test]
    fn the_chain_is_linked_at_every_moment(
        steps in prop::collection::vec((0_u64..12, 0_u64..20), 1..30),
        (reorg_every, reorg_depth) in prop::sample::select(vec![(0, 1), (5, 3), (9, 8)]),
    ) {
        let stage = Stage::new(Settings { reorg_every, reorg_depth, ..settings() });
        for (passed, depth) in steps {
            let before = stage.blocks();
            stage.pass(passed);
            let after = stage.blocks();
            assert_linked(&after);
            let planned = if reorg_every == 0 { 0 } else { reorg_depth };
            prop_assert!(before.len() <= common(&before, &after) + usize::try_from(planned).unwrap());
            if stage.chain.reorg(depth).is_ok() {
                let forked = stage.blocks();
                assert_linked(&forked);
                prop_assert_eq!(common(&after, &forked), after.len() - usize::try_from(depth).unwrap());
            }
        }
    }
}
