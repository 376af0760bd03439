//! A follower, its journal and its consumers, with everything between them late or lost.

use std::collections::VecDeque;
use std::time::Duration;

use synod_types::chain::{Block, ChainEvent, EventNumber, Log, LogFilter, Trouble};
use synod_types::time::Moment;

use super::node::{CHAIN, Node, WANTED};
use crate::follower::{Effect, Follower, Halt, Input, Plan};
use crate::limits::{Limits, Rules};
use crate::outbox::Delivery;
use crate::record::{Record, Snapshot};

/// Keeps what it was told, and insists on order.
#[derive(Clone, Debug, Default)]
pub(super) struct Consumer {
    last: EventNumber,
    pub(super) chain: Vec<(Block, Vec<Log>)>,
    pub(super) retracted: usize,
}

impl Consumer {
    fn take(&mut self, delivery: &Delivery) {
        assert!(delivery.first <= self.last.plus(1), "a gap in the events");
        assert!(!delivery.events.is_empty() && delivery.events.len() <= 64);
        let numbers = (delivery.first.0..).map(EventNumber);
        for (number, event) in numbers.zip(&delivery.events) {
            if number <= self.last {
                continue;
            }
            self.last = number;
            match event {
                ChainEvent::Committed { block, logs } => {
                    let tip = self.chain.last().map(|(tip, _)| tip.id.hash);
                    assert!(tip.is_none_or(|tip| tip == block.parent), "not on our tip");
                    self.chain.push((*block, logs.clone()));
                }
                ChainEvent::Retracted { block } => {
                    let (tip, _) = self.chain.pop().expect("something to retract");
                    assert_eq!(tip.id, *block, "retracted a block that is not our tip");
                    self.retracted += 1;
                }
            }
        }
    }
}

pub(super) fn rules(consumers: usize) -> Rules {
    let filter = LogFilter { addresses: vec![WANTED], events: vec![] };
    Rules { chain: CHAIN, start_block: Some(0), filter, consumers, limits: Limits::default() }
}

pub(super) struct World {
    pub(super) rules: Rules,
    pub(super) node: Node,
    pub(super) follower: Follower,
    pub(super) consumers: Vec<Consumer>,
    pub(super) halted: Option<Halt>,
    pub(super) now: Moment,
    /// The highest block ever committed, whether the journal still knows of it or not.
    pub(super) highest: u64,
    pub(super) looks: VecDeque<(u64, Plan)>,
    snapshot: Option<Snapshot>,
    journal: Vec<Vec<u8>>,
    writing: VecDeque<Record>,
    sent: VecDeque<Delivery>,
    alarms: Vec<Moment>,
}

impl World {
    pub(super) fn new(rules: Rules, node: Node) -> Self {
        let consumers = vec![Consumer::default(); rules.consumers];
        let follower = Follower::new(rules.clone());
        let (looks, writing, sent) = Default::default();
        let now = Moment::from_unix_seconds(1);
        let (journal, alarms) = Default::default();
        let (snapshot, halted) = Default::default();
        let mut world = Self {
            rules,
            node,
            follower,
            consumers,
            halted,
            now,
            highest: 0,
            looks,
            snapshot,
            journal,
            writing,
            sent,
            alarms,
        };
        world.apply(Input::Start);
        world
    }

    pub(super) fn apply(&mut self, input: Input) {
        for effect in self.follower.apply(self.now, input).unwrap_or_default() {
            match effect {
                Effect::Look(ticket, plan) => self.looks.push_back((ticket, plan)),
                Effect::Journal(record) => self.writing.push_back(record),
                Effect::Deliver(delivery) => self.sent.push_back(delivery),
                Effect::WakeAt(at) => self.alarms.push(at),
                Effect::Halted(halt) => self.halted = Some(halt),
            }
        }
        assert!(self.looks.len() <= 1, "one look at a time");
        let limits = &self.rules.limits;
        let committed = self.follower.status().committed;
        self.highest = self.highest.max(committed.map_or(0, |block| block.number));
        let queued_max = limits.undelivered_max + limits.reorg_depth_max;
        assert!(self.follower.status().undelivered <= queued_max);
    }

    /// Dies; `kept` of the records on their way reach the journal all the same.
    pub(super) fn kill(&mut self, kept: usize) {
        for record in self.writing.drain(..).take(kept) {
            self.journal.push(record.encode());
        }
        self.looks.clear();
        self.sent.clear();
        self.alarms.clear();
        self.follower = match self.snapshot.clone() {
            Some(snapshot) => Follower::restore(self.rules.clone(), snapshot),
            None => Follower::new(self.rules.clone()),
        };
        for bytes in &self.journal {
            self.follower.replay(Record::decode(bytes).unwrap()).unwrap();
        }
        self.apply(Input::Start);
    }

    /// Keeps what is known; possible only when nothing is on its way to the journal.
    pub(super) fn take_snapshot(&mut self) {
        if self.writing.is_empty() {
            let bytes = self.follower.snapshot().encode();
            self.snapshot = Some(Snapshot::decode(&bytes).unwrap());
            self.journal.clear();
        }
    }

    pub(super) fn look(&mut self, trouble: Option<Trouble>) {
        if let Some((ticket, plan)) = self.looks.pop_front() {
            let seen = trouble.map_or_else(|| self.node.look(plan), Err);
            self.apply(Input::Seen(ticket, seen));
        }
    }

    pub(super) fn write(&mut self) {
        if let Some(record) = self.writing.pop_front() {
            self.journal.push(record.encode());
            self.apply(Input::Durable(record.last()));
        }
    }

    pub(super) fn deliver(&mut self, fate: Fate) {
        let Some(delivery) = self.sent.pop_front() else { return };
        if fate != Fate::Lost {
            self.consumers[delivery.consumer].take(&delivery);
        }
        let answered = Input::Answered(delivery.consumer, delivery.last());
        let unanswered = Input::Unanswered(delivery.consumer, delivery.last());
        match fate {
            Fate::Answered => self.apply(answered),
            Fate::Twice => {
                self.apply(answered.clone());
                self.apply(answered);
            }
            Fate::Lost | Fate::AnswerLost => self.apply(unanswered),
        }
    }

    /// Lets time pass: to the next alarm, but no more than a second.
    pub(super) fn pass(&mut self) {
        let alarm = self.alarms.iter().copied().min().unwrap_or(Moment::MAX);
        self.now = alarm.max(self.now).min(self.now + Duration::from_secs(1));
        let set = self.alarms.len();
        self.alarms.retain(|at| self.now < *at);
        (self.alarms.len()..set).for_each(|_| self.apply(Input::Tick));
    }

    /// Everything works and nothing new happens, for a while.
    pub(super) fn settle(&mut self) {
        (0..400).for_each(|_| self.turn());
    }

    /// Everything works and nothing new happens, until the consumers are where the node is.
    pub(super) fn arrive(&mut self) {
        let is_there = |world: &Self| {
            let tip = world.node.confirmed_tip(world.rules.limits.confirmations);
            let tips = world.consumers.iter().map(|consumer| consumer.chain.last());
            tips.map(|tip| tip.map(|(block, _)| block.id)).all(|ours| ours == tip)
        };
        let mut turns = 0;
        while !is_there(self) {
            self.turn();
            turns += 1;
            assert!(turns < 10_000, "the consumers never arrive");
        }
    }

    fn turn(&mut self) {
        self.look(None);
        self.write();
        while !self.sent.is_empty() {
            self.deliver(Fate::Answered);
        }
        self.pass();
    }

    #[track_caller]
    pub(super) fn assert_canonical(&self) {
        assert_eq!(self.halted, None);
        let start = self.rules.start_block.unwrap_or(0);
        let expected = self.node.canonical(start, self.rules.limits.confirmations);
        for consumer in &self.consumers {
            assert_eq!(consumer.chain.len(), expected.len());
            assert!(consumer.chain == expected, "another chain than the node's");
        }
    }
}

/// What becomes of a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Answered,
    Twice,
    Lost,
    AnswerLost,
}
