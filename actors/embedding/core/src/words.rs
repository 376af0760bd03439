//! Words of a text, and what a word is worth before anything is known of the other texts.

use std::collections::BTreeMap;

/// Characters of a word that are looked at. A hash in hexadecimal has 66.
const WORD_CHARS_MAX: usize = 72;

/// Words that say little in any English text, ascending.
const COMMON: &[&str] = &[
    "a", "about", "after", "all", "also", "am", "an", "and", "any", "are", "as", "at", "be",
    "because", "been", "before", "but", "by", "can", "could", "did", "do", "does", "for", "from",
    "had", "has", "have", "he", "her", "his", "how", "i", "if", "in", "into", "is", "it", "its",
    "just", "me", "more", "my", "no", "not", "of", "on", "one", "or", "our", "out", "over", "she",
    "should", "so", "some", "than", "that", "the", "their", "them", "then", "there", "these",
    "they", "this", "to", "up", "us", "was", "we", "were", "what", "when", "where", "which", "who",
    "why", "will", "with", "would", "you", "your",
];

/// The words of `text` in lower case, and how often each occurs. A word is a run of letters and
/// digits of any script. A capital after a small letter begins a new one (`TaskCreated`), but not in
/// a word with a digit: addresses mix cases.
pub(crate) fn words(text: &str) -> BTreeMap<String, u32> {
    let mut words = BTreeMap::new();
    let mut word = String::new();
    let mut chars = 0;
    let mut after_small = false;
    let mut has_digit = false;
    for char in text.chars() {
        if !char.is_alphanumeric() || (after_small && !has_digit && char.is_uppercase()) {
            take(&mut words, &mut word);
            chars = 0;
            has_digit = false;
        }
        if char.is_alphanumeric() && chars < WORD_CHARS_MAX {
            word.extend(char.to_lowercase());
            chars += 1;
            has_digit |= char.is_ascii_digit();
        }
        after_small = char.is_lowercase();
    }
    take(&mut words, &mut word);
    words
}

fn take(words: &mut BTreeMap<String, u32>, word: &mut String) {
    if !word.is_empty() {
        *words.entry(std::mem::take(word)).or_default() += 1;
    }
}

/// The fixed stand-in for a word's rarity. Counting documents would serve better, but then the
/// vector of a text would depend on the texts before it.
pub(crate) fn rarity(word: &str) -> f64 {
    if COMMON.binary_search(&word).is_ok() {
        return 0.1;
    }
    let chars = word.chars().count();
    let has_digit = word.bytes().any(|byte| byte.is_ascii_digit());
    match (chars, has_digit) {
        (1, false) => 0.4,
        (2, false) => 0.7,
        (3, false) => 0.9,
        (_, false) => 1.0,
        (_, true) => 1.2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(&str, u32)]) {
        let words = words(text);
        let words = words.iter().map(|(word, &count)| (word.as_str(), count));
        assert_eq!(words.collect::<Vec<_>>(), expected);
    }

    #[test]
    fn words_are_runs_of_letters_and_digits_in_lower_case() {
        check("The block, THE 42nd!", &[("42nd", 1), ("block", 1), ("the", 2)]);
        check("ΣΊΣΥΦΟΣ ŠÄ ＡＢ", &[("šä", 1), ("σίσυφοσ", 1), ("ａｂ", 1)]);
        check("... ??? 🦀", &[]);
    }

    #[test]
    fn a_capital_after_a_small_letter_begins_a_word() {
        check("TaskCreated HTTPServer", &[("created", 1), ("httpserver", 1), ("task", 1)]);
        check("0xAbCd", &[("0xabcd", 1)]);
    }

    #[test]
    fn a_word_is_looked_at_up_to_a_limit() {
        check(&"x".repeat(1_000), &[(&"x".repeat(WORD_CHARS_MAX), 1)]);
    }

    #[test]
    fn common_words_are_in_order() {
        assert!(COMMON.is_sorted());
        assert!(rarity("the") < rarity("tvl"));
        assert!(rarity("tvl") < rarity("0x12"));
    }
}
