use std::collections::{BTreeMap, BTreeSet};

use synod_types::memory::{Memory, MemoryId};

use crate::terms::for_each_term;

/// How soon a word's repetition stops counting.
const SATURATION: f64 = 1.2;
/// How much a long text is held against its words.
const LENGTH_WEIGHT: f64 = 0.75;

/// Which words stand in which memories of one agent, for BM25.
///
/// Invariant: `lengths[id]` is the sum of `postings[term][id]` over all terms, and `length` the
/// sum of all lengths.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Lexicon {
    postings: BTreeMap<Box<str>, BTreeMap<MemoryId, u32>>,
    lengths: BTreeMap<MemoryId, u32>,
    length: u64,
}

impl Lexicon {
    /// Takes in the words of a memory's content and tags.
    pub(crate) fn add(&mut self, memory: &Memory) {
        let id = memory.id;
        let mut length = 0;
        for_each_term_of(memory, |term| {
            if !self.postings.contains_key(term) {
                self.postings.insert(term.into(), BTreeMap::new());
            }
            if let Some(posting) = self.postings.get_mut(term) {
                *posting.entry(id).or_default() += 1;
            }
            length += 1;
        });
        self.lengths.insert(id, length);
        self.length += u64::from(length);
    }

    /// Takes out what [`Self::add`] took in for the same memory.
    pub(crate) fn remove(&mut self, memory: &Memory) {
        let Some(length) = self.lengths.remove(&memory.id) else {
            return;
        };
        self.length -= u64::from(length);
        for_each_term_of(memory, |term| {
            if let Some(posting) = self.postings.get_mut(term) {
                posting.remove(&memory.id);
                if posting.is_empty() {
                    self.postings.remove(term);
                }
            }
        });
    }

    /// BM25 scores of all memories that hold a word of `text`; each is above zero.
    pub(crate) fn scores(&self, text: &str) -> BTreeMap<MemoryId, f64> {
        let mut terms = BTreeSet::new();
        for_each_term(text, |term| {
            terms.insert(term.to_owned());
        });
        let memories = self.lengths.len() as f64;
        let mean = self.length as f64 / memories;
        let mut scores = BTreeMap::new();
        for posting in terms.iter().filter_map(|term| self.postings.get(term.as_str())) {
            let holders = posting.len() as f64;
            let rarity = (1.0 + (memories - holders + 0.5) / (holders + 0.5)).ln();
            for (&id, &count) in posting {
                let relative = f64::from(self.lengths[&id]) / mean;
                let damping = SATURATION * (1.0 - LENGTH_WEIGHT + LENGTH_WEIGHT * relative);
                let count = f64::from(count);
                *scores.entry(id).or_default() +=
                    rarity * count * (SATURATION + 1.0) / (count + damping);
            }
        }
        scores
    }
}

fn for_each_term_of(memory: &Memory, mut each: impl FnMut(&str)) {
    if let Some(text) = memory.content.text() {
        for_each_term(text, &mut each);
    }
    for tag in &memory.tags {
        for_each_term(tag.as_str(), &mut each);
    }
}
