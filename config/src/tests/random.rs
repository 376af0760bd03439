//! No text makes the parser panic, and every refusal can be shown.

use proptest::prelude::*;

use crate::{Config, DEFAULT, Profile};

/// Pieces that mean something in a file.
const PIECES: &[&str] = &[
    "\"",
    "\"\"\"",
    "'",
    "[",
    "]",
    "[[",
    "]]",
    "{",
    "}",
    "=",
    ".",
    ",",
    "#",
    "\n",
    "\r\n",
    "\0",
    "é",
    "-1",
    "0x",
    "1e9",
    "9223372036854775808",
    "true",
    "2026-01-01",
    "\"\"",
    "[]",
    "{}",
    "[actors]",
    "root",
    "kind",
    "\"store\"",
    "actors.x.kind",
    "[[sets.main.members]]",
    "[supervisors.root]",
];

/// Cuts out a piece of a file and puts another in its place, at places given in per mille.
fn mutate(text: &str, edits: &[(usize, usize, usize)]) -> String {
    let mut chars: Vec<char> = text.chars().collect();
    for &(at, length, piece) in edits {
        let start = chars.len() * at / 1000;
        let end = (start + length).min(chars.len());
        chars.splice(start..end, PIECES[piece % PIECES.len()].chars());
    }
    chars.into_iter().collect()
}

fn check(text: &str) {
    match Config::parse("random.toml", text) {
        Ok(config) => drop(config.effective()),
        Err(errors) => {
            assert!(!errors.errors().is_empty());
            for error in errors.errors() {
                let line = error.to_string();
                assert!(!line.contains('\n') && line.starts_with("random.toml:"), "{line}");
                assert!(!error.key.is_empty() && !error.rule.is_empty() && !error.hint.is_empty());
            }
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 192, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_mutated_file_is_read_or_refused(
        edits in prop::collection::vec((0..1000_usize, 0..40_usize, 0..PIECES.len()), 1..6),
        file in 0..3_usize,
    ) {
        let files = [DEFAULT, Profile::Dev.text(), Profile::Aggregator.text()];
        check(&mutate(files[file], &edits));
    }

    #[test]
    fn any_text_is_read_or_refused(text in "\\PC{0,200}") {
        check(&text);
    }

    #[test]
    fn pieces_in_any_order_are_read_or_refused(
        pieces in prop::collection::vec(0..PIECES.len(), 0..40),
    ) {
        let text: Vec<&str> = pieces.iter().map(|&piece| PIECES[piece]).collect();
        check(&text.join(" "));
        check(&text.concat());
    }
}
