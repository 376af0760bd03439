use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use synod_types::B256;
use synod_types::agent::AgentId;
use synod_types::chain::{ChainEvent, ChainId};
use synod_types::memory::{
    Memory, MemoryCounts, MemoryId, MemoryPage, MemoryQuery, MemoryRefusal, NewMemory,
};
use synod_types::time::Moment;
use synod_types::vector::{Embedding, ModelId};

use crate::note;
use crate::query::{self, Sought};
use crate::record::{self, Damaged, Reason, Record, Snapshot};
use crate::rules::Rules;
use crate::shelf::Shelf;
use crate::vector::Compact;

/// Reads that may go unrecorded until the next change. A crash forgets that many at most.
const UNSAVED_READS_MAX: usize = 64;

/// An answer, and what must be in the journal before it is given.
#[derive(Clone, Debug, PartialEq)]
pub struct Changed<T> {
    /// What to tell.
    pub answer: T,
    /// What changed, in order. Already applied.
    pub records: Vec<Record>,
}

/// A text that wants a vector.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unembedded {
    /// Whose memory.
    pub agent: AgentId,
    /// Which.
    pub id: MemoryId,
    /// Its text.
    pub text: Arc<str>,
}

/// Everything all agents remember.
#[derive(Debug, PartialEq)]
pub struct Memories {
    rules: Rules,
    shelves: BTreeMap<AgentId, Shelf>,
    unsaved_reads: BTreeSet<(AgentId, MemoryId)>,
    /// Whose vectors are kept: never those of two models at once.
    model: Option<ModelId>,
}

impl Memories {
    /// Nothing remembered yet.
    pub const fn new(rules: Rules) -> Self {
        Self { rules, shelves: BTreeMap::new(), unsaved_reads: BTreeSet::new(), model: None }
    }

    /// Keeps a memory. The same again is no change and the same answer.
    ///
    /// # Errors
    /// The memory is out of limits, its key is another memory's, or there are too many agents.
    pub fn store(
        &mut self,
        now: Moment,
        agent: &AgentId,
        new: NewMemory,
    ) -> Result<Changed<MemoryId>, MemoryRefusal> {
        self.admit(agent, &new)?;
        let memory = memory_of(now, agent, new);
        let id = memory.id;
        let shelf = self.shelves.get(agent);
        if let Some(earlier) = shelf.and_then(|shelf| shelf.get(id)) {
            return if is_same(earlier, &memory) {
                Ok(Changed { answer: id, records: Vec::new() })
            } else {
                Err(MemoryRefusal::KeyTaken(id))
            };
        }
        let mut records = self.save_reads();
        while let Some(evicted) = self
            .shelves
            .get(agent)
            .and_then(|shelf| shelf.evictable(self.rules.memories_per_agent_max))
        {
            self.change(&mut records, Record::GoneV1(agent.clone(), evicted, Reason::Evicted));
        }
        self.change(&mut records, Record::KeptV1(memory));
        Ok(Changed { answer: id, records })
    }

    /// Reads a memory by its id, which counts as a read. Reads are recorded with the next change.
    ///
    /// # Errors
    /// The agent has no such memory.
    pub fn read(
        &mut self,
        now: Moment,
        agent: &AgentId,
        id: MemoryId,
    ) -> Result<Changed<Memory>, MemoryRefusal> {
        let not_found = MemoryRefusal::NotFound(id);
        let Some((shelf, mut memory)) = self
            .shelves
            .get_mut(agent)
            .and_then(|shelf| shelf.get(id).cloned().map(|memory| (shelf, memory)))
        else {
            return Err(not_found);
        };
        memory.reads += 1;
        memory.last_read = Some(now);
        shelf.set_reads(id, memory.reads, now);
        self.unsaved_reads.insert((agent.clone(), id));
        let is_due = UNSAVED_READS_MAX <= self.unsaved_reads.len();
        let records = if is_due { self.save_reads() } else { Vec::new() };
        Ok(Changed { answer: memory, records })
    }

    /// Forgets a memory.
    ///
    /// # Errors
    /// The agent has no such memory.
    pub fn forget(&mut self, agent: &AgentId, id: MemoryId) -> Result<Changed<()>, MemoryRefusal> {
        if self.get(agent, id).is_none() {
            return Err(MemoryRefusal::NotFound(id));
        }
        let mut records = self.save_reads();
        self.change(&mut records, Record::GoneV1(agent.clone(), id, Reason::Forgotten));
        Ok(Changed { answer: (), records })
    }

    /// The observer remembers committed blocks and unlearns retracted ones. What it has observed
    /// already changes nothing.
    pub fn observe(&mut self, chain: ChainId, events: &[ChainEvent]) -> Changed<()> {
        let mut records = Vec::new();
        if let Some(observer) = self.rules.observer.clone() {
            for event in events {
                self.observe_one(&observer, chain, event, &mut records);
            }
        }
        Changed { answer: (), records }
    }

    fn observe_one(
        &mut self,
        observer: &AgentId,
        chain: ChainId,
        event: &ChainEvent,
        records: &mut Vec<Record>,
    ) {
        let id = note::id(observer, chain, event.block());
        let is_known = self.get(observer, id).is_some();
        match event {
            ChainEvent::Committed { block, logs } if !is_known => {
                let bytes_max = self.rules.content_bytes_max;
                let memory = note::memory(observer, chain, block, logs, bytes_max);
                self.change(records, Record::KeptV1(memory));
                while let Some(lowest) = self
                    .shelves
                    .get(observer)
                    .and_then(|shelf| shelf.surplus_block(chain, self.rules.blocks_max as u64))
                {
                    let gone = Record::GoneV1(observer.clone(), lowest, Reason::Evicted);
                    self.change(records, gone);
                }
            }
            ChainEvent::Retracted { .. } if is_known => {
                self.change(records, Record::GoneV1(observer.clone(), id, Reason::Retracted));
            }
            ChainEvent::Committed { .. } | ChainEvent::Retracted { .. } => (),
        }
    }

    /// The records of reads not yet recorded.
    pub fn save_reads(&mut self) -> Vec<Record> {
        let unsaved = std::mem::take(&mut self.unsaved_reads);
        let record = |(agent, id): (AgentId, MemoryId)| {
            let memory = self.get(&agent, id)?;
            Some(Record::ReadV1(agent, id, memory.reads, memory.last_read?))
        };
        unsaved.into_iter().filter_map(record).collect()
    }

    /// Checks a query before a vector is asked for it.
    ///
    /// # Errors
    /// A text of it is too long.
    pub fn check(&self, query: &MemoryQuery) -> Result<(), MemoryRefusal> {
        let max = self.rules.query_bytes_max;
        let texts = query.text.iter().chain(&query.nearest);
        match texts.map(String::len).find(|&bytes| max < bytes) {
            Some(bytes) => Err(MemoryRefusal::QueryTooLong { bytes, max }),
            None => Ok(()),
        }
    }

    /// Answers a query. `nearest` is the vector of the query's text of that name; while it cannot
    /// be had, words alone decide.
    ///
    /// # Errors
    /// A text of the query is too long.
    pub fn query(
        &self,
        agent: &AgentId,
        query: &MemoryQuery,
        nearest: Option<&Embedding>,
    ) -> Result<MemoryPage, MemoryRefusal> {
        self.check(query)?;
        let vector = nearest.map(|embedding| {
            let is_comparable = self.model.as_ref() == Some(&embedding.model);
            let vector = if is_comparable { Compact::new(embedding) } else { None };
            (embedding.model.clone(), vector)
        });
        let sought = Sought { text: query.text.as_deref(), vector };
        let nothing = Shelf::default();
        let shelf = self.shelves.get(agent).unwrap_or(&nothing);
        Ok(query::page(shelf, query, sought, &self.rules))
    }

    /// How much `agent` remembers: nothing, if nobody knows it.
    pub fn counts(&self, agent: &AgentId) -> MemoryCounts {
        self.shelves.get(agent).map(Shelf::counts).unwrap_or_default()
    }

    /// How much all agents remember together.
    pub fn totals(&self) -> MemoryCounts {
        self.shelves.values().map(Shelf::counts).fold(MemoryCounts::default(), |sum, counts| {
            MemoryCounts {
                memories: sum.memories + counts.memories,
                blocks: sum.blocks + counts.blocks,
                embedded: sum.embedded + counts.embedded,
                content_bytes: sum.content_bytes + counts.content_bytes,
            }
        })
    }

    /// The next texts that want a vector, `max` at most.
    pub fn unembedded(&self, max: usize) -> Vec<Unembedded> {
        let of_agent = |(agent, shelf): (&AgentId, &Shelf)| {
            let wanted = shelf.unembedded().take(max);
            let with_agent = |(id, text)| Unembedded { agent: agent.clone(), id, text };
            wanted.map(with_agent).collect::<Vec<_>>()
        };
        self.shelves.iter().flat_map(of_agent).take(max).collect()
    }

    /// A text's vector has come; `None`: it will never have one. The first vector of another model
    /// drops all vectors of the model before.
    pub fn embedded(&mut self, wanted: &Unembedded, embedding: Option<&Embedding>) {
        if let Some(embedding) = embedding
            && self.model.as_ref() != Some(&embedding.model)
        {
            self.model = Some(embedding.model.clone());
            self.shelves.values_mut().for_each(Shelf::unembed);
        }
        if let Some(shelf) = self.shelves.get_mut(&wanted.agent) {
            shelf.embed(wanted.id, &wanted.text, embedding.and_then(Compact::new));
        }
    }

    /// Applies a record of the journal.
    pub fn replay(&mut self, record: Record) {
        match record {
            Record::KeptV1(memory) => {
                self.shelves.entry(memory.agent.clone()).or_default().insert(memory);
            }
            Record::GoneV1(agent, id, _) => {
                if let Some(shelf) = self.shelves.get_mut(&agent) {
                    shelf.remove(id);
                    if shelf.is_empty() {
                        self.shelves.remove(&agent);
                    }
                }
            }
            Record::ReadV1(agent, id, reads, at) => {
                if let Some(shelf) = self.shelves.get_mut(&agent) {
                    shelf.set_reads(id, reads, at);
                }
            }
        }
    }

    /// All memories as bytes, from which [`Self::restore`] begins in place of the records so far.
    pub fn snapshot(&self) -> Vec<u8> {
        let entries = self.shelves.values().flat_map(Shelf::entries);
        record::encode(&Snapshot::V1(entries.map(|entry| &entry.memory).collect::<Vec<_>>()))
    }

    /// The state that [`Self::snapshot`] wrote down. Vectors are not part of it.
    ///
    /// # Errors
    /// [`Damaged`] if the bytes are no snapshot.
    pub fn restore(rules: Rules, bytes: &[u8]) -> Result<Self, Damaged> {
        let Snapshot::V1(all): Snapshot<Vec<Memory>> = postcard::from_bytes(bytes)?;
        let mut memories = Self::new(rules);
        for memory in all {
            memories.replay(Record::KeptV1(memory));
        }
        Ok(memories)
    }

    fn change(&mut self, records: &mut Vec<Record>, record: Record) {
        self.replay(record.clone());
        records.push(record);
    }

    fn get(&self, agent: &AgentId, id: MemoryId) -> Option<&Memory> {
        self.shelves.get(agent)?.get(id)
    }

    fn admit(&self, agent: &AgentId, new: &NewMemory) -> Result<(), MemoryRefusal> {
        let Rules { agents_max, content_bytes_max, tags_max, ref observer, .. } = self.rules;
        let bytes = new.content.len();
        if bytes == 0 {
            return Err(MemoryRefusal::Empty);
        }
        if content_bytes_max < bytes {
            return Err(MemoryRefusal::TooLarge { bytes, max: content_bytes_max });
        }
        if tags_max < new.tags.len() {
            return Err(MemoryRefusal::TooManyTags { tags: new.tags.len(), max: tags_max });
        }
        let is_known = self.shelves.contains_key(agent) || observer.as_ref() == Some(agent);
        let observers = observer.iter().filter(|agent| self.shelves.contains_key(agent)).count();
        if !is_known && agents_max <= self.shelves.len() - observers {
            return Err(MemoryRefusal::TooManyAgents { max: agents_max });
        }
        Ok(())
    }
}

fn memory_of(now: Moment, agent: &AgentId, new: NewMemory) -> Memory {
    let id = match &new.key {
        Some(key) => id("synod memory of a key, 1", &(agent, key)),
        None => id(
            "synod memory of itself, 1",
            &(agent, &new.kind, &new.content, &new.tags, (new.importance, &new.source)),
        ),
    };
    let NewMemory { key: _, kind, content, tags, importance, source } = new;
    Memory {
        id,
        agent: agent.clone(),
        kind,
        content,
        tags,
        created: now,
        last_read: None,
        importance,
        reads: 0,
        origin: None,
        source,
    }
}

fn id(purpose: &'static str, name: &impl serde::Serialize) -> MemoryId {
    MemoryId(B256::from(blake3::derive_key(purpose, &record::encode(name))))
}

/// Whether both were stored as the same, whenever that was.
fn is_same(a: &Memory, b: &Memory) -> bool {
    (a.kind, &a.content, &a.tags, a.importance, &a.source)
        == (b.kind, &b.content, &b.tags, b.importance, &b.source)
}

#[cfg(test)]
mod tests;
