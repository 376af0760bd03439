use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use synod_types::certificate::{Bn254Certificate, Certificate, CertificateRule};
use synod_types::chain::{Block, BlockId, ChainEvent, Log};
use synod_types::operator::OperatorSetId;
use synod_types::quorum::{Equivocation, ThresholdRule, Verdict};
use synod_types::signature::{Digest, PublicKey, Scheme, Signature};
use synod_types::task::{Answer, SubmitRefusal, TaskCreated};
use synod_types::{Address, B256, Bytes, U256};

use super::*;
use crate::{Backoff, Skip};

pub(crate) const CHAIN: ChainId = ChainId(31_337);
const MAILBOX: Address = Address::repeat_byte(0xaa);
const SET: OperatorSetId = OperatorSetId { avs: Address::repeat_byte(0xbb), number: 1 };
pub(crate) const START: Moment = Moment::from_unix_seconds(1_000_000);

pub(crate) const fn operator(n: u8) -> OperatorId {
    OperatorId(Address::repeat_byte(n))
}

pub(crate) const fn id(n: u8) -> TaskId {
    TaskId(B256::repeat_byte(n))
}

/// Four members of stake 4, 3, 2 and 1; two thirds must agree.
pub(crate) fn settings() -> Settings {
    let member = |n: u8| TableMember {
        operator: operator(n),
        key: PublicKey::Bn254 { g1: [n; 64].into(), g2: [n; 128].into() },
        weights: vec![Stake::from(5 - u64::from(n))],
    };
    let set = OperatorSet {
        certificate: CertificateRule::Bn254,
        threshold: ThresholdRule::bips(6_667).unwrap(),
        members: (1..=4).map(member).collect(),
    };
    let (certificate, threshold) = (set.certificate, set.threshold);
    let empty = OperatorSet { certificate, threshold, members: Vec::new() };
    Settings {
        mailboxes: BTreeSet::from([(CHAIN, MAILBOX)]),
        sets: BTreeMap::from([
            (SET, Arc::new(set)),
            (OperatorSetId { number: 2, ..SET }, Arc::new(empty)),
        ]),
        open_max: 8,
        processing_max: 4,
        kept_max: 16,
        reorg_max: 4,
        payload_bytes_max: 64,
        output_bytes_max: 64,
        window: Duration::from_secs(600),
        retry: Backoff { first: Duration::from_secs(1), max: Duration::from_secs(8) },
        remind_every: Duration::from_secs(5),
    }
}

pub(crate) fn created(n: u8) -> TaskCreated {
    TaskCreated {
        creator: Address::repeat_byte(1),
        task: id(n),
        set: SET,
        reference_timestamp: 7,
        refund_collector: Address::repeat_byte(2),
        fee: U256::from(5),
        deadline: U256::MAX,
        payload: Bytes::from(vec![n]),
    }
}

pub(crate) fn log(created: &TaskCreated) -> Log {
    let (topics, data) = created.encode();
    Log { address: MAILBOX, topics, data, transaction: B256::ZERO, index: 0 }
}

pub(crate) fn block(number: u64, branch: u8) -> Block {
    let id = BlockId { number, hash: B256::repeat_byte(branch) };
    Block { id, parent: B256::ZERO, timestamp: 0 }
}

pub(crate) fn committed(number: u64, branch: u8, logs: Vec<Log>) -> ChainEvent {
    ChainEvent::Committed { block: block(number, branch), logs }
}

fn batch(first: u64, events: Vec<ChainEvent>) -> Input {
    Input::Chain { chain: CHAIN, first: EventNumber(first), events }
}

/// The answer `n` gives to `task` if it computes `output`.
pub(crate) fn answer(task: TaskId, n: u8, output: &'static [u8]) -> Answer {
    Answer {
        task,
        operator: operator(n),
        output: Bytes::from_static(output),
        digest: CertificateRule::Bn254.digest(7, task, output),
        signature: Signature { scheme: Scheme::Bn254, bytes: Bytes::from(vec![n; 64]) },
    }
}

pub(crate) fn proof(task: TaskId, signers: &[u8], output: &'static [u8]) -> Box<CertifiedResult> {
    let digest = CertificateRule::Bn254.digest(7, task, output);
    let certificate = Certificate::Bn254(Bn254Certificate {
        reference_timestamp: 7,
        message_hash: B256::ZERO,
        signature: [1; 64].into(),
        apk_g2: [2; 128].into(),
        non_signers: Vec::new(),
    });
    let signers = signers.iter().map(|&n| operator(n)).collect();
    let output = Bytes::from_static(output);
    Box::new(CertifiedResult { task, output, digest, signers, certificate })
}

/// An aggregator with its journal; what it asks for in vain is left out.
struct Desk {
    core: Aggregator,
    journal: Vec<Record>,
}

impl Desk {
    fn new(settings: Settings) -> Self {
        Self { core: Aggregator::new(settings), journal: Vec::new() }
    }

    fn apply(&mut self, now: Moment, input: Input) -> Result<Vec<Effect>, Refusal> {
        let effects = self.core.apply(now, input)?;
        let records = effects.iter().filter_map(|effect| match effect {
            Effect::Journal(record) => Some(record.clone()),
            _ => None,
        });
        self.journal.extend(records);
        Ok(effects)
    }

    fn announce(&mut self, first: u64, n: u8) -> Vec<Effect> {
        self.apply(START, batch(first, vec![committed(first, n, vec![log(&created(n))])])).unwrap()
    }

    fn answers(&mut self, task: TaskId, members: &[u8], output: &'static [u8]) {
        for &n in members {
            let answer = answer(task, n, output);
            self.apply(START, Input::Answered { task, operator: operator(n), answer }).unwrap();
        }
    }

    fn certify(&mut self, n: u8) -> Vec<Effect> {
        self.answers(id(n), &[1, 2], b"out");
        self.apply(START, Input::Proven(proof(id(n), &[1, 2], b"out"))).unwrap();
        let digest = answer(id(n), 1, b"out").digest;
        let verdict = Verdict::Agreed(BallotId(id(n).0), digest);
        self.apply(START, Input::Settled(verdict)).unwrap()
    }

    #[track_caller]
    fn expect(&self, n: u8, state: &str, failure: Option<TaskFailure>) {
        let view = self.core.view(id(n)).unwrap();
        assert_eq!((view.state, view.failure), (state, failure));
    }

    /// What a new life makes of the journal is what this life knows.
    #[track_caller]
    fn check_replay(&self) {
        let mut again = Aggregator::new(self.core.settings.clone());
        for record in &self.journal {
            again.replay(&crate::decode::<Record>(&crate::encode(record)).unwrap());
        }
        let snapshot = self.core.snapshot();
        assert_eq!(again.snapshot(), snapshot);
        let mut from_snapshot = Aggregator::new(self.core.settings.clone());
        snapshot.iter().for_each(|record| from_snapshot.replay(record));
        assert_eq!(from_snapshot.snapshot(), snapshot);
        for restored in [&again, &from_snapshot] {
            assert_eq!(known(restored), known(&self.core));
        }
    }
}

/// What a core knows that outlives it; not what is under way.
fn known(core: &Aggregator) -> (String, usize, Vec<Equivocation>) {
    let mut tasks = core.page(TaskFilter::All, None, usize::MAX);
    for task in &mut tasks {
        task.members.clear();
        if task.state == "processing" {
            task.state = "pending";
        }
    }
    (format!("{tasks:#?}"), core.open_len().0, core.offences().collect())
}

fn count(effects: &[Effect], is: impl Fn(&Effect) -> bool) -> usize {
    effects.iter().filter(|effect| is(effect)).count()
}

fn submitted(effects: &[Effect]) -> Vec<OperatorId> {
    let to = effects.iter().filter_map(|effect| match effect {
        Effect::Submit(submission) => Some(submission.operator),
        _ => None,
    });
    to.collect()
}

fn passed_over(effects: &[Effect]) -> Vec<Skip> {
    let skips = effects.iter().filter_map(|effect| match effect {
        Effect::PassedOver(skip) => Some(*skip),
        _ => None,
    });
    skips.collect()
}

mod chain;
mod life;
mod limits;
