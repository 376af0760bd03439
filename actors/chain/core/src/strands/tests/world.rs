//! Strands, their journals and consumers, with everything between them late, lost or reordered.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use synod_types::chain::{
    BackfillRefusal, BlockId, ChainEvent, EventNumber, Log, LogFilter, Strand, Trouble,
};
use synod_types::time::Moment;

use crate::follower::tests::node::{CHAIN, Node, WANTED};
use crate::follower::{Effect, Follower, Input, Plan};
use crate::limits::{Limits, Rules};
use crate::outbox::Delivery;
use crate::record::{Record, Snapshot};
use crate::strands::Strands;

/// Knows blocks by their hash, whoever told them.
#[derive(Clone, Debug, Default)]
struct Consumer {
    last: BTreeMap<Strand, EventNumber>,
    held: BTreeMap<BlockId, Vec<Log>>,
}

impl Consumer {
    fn take(&mut self, strand: Strand, delivery: &Delivery) {
        let last = self.last.entry(strand).or_default();
        for (number, event) in (delivery.first.0..).map(EventNumber).zip(&delivery.events) {
            let is_new = *last < number;
            if strand == Strand::Live && !is_new {
                continue;
            }
            *last = number.max(*last);
            match event {
                ChainEvent::Committed { block, logs } => {
                    let known = self.held.insert(block.id, logs.clone());
                    assert!(!is_new || known.is_none(), "{} was told twice", block.id);
                }
                ChainEvent::Retracted { block } => drop(self.held.remove(block)),
            }
        }
    }
}

pub(super) struct World {
    rules: Rules,
    pub(super) node: Node,
    /// As it was before the last reorg.
    before: Option<Node>,
    strands: Strands,
    names: Vec<String>,
    consumers: [Consumer; 2],
    now: Moment,
    highest: u64,
    looks: VecDeque<(Strand, u64, Plan)>,
    journals: BTreeMap<Strand, Vec<Vec<u8>>>,
    writing: Vec<(Strand, Record)>,
    sent: Vec<(Strand, usize, Delivery)>,
    alarms: Vec<Moment>,
}

impl World {
    pub(super) fn new(length: u64, start: Option<u64>, change: impl Fn(&mut Rules)) -> Self {
        let filter = LogFilter { addresses: vec![WANTED], events: vec![] };
        let limits = Limits { reorg_depth_max: 32, ..Limits::default() };
        let mut rules = Rules { chain: CHAIN, start_block: start, filter, consumers: 1, limits };
        change(&mut rules);
        let mut node = Node::new();
        node.mine(length);
        let names = vec!["a".to_owned()];
        let live = Follower::new(rules.clone());
        let (strands, records) = Strands::new(rules.clone(), live, names.clone());
        let (consumers, looks, journals, sent, alarms) = Default::default();
        let writing = records.into_iter().map(|record| (Strand::Live, record)).collect();
        let (now, before, highest) = (Moment::from_unix_seconds(1), None, 0);
        let mut world = Self {
            rules,
            node,
            before,
            strands,
            names,
            consumers,
            now,
            highest,
            looks,
            journals,
            writing,
            sent,
            alarms,
        };
        world.apply(Strand::Live, Input::Start);
        world
    }

    fn apply(&mut self, strand: Strand, input: Input) {
        let effects = self.strands.apply(self.now, strand, input).unwrap_or_default();
        self.perform(effects);
    }

    fn perform(&mut self, effects: Vec<(Strand, Effect)>) {
        for (strand, effect) in effects {
            match effect {
                Effect::Look(ticket, plan) => self.looks.push_back((strand, ticket, plan)),
                Effect::Journal(record) => self.writing.push((strand, record)),
                Effect::Deliver(delivery) => {
                    let consumer = self.strands.addressee(strand, delivery.consumer).unwrap();
                    self.sent.push((strand, consumer, delivery));
                }
                Effect::WakeAt(at) => self.alarms.push(at),
                Effect::Halted(halt) => panic!("{halt}"),
            }
        }
        let committed = self.strands.live().status().committed;
        self.highest = self.highest.max(committed.map_or(0, |block| block.number));
    }

    pub(super) fn reorg(&mut self, depth: u64, count: u64) {
        let head = self.node.head();
        let fork = head.saturating_sub(depth).max(self.highest.saturating_sub(30)).min(head);
        self.before = Some(self.node.clone());
        self.node.fork(fork, count);
    }

    /// The branch of before the last reorg is the chain again.
    pub(super) fn flip_back(&mut self) {
        let Some(mut before) = self.before.take() else { return };
        let newest = self.highest.saturating_sub(30);
        let mut pairs = before.blocks.iter().zip(&self.node.blocks);
        let is_near = pairs.all(|(old, new)| old.0.id == new.0.id || newest < old.0.id.number);
        if is_near && newest <= before.head() {
            before.follow(&self.node);
            self.before = Some(std::mem::replace(&mut self.node, before));
        }
    }

    pub(super) fn look(&mut self, trouble: Option<Trouble>) {
        if let Some((strand, ticket, plan)) = self.looks.pop_front() {
            let seen = trouble.map_or_else(|| self.node.look(plan), Err);
            self.apply(strand, Input::Seen(ticket, seen));
        }
    }

    /// The oldest of one strand: journals do not wait for one another.
    pub(super) fn write(&mut self, which: usize) {
        let strands: Vec<Strand> = self.writing.iter().map(|(strand, _)| *strand).collect();
        let Some(strand) = strands.get(which % strands.len().max(1)) else { return };
        let first = strands.iter().position(|other| other == strand).unwrap();
        let (strand, record) = self.writing.remove(first);
        self.journals.entry(strand).or_default().push(record.encode());
        if let Record::Ordered { number, .. } = record {
            self.read_past(number);
        }
        self.apply(strand, Input::Durable(record.last()));
    }

    fn read_past(&mut self, number: u32) {
        let Some(mut unread) = self.strands.unread(number) else { return };
        for bytes in self.journals.get(&Strand::Past(number)).into_iter().flatten() {
            unread.replay(Record::decode(bytes).unwrap()).unwrap();
        }
        let effects = self.strands.begin(self.now, unread);
        self.perform(effects);
    }

    pub(super) fn deliver(&mut self, which: usize, is_answered: bool) {
        if self.sent.is_empty() {
            return;
        }
        let (strand, consumer, delivery) = self.sent.remove(which % self.sent.len());
        self.consumers[consumer].take(strand, &delivery);
        let (index, last) = (delivery.consumer, delivery.last());
        let input =
            if is_answered { Input::Answered(index, last) } else { Input::Unanswered(index, last) };
        self.apply(strand, input);
    }

    /// Of what was on its way to a journal, so many of the first records arrive.
    pub(super) fn kill(&mut self, live: usize, past: usize) {
        let mut left = [live, past];
        for (strand, record) in std::mem::take(&mut self.writing) {
            let left = &mut left[usize::from(strand != Strand::Live)];
            if 0 < *left {
                *left -= 1;
                self.journals.entry(strand).or_default().push(record.encode());
            }
        }
        self.looks.clear();
        self.sent.clear();
        self.alarms.clear();
        let rules = Rules { consumers: self.names.len(), ..self.rules.clone() };
        let mut follower = Follower::new(rules.clone());
        for bytes in self.journals.get(&Strand::Live).into_iter().flatten() {
            follower.replay(Record::decode(bytes).unwrap()).unwrap();
        }
        let snapshot = Snapshot::decode(&follower.snapshot().encode()).unwrap();
        let follower = Follower::restore(rules.clone(), snapshot);
        let (strands, records) = Strands::new(rules, follower, self.names.clone());
        self.strands = strands;
        self.writing.extend(records.into_iter().map(|record| (Strand::Live, record)));
        for number in self.strands.ordered() {
            self.read_past(number);
        }
        self.apply(Strand::Live, Input::Start);
    }

    /// A second consumer is there from the next start on.
    pub(super) fn join(&mut self) {
        if self.names.len() == 1 {
            self.names.push("b".to_owned());
            self.kill(usize::MAX, usize::MAX);
        }
    }

    pub(super) fn order(&mut self, who: usize, from: u64) -> Result<(), BackfillRefusal> {
        let (_, record) = self.strands.order(["a", "b"][who], from)?;
        self.writing.push((Strand::Live, record));
        Ok(())
    }

    pub(super) fn pass(&mut self) {
        let alarm = self.alarms.iter().copied().min().unwrap_or(Moment::MAX);
        self.now = alarm.max(self.now).min(self.now + Duration::from_secs(1));
        let set = self.alarms.len();
        self.alarms.retain(|at| self.now < *at);
        for _ in self.alarms.len()..set {
            let effects = self.strands.tick(self.now);
            self.perform(effects);
        }
    }

    pub(super) fn turn(&mut self) {
        self.look(None);
        self.write(0);
        while !self.sent.is_empty() {
            self.deliver(0, true);
        }
        self.pass();
    }

    fn expected(&self, who: usize) -> BTreeMap<BlockId, Vec<Log>> {
        let floor = self.strands.live().floor_of(&self.names[who]).unwrap();
        let canonical = self.node.canonical(floor, self.rules.limits.confirmations);
        canonical.into_iter().map(|(block, logs)| (block.id, logs)).collect()
    }

    /// Everything works and nothing new happens, until all are told everything.
    pub(super) fn arrive(&mut self) {
        let is_there = |world: &Self| {
            let follower = world.strands.live();
            let tip = world.node.confirmed_tip(world.rules.limits.confirmations);
            follower.status().committed == tip
                && follower.status().undelivered == 0
                && follower.orders().next().is_none()
                && world.writing.is_empty()
        };
        let mut turns = 0;
        while !is_there(self) {
            self.turn();
            turns += 1;
            assert!(turns < 20_000, "they never arrive: {:?}", self.strands.backfills());
        }
    }

    #[track_caller]
    pub(super) fn assert_canonical(&self) {
        for who in 0..self.names.len() {
            let (held, expected) = (&self.consumers[who].held, self.expected(who));
            assert!(*held == expected, "{} has {held:?}\n not {expected:?}", self.names[who]);
        }
    }

    pub(super) fn first_held(&self, who: usize) -> Option<u64> {
        self.consumers[who].held.keys().next().map(|id| id.number)
    }
}
