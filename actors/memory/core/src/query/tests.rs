use std::collections::BTreeSet;

use proptest::prelude::*;
use synod_types::agent::AgentId;
use synod_types::memory::{Content, Importance, Label, MemoryId, MemoryKind};
use synod_types::time::Moment;

use super::*;

mod scores;

const WORDS: [&str; 6] = ["block", "task", "stake", "operator", "swap", "bridge"];
const TAGS: [&str; 3] = ["a", "b", "c"];
const KINDS: [MemoryKind; 3] = [MemoryKind::Episodic, MemoryKind::Semantic, MemoryKind::Working];

fn memory(number: u8, words: &[usize], tags: u8, created: u64, importance: u16) -> Memory {
    let text: Vec<&str> = words.iter().map(|&word| WORDS[word]).collect();
    Memory {
        id: MemoryId([number; 32].into()),
        agent: AgentId::new("a").unwrap(),
        kind: KINDS[usize::from(number) % 3],
        content: Content::Text(text.join(" ").into()),
        tags: labels(tags),
        created: Moment::from_unix_seconds(created),
        last_read: None,
        importance: Importance::per_mille(importance).unwrap(),
        reads: 0,
        origin: None,
        source: Label::new("test").unwrap(),
    }
}

/// One tag a bit.
fn labels(bits: u8) -> BTreeSet<Label> {
    let chosen = TAGS.iter().enumerate().filter(|&(bit, _)| bits >> bit & 1 == 1);
    chosen.map(|(_, tag)| Label::new(tag).unwrap()).collect()
}

fn shelf(memories: &[Memory]) -> Shelf {
    let mut shelf = Shelf::default();
    memories.iter().cloned().for_each(|memory| shelf.insert(memory));
    shelf
}

fn ask(shelf: &Shelf, query: &MemoryQuery) -> MemoryPage {
    page(shelf, query, Sought { text: query.text.as_deref(), vector: None }, &Rules::default())
}

fn ids(page: &MemoryPage) -> Vec<u8> {
    page.hits.iter().map(|hit| hit.memory.id.0[0]).collect()
}

#[track_caller]
fn check(query: MemoryQuery, expected: &[u8]) {
    let shelf = shelf(&[
        memory(1, &[0, 1], 0b001, 10, 100),
        memory(2, &[1, 1, 2], 0b011, 20, 900),
        memory(3, &[4], 0b110, 30, 500),
    ]);
    assert_eq!(ids(&ask(&shelf, &query)), expected);
}

#[test]
fn without_conditions_all_come_newest_first() {
    check(MemoryQuery::default(), &[3, 2, 1]);
    check(MemoryQuery { order: Order::Oldest, ..Default::default() }, &[1, 2, 3]);
    check(MemoryQuery { order: Order::Importance, ..Default::default() }, &[2, 3, 1]);
}

#[test]
fn words_must_occur_and_decide_the_order() {
    let text = |text: &str| MemoryQuery { text: Some(text.into()), ..Default::default() };
    check(text("tasks"), &[2, 1]);
    check(text("Block or swap"), &[3, 1]);
    check(text("unheard"), &[]);
    check(text(""), &[]);
    check(MemoryQuery { order: Order::Oldest, ..text("tasks") }, &[1, 2]);
}

#[test]
fn every_tag_must_be_there() {
    check(MemoryQuery { tags: labels(0b010), ..Default::default() }, &[3, 2]);
    check(MemoryQuery { tags: labels(0b011), ..Default::default() }, &[2]);
}

#[test]
fn time_has_a_closed_and_an_open_end() {
    let at = |seconds| Some(Moment::from_unix_seconds(seconds));
    check(MemoryQuery { from: at(20), ..Default::default() }, &[3, 2]);
    check(MemoryQuery { until: at(20), ..Default::default() }, &[1]);
}

proptest! {
    /// Page by page, the answer is what a slow reader finds by looking at every memory.
    #[test]
    fn pages_together_are_what_a_slow_reader_finds(
        rows in proptest::collection::vec(
            (proptest::collection::vec(0_usize..6, 1..5), 0_u8..8, 0_u64..50, 0_u16..=1000), 0..30),
        (kinds, tags, from, until) in (0_u8..8, 0_u8..8, 0_u64..60, 0_u64..60),
        importance in 0_u16..=1000,
        word in proptest::option::of(0_usize..6),
        order in prop_oneof![
            Just(Order::Relevance), Just(Order::Newest), Just(Order::Oldest), Just(Order::Importance)
        ],
        limit in 1_u16..7,
    ) {
        let memories: Vec<Memory> = rows.iter().zip(1..).map(|((words, tags, created, importance), number)| {
            memory(number, words, *tags, *created, *importance)
        }).collect();
        let shelf = shelf(&memories);
        let kinds: BTreeSet<MemoryKind> =
            KINDS.iter().zip(0..).filter(|(_, bit)| kinds >> bit & 1 == 1).map(|(&kind, _)| kind).collect();
        let query = MemoryQuery {
            kinds: kinds.clone(),
            from: Some(Moment::from_unix_seconds(from)),
            until: Some(Moment::from_unix_seconds(until)),
            tags: labels(tags),
            importance_min: Some(Importance::per_mille(importance).unwrap()),
            text: word.map(|word| WORDS[word].to_owned()),
            order,
            limit: Some(limit),
            ..MemoryQuery::default()
        };

        let mut expected: Vec<&Memory> = Vec::new();
        for memory in &memories {
            let created = memory.created.unix_seconds();
            let holds = word.is_none_or(|word| memory.content.text().unwrap().contains(WORDS[word]));
            if (kinds.is_empty() || kinds.contains(&memory.kind))
                && from <= created
                && created < until
                && labels(tags).iter().all(|tag| memory.tags.contains(tag))
                && importance <= memory.importance.get()
                && holds
            {
                expected.push(memory);
            }
        }

        let mut found: Vec<Memory> = Vec::new();
        let mut cursor = None;
        loop {
            let page = ask(&shelf, &MemoryQuery { cursor, ..query.clone() });
            prop_assert!(page.hits.len() <= usize::from(limit));
            prop_assert!(page.hits.iter().all(|hit| (0.0..=1.0).contains(&hit.score)));
            prop_assert!(page.hits.is_sorted_by(|a, b| order != Order::Relevance || b.score <= a.score));
            found.extend(page.hits.into_iter().map(|hit| hit.memory));
            cursor = page.next;
            if cursor.is_none() { break; }
        }
        match order {
            Order::Relevance => (),
            Order::Newest => prop_assert!(found.is_sorted_by_key(|memory| !memory.created.unix_nanos())),
            Order::Oldest => prop_assert!(found.is_sorted_by_key(|memory| memory.created)),
            Order::Importance => {
                let key = |memory: &Memory| (!memory.importance.get(), !memory.created.unix_nanos());
                prop_assert!(found.is_sorted_by_key(key));
            }
        }
        found.sort_by_key(|memory| memory.id);
        let expected: Vec<Memory> = expected.into_iter().cloned().collect();
        prop_assert_eq!(found, expected);
    }
}
