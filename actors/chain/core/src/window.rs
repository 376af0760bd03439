use std::collections::VecDeque;

use synod_types::chain::{Block, BlockId};

use crate::limits::WINDOW;

/// The last committed blocks, ascending, without gaps.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Window {
    ids: VecDeque<BlockId>,
}

impl Window {
    pub(crate) fn tip(&self) -> Option<BlockId> {
        self.ids.back().copied()
    }

    pub(crate) fn bottom(&self) -> Option<BlockId> {
        self.ids.front().copied()
    }

    pub(crate) fn ids(&self) -> impl DoubleEndedIterator<Item = BlockId> + '_ {
        self.ids.iter().copied()
    }

    /// Only the block above the tip fits.
    pub(crate) fn push(&mut self, id: BlockId) {
        let is_next = self.tip().is_none_or(|tip| tip.number.checked_add(1) == Some(id.number));
        assert!(is_next, "committed {id} on {:?}", self.tip());
        if self.ids.len() == WINDOW {
            self.ids.pop_front();
        }
        self.ids.push_back(id);
    }

    /// Only the tip can be taken back.
    pub(crate) fn pop(&mut self, id: BlockId) {
        assert_eq!(self.ids.pop_back(), Some(id), "retracted a block that is not the tip");
    }

    /// Our block at a height, if it is one of these.
    pub(crate) fn at(&self, number: u64) -> Option<BlockId> {
        let index = usize::try_from(number.checked_sub(self.bottom()?.number)?).ok()?;
        self.ids.get(index).copied()
    }

    /// The highest block that both we and the node have, among `headers` (ascending).
    pub(crate) fn fork(&self, headers: &[Block]) -> Option<BlockId> {
        headers.iter().rev().map(|block| block.id).find(|id| self.at(id.number) == Some(*id))
    }

    /// The blocks above `fork`, newest first. All of them if there is none.
    pub(crate) fn above(&self, fork: Option<BlockId>) -> Vec<BlockId> {
        let stands = |id: &BlockId| fork.is_none_or(|fork| fork.number < id.number);
        self.ids.iter().rev().copied().take_while(stands).collect()
    }
}

impl FromIterator<BlockId> for Window {
    fn from_iter<I: IntoIterator<Item = BlockId>>(ids: I) -> Self {
        let mut window = Self::default();
        ids.into_iter().for_each(|id| window.push(id));
        window
    }
}
