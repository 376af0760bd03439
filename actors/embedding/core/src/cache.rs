use std::collections::{BTreeMap, HashMap};

use synod_types::vector::{Embedding, ModelId};

/// A model and a text, by content.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Key([u8; 32]);

impl Key {
    pub(crate) fn new(model: &ModelId, text: &str) -> Self {
        let mut hasher = blake3::Hasher::new();
        // A length before the name: no name and text run into those of another pair.
        hasher.update(&(model.0.len() as u64).to_le_bytes());
        hasher.update(model.0.as_bytes()).update(text.as_bytes());
        Self(*hasher.finalize().as_bytes())
    }
}

/// Vectors of late, the least recently used forgotten first.
///
/// Invariant: `by_use` holds exactly the entries of `entries`, each under its last use.
#[derive(Debug)]
pub(crate) struct Cache {
    entries: HashMap<Key, (u64, Embedding)>,
    by_use: BTreeMap<u64, Key>,
    uses: u64,
    entries_max: usize,
}

impl Cache {
    pub(crate) fn new(entries_max: usize) -> Self {
        Self { entries: HashMap::new(), by_use: BTreeMap::new(), uses: 0, entries_max }
    }

    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn get(&mut self, key: &Key) -> Option<Embedding> {
        let (last, embedding) = self.entries.get_mut(key)?;
        self.by_use.remove(last);
        self.uses += 1;
        *last = self.uses;
        self.by_use.insert(self.uses, *key);
        Some(embedding.clone())
    }

    pub(crate) fn put(&mut self, key: Key, embedding: Embedding) {
        if self.entries_max == 0 {
            return;
        }
        self.uses += 1;
        if let Some((last, _)) = self.entries.insert(key, (self.uses, embedding)) {
            self.by_use.remove(&last);
        }
        self.by_use.insert(self.uses, key);
        if self.entries_max < self.entries.len()
            && let Some((_, oldest)) = self.by_use.pop_first()
        {
            self.entries.remove(&oldest);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Puts and gets letters (`get` when lower case), then says which are still there.
    #[track_caller]
    fn check(entries_max: usize, uses: &str, expected: &str) {
        let model = ModelId("m".into());
        let key = |letter: char| Key::new(&model, &letter.to_string());
        let embedding = Embedding { model: model.clone(), values: [1.0].into() };
        let mut cache = Cache::new(entries_max);
        for letter in uses.chars() {
            if letter.is_uppercase() {
                cache.put(key(letter), embedding.clone());
            } else {
                cache.get(&key(letter.to_ascii_uppercase()));
            }
            assert!(cache.len() <= entries_max);
            assert_eq!(cache.by_use.len(), cache.len());
        }
        let kept: String =
            ('A'..='E').filter(|&letter| cache.get(&key(letter)).is_some()).collect();
        assert_eq!(kept, expected);
    }

    #[test]
    fn the_least_recently_used_goes_first() {
        check(2, "ABC", "BC");
        check(2, "ABaC", "AC");
        check(2, "ABAC", "AC");
        check(2, "AAAB", "AB");
        check(0, "AB", "");
    }

    #[test]
    fn another_model_is_another_key() {
        let one = Key::new(&ModelId("ab".into()), "c");
        assert_ne!(one, Key::new(&ModelId("a".into()), "bc"));
    }
}
