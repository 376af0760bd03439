use proptest::prelude::*;

use super::*;

fn cosine(a: &str, b: &str) -> f32 {
    let model = Lexical::new(1024).unwrap();
    let (a, b) = (model.embed(a), model.embed(b));
    a.values.iter().zip(b.values.iter()).map(|(a, b)| a * b).sum()
}

/// `near` is more like `text` than `far` is.
#[track_caller]
fn check(text: &str, near: &str, far: &str) {
    let (near_by, far_by) = (cosine(text, near), cosine(text, far));
    assert!(far_by < near_by, "{near:?} {near_by}, {far:?} {far_by}");
}

#[test]
fn similar_spelling_is_near() {
    check("swap tokens", "swapping a token", "bridge assets");
    check("TaskCreated", "a task was created", "a block was minted");
    check("operators", "operator", "aggregator");
    check("block 1042", "at block 1042", "at block 2057");
    check("Überweisung", "die überweisungen", "der Block");
}

#[test]
fn common_words_say_little() {
    check("what is the stake of the operator", "operator stake", "what is the time of the day");
}

#[test]
fn the_name_tells_revision_and_dimensions() {
    assert_eq!(&*Lexical::new(256).unwrap().model().0, "synod-lexical-1-256");
    for dimensions in [0, 63, 4097] {
        assert_eq!(Lexical::new(dimensions).unwrap_err(), UnfitDimensions(dimensions));
    }
}

/// Vectors outlive processes and cross machines. If this changes, raise `REVISION`.
#[test]
fn these_bits_are_for_ever() {
    let digest = |text| {
        let embedding = Lexical::new(1024).unwrap().embed(text);
        let bytes = embedding.values.iter().flat_map(|value| value.to_le_bytes());
        blake3::hash(&bytes.collect::<Vec<_>>()).to_hex()[..16].to_owned()
    };
    assert_eq!(digest("Task 42 was certified by three of four operators."), "d8bb2c78b54e8811");
    assert_eq!(digest(""), "f43c5be5569c486a");
}

proptest! {
    #[test]
    fn every_text_has_a_finite_vector_of_unit_length(text in "\\PC{0,200}", dimensions in 64_usize..600) {
        let model = Lexical::new(dimensions).unwrap();
        let embedding = model.embed(&text);
        prop_assert_eq!(embedding.values.len(), dimensions);
        prop_assert!(embedding.values.iter().all(|value| value.is_finite()));
        let length: f32 = embedding.values.iter().map(|value| value * value).sum();
        prop_assert!((length - 1.0).abs() < 1e-4, "{}", length);
        prop_assert_eq!(&model.embed(&text), &embedding);
        let shouted = model.embed(&text.to_lowercase());
        prop_assert_eq!(shouted.values.len(), dimensions);
    }
}

#[test]
fn dimensions_have_bounds_that_are_told() {
    for dimensions in [64, 1_000, 4_096] {
        let model = Lexical::new(dimensions).unwrap();
        assert_eq!(model.dimensions(), dimensions);
        assert_eq!(model.embed("some words").values.len(), dimensions);
    }
    for dimensions in [0, 63, 4_097] {
        let error = Lexical::new(dimensions).err().unwrap();
        assert_eq!(error.to_string(), format!("{dimensions} dimensions are not in 64..=4096"));
    }
}
