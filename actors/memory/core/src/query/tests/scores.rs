//! How words and vectors add up.

use synod_types::vector::Embedding;

use super::*;

fn compact(values: &[f32]) -> Compact {
    let values = values.into();
    Compact::new(&Embedding { model: ModelId("m".into()), values }).unwrap()
}

/// Memory 1 has the words only, memory 2 the nearer vector only, memory 3 some of both; memory 4
/// has nothing of what is sought. Cosines to the sought vector are 3/5 for 2 and 5/13 for 3.
fn mixed() -> Shelf {
    let mut shelf = shelf(&[
        memory(1, &[1], 0, 10, 1),
        memory(2, &[4], 0, 20, 1),
        memory(3, &[1, 4, 5, 3, 2, 0], 0, 30, 1),
        memory(4, &[4], 0, 40, 1),
    ]);
    for (number, words, values) in [(2, "swap", [3.0, 4.0]), (4, "swap", [0.0, 1.0])] {
        shelf.embed(MemoryId([number; 32].into()), words, Some(compact(&values)));
    }
    let words = "task swap bridge operator stake block";
    shelf.embed(MemoryId([3; 32].into()), words, Some(compact(&[5.0, 12.0])));
    shelf
}

fn sought(text: Option<&str>, is_by_vector: bool) -> Sought<'_> {
    let model = ModelId("m".into());
    Sought { text, vector: is_by_vector.then(|| (model, Some(compact(&[1.0, 0.0])))) }
}

#[track_caller]
fn check_near(actual: f64, expected: f64) {
    // Vectors are kept in eight bits a value.
    assert!((actual - expected).abs() < 0.01, "{actual} for {expected}");
}

#[test]
fn both_scores_count_by_weight_relative_to_the_best() {
    let rules = Rules { text_weight: 300, ..Rules::default() };
    let page = page(&mixed(), &MemoryQuery::default(), sought(Some("task"), true), &rules);
    assert_eq!(page.scored_by, ScoredBy::Both);
    assert_eq!(ids(&page), [2, 3, 1]);
    let [two, three, one] = page.hits.as_slice() else { panic!("three hits") };
    check_near(two.score, 0.7);
    check_near(one.score, 0.3);
    assert_eq!((one.text, one.similarity), (Some(1.0), None));
    let text = three.text.unwrap();
    assert!(text > 0.05 && text < 0.95, "one word of many: {text}");
    check_near(three.similarity.unwrap(), 5.0 / 13.0);
    check_near(three.score, 0.3 * text + 0.7 * (5.0 / 13.0) / (3.0 / 5.0));
}

#[test]
fn words_alone_score_relative_to_the_best_hit() {
    let rules = Rules::default();
    let page = page(&mixed(), &MemoryQuery::default(), sought(Some("task"), false), &rules);
    assert_eq!((ids(&page), page.scored_by), (vec![1, 3], ScoredBy::Text));
    assert_eq!(page.hits[0].score, 1.0);
    assert_eq!(Some(page.hits[1].score), page.hits[1].text);
    assert!(page.hits[1].score < 1.0);
}

#[test]
fn vectors_alone_score_by_their_cosine() {
    let rules = Rules::default();
    let page = page(&mixed(), &MemoryQuery::default(), sought(None, true), &rules);
    assert_eq!((ids(&page), page.scored_by), (vec![2, 3], ScoredBy::Vectors));
    check_near(page.hits[0].score, 3.0 / 5.0);
    check_near(page.hits[1].score, 5.0 / 13.0);
}

#[test]
fn a_last_page_that_is_just_full_has_none_after_it() {
    let shelf = mixed();
    let limit = |limit| MemoryQuery { limit: Some(limit), ..Default::default() };
    assert!(ask(&shelf, &limit(3)).next.is_some());
    let last = ask(&shelf, &limit(4));
    assert_eq!((last.hits.len(), last.next), (4, None));
}
