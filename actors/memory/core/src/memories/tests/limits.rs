//! What just fits, and what all agents hold together.

use super::*;

#[test]
fn what_just_fits_is_kept_and_one_more_refused() {
    let mut memories = Memories::new(Rules { tags_max: 2, query_bytes_max: 4, ..rules() });
    let longest = "x".repeat(512);
    let labels = |names: &[&str]| names.iter().map(|name| Label::new(name).unwrap()).collect();
    let full = NewMemory { tags: labels(&["a", "b"]), ..new("k", &longest, 1) };
    memories.store(at(0), &agent("a"), full.clone()).unwrap();
    let crowded = NewMemory { tags: labels(&["a", "b", "c"]), ..full };
    let refused = memories.store(at(0), &agent("a"), crowded);
    assert_eq!(refused, Err(MemoryRefusal::TooManyTags { tags: 3, max: 2 }));
    let refused = memories.store(at(0), &agent("a"), new("l", &(longest + "x"), 1));
    assert_eq!(refused, Err(MemoryRefusal::TooLarge { bytes: 513, max: 512 }));

    let check = |text: &str| {
        let query = MemoryQuery { text: Some(text.into()), ..Default::default() };
        memories.check(&query)
    };
    assert_eq!(check("four"), Ok(()));
    assert_eq!(check("fives"), Err(MemoryRefusal::QueryTooLong { bytes: 5, max: 4 }));
}

#[test]
fn totals_are_the_sum_over_agents() {
    let mut memories = Memories::new(rules());
    memories.store(at(0), &agent("a"), new("k", "one", 1)).unwrap();
    memories.store(at(0), &agent("a"), new("l", "three", 1)).unwrap();
    memories.store(at(0), &agent("b"), new("k", "four", 1)).unwrap();
    memories.observe(CHAIN, &[commit(1, 1), commit(2, 1)]);
    for wanted in memories.unembedded(usize::MAX) {
        memories.embedded(&wanted, Some(&embedding("m", &[1.0])));
    }
    let agents = ["a", "b", "observer"].map(|name| memories.counts(&agent(name)));
    let block_bytes = agents[2].content_bytes;
    assert_eq!((agents[0].content_bytes, agents[1].content_bytes), (8, 4));
    let totals =
        MemoryCounts { memories: 5, blocks: 2, embedded: 5, content_bytes: 12 + block_bytes };
    assert_eq!(memories.totals(), totals);
}

#[test]
fn a_vector_leaves_with_its_memory_and_is_counted_once() {
    let mut memories = Memories::new(rules());
    let id = memories.store(at(0), &agent("a"), new("k", "one", 1)).unwrap().answer;
    memories.store(at(0), &agent("a"), new("l", "two", 1)).unwrap();
    let wanted = memories.unembedded(usize::MAX);
    for wanted in wanted.iter().chain(&wanted) {
        memories.embedded(wanted, Some(&embedding("m", &[1.0])));
    }
    assert_eq!(memories.counts(&agent("a")).embedded, 2, "each once, though told twice");
    memories.forget(&agent("a"), id).unwrap();
    assert_eq!(memories.counts(&agent("a")).embedded, 1);
}
