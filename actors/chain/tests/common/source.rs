use parking_lot::Mutex;
use synod_chain::{Asked, Heard, Source, SourceError};
use synod_chain_simulated::SimulatedChain;
use synod_types::chain::{Block, ChainIdentity, LogFilter, PlacedLog, Trouble};

/// A simulated chain behind a bad line.
pub struct Fallible {
    pub chain: SimulatedChain,
    trouble: Mutex<Option<Trouble>>,
    asked: Mutex<usize>,
    heard: Mutex<Option<Heard>>,
}

impl Fallible {
    pub fn new(chain: SimulatedChain) -> Self {
        let (trouble, asked, heard) = Default::default();
        Self { chain, trouble, asked, heard }
    }

    pub fn fail(&self, trouble: Option<Trouble>) {
        *self.trouble.lock() = trouble;
    }

    pub fn asked(&self) -> usize {
        *self.asked.lock()
    }

    pub fn hint(&self) {
        self.heard.lock().as_ref().unwrap()();
    }

    fn pass<'a, T: Send + 'a>(&'a self, answer: Asked<'a, T>) -> Asked<'a, T> {
        Box::pin(async {
            *self.asked.lock() += 1;
            let trouble = *self.trouble.lock();
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
        self.pass(self.chain.identity())
    }

    fn head(&self) -> Asked<'_, u64> {
        self.pass(self.chain.head())
    }

    fn headers(&self, from: u64, to: u64) -> Asked<'_, Vec<Block>> {
        self.pass(self.chain.headers(from, to))
    }

    fn logs<'a>(&'a self, blocks: &'a [Block], filter: &'a LogFilter) -> Asked<'a, Vec<PlacedLog>> {
        self.pass(self.chain.logs(blocks, filter))
    }

    fn listen(&self, heard: Heard) {
        *self.heard.lock() = Some(heard);
    }
}
