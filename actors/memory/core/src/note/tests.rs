use synod_types::operator::OperatorSetId;
use synod_types::task::TaskId;
use synod_types::{Address, Bytes};

use super::*;

const CHAIN: ChainId = ChainId(31337);

fn block() -> Block {
    let id = BlockId { number: 42, hash: B256::repeat_byte(7) };
    Block { id, parent: B256::repeat_byte(6), timestamp: 1_700_000_000 }
}

fn task(payload: &[u8]) -> Log {
    let (topics, data) = TaskCreated {
        creator: Address::repeat_byte(1),
        task: TaskId(B256::repeat_byte(2)),
        set: OperatorSetId { avs: Address::repeat_byte(3), number: 4 },
        reference_timestamp: 5,
        refund_collector: Address::repeat_byte(6),
        fee: U256::from(7),
        deadline: U256::MAX,
        payload: Bytes::copy_from_slice(payload),
    }
    .encode();
    log(topics, data)
}

fn log(topics: Vec<B256>, data: Bytes) -> Log {
    let transaction = B256::repeat_byte(9);
    Log { address: Address::repeat_byte(8), topics, data, transaction, index: 0 }
}

fn note(logs: &[Log]) -> Memory {
    memory(&AgentId::new("observer").unwrap(), CHAIN, &block(), logs, 16 * 1024)
}

/// The memory of a block with these logs says all of `expected`.
#[track_caller]
fn check(logs: &[Log], expected: &[&str]) {
    let note = note(logs);
    let text = note.content.text().unwrap();
    for words in expected {
        assert!(text.contains(words), "{words:?} in {text:?}");
    }
}

#[test]
fn a_block_is_told_in_plain_words() {
    check(&[], &["Block 42 on chain 31337", &B256::repeat_byte(7).to_string(), "time 1700000000"]);
    check(&[log(vec![], Bytes::from_static(b"abc"))], &["an anonymous event, 3 bytes"]);
    check(&[log(vec![B256::ZERO], Bytes::new())], &[&format!("event {}", B256::ZERO)]);
}

#[test]
fn a_task_is_told_with_its_creator_and_payload() {
    let id = B256::repeat_byte(2).to_string();
    let creator = Address::repeat_byte(1).to_string();
    check(&[task(b"square 12")], &[&id, &creator, "payload \"square 12\""]);
    check(&[task(&[1, 0])], &["payload number 256"]);
    check(&[task(&[])], &["payload empty"]);
    check(&[task(&[0xff; 300])], &["payload 0xffff", "and 44 more bytes"]);
    let told = note(&[task(b"7")]);
    assert!(told.tags.contains(&label("task")));
    assert!(note(&[]).importance < told.importance);
    assert_eq!(told.origin.unwrap().transactions, [B256::repeat_byte(9)]);
}

#[test]
fn a_log_that_only_looks_like_a_task_is_a_log() {
    let mut broken = task(b"7");
    broken.topics.pop();
    check(&[broken], &["Log 0: contract"]);
}

#[test]
fn a_long_block_is_cut_and_says_so() {
    let logs = vec![log(vec![B256::ZERO], Bytes::new()); 1_000];
    let note = note(&logs);
    assert!(note.content.len() <= 16 * 1024);
    assert!(note.content.text().unwrap().ends_with(" more logs."));
}

#[test]
fn branches_agents_and_chains_have_their_own_memories() {
    let (one, two) = (AgentId::new("one").unwrap(), AgentId::new("two").unwrap());
    let block = block().id;
    let branch = BlockId { hash: B256::ZERO, ..block };
    let ids = [
        id(&one, CHAIN, block),
        id(&one, CHAIN, branch),
        id(&one, ChainId(1), block),
        id(&two, CHAIN, block),
    ];
    assert_eq!(BTreeSet::from(ids).len(), ids.len());
}

#[test]
fn a_payload_is_quoted_whole_up_to_the_limit() {
    let quote = |bytes: usize| quoted(&vec![b'x'; bytes]);
    assert_eq!(quote(QUOTED_MAX), format!("\"{}\"", "x".repeat(QUOTED_MAX)));
    assert!(quote(QUOTED_MAX + 1).ends_with("x\" and 1 more bytes"));
}

#[test]
fn as_many_logs_are_told_as_fit_and_the_others_are_counted() {
    let agent = AgentId::new("observer").unwrap();
    let logs = vec![log(vec![B256::ZERO], Bytes::new()); 3];
    let text = |bytes_max: usize| {
        let note = memory(&agent, CHAIN, &block(), &logs, bytes_max);
        note.content.text().unwrap().to_owned()
    };
    let whole = text(16 * 1024);
    assert_eq!(whole.matches("Log 0").count(), 3);
    assert_eq!(text(whole.len() + CLOSING_BYTES), whole, "it fits exactly");
    let cut = text(whole.len() + CLOSING_BYTES - 1);
    assert_eq!(cut.matches("Log 0").count(), 2);
    assert!(cut.ends_with(" And 1 more logs."), "{cut}");
}
