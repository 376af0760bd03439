//! A slow, obvious node.

use synod_types::chain::{Block, BlockId, ChainId, ChainIdentity, Log, PlacedLog, Sight, Trouble};
use synod_types::{Address, B256, Bytes, keccak256};

use crate::follower::Plan;

pub(crate) const CHAIN: ChainId = ChainId(31_337);
pub(crate) const WANTED: Address = Address::repeat_byte(1);

#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) blocks: Vec<(Block, Vec<Log>)>,
    branch: u64,
}

impl Node {
    /// Block 0 and nothing else.
    pub(crate) fn new() -> Self {
        let mut node = Self { blocks: Vec::new(), branch: 0 };
        node.mine(1);
        node
    }

    pub(crate) fn head(&self) -> u64 {
        self.blocks.len() as u64 - 1
    }

    pub(crate) fn mine(&mut self, count: u64) {
        for _ in 0..count {
            let number = self.blocks.len() as u64;
            let parent = self.blocks.last().map_or(B256::ZERO, |(block, _)| block.id.hash);
            let branch = self.branch.to_be_bytes();
            let hash = keccak256([parent.as_slice(), &number.to_be_bytes(), &branch].concat());
            let block = Block { id: BlockId { number, hash }, parent, timestamp: number };
            self.blocks.push((block, logs(hash)));
        }
    }

    /// Blocks above `fork` go; as many others as `count` come.
    pub(crate) fn fork(&mut self, fork: u64, count: u64) {
        self.blocks.truncate(usize::try_from(fork).unwrap() + 1);
        self.branch += 1;
        self.mine(count);
    }

    /// Its further branches are others than those of `other`.
    pub(crate) fn follow(&mut self, other: &Self) {
        self.branch = self.branch.max(other.branch);
    }

    pub(crate) fn identity(&self) -> ChainIdentity {
        ChainIdentity { chain: CHAIN, genesis: self.blocks[0].0.id.hash }
    }

    /// The highest block that has its confirmations.
    pub(crate) fn confirmed_tip(&self, confirmations: u64) -> Option<BlockId> {
        let number = usize::try_from(self.head().checked_sub(confirmations)?).unwrap();
        self.blocks.get(number).map(|(block, _)| block.id)
    }

    /// Blocks `start` to the highest that has its confirmations, with the wanted logs.
    pub(crate) fn canonical(&self, start: u64, confirmations: u64) -> Vec<(Block, Vec<Log>)> {
        let end = (self.head() + 1).saturating_sub(confirmations);
        let wanted = |(block, logs): &(Block, Vec<Log>)| {
            (*block, logs.iter().filter(|log| log.address == WANTED).cloned().collect())
        };
        let all = self.blocks.iter().take(usize::try_from(end).unwrap());
        all.skip(usize::try_from(start).unwrap()).map(wanted).collect()
    }

    pub(crate) fn look(&self, plan: Plan) -> Result<Sight, Trouble> {
        let head = self.head();
        let headers = |from: u64, end: u64| {
            let all = self.blocks.iter().map(|(block, _)| *block);
            all.filter(|block| (from..end).contains(&block.id.number)).collect::<Vec<_>>()
        };
        Ok(match plan {
            Plan::Identify => Sight::Identity { identity: self.identity(), head },
            Plan::Extend { tip, from, blocks, confirmations } => {
                let end = (head + 1).saturating_sub(confirmations).min(from + u64::from(blocks));
                let first = tip.map_or(from, |tip| tip.number);
                let headers = headers(first, end.max(tip.map_or(0, |tip| tip.number + 1)));
                Sight::Segment { head, logs: self.logs(from, end), headers }
            }
            Plan::Compare { from, to } => {
                let identity = self.identity();
                Sight::Headers { identity, head, headers: headers(from, to + 1) }
            }
        })
    }

    /// Out of order and with a repetition, as a seam between two answers may have it.
    fn logs(&self, from: u64, end: u64) -> Vec<PlacedLog> {
        let mut placed: Vec<_> = self
            .blocks
            .iter()
            .filter(|(block, _)| (from..end).contains(&block.id.number))
            .flat_map(|(block, logs)| {
                logs.iter().map(|log| PlacedLog { block: block.id, log: log.clone() })
            })
            .collect();
        placed.reverse();
        placed.extend(placed.first().cloned());
        placed
    }
}

fn logs(hash: B256) -> Vec<Log> {
    let count = u64::from(hash[0] % 4);
    let log = |index| Log {
        address: if index == 1 { Address::repeat_byte(2) } else { WANTED },
        topics: vec![keccak256([index as u8])],
        data: Bytes::copy_from_slice(hash.as_slice()),
        transaction: hash,
        index,
    };
    (0..count).map(log).collect()
}
