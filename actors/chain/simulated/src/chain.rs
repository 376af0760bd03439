use std::path::{Path, PathBuf};
use std::sync::Arc;

use parking_lot::Mutex;
use synod_chain::{Asked, Source, SourceError};
use synod_types::chain::{Block, BlockId, ChainIdentity, LogFilter, PlacedLog, Trouble};
use synod_types::time::Moment;

use crate::blocks::{Settings, View};
use crate::ledger::{Ledger, LedgerError};

/// Tells the time.
pub type Clock = Arc<dyn Fn() -> Moment + Send + Sync>;

/// A chain in this process.
pub struct SimulatedChain {
    settings: Settings,
    clock: Clock,
    directory: Option<PathBuf>,
    ledger: Mutex<Ledger>,
}

/// Why a reorg was not made.
#[derive(Debug, thiserror::Error)]
pub enum CannotReorg {
    /// There must be a block to fork from.
    #[error("cannot replace {depth} blocks of a chain whose height is {head}")]
    Depth {
        /// What was asked.
        depth: u64,
        /// The height.
        head: u64,
    },
    /// It could not be remembered.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

impl SimulatedChain {
    /// A chain that begins now and is forgotten with this value.
    pub fn in_memory(settings: Settings, clock: Clock) -> Self {
        let ledger = Mutex::new(Ledger::begin(clock()));
        Self { settings, clock, directory: None, ledger }
    }

    /// The chain of which `directory` knows; a new one that begins now if it knows of none.
    ///
    /// # Errors
    /// [`LedgerError`].
    pub fn open(settings: Settings, clock: Clock, directory: &Path) -> Result<Self, LedgerError> {
        let ledger = match Ledger::load(directory)? {
            Some(ledger) => ledger,
            None => {
                let ledger = Ledger::begin(clock());
                ledger.save(directory)?;
                ledger
            }
        };
        let directory = Some(directory.to_owned());
        Ok(Self { settings, clock, directory, ledger: Mutex::new(ledger) })
    }

    /// Replaces the newest `depth` blocks by as many others, at once and for good. Writes to the
    /// disk if the chain has a directory. Answers the block that stays.
    ///
    /// # Errors
    /// [`CannotReorg`].
    pub fn reorg(&self, depth: u64) -> Result<BlockId, CannotReorg> {
        let mut ledger = self.ledger.lock();
        let head = View::new(&self.settings, &ledger, (self.clock)()).head();
        let fork = head.checked_sub(depth).filter(|_| 0 < depth);
        let fork = fork.ok_or(CannotReorg::Depth { depth, head })?;
        let next = ledger.forked(fork)?;
        if let Some(directory) = &self.directory {
            next.save(directory)?;
        }
        *ledger = next;
        Ok(View::new(&self.settings, &ledger, (self.clock)()).block(fork).id)
    }

    fn now<T>(&self, look: impl FnOnce(&View<'_>) -> T) -> T {
        let ledger = self.ledger.lock();
        look(&View::new(&self.settings, &ledger, (self.clock)()))
    }
}

impl Source for SimulatedChain {
    fn identity(&self) -> Asked<'_, ChainIdentity> {
        Box::pin(async {
            let genesis = self.now(|view| view.block(0).id.hash);
            Ok(ChainIdentity { chain: self.settings.chain, genesis })
        })
    }

    fn head(&self) -> Asked<'_, u64> {
        Box::pin(async { Ok(self.now(|view| view.head())) })
    }

    fn headers(&self, from: u64, to: u64) -> Asked<'_, Vec<Block>> {
        Box::pin(async move {
            Ok(self.now(|view| (from..=to.min(view.head())).map(|n| view.block(n)).collect()))
        })
    }

    fn logs<'a>(&'a self, blocks: &'a [Block], filter: &'a LogFilter) -> Asked<'a, Vec<PlacedLog>> {
        Box::pin(async move {
            self.now(|view| {
                if !blocks.iter().all(|block| view.holds(block)) {
                    return Err(torn());
                }
                let placed = |block: &Block| {
                    let id = block.id;
                    let wanted = view.logs(block).into_iter().filter(|log| filter.wants(log));
                    wanted.map(move |log| PlacedLog { block: id, log }).collect::<Vec<_>>()
                };
                Ok(blocks.iter().flat_map(placed).collect())
            })
        })
    }
}

fn torn() -> SourceError {
    let detail = "a block has left the simulated chain".to_owned();
    SourceError { question: "logs", trouble: Trouble::Torn, detail }
}

#[cfg(test)]
mod tests;
