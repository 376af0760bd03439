//! Words as the word index counts them.

/// Characters of a word that count. A hash in hexadecimal has 66.
const CHARS_MAX: usize = 72;

/// Calls `each` with every word of `text`, in order: runs of letters and digits, lower case, a
/// plural reduced to its singular. A capital after a small letter begins a new word, but not in a
/// word with a digit: addresses mix cases.
pub(crate) fn for_each_term(text: &str, mut each: impl FnMut(&str)) {
    let mut word = String::new();
    let mut chars = 0;
    let mut after_small = false;
    let mut has_digit = false;
    for char in text.chars().chain([' ']) {
        let begins = after_small && !has_digit && char.is_uppercase();
        let ends = begins || !char.is_alphanumeric();
        if ends && !word.is_empty() {
            singular(&mut word);
            each(&word);
            word.clear();
            chars = 0;
            has_digit = false;
        }
        if char.is_alphanumeric() && chars < CHARS_MAX {
            word.extend(char.to_lowercase());
            chars += 1;
            has_digit |= char.is_ascii_digit();
        }
        after_small = char.is_lowercase();
    }
}

/// Harman's three rules: `queries` → `query`, `shares` → `share`, `bus` and `loss` stay.
fn singular(word: &mut String) {
    let keeps = |word: &str, endings: &[&str]| endings.iter().any(|end| word.ends_with(end));
    if word.len() < 4 || !word.ends_with('s') {
        return;
    }
    if word.ends_with("ies") {
        if !keeps(word, &["eies", "aies"]) {
            word.truncate(word.len() - 3);
            word.push('y');
        }
    } else if word.ends_with("es") {
        if !keeps(word, &["aes", "ees", "oes"]) {
            word.truncate(word.len() - 1);
        }
    } else if !keeps(word, &["us", "ss"]) {
        word.truncate(word.len() - 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let mut terms = Vec::new();
        for_each_term(text, |term| terms.push(term.to_owned()));
        assert_eq!(terms, expected);
    }

    #[test]
    fn terms_are_words_in_lower_case() {
        check("Block 42: two LOGS, in 0xAbC", &["block", "42", "two", "log", "in", "0xabc"]);
        check("TaskCreated", &["task", "created"]);
        check(" --- ", &[]);
    }

    #[test]
    fn plurals_are_reduced() {
        check("queries shares operators", &["query", "share", "operator"]);
        check("loss bus is s gas", &["loss", "bus", "is", "s", "gas"]);
    }
}
