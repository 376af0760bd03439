use std::time::Duration;

use alloy::primitives::U64;
use parking_lot::Mutex;
use synod_chain::{Asked, Heard, Source, SourceError};
use synod_types::B256;
use synod_types::chain::{Block, ChainId, ChainIdentity, LogFilter, PlacedLog, Trouble};
use tokio::task::JoinSet;

use crate::endpoint::{Endpoint, InvalidUrl};
use crate::heads::follow_heads;
use crate::rpc::Rpc;
use crate::wire::{Header, Log, Query};

/// Headers asked for in one request; more are no faster.
const HEADERS_MAX: usize = 200;
/// Up to as many blocks' logs are asked for by hash.
const BY_HASH_MAX: usize = 4;

/// How a node is reached.
#[derive(Clone, Debug)]
pub struct Connection {
    /// How long one request may take.
    pub request_timeout: Duration,
    /// How long one answer may be.
    pub answer_bytes_max: usize,
}

impl Default for Connection {
    fn default() -> Self {
        Self { request_timeout: Duration::from_secs(20), answer_bytes_max: 64 << 20 }
    }
}

/// A node.
pub struct AlloySource {
    rpc: Rpc,
    ws: Option<Endpoint>,
    /// At most one task: who listens for new heads.
    listener: Mutex<JoinSet<()>>,
}

impl AlloySource {
    /// The node at these addresses. Nothing is asked yet; no node need be there.
    ///
    /// # Errors
    /// [`InvalidUrl`].
    pub fn new(
        http_url: &str,
        ws_url: Option<&str>,
        connection: &Connection,
    ) -> Result<Self, InvalidUrl> {
        let endpoint = Endpoint::http(http_url)?;
        let ws = ws_url.map(Endpoint::ws).transpose()?;
        let rpc = Rpc::new(endpoint, connection.request_timeout, connection.answer_bytes_max);
        Ok(Self { rpc, ws, listener: Mutex::new(JoinSet::new()) })
    }

    async fn header(&self, number: u64) -> Result<Option<Block>, SourceError> {
        Ok(self.headers_at(&[number]).await?.pop())
    }

    /// As many of the first of them as there are.
    async fn headers_at(&self, numbers: &[u64]) -> Result<Vec<Block>, SourceError> {
        let params = numbers.iter().map(|number| (U64::from(*number), false));
        let headers: Vec<Option<Header>> = self.rpc.ask_all("eth_getBlockByNumber", params).await?;
        let blocks = headers.into_iter().map_while(|header| header.map(Block::from));
        let blocks: Vec<_> = blocks.collect();
        if blocks.iter().zip(numbers).any(|(block, number)| block.id.number != *number) {
            return Err(self.fault("eth_getBlockByNumber", "a block of another height"));
        }
        Ok(blocks)
    }

    async fn range(&self, from: u64, to: u64) -> Result<Vec<Block>, SourceError> {
        let mut blocks = Vec::new();
        let numbers: Vec<u64> = (from..=to).collect();
        for part in numbers.chunks(HEADERS_MAX) {
            let found = self.headers_at(part).await?;
            let is_end = found.len() < part.len();
            blocks.extend(found);
            if is_end {
                break;
            }
        }
        Ok(blocks)
    }

    async fn logs_of(
        &self,
        blocks: &[Block],
        filter: &LogFilter,
    ) -> Result<Vec<PlacedLog>, SourceError> {
        let (Some(first), Some(last)) = (blocks.first(), blocks.last()) else {
            return Ok(Vec::new());
        };
        if blocks.len() <= BY_HASH_MAX {
            return self.by_hash(blocks, filter).await;
        }
        let query = Query::of_range(first.id.number, last.id.number, filter);
        let logs: Vec<Log> = self.rpc.ask("eth_getLogs", (query,)).await?;
        self.still_stands(last).await?;
        self.place(blocks, logs)
    }

    async fn by_hash(
        &self,
        blocks: &[Block],
        filter: &LogFilter,
    ) -> Result<Vec<PlacedLog>, SourceError> {
        let queries = blocks.iter().map(|block| (Query::of_block(block.id.hash, filter),));
        let logs: Vec<Vec<Log>> = self.rpc.ask_all("eth_getLogs", queries).await?;
        // Some nodes know of no logs, and no error, in a block that has left the chain.
        if let Some(last) = blocks.last() {
            self.still_stands(last).await?;
        }
        self.place(blocks, logs.into_iter().flatten().collect())
    }

    /// The highest of the blocks is in the chain, and so are those below it: the logs were not
    /// those of another branch.
    async fn still_stands(&self, last: &Block) -> Result<(), SourceError> {
        match self.header(last.id.number).await? {
            Some(block) if block.id == last.id => Ok(()),
            Some(_) | None => Err(torn("a block has left the chain")),
        }
    }

    fn place(&self, blocks: &[Block], logs: Vec<Log>) -> Result<Vec<PlacedLog>, SourceError> {
        let placed: Option<Vec<_>> = logs.into_iter().map(Log::placed).collect();
        let placed = placed.ok_or_else(|| torn("a log of no block"))?;
        let is_ours = |log: &PlacedLog| {
            let found = blocks.binary_search_by_key(&log.block.number, |block| block.id.number);
            found.is_ok_and(|index| blocks[index].id == log.block)
        };
        if placed.iter().all(is_ours) { Ok(placed) } else { Err(torn("a log of another block")) }
    }

    fn fault(&self, question: &'static str, what: &str) -> SourceError {
        let detail = format!("{}: {what}", self.rpc.endpoint());
        SourceError { question, trouble: Trouble::Unavailable, detail }
    }
}

impl Source for AlloySource {
    fn identity(&self) -> Asked<'_, ChainIdentity> {
        Box::pin(async {
            let chain: U64 = self.rpc.ask("eth_chainId", ()).await?;
            let genesis = self.header(0).await?;
            let genesis: B256 = match genesis {
                Some(block) => block.id.hash,
                None => return Err(self.fault("eth_getBlockByNumber", "no block 0")),
            };
            Ok(ChainIdentity { chain: ChainId(chain.to()), genesis })
        })
    }

    fn head(&self) -> Asked<'_, u64> {
        Box::pin(async {
            let number: U64 = self.rpc.ask("eth_blockNumber", ()).await?;
            Ok(number.to())
        })
    }

    fn headers(&self, from: u64, to: u64) -> Asked<'_, Vec<Block>> {
        Box::pin(self.range(from, to))
    }

    fn logs<'a>(&'a self, blocks: &'a [Block], filter: &'a LogFilter) -> Asked<'a, Vec<PlacedLog>> {
        Box::pin(self.logs_of(blocks, filter))
    }

    fn listen(&self, heard: Heard) {
        let Some(ws) = self.ws.clone() else { return };
        let mut listener = self.listener.lock();
        listener.abort_all();
        *listener = JoinSet::new();
        listener.spawn(follow_heads(ws, heard));
    }
}

fn torn(what: &str) -> SourceError {
    SourceError { question: "eth_getLogs", trouble: Trouble::Torn, detail: what.to_owned() }
}
