//! Logs: by hash, by range, or from receipts; checked against what the headers prove.

use synod_chain::SourceError;
use synod_types::chain::{Block, LogFilter, PlacedLog, Trouble};

use crate::proof::{Proof, WireReceipt, proven_logs};
use crate::source::{AlloySource, Verify};
use crate::wire::{Log, Query};

const QUESTION: &str = "eth_getLogs";
/// Up to as many blocks' logs are asked for by hash.
const BY_HASH_MAX: usize = 4;
/// Blocks whose receipts are asked for in one request.
const RECEIPTS_MAX: usize = 16;

impl AlloySource {
    pub(crate) async fn logs_of(
        &self,
        blocks: &[Block],
        filter: &LogFilter,
    ) -> Result<Vec<PlacedLog>, SourceError> {
        if self.verify == Verify::None {
            return self.told(blocks, filter).await;
        }
        let proofs = self.proofs_of(blocks).await?;
        let candidates: Vec<(Block, Proof)> = blocks
            .iter()
            .copied()
            .zip(proofs)
            .filter(|(_, proof)| proof.may_hold(filter))
            .collect();
        if self.verify == Verify::Receipts {
            return self.proven(candidates, filter).await;
        }
        let (blocks, proofs): (Vec<Block>, Vec<Proof>) = candidates.into_iter().unzip();
        let logs = self.told(&blocks, filter).await?;
        let is_possible = |placed: &PlacedLog| {
            let at = blocks.binary_search_by_key(&placed.block.number, |block| block.id.number);
            at.is_ok_and(|at| proofs[at].may_be(&placed.log))
        };
        if logs.iter().all(is_possible) {
            Ok(logs)
        } else {
            Err(self.fault(QUESTION, Trouble::False, "a log that the block's bloom rules out"))
        }
    }

    /// Of headers shown before, or asked for once more.
    async fn proofs_of(&self, blocks: &[Block]) -> Result<Vec<Proof>, SourceError> {
        let known = self.proofs.lock().get(blocks);
        if let Some(known) = known {
            return Ok(known);
        }
        let numbers: Vec<u64> = blocks.iter().map(|block| block.id.number).collect();
        let mut proofs = Vec::with_capacity(blocks.len());
        for (part, blocks) in numbers.chunks(200).zip(blocks.chunks(200)) {
            let found = self.headers_at(part).await?;
            let is_same = found.len() == blocks.len()
                && found.iter().zip(blocks).all(|((found, _), block)| found.id == block.id);
            if !is_same {
                return Err(self.torn("a block has left the chain"));
            }
            proofs.extend(found.into_iter().filter_map(|(_, proof)| proof));
        }
        Ok(proofs)
    }

    /// As the node says, of exactly these blocks, which are ascending.
    async fn told(
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
        let logs: Vec<Log> = self.rpc.ask(QUESTION, (query,)).await?;
        self.still_stands(last).await?;
        self.place(blocks, logs)
    }

    async fn by_hash(
        &self,
        blocks: &[Block],
        filter: &LogFilter,
    ) -> Result<Vec<PlacedLog>, SourceError> {
        let queries = blocks.iter().map(|block| (Query::of_block(block.id.hash, filter),));
        let logs: Vec<Vec<Log>> = self.rpc.ask_all(QUESTION, queries).await?;
        // Some nodes know of no logs, and no error, in a block that has left the chain.
        if let Some(last) = blocks.last() {
            self.still_stands(last).await?;
        }
        self.place(blocks, logs.into_iter().flatten().collect())
    }

    /// From receipts that are those of their blocks.
    async fn proven(
        &self,
        candidates: Vec<(Block, Proof)>,
        filter: &LogFilter,
    ) -> Result<Vec<PlacedLog>, SourceError> {
        const QUESTION: &str = "eth_getBlockReceipts";
        let mut logs = Vec::new();
        for part in candidates.chunks(RECEIPTS_MAX) {
            let params = part.iter().map(|(block, _)| (block.id.hash,));
            let answers: Vec<Option<Vec<WireReceipt>>> = self.rpc.ask_all(QUESTION, params).await?;
            for ((block, proof), receipts) in part.iter().zip(answers) {
                let Some(receipts) = receipts else {
                    return Err(self.torn("no receipts of a block"));
                };
                match proven_logs(block, proof.receipts_root, receipts, filter) {
                    Some(proven) => logs.extend(proven),
                    None => {
                        let what = "receipts that are not those of the block";
                        return Err(self.fault(QUESTION, Trouble::False, what));
                    }
                }
            }
        }
        Ok(logs)
    }

    /// The highest of the blocks is in the chain, and so are those below it: the logs were not
    /// those of another branch.
    async fn still_stands(&self, last: &Block) -> Result<(), SourceError> {
        match self.header(last.id.number).await? {
            Some(block) if block.id == last.id => Ok(()),
            Some(_) | None => Err(self.torn("a block has left the chain")),
        }
    }

    /// Each log must be of one of the blocks. Blocks of a range that are none of them hold no
    /// wanted logs, as their headers prove.
    fn place(&self, blocks: &[Block], logs: Vec<Log>) -> Result<Vec<PlacedLog>, SourceError> {
        let placed: Option<Vec<_>> = logs.into_iter().map(Log::placed).collect();
        let placed = placed.ok_or_else(|| self.torn("a log of no block"))?;
        let is_ours = |log: &PlacedLog| {
            let found = blocks.binary_search_by_key(&log.block.number, |block| block.id.number);
            found.is_ok_and(|index| blocks[index].id == log.block)
        };
        if placed.iter().all(is_ours) {
            Ok(placed)
        } else {
            Err(self.torn("a log of another block"))
        }
    }

    fn torn(&self, what: &str) -> SourceError {
        self.fault(QUESTION, Trouble::Torn, what)
    }
}
