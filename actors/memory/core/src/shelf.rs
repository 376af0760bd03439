use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use synod_types::B256;
use synod_types::chain::ChainId;
use synod_types::memory::{Content, Importance, Memory, MemoryCounts, MemoryId};
use synod_types::time::Moment;

use crate::lexicon::Lexicon;
use crate::vector::Compact;

/// All one agent remembers, with its own indexes: no structure is shared between agents.
///
/// Invariant: `stored`, `blocks` and `lexicon` hold exactly the memories of `entries`, each in one
/// of the first two; `unembedded` holds those whose text still wants a vector.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Shelf {
    entries: BTreeMap<MemoryId, Entry>,
    stored: BTreeSet<(Importance, Moment, MemoryId)>,
    blocks: BTreeSet<(ChainId, u64, MemoryId)>,
    unembedded: BTreeSet<MemoryId>,
    lexicon: Lexicon,
    embedded: u64,
    content_bytes: u64,
}

#[derive(Debug, PartialEq)]
pub(crate) struct Entry {
    pub(crate) memory: Memory,
    pub(crate) vector: Option<Compact>,
}

impl Shelf {
    pub(crate) fn get(&self, id: MemoryId) -> Option<&Memory> {
        self.entries.get(&id).map(|entry| &entry.memory)
    }

    pub(crate) fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.entries.values()
    }

    pub(crate) const fn lexicon(&self) -> &Lexicon {
        &self.lexicon
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    pub(crate) fn counts(&self) -> MemoryCounts {
        MemoryCounts {
            memories: self.entries.len() as u64,
            blocks: self.blocks.len() as u64,
            embedded: self.embedded,
            content_bytes: self.content_bytes,
        }
    }

    /// The stored memory to give way to a new one: the least important, of these the oldest.
    pub(crate) fn evictable(&self, stored_max: usize) -> Option<MemoryId> {
        let is_full = stored_max <= self.stored.len();
        self.stored.first().filter(|_| is_full).map(|&(.., id)| id)
    }

    /// The lowest block of a chain, if it lies `depth` or more below the highest. Counting heights
    /// and not blocks, a block told again long after its retraction pushes out no other.
    pub(crate) fn surplus_block(&self, chain: ChainId, depth: u64) -> Option<MemoryId> {
        let first = (chain, 0, MemoryId(B256::ZERO));
        let last = (chain, u64::MAX, MemoryId(B256::repeat_byte(0xff)));
        let mut blocks = self.blocks.range(first..=last);
        let &(_, lowest, id) = blocks.next()?;
        let &(_, highest, _) = blocks.next_back()?;
        (lowest.saturating_add(depth) <= highest).then_some(id)
    }

    /// Takes a memory in, in place of one of the same id.
    pub(crate) fn insert(&mut self, memory: Memory) {
        self.remove(memory.id);
        let id = memory.id;
        match &memory.origin {
            Some(origin) => {
                let block = (origin.chain, origin.block.number, id);
                self.blocks.insert(block);
            }
            None => {
                self.stored.insert((memory.importance, memory.created, id));
            }
        }
        if memory.content.text().is_some() {
            self.unembedded.insert(id);
        }
        self.lexicon.add(&memory);
        self.content_bytes += memory.content.len() as u64;
        self.entries.insert(id, Entry { memory, vector: None });
    }

    pub(crate) fn remove(&mut self, id: MemoryId) {
        let Some(Entry { memory, vector }) = self.entries.remove(&id) else {
            return;
        };
        match &memory.origin {
            Some(origin) => {
                let block = (origin.chain, origin.block.number, id);
                self.blocks.remove(&block);
            }
            None => {
                self.stored.remove(&(memory.importance, memory.created, id));
            }
        }
        self.unembedded.remove(&id);
        self.lexicon.remove(&memory);
        self.content_bytes -= memory.content.len() as u64;
        self.embedded -= u64::from(vector.is_some());
    }

    pub(crate) fn set_reads(&mut self, id: MemoryId, reads: u64, at: Moment) {
        if let Some(entry) = self.entries.get_mut(&id) {
            entry.memory.reads = reads;
            entry.memory.last_read = Some(at);
        }
    }

    /// Texts that want a vector.
    pub(crate) fn unembedded(&self) -> impl Iterator<Item = (MemoryId, Arc<str>)> {
        self.unembedded.iter().filter_map(|&id| match &self.entries.get(&id)?.memory.content {
            Content::Text(text) => Some((id, Arc::clone(text))),
            Content::Bytes(_) => None,
        })
    }

    /// Gives a memory the vector of `text`, or none for good; not if its text has changed since.
    pub(crate) fn embed(&mut self, id: MemoryId, text: &str, vector: Option<Compact>) {
        let entry = self.entries.get_mut(&id);
        let Some(entry) = entry.filter(|entry| entry.memory.content.text() == Some(text)) else {
            return;
        };
        self.unembedded.remove(&id);
        self.embedded -= u64::from(entry.vector.is_some());
        self.embedded += u64::from(vector.is_some());
        entry.vector = vector;
    }

    /// Forgets all vectors; every text wants one again.
    pub(crate) fn unembed(&mut self) {
        self.embedded = 0;
        for (&id, entry) in &mut self.entries {
            entry.vector = None;
            if entry.memory.content.text().is_some() {
                self.unembedded.insert(id);
            }
        }
    }
}
