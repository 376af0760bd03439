use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use synod_types::keccak256;
use synod_types::time::Moment;

/// Its name in the directory.
const FILE: &str = "simulated-chain.json";
/// How many reorgs can be commanded in the life of a chain.
const REORGS_MAX: usize = 4_096;

/// What a simulated chain does not follow from its settings.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Ledger {
    genesis_unix_millis: u64,
    /// Commanded reorgs, in order: the height of the block each forked from.
    reorgs: Vec<u64>,
}

/// As it is on disk: one JSON object.
#[derive(Serialize, Deserialize)]
struct Sealed {
    /// The ledger, as JSON within a string, so that the checksum is of the very bytes.
    ledger: String,
    /// keccak of that string, in hex.
    checksum: String,
}

/// Why a simulated chain cannot be opened or told to reorganise.
#[derive(Debug, thiserror::Error)]
pub enum LedgerError {
    /// The disk says no.
    #[error("cannot read or write {}", path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it says.
        #[source]
        source: io::Error,
    },
    /// The file is not what was written.
    #[error("{} is damaged; remove it to begin another chain", path.display())]
    Damaged {
        /// The file.
        path: PathBuf,
    },
    /// No more reorgs can be remembered.
    #[error("{REORGS_MAX} reorgs have been commanded, the most there may be")]
    Full,
}

impl Ledger {
    /// A chain that begins now, in whole milliseconds.
    pub(crate) const fn begin(now: Moment) -> Self {
        Self { genesis_unix_millis: now.unix_millis(), reorgs: Vec::new() }
    }

    pub(crate) const fn genesis(&self) -> Moment {
        Moment::from_unix_millis(self.genesis_unix_millis)
    }

    /// Which reorg, counted from 1, was the last to replace the block of this height. 0: none.
    pub(crate) fn last_reorg_below(&self, number: u64) -> u64 {
        self.reorgs.iter().rposition(|fork| *fork < number).map_or(0, |index| index as u64 + 1)
    }

    /// With one more reorg.
    pub(crate) fn forked(&self, fork: u64) -> Result<Self, LedgerError> {
        if REORGS_MAX <= self.reorgs.len() {
            return Err(LedgerError::Full);
        }
        let mut next = self.clone();
        next.reorgs.push(fork);
        Ok(next)
    }

    /// The ledger in `directory`; none if there is none yet.
    pub(crate) fn load(directory: &Path) -> Result<Option<Self>, LedgerError> {
        let path = directory.join(FILE);
        let text = match fs::read(&path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(LedgerError::Io { path, source }),
        };
        let sealed = serde_json::from_slice::<Sealed>(&text).ok();
        let whole = sealed.filter(|sealed| sealed.checksum == checksum(&sealed.ledger));
        let ledger = whole.and_then(|sealed| serde_json::from_str(&sealed.ledger).ok());
        ledger.map(Some).ok_or(LedgerError::Damaged { path })
    }

    /// Replaces the ledger in `directory` whole or not at all.
    pub(crate) fn save(&self, directory: &Path) -> Result<(), LedgerError> {
        let path = directory.join(FILE);
        self.write(directory, &path).map_err(|source| LedgerError::Io { path, source })
    }

    fn write(&self, directory: &Path, path: &Path) -> io::Result<()> {
        let ledger = serde_json::to_string(self)?;
        let sealed = Sealed { checksum: checksum(&ledger), ledger };
        let draft = path.with_extension("draft");
        fs::create_dir_all(directory)?;
        let mut file = File::create(&draft)?;
        file.write_all(&serde_json::to_vec_pretty(&sealed)?)?;
        file.sync_all()?;
        fs::rename(&draft, path)?;
        File::open(directory)?.sync_all()
    }
}

fn checksum(text: &str) -> String {
    keccak256(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_saved_is_loaded_and_a_flipped_bit_is_seen() {
        let directory = tempfile::tempdir().unwrap();
        assert_eq!(Ledger::load(directory.path()).unwrap(), None);
        let ledger = Ledger::begin(Moment::from_unix_seconds(7)).forked(3).unwrap();
        ledger.save(directory.path()).unwrap();
        assert_eq!(Ledger::load(directory.path()).unwrap(), Some(ledger));

        let path = directory.path().join(FILE);
        let text = fs::read_to_string(&path).unwrap();
        fs::write(&path, text.replace("7000", "7001")).unwrap();
        assert!(matches!(Ledger::load(directory.path()), Err(LedgerError::Damaged { .. })));
    }

    #[test]
    fn reorgs_have_a_limit() {
        let mut ledger = Ledger::begin(Moment::default());
        for fork in 0..REORGS_MAX as u64 {
            ledger = ledger.forked(fork).unwrap();
        }
        assert!(matches!(ledger.forked(0), Err(LedgerError::Full)));
    }
}
