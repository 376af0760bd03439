use std::time::Duration;

use alloy::primitives::{B256, U64};
use parking_lot::Mutex;
use synod_chain::{Asked, Heard, Source, SourceError};
use synod_types::chain::{Block, ChainId, ChainIdentity, LogFilter, PlacedLog, Trouble};
use tokio::task::JoinSet;

use crate::endpoint::{Endpoint, InvalidUrl, Way};
use crate::headers::Proofs;
use crate::heads::follow_heads;
use crate::rpc::Rpc;
use crate::wire::Header;

/// How a node is reached, and how far it is believed.
#[derive(Clone, Debug)]
pub struct Connection {
    /// The chain, for metrics.
    pub chain: ChainId,
    /// The endpoint's name, for metrics.
    pub name: String,
    /// How long one request may take.
    pub request_timeout: Duration,
    /// How long one answer may be, in bytes.
    pub answer_bytes_max: usize,
    /// What is recomputed.
    pub verify: Verify,
    /// Which of its blocks counts as its highest.
    pub finality: Finality,
}

/// Which of a node's blocks counts as its highest: blocks above it are not there yet.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Finality {
    /// The newest.
    #[default]
    Latest,
    /// The newest that honest validators will not leave, by the consensus client's judgement.
    Safe,
    /// The newest that cannot be left without slashing a third of the stake.
    Finalized,
}

/// What of a node's answers is recomputed before it is believed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Verify {
    /// Nothing: blocks must stand on one another, and logs be of these blocks.
    None,
    /// The hash of every header; so logs are asked for only of blocks whose bloom filter may hold
    /// wanted ones, and logs that it rules out are refused.
    #[default]
    Headers,
    /// That, and logs come from receipts that hash to the header's receipts root: none can be
    /// missing or invented.
    Receipts,
}

impl Default for Connection {
    fn default() -> Self {
        Self {
            chain: ChainId(0),
            name: "only".to_owned(),
            request_timeout: Duration::from_secs(20),
            answer_bytes_max: 64 << 20,
            verify: Verify::default(),
            finality: Finality::default(),
        }
    }
}

/// A node.
pub struct AlloySource {
    pub(crate) rpc: Rpc,
    pub(crate) verify: Verify,
    finality: Finality,
    pub(crate) proofs: Mutex<Proofs>,
    hints: Option<Endpoint>,
    /// At most one task: who listens for new heads.
    listener: Mutex<JoinSet<()>>,
}

impl AlloySource {
    /// The node at this address: `http://`, `https://`, `ws://`, `wss://`, or `ipc:` and the path
    /// of a Unix socket. New heads are heard of from `ws_url`, or from the node itself if it is
    /// not asked by HTTP. Nothing is asked yet; no node need be there.
    ///
    /// # Errors
    /// [`InvalidUrl`].
    pub fn new(
        url: &str,
        ws_url: Option<&str>,
        connection: &Connection,
    ) -> Result<Self, InvalidUrl> {
        let endpoint = Endpoint::parse(url)?;
        let own = match endpoint.way() {
            Way::Http(_) => None,
            Way::Ws(_) | Way::Ipc(_) => Some(endpoint.clone()),
        };
        let hints = ws_url.map(Endpoint::ws).transpose()?.or(own);
        Ok(Self {
            rpc: Rpc::new(endpoint, connection),
            verify: connection.verify,
            finality: connection.finality,
            proofs: Mutex::default(),
            hints,
            listener: Mutex::new(JoinSet::new()),
        })
    }

    /// None before the chain has one: then nothing counts but block 0.
    async fn tagged(&self, tag: &'static str) -> Result<u64, SourceError> {
        let question = "eth_getBlockByNumber";
        let header: Option<Header> = self.rpc.ask(question, (tag, false)).await?;
        Ok(header.map_or(0, |header| Block::from(header).id.number))
    }

    pub(crate) fn fault(
        &self,
        question: &'static str,
        trouble: Trouble,
        what: &str,
    ) -> SourceError {
        let detail = format!("{}: {what}", self.rpc.endpoint());
        SourceError { question, trouble, detail }
    }
}

impl Source for AlloySource {
    fn identity(&self) -> Asked<'_, ChainIdentity> {
        Box::pin(async {
            let chain: U64 = self.rpc.ask("eth_chainId", ()).await?;
            let genesis = self.header(0).await?;
            let genesis: B256 = match genesis {
                Some(block) => block.id.hash,
                None => {
                    let question = "eth_getBlockByNumber";
                    return Err(self.fault(question, Trouble::Unavailable, "no block 0"));
                }
            };
            Ok(ChainIdentity { chain: ChainId(chain.to()), genesis })
        })
    }

    fn head(&self) -> Asked<'_, u64> {
        Box::pin(async {
            match self.finality {
                Finality::Latest => {
                    let number: U64 = self.rpc.ask("eth_blockNumber", ()).await?;
                    Ok(number.to())
                }
                Finality::Safe => self.tagged("safe").await,
                Finality::Finalized => self.tagged("finalized").await,
            }
        })
    }

    fn headers(&self, from: u64, to: u64) -> Asked<'_, Vec<Block>> {
        Box::pin(self.range(from, to))
    }

    fn logs<'a>(&'a self, blocks: &'a [Block], filter: &'a LogFilter) -> Asked<'a, Vec<PlacedLog>> {
        Box::pin(self.logs_of(blocks, filter))
    }

    fn calls(&self) -> u64 {
        self.rpc.calls()
    }

    fn listen(&self, heard: Heard) {
        let Some(hints) = self.hints.clone() else { return };
        let mut listener = self.listener.lock();
        listener.abort_all();
        *listener = JoinSet::new();
        listener.spawn(follow_heads(hints, heard));
    }
}
