use proptest::prelude::*;

use super::*;

fn notes(memories: &Memories) -> Vec<String> {
    let query = MemoryQuery { order: Order::Oldest, ..Default::default() };
    let page = memories.query(&agent("observer"), &query, None).unwrap();
    page.hits.iter().map(|hit| hit.memory.origin.as_ref().unwrap().block.to_string()).collect()
}

#[test]
fn a_retracted_block_takes_exactly_its_memory_with_it() {
    let mut memories = Memories::new(rules());
    memories.store(at(0), &agent("observer"), new("k", "mine", 1)).unwrap();
    let (one, two) = (commit(1, 0), commit(2, 0));
    memories.observe(CHAIN, &[one, two.clone()]);
    let changed = memories.observe(CHAIN, &[retract(&two), retract(&two)]);
    assert_eq!(changed.records.len(), 1);
    assert_eq!(found(&memories, "observer", Some("block")).len(), 1);
    assert_eq!(found(&memories, "observer", Some("mine")), ["mine"]);
}

#[test]
fn a_block_told_again_changes_nothing() {
    let mut memories = Memories::new(rules());
    memories.observe(CHAIN, &[commit(1, 0)]);
    assert_eq!(memories.observe(CHAIN, &[commit(1, 0)]).records, []);
    assert_eq!(memories.counts(&agent("observer")).blocks, 1);
}

#[test]
fn blocks_push_out_blocks_and_never_what_was_stored() {
    let mut memories = Memories::new(rules());
    memories.store(at(0), &agent("observer"), new("k", "mine", 0)).unwrap();
    memories.observe(CHAIN, &(1..=6).map(|number| commit(number, 0)).collect::<Vec<_>>());
    let ids: Vec<_> = (3..=6).map(|number| commit(number, 0).block().to_string()).collect();
    let all = memories.counts(&agent("observer"));
    assert_eq!((all.memories, all.blocks), (5, 4));
    assert_eq!(found(&memories, "observer", Some("mine")), ["mine"]);
    let id = found(&memories, "observer", Some("block"));
    assert_eq!(id.len(), ids.len());
}

proptest! {
    /// However a chain winds to its end, in whatever batches, some of them told twice, what is
    /// remembered equals a fresh run on the final chain.
    #[test]
    fn after_a_reorg_memory_equals_a_fresh_run(
        forks in proptest::collection::vec((0_usize..6, 0_usize..8), 1..12),
        batches in proptest::collection::vec((1_usize..6, any::<bool>()), 1..8),
    ) {
        let mut chain: Vec<ChainEvent> = Vec::new();
        let mut events = Vec::new();
        for (branch, (depth, growth)) in forks.into_iter().enumerate() {
            let depth = depth.min(chain.len());
            // A fork wins by being at least as long as what it replaces.
            for _ in 0..depth {
                events.push(retract(&chain.pop().unwrap()));
            }
            for _ in 0..depth + growth {
                let block = commit(chain.len() as u64 + 1, branch as u8 + 1);
                events.push(block.clone());
                chain.push(block);
            }
        }

        let mut memories = Memories::new(rules());
        let mut replayed = Memories::new(rules());
        let mut left = &events[..];
        for (size, twice) in batches.into_iter().cycle() {
            let batch = &left[..size.min(left.len())];
            for _ in 0..=usize::from(twice) {
                for record in memories.observe(CHAIN, batch).records {
                    replayed.replay(Record::decode(&record.encode()).unwrap());
                }
            }
            left = &left[batch.len()..];
            if left.is_empty() { break; }
        }

        let mut fresh = Memories::new(rules());
        fresh.observe(CHAIN, &chain);
        prop_assert_eq!(notes(&memories), notes(&fresh));
        prop_assert_eq!(&replayed, &memories);
        prop_assert_eq!(memories, fresh);
    }
}
