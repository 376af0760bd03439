//! A lane's letters, in blocks: a reader takes a whole block at once, and none of its letters is
//! moved for that.

use std::collections::VecDeque;

/// Letters in order. They come in last and leave first; one that is given back comes in first.
///
/// Invariant: no block is longer than [`Queue::BLOCK`], and of those before the last none is empty.
#[derive(Debug)]
pub struct Queue<T> {
    /// Blocks that nothing is put into from behind any more, oldest first.
    full: VecDeque<VecDeque<T>>,
    last: VecDeque<T>,
    /// In all blocks.
    len: usize,
    /// Empty blocks, for those to come.
    spare: Vec<VecDeque<T>>,
}

impl<T> Default for Queue<T> {
    fn default() -> Self {
        Self { full: VecDeque::new(), last: VecDeque::new(), len: 0, spare: Vec::new() }
    }
}

impl Queue<()> {
    /// Letters in a block, at most.
    pub const BLOCK: usize = 64;
    /// Empty blocks that are kept.
    const SPARE_MAX: usize = 8;
}

impl<T> Queue<T> {
    /// How many there are.
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// All, oldest first.
    pub fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = &mut T> {
        self.full.iter_mut().flatten().chain(&mut self.last)
    }

    /// The oldest, as many as [`Self::take_block`] takes.
    pub fn first_block(&self) -> impl ExactSizeIterator<Item = &T> {
        self.full.front().unwrap_or(&self.last).iter()
    }

    /// Takes the oldest block, be it full or not, in exchange for one that is empty.
    pub fn take_block(&mut self, empty: &mut VecDeque<T>) {
        debug_assert!(empty.is_empty());
        match self.full.pop_front() {
            None => std::mem::swap(&mut self.last, empty),
            Some(block) => self.keep(std::mem::replace(empty, block)),
        }
        self.len -= empty.len();
    }

    /// Takes the oldest.
    pub fn pop_front(&mut self) -> Option<T> {
        let Some(front) = self.full.front_mut() else {
            let letter = self.last.pop_front()?;
            self.len -= 1;
            return Some(letter);
        };
        let letter = front.pop_front()?;
        self.len -= 1;
        if front.is_empty()
            && let Some(block) = self.full.pop_front()
        {
            self.keep(block);
        }
        Some(letter)
    }

    #[inline]
    pub(crate) fn push_back(&mut self, letter: T) {
        if self.last.len() == Queue::BLOCK {
            self.begin_block();
        }
        self.last.push_back(letter);
        self.len += 1;
    }

    pub(crate) fn push_front(&mut self, letter: T) {
        let front = self.full.front_mut().unwrap_or(&mut self.last);
        if front.len() < Queue::BLOCK {
            front.push_front(letter);
        } else {
            self.full.push_front(VecDeque::from([letter]));
        }
        self.len += 1;
    }

    #[cold]
    fn begin_block(&mut self) {
        let block = self.spare.pop().unwrap_or_else(|| VecDeque::with_capacity(Queue::BLOCK));
        self.full.push_back(std::mem::replace(&mut self.last, block));
    }

    fn keep(&mut self, block: VecDeque<T>) {
        if self.spare.len() < Queue::SPARE_MAX && 0 < block.capacity() {
            self.spare.push(block);
        }
    }

    pub(crate) fn into_letters(self) -> impl Iterator<Item = T> {
        self.full.into_iter().flatten().chain(self.last)
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
