//! What is wrong with a file.

use std::fmt;

/// One thing wrong with a file: where it stands, which rule it breaks, what would be right.
///
/// Shown on exactly one line: `file:line:column: key = value: rule; hint: …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigError {
    /// The file, as it was named to us.
    pub file: String,
    /// Line, from 1.
    pub line: usize,
    /// Column in characters, from 1.
    pub column: usize,
    /// The key from the top of the file, as in `actors.chain.kind`.
    pub key: String,
    /// What is written there; `<redacted>` for secrets, nothing for tables and missing keys.
    pub value: Option<String>,
    /// The rule that is broken.
    pub rule: String,
    /// What to do about it.
    pub hint: String,
}

impl fmt::Display for ConfigError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, line, column, key, value, rule, hint } = self;
        write!(f, "{}:{line}:{column}: {}", one_line(file), one_line(key))?;
        if let Some(value) = value {
            write!(f, " = {}", one_line(value))?;
        }
        write!(f, ": {}; hint: {}", one_line(rule), one_line(hint))
    }
}

impl std::error::Error for ConfigError {}

/// Everything wrong with a file, in order of place: at least one, at most [`ConfigErrors::MAX`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigErrors {
    pub(crate) errors: Vec<ConfigError>,
    pub(crate) left_out: usize,
}

impl ConfigErrors {
    /// More are counted, not kept.
    pub const MAX: usize = 64;

    /// The errors, in order of place.
    pub fn errors(&self) -> &[ConfigError] {
        &self.errors
    }

    /// How many were found beyond [`Self::MAX`].
    pub const fn left_out(&self) -> usize {
        self.left_out
    }
}

/// One line per error.
impl fmt::Display for ConfigErrors {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, error) in self.errors.iter().enumerate() {
            let line_break = if index == 0 { "" } else { "\n" };
            write!(f, "{line_break}{error}")?;
        }
        if self.left_out > 0 {
            write!(f, "\nand {} more", self.left_out)?;
        }
        Ok(())
    }
}

impl std::error::Error for ConfigErrors {}

/// The text without line breaks and other control characters.
fn one_line(text: &str) -> String {
    text.chars().map(|char| if char.is_control() { ' ' } else { char }).collect()
}
