use synod_types::memory::{Cursor, Memory, MemoryHit, MemoryPage, MemoryQuery, Order, ScoredBy};
use synod_types::vector::ModelId;

use crate::rules::Rules;
use crate::shelf::{Entry, Shelf};
use crate::vector::Compact;

/// Steps between two scores that count as different, so that equal ones tie in every page.
const SCORE_STEPS: f64 = 1e12;

/// What is looked for, apart from conditions.
#[derive(Debug)]
pub(crate) struct Sought<'a> {
    pub(crate) text: Option<&'a str>,
    pub(crate) vector: Option<(ModelId, Option<Compact>)>,
}

/// The page of `shelf` that answers `query`.
pub(crate) fn page(
    shelf: &Shelf,
    query: &MemoryQuery,
    sought: Sought<'_>,
    rules: &Rules,
) -> MemoryPage {
    let scored_by = match (sought.text, &sought.vector) {
        (None, None) => ScoredBy::Nothing,
        (Some(_), None) => ScoredBy::Text,
        (None, Some(_)) => ScoredBy::Vectors,
        (Some(_), Some(_)) => ScoredBy::Both,
    };
    let mut candidates = candidates(shelf, query, &sought, rules.similarity_min);
    score(&mut candidates, scored_by, rules.text_weight);
    let mut placed: Vec<(Cursor, Candidate<'_>)> = candidates
        .into_iter()
        .map(|candidate| (place(query.order, &candidate), candidate))
        .filter(|(place, _)| query.cursor.is_none_or(|last| sort_key(&last) < sort_key(place)))
        .collect();
    placed.sort_unstable_by_key(|(place, _)| sort_key(place));
    let limit = usize::from(query.limit.unwrap_or(rules.page_max).clamp(1, rules.page_max));
    let next = (limit < placed.len()).then(|| placed[limit - 1].0);
    placed.truncate(limit);
    let hits = placed.into_iter().map(|(_, candidate)| candidate.into_hit()).collect();
    MemoryPage { hits, scored_by, model: sought.vector.map(|(model, _)| model), next }
}

#[derive(Debug)]
struct Candidate<'a> {
    memory: &'a Memory,
    text: Option<f64>,
    similarity: Option<f64>,
    score: f64,
}

impl Candidate<'_> {
    fn into_hit(self) -> MemoryHit {
        let Self { memory, text, similarity, score } = self;
        MemoryHit { memory: memory.clone(), score, text, similarity }
    }
}

/// The memories that meet the conditions and hold something of what is looked for.
fn candidates<'a>(
    shelf: &'a Shelf,
    query: &MemoryQuery,
    sought: &Sought<'_>,
    similarity_min: u16,
) -> Vec<Candidate<'a>> {
    let words = sought.text.map(|text| shelf.lexicon().scores(text)).unwrap_or_default();
    let vector = sought.vector.as_ref().and_then(|(_, vector)| vector.as_ref());
    let floor = f64::from(similarity_min) / 1_000.0;
    let takes_all = sought.text.is_none() && sought.vector.is_none();
    let candidate = |Entry { memory, vector: own }: &'a Entry| {
        let text = words.get(&memory.id).copied();
        let similarity = vector.zip(own.as_ref()).map(|(sought, own)| sought.cosine(own));
        let similarity = similarity.filter(|&similarity| floor <= similarity);
        Candidate { memory, text, similarity, score: 0.0 }
    };
    shelf
        .entries()
        .filter(|entry| meets(query, &entry.memory))
        .map(candidate)
        .filter(|found| takes_all || found.text.is_some() || found.similarity.is_some())
        .collect()
}

/// Whether `memory` meets every condition of `query`.
pub(crate) fn meets(query: &MemoryQuery, memory: &Memory) -> bool {
    (query.kinds.is_empty() || query.kinds.contains(&memory.kind))
        && query.from.is_none_or(|from| from <= memory.created)
        && query.until.is_none_or(|until| memory.created < until)
        && query.importance_min.is_none_or(|min| min <= memory.importance)
        && query.tags.is_subset(&memory.tags)
}

/// Makes the scores of words relative to their best, then adds both up by weight, each relative
/// to its best. Ranks alone would throw away how much better one hit is than the next.
fn score(candidates: &mut [Candidate<'_>], scored_by: ScoredBy, text_weight: u16) {
    let best = |of: fn(&Candidate<'_>) -> Option<f64>| {
        candidates.iter().filter_map(of).fold(f64::MIN_POSITIVE, f64::max)
    };
    let best_text = best(|candidate| candidate.text);
    let best_similarity = best(|candidate| candidate.similarity);
    let weight = f64::from(text_weight.min(1_000)) / 1_000.0;
    for candidate in candidates {
        candidate.text = candidate.text.map(|text| text / best_text);
        let text = candidate.text.unwrap_or(0.0);
        let similarity = candidate.similarity.unwrap_or(0.0);
        candidate.score = match scored_by {
            ScoredBy::Nothing => 0.0,
            ScoredBy::Text => text,
            ScoredBy::Vectors => similarity,
            ScoredBy::Both => weight * text + (1.0 - weight) * similarity / best_similarity,
        };
    }
}

fn place(order: Order, candidate: &Candidate<'_>) -> Cursor {
    let created = candidate.memory.created.unix_nanos();
    let (primary, secondary) = match order {
        Order::Relevance => ((candidate.score * SCORE_STEPS) as u64, created),
        Order::Newest => (created, 0),
        Order::Oldest => (!created, 0),
        Order::Importance => (candidate.memory.importance.get().into(), created),
    };
    Cursor { primary, secondary, id: candidate.memory.id }
}

/// Ascending in the order of hits.
fn sort_key(place: &Cursor) -> impl Ord + use<> {
    (!place.primary, !place.secondary, place.id)
}

#[cfg(test)]
mod tests;
