use std::sync::Arc;

use synod_types::vector::{Embedding, ModelId};

use crate::words::{rarity, words};

/// Raised whenever the same text would give another vector: it is part of the model's name.
const REVISION: u32 = 1;
/// Letter groups of these sizes are hashed beside the whole word.
const GROUPS: std::ops::RangeInclusive<usize> = 3..=5;
/// Letters of a word that are grouped; the rest of a long one only counts as a whole.
const GROUPED_MAX: usize = 24;
/// Weight of all of a word's groups together, against the word itself.
const GROUPS_SHARE: f64 = 1.4;

/// The model that is always there: words and their letter groups, hashed with a sign into a
/// vector of unit length.
///
/// Similar spelling gives similar vectors; similar meaning does not. A word weighs by the square
/// root of how often it occurs and by a fixed rarity. Only operations that IEEE 754 defines to
/// the last bit are used (no logarithm), in a fixed order: equal text, equal bits, everywhere.
#[derive(Clone, Debug)]
pub struct Lexical {
    model: ModelId,
    dimensions: usize,
}

/// Why a number of dimensions is not used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct UnfitDimensions(pub usize);

impl std::error::Error for UnfitDimensions {}

impl std::fmt::Display for UnfitDimensions {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} dimensions are not in 64..=4096", self.0)
    }
}

impl Lexical {
    /// The model with vectors of `dimensions` values.
    ///
    /// # Errors
    /// [`UnfitDimensions`] outside 64 to 4096: below, everything collides; above, nothing is won.
    pub fn new(dimensions: usize) -> Result<Self, UnfitDimensions> {
        if !(64..=4096).contains(&dimensions) {
            return Err(UnfitDimensions(dimensions));
        }
        let model = ModelId(format!("synod-lexical-{REVISION}-{dimensions}").into());
        Ok(Self { model, dimensions })
    }

    /// Its name: revision and dimensions.
    pub const fn model(&self) -> &ModelId {
        &self.model
    }

    /// Values of each vector.
    pub const fn dimensions(&self) -> usize {
        self.dimensions
    }

    /// The vector of `text`. A text without words is hashed as it stands.
    pub fn embed(&self, text: &str) -> Embedding {
        let mut sums = vec![0.0; self.dimensions];
        for (word, count) in words(text) {
            self.add_word(&mut sums, &word, f64::from(count).sqrt() * rarity(&word));
        }
        if sums.iter().all(|&sum| sum == 0.0) {
            self.add(&mut sums, Feature::Text, text.trim(), 1.0);
        }
        let length = sums.iter().map(|sum| sum * sum).sum::<f64>().sqrt();
        // Rounding to 24 bits keeps the length within a millionth of one.
        let values: Arc<[f32]> = sums.iter().map(|sum| (sum / length) as f32).collect();
        Embedding { model: self.model.clone(), values }
    }

    fn add_word(&self, sums: &mut [f64], word: &str, weight: f64) {
        self.add(sums, Feature::Word, word, weight);
        let framed: Vec<char> =
            std::iter::once('<').chain(word.chars().take(GROUPED_MAX)).chain(['>']).collect();
        let groups = || GROUPS.flat_map(|size| framed.windows(size));
        let count = groups().count();
        if count == 0 {
            return;
        }
        // The groups' weights, squared, add up to the share's square.
        let each = weight * GROUPS_SHARE / (count as f64).sqrt();
        let mut text = String::new();
        for group in groups() {
            text.clear();
            text.extend(group);
            self.add(sums, Feature::Group, &text, each);
        }
    }

    fn add(&self, sums: &mut [f64], feature: Feature, text: &str, weight: f64) {
        let hash = hash(feature, text);
        let bucket = (hash % self.dimensions as u64) as usize;
        sums[bucket] += if hash >> 63 == 0 { weight } else { -weight };
    }
}

/// Kinds of features: the same letters are another feature in another kind.
#[derive(Clone, Copy)]
enum Feature {
    Word = 1,
    Group = 2,
    Text = 3,
}

/// FNV-1a over kind and text, then the finish of SplitMix64 so that every bit depends on every
/// letter. Both are fixed for ever: a standard library's hasher is not.
fn hash(feature: Feature, text: &str) -> u64 {
    let mut hash = 0xcbf2_9ce4_8422_2325;
    for byte in std::iter::once(feature as u8).chain(text.bytes()) {
        hash = (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
    }
    hash = (hash ^ (hash >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    hash = (hash ^ (hash >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    hash ^ (hash >> 31)
}

#[cfg(test)]
mod tests;
