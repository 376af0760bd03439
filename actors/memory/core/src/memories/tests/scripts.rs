use proptest::prelude::*;

use super::*;

/// Something an agent does, by small numbers: which agent, which key.
#[derive(Clone, Debug)]
enum Act {
    Store(u8, u8, u16),
    Read(u8, u8),
    Forget(u8, u8),
    Commit(u64),
    Retract(u64),
}

fn act() -> impl Strategy<Value = Act> {
    prop_oneof![
        4 => (0_u8..3, 0_u8..6, 0_u16..4).prop_map(|(who, key, grade)| Act::Store(who, key, grade)),
        2 => (0_u8..3, 0_u8..6).prop_map(|(who, key)| Act::Read(who, key)),
        2 => (0_u8..3, 0_u8..6).prop_map(|(who, key)| Act::Forget(who, key)),
        1 => (0_u64..9).prop_map(Act::Commit),
        1 => (0_u64..9).prop_map(Act::Retract),
    ]
}

fn name(who: u8) -> AgentId {
    agent(["a", "b", "observer"][usize::from(who)])
}

fn named(who: u8, key: u8, grade: u16) -> NewMemory {
    new(&key.to_string(), &format!("secret of {who}, number {key}"), grade)
}

fn key_id(who: u8, key: u8) -> MemoryId {
    memory_of(at(0), &name(who), named(who, key, 0)).id
}

fn perform(memories: &mut Memories, second: u64, act: &Act) -> Vec<Record> {
    let now = at(second);
    match *act {
        Act::Store(who, key, grade) => {
            let changed = memories.store(now, &name(who), named(who, key, grade));
            changed.map(|changed| changed.records).unwrap_or_default()
        }
        Act::Read(who, key) => {
            let changed = memories.read(now, &name(who), key_id(who, key));
            changed.map(|changed| changed.records).unwrap_or_default()
        }
        Act::Forget(who, key) => {
            let changed = memories.forget(&name(who), key_id(who, key));
            changed.map(|changed| changed.records).unwrap_or_default()
        }
        Act::Commit(number) => memories.observe(CHAIN, &[commit(number, 0)]).records,
        Act::Retract(number) => memories.observe(CHAIN, &[retract(&commit(number, 0))]).records,
    }
}

proptest! {
    /// The journal's records, and a snapshot with the records after it, give the state that was.
    #[test]
    fn replay_and_snapshot_give_the_state_that_was(
        acts in proptest::collection::vec(act(), 0..60),
        cut in 0_usize..60,
    ) {
        let mut memories = Memories::new(rules());
        let mut records = Vec::new();
        let mut saved = (Memories::new(rules()).snapshot(), 0);
        for (second, act) in acts.iter().enumerate() {
            records.extend(perform(&mut memories, second as u64, act));
            if second == cut {
                saved = (memories.snapshot(), records.len());
            }
        }
        records.extend(memories.save_reads());

        let mut replayed = Memories::new(rules());
        for record in &records {
            replayed.replay(Record::decode(&record.encode()).unwrap());
        }
        prop_assert_eq!(&replayed, &memories);

        let mut restored = Memories::restore(rules(), &saved.0).unwrap();
        for record in &records[saved.1..] {
            restored.replay(record.clone());
        }
        prop_assert_eq!(&restored, &memories);
        prop_assert_eq!(restored.snapshot(), memories.snapshot());
    }

    /// What others do changes nothing an agent can see, and nothing of theirs is seen.
    #[test]
    fn agents_do_not_see_each_other(acts in proptest::collection::vec(act(), 0..60)) {
        let is_mine = |act: &Act| {
            matches!(act, Act::Store(0, ..) | Act::Read(0, _) | Act::Forget(0, _))
        };
        let mut together = Memories::new(rules());
        let mut alone = Memories::new(rules());
        for (second, act) in acts.iter().enumerate() {
            perform(&mut together, second as u64, act);
            if is_mine(act) {
                perform(&mut alone, second as u64, act);
            }
        }
        let me = name(0);
        for text in [None, Some("secret number 3"), Some("block")] {
            let query = MemoryQuery { text: text.map(str::to_owned), ..Default::default() };
            let page = together.query(&me, &query, None).unwrap();
            prop_assert!(page.hits.iter().all(|hit| hit.memory.agent == me));
            prop_assert_eq!(page, alone.query(&me, &query, None).unwrap());
        }
        prop_assert_eq!(together.counts(&me), alone.counts(&me));
        for key in 0..6 {
            let theirs = key_id(1, key);
            let refused = MemoryRefusal::NotFound(theirs);
            prop_assert_eq!(together.read(at(99), &me, theirs), Err(refused.clone()));
            prop_assert_eq!(together.forget(&me, theirs), Err(refused));
        }
    }
}
