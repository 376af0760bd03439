use std::time::Duration;

use synod_types::chain::{Block, BlockId, ChainId, Log};
use synod_types::operator::OperatorSetId;
use synod_types::task::TaskCreated;
use synod_types::time::Moment;
use synod_types::{Address, B256, U256, keccak256};

use crate::announce::{announcement, task_hash, transfer};
use crate::ledger::Ledger;

/// What a simulated chain follows from, beside the time of its genesis.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Same seed, same chain.
    pub seed: u64,
    /// Its id.
    pub chain: ChainId,
    /// Time between blocks; at least a millisecond.
    pub block_interval: Duration,
    /// Every block whose height is a multiple of this announces a task. 0: none does.
    pub task_every: u64,
    /// How long after its block a task may be answered, in whole seconds.
    pub task_deadline: Duration,
    /// The contract that announces tasks.
    pub mailbox: Address,
    /// Whose turn it is to answer, in rotation. With none no task is announced.
    pub sets: Vec<OperatorSetId>,
    /// When the chain reaches a height that is a multiple of this, it reorganises. 0: never.
    pub reorg_every: u64,
    /// How many blocks go then; fewer than `reorg_every`.
    pub reorg_depth: u64,
}

/// The chain as it is at one moment.
pub(crate) struct View<'a> {
    settings: &'a Settings,
    ledger: &'a Ledger,
    /// What all hashes begin with.
    root: B256,
    head: u64,
}

/// Which of the branches there have been at a height: the last of the planned and the last of
/// the commanded reorgs that replaced it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Branch {
    planned: u64,
    commanded: u64,
}

/// What a branch makes of the task its height announces.
enum Fate {
    Announced,
    /// Another takes its place.
    Replaced,
    Missing,
}

impl<'a> View<'a> {
    pub(crate) fn new(settings: &'a Settings, ledger: &'a Ledger, now: Moment) -> Self {
        let interval = settings.block_interval.max(Duration::from_millis(1)).as_nanos();
        let age = now.since(ledger.genesis()).as_nanos();
        let head = u64::try_from(age / interval).unwrap_or(u64::MAX);
        let sets = settings.sets.iter().map(|set| (set.avs, set.number));
        let root = keccak256(format!(
            "{} {} {} {} {} {} {} {} {:?} {}",
            settings.seed,
            settings.chain,
            interval,
            settings.task_every,
            settings.task_deadline.as_secs(),
            settings.mailbox,
            settings.reorg_every,
            settings.reorg_depth,
            sets.collect::<Vec<_>>(),
            ledger.genesis().unix_nanos(),
        ));
        Self { settings, ledger, root, head }
    }

    pub(crate) const fn head(&self) -> u64 {
        self.head
    }

    pub(crate) fn block(&self, number: u64) -> Block {
        let id = BlockId { number, hash: self.hash(number) };
        let parent = number.checked_sub(1).map_or(B256::ZERO, |below| self.hash(below));
        Block { id, parent, timestamp: self.timestamp(number) }
    }

    pub(crate) fn holds(&self, block: &Block) -> bool {
        block.id.number <= self.head && self.block(block.id.number) == *block
    }

    /// The hash says which branch the block is of, and with it all blocks below.
    fn hash(&self, number: u64) -> B256 {
        let Branch { planned, commanded } = self.branch(number);
        let parts = [number, planned, commanded].map(u64::to_be_bytes).concat();
        keccak256([self.root.as_slice(), &parts].concat())
    }

    fn branch(&self, number: u64) -> Branch {
        let reached = number.saturating_add(self.settings.reorg_depth).saturating_sub(1);
        let planned = reached.min(self.head).checked_div(self.settings.reorg_every);
        let commanded = self.ledger.last_reorg_below(number);
        Branch { planned: planned.unwrap_or(0), commanded }
    }

    fn timestamp(&self, number: u64) -> u64 {
        let number = u32::try_from(number).unwrap_or(u32::MAX);
        (self.ledger.genesis() + self.settings.block_interval.saturating_mul(number)).unix_seconds()
    }

    /// Up to three transfers and, where one is due, a task.
    pub(crate) fn logs(&self, block: &Block) -> Vec<Log> {
        let hash = block.id.hash;
        let transfers = u64::from(hash[0] % 4);
        let seed = |index: u64| keccak256([hash.as_slice(), &index.to_be_bytes()].concat());
        let logs = (0..transfers).map(|index| transfer(seed(index), index));
        let task =
            self.task(block).map(|task| announcement(self.settings.mailbox, &task, transfers));
        logs.chain(task).collect()
    }

    fn task(&self, block: &Block) -> Option<TaskCreated> {
        let count = block.id.number.checked_div(self.settings.task_every)?;
        let is_due = 0 < count && block.id.number.is_multiple_of(self.settings.task_every);
        let turn = count.checked_rem(self.settings.sets.len() as u64)?;
        let set = *self.settings.sets.get(usize::try_from(turn).ok()?).filter(|_| is_due)?;
        // Depends on the height alone, so that the same task may be announced by two branches.
        let own = keccak256([self.root.as_slice(), &count.to_be_bytes()].concat());
        let number = 2 + u64::from(own[0]);
        let payload = match self.fate(block) {
            Fate::Announced => number.to_string(),
            Fate::Replaced => (number + 1_000 + u64::from(block.id.hash[1])).to_string(),
            Fate::Missing => return None,
        };
        let creator = Address::from_word(keccak256(self.root));
        let (place, payload) = ((self.settings.mailbox, self.settings.chain), payload.into_bytes());
        let deadline = block.timestamp.saturating_add(self.settings.task_deadline.as_secs());
        let reference = self.ledger.genesis().unix_seconds();
        Some(TaskCreated {
            creator,
            task: task_hash(place, count, creator, set, &payload),
            set,
            reference_timestamp: u32::try_from(reference).unwrap_or(u32::MAX),
            refund_collector: creator,
            fee: U256::ZERO,
            deadline: U256::from(deadline),
            payload: payload.into(),
        })
    }

    /// A block of the first branch keeps its task. One that replaces another announces the same
    /// again, or another, or none: the hash throws the dice.
    fn fate(&self, block: &Block) -> Fate {
        if self.branch(block.id.number) == (Branch { planned: 0, commanded: 0 }) {
            return Fate::Announced;
        }
        match block.id.hash[2] % 4 {
            0 => Fate::Replaced,
            1 => Fate::Missing,
            _ => Fate::Announced,
        }
    }
}
