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

#[cfg(test)]
mod tests {
    use synod_types::agent::AgentId;
    use synod_types::memory::{Content, Importance, Label, MemoryKind};
    use synod_types::time::Moment;

    use super::*;

    fn memory(number: u8, text: &str) -> Memory {
        Memory {
            id: MemoryId([number; 32].into()),
            agent: AgentId::new("a").unwrap(),
            kind: MemoryKind::Semantic,
            content: Content::Text(text.into()),
            tags: BTreeSet::new(),
            created: Moment::from_unix_seconds(1),
            last_read: None,
            importance: Importance::per_mille(500).unwrap(),
            reads: 0,
            origin: None,
            source: Label::new("test").unwrap(),
        }
    }

    #[track_caller]
    fn check(query: &str, expected: &[(u8, f64)]) {
        let mut lexicon = Lexicon::default();
        for (number, text) in [(1, "storm storm moon"), (2, "storm"), (3, "sun sun")] {
            lexicon.add(&memory(number, text));
        }
        let scores = lexicon.scores(query);
        assert_eq!(scores.len(), expected.len(), "{scores:?}");
        for &(number, score) in expected {
            let ours = scores[&MemoryId([number; 32].into())];
            assert!((ours - score).abs() < 1e-12, "{number}: {ours}, not {score}");
        }
    }

    /// Robertson and Zaragoza's formula with k1 = 1.2 and b = 0.75, worked out apart: three
    /// memories of two words on average.
    #[test]
    fn scores_are_those_of_the_formula() {
        check("storm", &[(1, 0.566_579_717_446_914_3), (2, 0.590_861_705_337_496_3)]);
        check("sun", &[(3, 1.348_640_222_891_123_6)]);
        check("Moon, storm!", &[(1, 1.380_853_059_569_857), (2, 0.590_861_705_337_496_3)]);
        check("storm storm", &[(1, 0.566_579_717_446_914_3), (2, 0.590_861_705_337_496_3)]);
        check("rain", &[]);
    }
}
