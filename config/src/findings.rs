//! Where every key stands, and what was found wrong so far.

use std::collections::BTreeMap;
use std::ops::Range;

use crate::error::{ConfigError, ConfigErrors};
use crate::origins::Origins;

/// Longer values are cut when shown.
const SHOWN_CHARS_MAX: usize = 80;

/// Where a key and its value stand, in bytes, and the value as it may be shown.
#[derive(Clone, Debug)]
pub(crate) struct Place {
    pub(crate) key: Range<usize>,
    pub(crate) value: Range<usize>,
    pub(crate) shown: Option<String>,
}

/// What reading one file brought to light.
#[derive(Debug)]
pub(crate) struct Findings<'a> {
    file: &'a str,
    text: &'a str,
    line_starts: Vec<usize>,
    places: BTreeMap<String, Place>,
    errors: Vec<ConfigError>,
    left_out: usize,
    misshapen: Vec<String>,
}

impl<'a> Findings<'a> {
    pub(crate) fn new(file: &'a str, text: &'a str) -> Self {
        let line_starts =
            std::iter::once(0).chain(text.match_indices('\n').map(|(at, _)| at + 1)).collect();
        Self {
            file,
            text,
            line_starts,
            places: BTreeMap::new(),
            errors: Vec::new(),
            left_out: 0,
            misshapen: Vec::new(),
        }
    }

    /// Remembers where `key` stands.
    pub(crate) fn note(&mut self, key: &str, place: Place) {
        self.places.insert(key.to_owned(), place);
    }

    /// The text of `span`, cut if long.
    pub(crate) fn excerpt(&self, span: Range<usize>) -> String {
        let text = self.text.get(span).unwrap_or_default();
        if text.chars().count() <= SHOWN_CHARS_MAX {
            return text.to_owned();
        }
        text.chars().take(SHOWN_CHARS_MAX).chain(['…']).collect()
    }

    /// The value of `key` has the wrong shape. Rules about its meaning are not asked any more.
    pub(crate) fn misshapen(
        &mut self,
        key: &str,
        rule: impl Into<String>,
        hint: impl Into<String>,
    ) {
        self.misshapen.push(key.to_owned());
        let at = self.places.get(key).map_or(0, |place| place.value.start);
        self.push(at, key, self.shown(key), (rule.into(), hint.into()));
    }

    /// `key` has no business here. Its value is not shown: it may be a misspelt secret.
    pub(crate) fn unknown(&mut self, key: &str, at: usize, rule: &str, hint: String) {
        self.misshapen.push(key.to_owned());
        self.push(at, key, None, (rule.to_owned(), hint));
    }

    /// `key` is not there, and has no default.
    pub(crate) fn missing(&mut self, key: &str, hint: impl Into<String>) {
        self.misshapen.push(key.to_owned());
        self.push(self.key_start(key), key, None, ("missing key".to_owned(), hint.into()));
    }

    /// The file is no TOML at `at`.
    pub(crate) fn syntax(&mut self, at: usize, rule: String, hint: &str) {
        let key = self.key_near(at);
        self.push(at, &key, None, (rule, hint.to_owned()));
    }

    /// `key` has the right shape and the wrong meaning. Points at its value; if it is not
    /// written, at what holds it. Not said where the shape is wrong already.
    pub(crate) fn refuse(&mut self, key: &str, rule: impl Into<String>, hint: impl Into<String>) {
        if self.is_misshapen_around(key) {
            return;
        }
        let at = match self.places.get(key) {
            Some(place) if place.shown.is_some() => place.value.start,
            _ => self.key_start(key),
        };
        self.push(at, key, self.shown(key), (rule.into(), hint.into()));
    }

    /// Whether `key`, something in it, or what holds it has the wrong shape.
    pub(crate) fn is_misshapen_around(&self, key: &str) -> bool {
        self.misshapen.iter().any(|bad| holds(bad, key) || holds(key, bad))
    }

    /// Whether anything was found wrong so far.
    pub(crate) const fn is_wrong(&self) -> bool {
        !self.errors.is_empty()
    }

    /// Whether `key` stands in the file.
    pub(crate) fn is_written(&self, key: &str) -> bool {
        self.places.contains_key(key)
    }

    /// On with it, unless there are more errors than anybody wants to read.
    pub(crate) fn unless_full(self) -> Result<Self, ConfigErrors> {
        if self.left_out == 0 { Ok(self) } else { self.proceed() }
    }

    /// On with it, if nothing was found wrong so far.
    pub(crate) fn proceed(mut self) -> Result<Self, ConfigErrors> {
        if self.errors.is_empty() {
            return Ok(self);
        }
        self.errors.sort_by(|a, b| (a.line, a.column, &a.key).cmp(&(b.line, b.column, &b.key)));
        Err(ConfigErrors { errors: self.errors, left_out: self.left_out })
    }

    /// Where every key stands.
    pub(crate) fn origins(&self) -> Origins {
        let line = |place: &Place| self.line_column(place.value.start).0;
        let lines = self.places.iter().map(|(key, place)| (key.clone(), line(place)));
        Origins { file: self.file.to_owned(), lines: lines.collect() }
    }

    fn shown(&self, key: &str) -> Option<String> {
        self.places.get(key).and_then(|place| place.shown.clone())
    }

    /// Where `key`, or the nearest written thing that holds it, begins.
    fn key_start(&self, key: &str) -> usize {
        let mut holder = key;
        loop {
            if let Some(place) = self.places.get(holder) {
                return place.key.start;
            }
            match holder.rfind(['.', '[']) {
                Some(end) => holder = &holder[..end],
                None => return 0,
            }
        }
    }

    /// A guess at the key of a line that is no TOML: its table and the word before `=`.
    fn key_near(&self, at: usize) -> String {
        let (line, _) = self.line_column(at);
        let mut header = "";
        let mut word = "";
        for text in self.text.lines().take(line) {
            let text = text.trim();
            word = text.split_once('=').map_or("", |(word, _)| word.trim());
            if let Some(name) = text.strip_prefix('[') {
                (header, word) = (name.trim_matches(['[', ']', ' ']), "");
            }
        }
        let is_key = |text: &str| {
            text.chars().all(|char| char.is_ascii_alphanumeric() || "-_.\"".contains(char))
        };
        let parts = [header, word];
        let parts: Vec<_> =
            parts.into_iter().filter(|part| !part.is_empty() && is_key(part)).collect();
        if parts.is_empty() { "(file)".to_owned() } else { parts.join(".") }
    }

    fn push(&mut self, at: usize, key: &str, value: Option<String>, broken: (String, String)) {
        if self.errors.len() >= ConfigErrors::MAX {
            self.left_out += 1;
            return;
        }
        let (line, column) = self.line_column(at);
        let (file, key) = (self.file.to_owned(), key.to_owned());
        let (rule, hint) = broken;
        self.errors.push(ConfigError { file, line, column, key, value, rule, hint });
    }

    fn line_column(&self, at: usize) -> (usize, usize) {
        let line = self.line_starts.partition_point(|&start| start <= at).max(1);
        let start = self.line_starts[line - 1];
        let before = self.text.get(start..at).unwrap_or_default();
        (line, before.chars().count() + 1)
    }
}

/// Whether `key` is `holder` or inside it.
fn holds(holder: &str, key: &str) -> bool {
    key.strip_prefix(holder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || rest.starts_with('['))
}
