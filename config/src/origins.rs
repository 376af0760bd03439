//! Where the keys of a file stand: what an explanation points at.

use std::collections::BTreeMap;
use std::fmt;

use serde::Serialize;

/// Where the value of a key comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// It is written.
    Written {
        /// The file, as it was named to us.
        file: String,
        /// Line, from 1.
        line: usize,
    },
    /// It is not written; this is what holds then.
    Default,
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Written { file, line } => write!(f, "{file}:{line}"),
            Self::Default => f.write_str("default"),
        }
    }
}

/// The lines of all keys of one file.
#[derive(Clone, Debug)]
pub(crate) struct Origins {
    pub(crate) file: String,
    pub(crate) lines: BTreeMap<String, usize>,
}

impl Origins {
    /// Where the value of `key` comes from. A list is where it begins, so are its items.
    pub(crate) fn of(&self, key: &str) -> Origin {
        let line = self.lines.get(key).copied();
        line.map_or(Origin::Default, |line| Origin::Written { file: self.file.clone(), line })
    }
}
