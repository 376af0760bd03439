use synod_types::chain::{Block, BlockId};
use synod_types::memory::{Content, Importance, Label, MemoryHit, Order, ScoredBy};

use super::*;

mod limits;
mod reorg;
mod scripts;

const CHAIN: ChainId = ChainId(31337);

fn agent(name: &str) -> AgentId {
    AgentId::new(name).unwrap()
}

fn at(seconds: u64) -> Moment {
    Moment::from_unix_seconds(seconds)
}

fn rules() -> Rules {
    Rules {
        observer: Some(agent("observer")),
        agents_max: 2,
        memories_per_agent_max: 3,
        blocks_max: 4,
        content_bytes_max: 512,
        tags_max: 1,
        ..Rules::default()
    }
}

fn new(key: &str, text: &str, importance: u16) -> NewMemory {
    NewMemory {
        key: Some(Label::new(key).unwrap()),
        kind: Default::default(),
        content: Content::Text(text.into()),
        tags: Default::default(),
        importance: Importance::per_mille(importance).unwrap(),
        source: Label::new("test").unwrap(),
    }
}

fn commit(number: u64, branch: u8) -> ChainEvent {
    let id = BlockId {
        number,
        hash: B256::from([branch; 32]) ^ B256::left_padding_from(&[number as u8]),
    };
    let block = Block { id, parent: B256::ZERO, timestamp: 1_000 + number };
    ChainEvent::Committed { block, logs: Vec::new() }
}

fn retract(event: &ChainEvent) -> ChainEvent {
    ChainEvent::Retracted { block: event.block() }
}

/// What `who` finds: texts in order of relevance.
fn found(memories: &Memories, who: &str, text: Option<&str>) -> Vec<String> {
    let query = MemoryQuery { text: text.map(str::to_owned), ..Default::default() };
    let page = memories.query(&agent(who), &query, None).unwrap();
    let text = |hit: MemoryHit| hit.memory.content.text().unwrap().to_owned();
    page.hits.into_iter().map(text).collect()
}

/// Stores `(key, text, importance)` a second apart, then says what is found, newest first.
#[track_caller]
fn check(stored: &[(&str, &str, u16)], expected: &[&str]) {
    let mut memories = Memories::new(rules());
    for (&(key, text, importance), second) in stored.iter().zip(0..) {
        memories.store(at(second), &agent("a"), new(key, text, importance)).unwrap();
    }
    assert_eq!(found(&memories, "a", None), expected);
}

#[test]
fn the_same_again_is_stored_once() {
    check(&[("k", "one", 1), ("k", "one", 1), ("l", "two", 1)], &["two", "one"]);
    let mut memories = Memories::new(rules());
    let mut keyless = || {
        let memory = NewMemory { key: None, ..new("k", "one", 1) };
        memories.store(at(0), &agent("a"), memory).unwrap()
    };
    let first = keyless();
    assert_eq!(keyless(), Changed { answer: first.answer, records: Vec::new() });
}

#[test]
fn another_memory_under_the_same_key_is_refused() {
    let mut memories = Memories::new(rules());
    let id = memories.store(at(0), &agent("a"), new("k", "one", 1)).unwrap().answer;
    let refused = memories.store(at(0), &agent("a"), new("k", "two", 1));
    assert_eq!(refused, Err(MemoryRefusal::KeyTaken(id)));
    assert!(memories.store(at(0), &agent("b"), new("k", "two", 1)).is_ok());
}

#[test]
fn the_least_important_then_oldest_gives_way() {
    check(&[("1", "a", 5), ("2", "b", 4), ("3", "c", 5), ("4", "d", 1)], &["d", "c", "a"]);
    check(&[("1", "a", 5), ("2", "b", 5), ("3", "c", 5), ("4", "d", 1)], &["d", "c", "b"]);
}

#[test]
fn limits_refuse() {
    let mut memories = Memories::new(rules());
    let mut store = |who: &str, memory| memories.store(at(0), &agent(who), memory).map(drop);
    assert_eq!(store("a", new("k", "", 1)), Err(MemoryRefusal::Empty));
    let large = new("k", &"x".repeat(513), 1);
    assert_eq!(store("a", large), Err(MemoryRefusal::TooLarge { bytes: 513, max: 512 }));
    let tags = ["x", "y"].map(|tag| Label::new(tag).unwrap()).into();
    let tagged = NewMemory { tags, ..new("k", "one", 1) };
    assert_eq!(store("a", tagged), Err(MemoryRefusal::TooManyTags { tags: 2, max: 1 }));
    for (who, expected) in [
        ("a", Ok(())),
        ("b", Ok(())),
        ("c", Err(MemoryRefusal::TooManyAgents { max: 2 })),
        ("observer", Ok(())),
        ("c", Err(MemoryRefusal::TooManyAgents { max: 2 })),
    ] {
        assert_eq!(store(who, new("k", "one", 1)), expected, "{who}");
    }
    let query = MemoryQuery { text: Some("x".repeat(5_000)), ..Default::default() };
    let refused = MemoryRefusal::QueryTooLong { bytes: 5_000, max: 4_096 };
    assert_eq!(memories.query(&agent("a"), &query, None), Err(refused));
}

#[test]
fn what_is_forgotten_is_gone() {
    let mut memories = Memories::new(rules());
    let id = memories.store(at(0), &agent("a"), new("k", "one", 1)).unwrap().answer;
    assert_eq!(memories.forget(&agent("b"), id), Err(MemoryRefusal::NotFound(id)));
    memories.forget(&agent("a"), id).unwrap();
    assert_eq!(memories.forget(&agent("a"), id), Err(MemoryRefusal::NotFound(id)));
    assert_eq!(memories.read(at(0), &agent("a"), id), Err(MemoryRefusal::NotFound(id)));
    assert_eq!(memories, Memories::new(rules()));
}

#[test]
fn a_read_counts_and_is_recorded_with_the_next_change() {
    let mut memories = Memories::new(rules());
    let id = memories.store(at(0), &agent("a"), new("k", "one", 1)).unwrap().answer;
    let read = memories.read(at(5), &agent("a"), id).unwrap();
    assert_eq!((read.answer.reads, read.answer.last_read), (1, Some(at(5))));
    assert_eq!(read.records, []);
    let records = memories.store(at(6), &agent("a"), new("l", "two", 1)).unwrap().records;
    assert_eq!(records[0], Record::ReadV1(agent("a"), id, 1, at(5)));
    assert_eq!(records.len(), 2);
}

fn embedding(model: &str, values: &[f32]) -> Embedding {
    Embedding { model: ModelId(model.into()), values: values.into() }
}

#[test]
fn a_memory_is_found_by_its_words_before_it_has_a_vector() {
    let mut memories = Memories::new(rules());
    memories.store(at(0), &agent("a"), new("k", "near", 1)).unwrap();
    memories.store(at(1), &agent("a"), new("l", "far", 1)).unwrap();
    let vector = embedding("m", &[1.0, 0.0]);
    let ask = |memories: &Memories, text: Option<&str>, vector| {
        let query = MemoryQuery { text: text.map(str::to_owned), ..Default::default() };
        let page = memories.query(&agent("a"), &query, Some(vector)).unwrap();
        let texts = page.hits.iter().map(|hit| hit.memory.content.text().unwrap().to_owned());
        (page.scored_by, texts.collect::<Vec<_>>())
    };
    assert_eq!(ask(&memories, Some("far"), &vector), (ScoredBy::Both, vec!["far".to_owned()]));
    assert_eq!(ask(&memories, None, &vector), (ScoredBy::Vectors, vec![]));

    for wanted in memories.unembedded(10) {
        let values = if &*wanted.text == "near" { [0.9, 0.1] } else { [0.1, 0.9] };
        memories.embedded(&wanted, Some(&embedding("m", &values)));
    }
    assert_eq!(memories.counts(&agent("a")).embedded, 2);
    assert_eq!(memories.unembedded(10), []);
    let both = vec!["near".to_owned(), "far".to_owned()];
    assert_eq!(ask(&memories, None, &vector), (ScoredBy::Vectors, both));
    let other = embedding("other", &[1.0, 0.0]);
    assert_eq!(ask(&memories, None, &other), (ScoredBy::Vectors, vec![]));
}

#[test]
fn a_vector_of_another_model_replaces_all() {
    let mut memories = Memories::new(rules());
    for key in ["k", "l"] {
        memories.store(at(0), &agent("a"), new(key, key, 1)).unwrap();
    }
    let wanted = memories.unembedded(10);
    for wanted in &wanted {
        memories.embedded(wanted, Some(&embedding("old", &[1.0])));
    }
    memories.embedded(&wanted[0], Some(&embedding("new", &[1.0])));
    assert_eq!(memories.counts(&agent("a")).embedded, 1);
    assert_eq!(memories.unembedded(10), wanted[1..]);
}

#[test]
fn a_vector_of_a_text_since_replaced_is_not_taken() {
    let mut memories = Memories::new(rules());
    let id = memories.store(at(0), &agent("a"), new("k", "one", 1)).unwrap().answer;
    let wanted = memories.unembedded(1);
    memories.forget(&agent("a"), id).unwrap();
    memories.store(at(0), &agent("a"), new("k", "two", 1)).unwrap();
    memories.embedded(&wanted[0], Some(&embedding("m", &[1.0])));
    assert_eq!(memories.counts(&agent("a")).embedded, 0);
}

#[test]
fn damage_is_no_snapshot_and_no_record() {
    assert!(Memories::restore(rules(), &[9, 9]).is_err());
    assert!(Record::decode(&[77]).is_err());
    let page = Memories::new(rules()).query(
        &agent("x"),
        &MemoryQuery { order: Order::Oldest, ..Default::default() },
        None,
    );
    assert_eq!(page.unwrap().hits, []);
}
