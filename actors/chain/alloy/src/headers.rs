//! Headers, and what they prove.

use std::collections::{HashMap, VecDeque};

use alloy::consensus;
use alloy::primitives::{B256, U64};
use serde_json::value::RawValue;
use synod_chain::SourceError;
use synod_types::chain::{Block, Trouble};

use crate::proof::Proof;
use crate::source::{AlloySource, Verify};
use crate::wire::Header;

const QUESTION: &str = "eth_getBlockByNumber";
/// Headers asked for in one request; more are no faster.
const HEADERS_MAX: usize = 200;

/// Of so many headers what they prove is kept until their logs are asked for.
const PROOFS_MAX: usize = 16_384;

/// Of the headers shown last, by block hash.
#[derive(Debug, Default)]
pub(crate) struct Proofs {
    of: HashMap<B256, Proof>,
    /// In the order in which they came. Some are gone.
    shown: VecDeque<B256>,
}

impl Proofs {
    fn keep(&mut self, hash: B256, proof: Proof) {
        if self.shown.len() == PROOFS_MAX
            && let Some(oldest) = self.shown.pop_front()
        {
            self.of.remove(&oldest);
        }
        if self.of.insert(hash, proof).is_none() {
            self.shown.push_back(hash);
        }
    }

    /// Of all of these, if all are kept.
    pub(crate) fn get(&self, blocks: &[Block]) -> Option<Vec<Proof>> {
        blocks.iter().map(|block| self.of.get(&block.id.hash).cloned()).collect()
    }
}

impl AlloySource {
    pub(crate) async fn header(&self, number: u64) -> Result<Option<Block>, SourceError> {
        Ok(self.headers_at(&[number]).await?.pop().map(|(block, _)| block))
    }

    /// As many of the first of them as there are. What they prove is kept for a while.
    pub(crate) async fn range(&self, from: u64, to: u64) -> Result<Vec<Block>, SourceError> {
        let mut blocks = Vec::new();
        let mut next = from;
        while next <= to {
            let last = to.min(next.saturating_add(HEADERS_MAX as u64 - 1));
            let numbers: Vec<u64> = (next..=last).collect();
            let found = self.headers_at(&numbers).await?;
            let is_end = found.len() < numbers.len() || last == u64::MAX;
            let mut proofs = self.proofs.lock();
            for (block, proof) in found {
                if let Some(proof) = proof {
                    proofs.keep(block.id.hash, proof);
                }
                blocks.push(block);
            }
            drop(proofs);
            if is_end {
                break;
            }
            next = last + 1;
        }
        Ok(blocks)
    }

    /// As many of the first of them as there are.
    pub(crate) async fn headers_at(
        &self,
        numbers: &[u64],
    ) -> Result<Vec<(Block, Option<Proof>)>, SourceError> {
        let params = numbers.iter().map(|number| (U64::from(*number), false));
        let answers: Vec<Box<RawValue>> = self.rpc.ask_all(QUESTION, params).await?;
        let present = answers.iter().map_while(|answer| {
            let text = answer.get();
            (text != "null").then_some(text)
        });
        let read = present.map(|text| self.read(text));
        let found: Vec<(Block, Option<Proof>)> = read.collect::<Result<_, _>>()?;
        if found.iter().zip(numbers).any(|((block, _), number)| block.id.number != *number) {
            return Err(self.fault(QUESTION, Trouble::False, "a block of another height"));
        }
        Ok(found)
    }

    fn read(&self, text: &str) -> Result<(Block, Option<Proof>), SourceError> {
        let unreadable = |error: serde_json::Error| {
            self.fault(QUESTION, Trouble::Unavailable, &format!("unreadable header: {error}"))
        };
        let block = Block::from(serde_json::from_str::<Header>(text).map_err(unreadable)?);
        if self.verify == Verify::None {
            return Ok((block, None));
        }
        // Read a second time rather than keep every field aside: half the work.
        let header: consensus::Header = serde_json::from_str(text).map_err(unreadable)?;
        match Proof::of(&header, block.id.hash) {
            Some(proof) => Ok((block, Some(proof))),
            None => {
                let what = "a hash that is not the header's (of a chain whose headers have other \
                    fields, set verify = \"none\")";
                Err(self.fault(QUESTION, Trouble::False, what))
            }
        }
    }
}
