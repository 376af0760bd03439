use std::fmt;
use std::str::FromStr;

/// Steps of a path below `m`; a longer one is a mistake.
const STEPS_MAX: usize = 16;

/// A place in the tree of keys that grows from one seed: `m/12381/3600/0/0/0` (EIP-2334).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KeyPath(Vec<u32>);

impl KeyPath {
    /// The numbers after `m`, at least one.
    pub fn steps(&self) -> &[u32] {
        &self.0
    }
}

impl fmt::Display for KeyPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("m")?;
        self.0.iter().try_for_each(|step| write!(f, "/{step}"))
    }
}

impl FromStr for KeyPath {
    type Err = PathError;

    fn from_str(text: &str) -> Result<Self, PathError> {
        let steps = text.strip_prefix("m/").ok_or(PathError)?;
        let number = |step: &str| {
            let is_plain = step == "0" || !step.starts_with('0');
            let is_number = !step.is_empty() && step.bytes().all(|digit| digit.is_ascii_digit());
            if is_plain && is_number { step.parse().map_err(|_| PathError) } else { Err(PathError) }
        };
        let steps: Vec<u32> =
            steps.split('/').take(STEPS_MAX + 1).map(number).collect::<Result<_, _>>()?;
        if steps.len() <= STEPS_MAX { Ok(Self(steps)) } else { Err(PathError) }
    }
}

/// Why a text is no path of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
#[error("a path is `m` and one to {STEPS_MAX} numbers below 2^32, as in m/12381/60/0/0")]
pub struct PathError;

#[cfg(test)]
mod tests;
