use std::sync::Arc;

use parking_lot::Mutex;
use synod_chain::{Asked, Heard, Source, SourceError};
use synod_chain_simulated::SimulatedChain;
use synod_types::chain::{Block, ChainIdentity, LogFilter, PlacedLog, Trouble};
use synod_types::{B256, keccak256};

/// A simulated chain behind a bad line.
pub struct Fallible {
    pub chain: Arc<SimulatedChain>,
    lie: Mutex<Lie>,
    trouble: Mutex<Option<Trouble>>,
    /// Every so many questions are lost; zero: none.
    stumbles: Mutex<usize>,
    asked: Mutex<usize>,
    heard: Mutex<Option<Heard>>,
}

/// What it says that is not so.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Lie {
    #[default]
    None,
    /// It is of another chain.
    OtherChain,
    /// Its chain has ended here.
    EndsAt(u64),
    /// From here up it has blocks of its own making, each on the one below.
    OwnBranch(u64),
}

impl Fallible {
    pub fn new(chain: SimulatedChain) -> Self {
        Self::over(Arc::new(chain))
    }

    /// Another way to the same chain.
    pub fn again(&self) -> Self {
        Self::over(Arc::clone(&self.chain))
    }

    fn over(chain: Arc<SimulatedChain>) -> Self {
        let (lie, trouble, stumbles, asked, heard) = Default::default();
        Self { chain, lie, trouble, stumbles, asked, heard }
    }

    pub fn lie(&self, lie: Lie) {
        *self.lie.lock() = lie;
    }

    fn bent(&self, mut blocks: Vec<Block>) -> Vec<Block> {
        let lie = *self.lie.lock();
        match lie {
            Lie::None | Lie::OtherChain => (),
            Lie::EndsAt(end) => blocks.retain(|block| block.id.number <= end),
            Lie::OwnBranch(from) => {
                let own = |hash: B256| keccak256([hash.as_slice(), b"own"].concat());
                for block in blocks.iter_mut().filter(|block| from <= block.id.number) {
                    block.id.hash = own(block.id.hash);
                    if from < block.id.number {
                        block.parent = own(block.parent);
                    }
                }
            }
        }
        blocks
    }

    pub fn fail(&self, trouble: Option<Trouble>) {
        *self.trouble.lock() = trouble;
    }

    pub fn stumble(&self, every: usize) {
        *self.stumbles.lock() = every;
    }

    pub fn asked(&self) -> usize {
        *self.asked.lock()
    }

    pub fn hint(&self) {
        self.heard.lock().as_ref().unwrap()();
    }

    fn pass<'a, T: Send + 'a>(&'a self, answer: Asked<'a, T>) -> Asked<'a, T> {
        Box::pin(async {
            let asked = {
                let mut asked = self.asked.lock();
                *asked += 1;
                *asked
            };
            let stumbles = *self.stumbles.lock();
            let is_lost = stumbles != 0 && asked.is_multiple_of(stumbles);
            let trouble = self.trouble.lock().or(is_lost.then_some(Trouble::Unavailable));
            match trouble {
                None => answer.await,
                Some(trouble) => {
                    let detail = "told to fail".to_owned();
                    Err(SourceError { question: "any", trouble, detail })
                }
            }
        })
    }
}

impl Source for Fallible {
    fn identity(&self) -> Asked<'_, ChainIdentity> {
        self.pass(Box::pin(async {
            let identity = self.chain.identity().await?;
            let is_other = *self.lie.lock() == Lie::OtherChain;
            let genesis = if is_other { B256::ZERO } else { identity.genesis };
            Ok(ChainIdentity { genesis, ..identity })
        }))
    }

    fn head(&self) -> Asked<'_, u64> {
        self.pass(Box::pin(async {
            let head = self.chain.head().await?;
            Ok(if let Lie::EndsAt(end) = *self.lie.lock() { head.min(end) } else { head })
        }))
    }

    fn headers(&self, from: u64, to: u64) -> Asked<'_, Vec<Block>> {
        self.pass(Box::pin(async move { Ok(self.bent(self.chain.headers(from, to).await?)) }))
    }

    fn logs<'a>(&'a self, blocks: &'a [Block], filter: &'a LogFilter) -> Asked<'a, Vec<PlacedLog>> {
        if matches!(*self.lie.lock(), Lie::OwnBranch(_)) {
            return self.pass(Box::pin(async { Ok(Vec::new()) }));
        }
        self.pass(self.chain.logs(blocks, filter))
    }

    fn listen(&self, heard: Heard) {
        *self.heard.lock() = Some(heard);
    }
}
