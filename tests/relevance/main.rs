//! How well memories are found: a small judged set, written for this house, against floors.
//!
//! The set is small and its authors knew the method, so the floors tell a regression, not how
//! good retrieval is elsewhere. `docs/retrieval.md` says what is known of that.
#![allow(clippy::unwrap_used, clippy::expect_used)]

use std::collections::BTreeMap;

use serde::Deserialize;
use synod_embedding_core::Lexical;
use synod_memory_core::{Memories, Rules};
use synod_types::agent::AgentId;
use synod_types::memory::{Content, Label, MemoryId, MemoryQuery, NewMemory};
use synod_types::time::Moment;

/// Hits that count.
const CUT: usize = 10;

#[derive(Deserialize)]
struct Set {
    documents: BTreeMap<String, String>,
    queries: Vec<Query>,
}

#[derive(Deserialize)]
struct Query {
    text: String,
    judged: BTreeMap<String, f64>,
}

/// All documents of the set as memories of one agent, with their vectors.
struct Corpus {
    set: Set,
    names: BTreeMap<MemoryId, String>,
    memories: Memories,
    model: Lexical,
    agent: AgentId,
}

impl Corpus {
    fn load() -> Self {
        let set: Set = serde_json::from_str(include_str!("set.json")).unwrap();
        let agent = AgentId::new("reader").unwrap();
        let mut memories = Memories::new(Rules::default());
        let mut names = BTreeMap::new();
        for (name, text) in &set.documents {
            let new = NewMemory {
                key: Some(Label::new(name).unwrap()),
                kind: Default::default(),
                content: Content::Text(text.as_str().into()),
                tags: Default::default(),
                importance: Default::default(),
                source: Label::new("test").unwrap(),
            };
            let id = memories.store(Moment::default(), &agent, new).unwrap().answer;
            names.insert(id, name.clone());
        }
        let model = Lexical::new(1024).unwrap();
        for wanted in memories.unembedded(usize::MAX) {
            memories.embedded(&wanted, Some(&model.embed(&wanted.text)));
        }
        Self { set, names, memories, model, agent }
    }

    /// Mean nDCG@10 over all queries.
    fn score(&self, by_text: bool, by_vector: bool) -> f64 {
        let scores = self.set.queries.iter().map(|query| self.score_of(query, by_text, by_vector));
        scores.sum::<f64>() / self.set.queries.len() as f64
    }

    fn score_of(&self, query: &Query, by_text: bool, by_vector: bool) -> f64 {
        let asked = MemoryQuery {
            text: by_text.then(|| query.text.clone()),
            limit: Some(CUT as u16),
            ..MemoryQuery::default()
        };
        let vector = by_vector.then(|| self.model.embed(&query.text));
        let page = self.memories.query(&self.agent, &asked, vector.as_ref()).unwrap();
        let gain = |id| query.judged.get(&self.names[&id]).copied().unwrap_or(0.0);
        let found = discounted(page.hits.iter().map(|hit| gain(hit.memory.id)));
        let mut ideal: Vec<f64> = query.judged.values().copied().collect();
        ideal.sort_by(|a, b| b.total_cmp(a));
        found / discounted(ideal.into_iter())
    }
}

fn discounted(gains: impl Iterator<Item = f64>) -> f64 {
    let terms = gains.take(CUT).zip(1_u32..);
    terms.map(|(gain, rank)| (gain.exp2() - 1.0) / f64::from(rank + 1).log2()).sum()
}

#[test]
fn memories_are_found_as_well_as_measured() {
    let corpus = Corpus::load();
    let text = corpus.score(true, false);
    let vectors = corpus.score(false, true);
    let both = corpus.score(true, true);
    let measured = format!("nDCG@10: words {text:.3}, vectors {vectors:.3}, both {both:.3}");
    assert!(0.85 <= text, "{measured}");
    assert!(0.90 <= vectors, "{measured}");
    assert!(0.93 <= both, "{measured}");
    assert!(text.max(vectors) - 0.01 <= both, "{measured}");
}

#[test]
fn every_judged_document_exists() {
    let Corpus { set, .. } = Corpus::load();
    assert!(40 <= set.documents.len() && 25 <= set.queries.len());
    for query in &set.queries {
        for name in query.judged.keys() {
            assert!(set.documents.contains_key(name), "{}: {name}", query.text);
        }
    }
}
