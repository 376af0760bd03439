//! Markup that cannot be broken out of: tags are literals of this program, all else is escaped.

use std::fmt::Display;

use serde::Serialize;

/// The longest text that is shown whole.
const TEXT_CHARS_MAX: usize = 400;

/// A piece of a page.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub(super) struct Html(String);

impl Html {
    /// Markup, as written in the source.
    pub(super) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Anything, as text. What would reorder or hide other text is replaced.
    pub(super) fn text(&mut self, value: impl Display) -> &mut Self {
        let value = value.to_string();
        let mut rest = value.chars();
        for character in rest.by_ref().take(TEXT_CHARS_MAX) {
            match character {
                '&' => self.0.push_str("&amp;"),
                '<' => self.0.push_str("&lt;"),
                '>' => self.0.push_str("&gt;"),
                '"' => self.0.push_str("&quot;"),
                '\'' => self.0.push_str("&#39;"),
                '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                    self.0.push('\u{fffd}');
                }
                '\n' | '\t' => self.0.push(' '),
                control if control.is_control() => self.0.push('\u{fffd}'),
                plain => self.0.push(plain),
            }
        }
        if rest.next().is_some() {
            self.0.push('…');
        }
        self
    }

    /// Text between two tags.
    pub(super) fn within(
        &mut self,
        open: &'static str,
        value: impl Display,
        close: &'static str,
    ) -> &mut Self {
        self.raw(open).text(value).raw(close)
    }

    pub(super) fn as_str(&self) -> &str {
        &self.0
    }
}
