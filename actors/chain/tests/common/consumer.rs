use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::Mutex;
use synod_protocol::chain::ChainBatch;
use synod_supervision::{Actor, Context, Failure, Message};
use synod_types::chain::{Block, ChainEvent, EventNumber, Log, Strand};

#[derive(Default)]
struct Applied {
    last: EventNumber,
    chain: Vec<(Block, Vec<Log>)>,
    retracted: usize,
    repeated: usize,
    /// It has heard something, and must hear the rest.
    has_heard: bool,
    lose_answers: usize,
    /// What was told as past, below all of `chain`.
    past: Vec<(Block, Vec<Log>)>,
    past_last: BTreeMap<Strand, EventNumber>,
}

/// What a consumer has applied, durable.
#[derive(Clone, Default)]
pub struct Notes(Arc<Mutex<Applied>>);

impl Applied {
    /// Whether to answer.
    fn take_past(&mut self, batch: &ChainBatch) -> bool {
        let last = self.past_last.entry(batch.strand).or_default();
        assert!(batch.first <= last.plus(1), "a gap in the past");
        let new: Vec<_> = batch.after(*last).collect();
        for (number, event) in new {
            *last = number;
            match event {
                ChainEvent::Committed { block, logs } => {
                    let tip = self.past.last().map(|(tip, _)| tip.id.hash);
                    assert!(tip.is_none_or(|tip| tip == block.parent), "not on the past's tip");
                    self.past.push((*block, logs.clone()));
                }
                ChainEvent::Retracted { block } => {
                    assert_eq!(self.past.pop().unwrap().0.id, *block);
                }
            }
        }
        let is_lost = 0 < self.lose_answers;
        self.lose_answers = self.lose_answers.saturating_sub(1);
        !is_lost
    }
}

impl Notes {
    pub fn blocks(&self) -> Vec<Block> {
        self.0.lock().chain.iter().map(|(block, _)| *block).collect()
    }

    /// What was told as past, and what was told as it happened: one chain.
    pub fn whole(&self) -> Vec<Block> {
        let applied = self.0.lock();
        let whole: Vec<_> =
            applied.past.iter().chain(&applied.chain).map(|(block, _)| *block).collect();
        let is_linked = |pair: &[Block]| pair[0].id.hash == pair[1].parent;
        assert!(whole.windows(2).all(is_linked), "past and present are no chain");
        whole
    }

    pub fn told_of_past(&self) -> usize {
        self.0.lock().past.len()
    }

    pub fn logs(&self) -> usize {
        self.0.lock().chain.iter().map(|(_, logs)| logs.len()).sum()
    }

    /// Every log that stands, in order.
    pub fn all_logs(&self) -> Vec<(Block, Log)> {
        let applied = self.0.lock();
        let of_block = |(block, logs): &(Block, Vec<Log>)| {
            logs.iter().map(|log| (*block, log.clone())).collect::<Vec<_>>()
        };
        applied.chain.iter().flat_map(of_block).collect()
    }

    pub fn retracted(&self) -> usize {
        self.0.lock().retracted
    }

    /// Events that came again.
    pub fn repeated(&self) -> usize {
        self.0.lock().repeated
    }

    pub fn lose_answers(&self, count: usize) {
        self.0.lock().lose_answers = count;
    }

    /// Whether to answer.
    fn take(&self, batch: &ChainBatch) -> bool {
        let mut applied = self.0.lock();
        if batch.strand != Strand::Live {
            return applied.take_past(batch);
        }
        assert!(batch.first <= applied.last.plus(1) || !applied.has_heard, "a gap");
        applied.has_heard = true;
        let last = applied.last;
        let new: Vec<_> =
            batch.after(last).map(|(number, event)| (number, event.clone())).collect();
        applied.repeated += batch.events.len() - new.len();
        for (number, event) in new {
            applied.last = number;
            match event {
                ChainEvent::Committed { block, logs } => {
                    let tip = applied.chain.last().map(|(tip, _)| tip.id.hash);
                    assert!(tip.is_none_or(|tip| tip == block.parent), "not on our tip");
                    applied.chain.push((block, logs));
                }
                ChainEvent::Retracted { block } => {
                    if let Some((tip, _)) = applied.chain.pop() {
                        assert_eq!(tip.id, block);
                    } else {
                        applied.past.retain(|(past, _)| past.id != block);
                    }
                    applied.retracted += 1;
                }
            }
        }
        let is_lost = 0 < applied.lose_answers;
        applied.lose_answers = applied.lose_answers.saturating_sub(1);
        !is_lost
    }
}

#[derive(Debug)]
pub struct ConsumerMsg(ChainBatch);

impl From<ChainBatch> for ConsumerMsg {
    fn from(batch: ChainBatch) -> Self {
        Self(batch)
    }
}

impl Message for ConsumerMsg {
    fn kind(&self) -> &'static str {
        "batch"
    }
}

pub struct Consumer(Notes);

impl Actor for Consumer {
    type Msg = ConsumerMsg;
    type Args = Notes;

    async fn start(_: &Context<ConsumerMsg>, notes: Notes) -> Result<Self, Failure> {
        Ok(Self(notes))
    }

    async fn handle(
        &mut self,
        _: &Context<ConsumerMsg>,
        ConsumerMsg(batch): ConsumerMsg,
    ) -> Result<(), Failure> {
        if self.0.take(&batch) {
            batch.done.answer(());
        }
        Ok(())
    }
}
