use std::sync::Arc;

use synod_signature_core::bn254::{SecretKey, hash_solidity};
use synod_types::aggregation::CertificateOrder;
use synod_types::certificate::{CertificateRule, OperatorTable, TableMember};
use synod_types::operator::{OperatorId, Stake};
use synod_types::quorum::ThresholdRule;
use synod_types::signature::{Digest, PublicKey, Scheme, Signature};
use synod_types::task::{Answer, TaskId};
use synod_types::{Address, B256, Bytes};

const RULE: CertificateRule = CertificateRule::Bn254;
const OUTPUT: &[u8] = b"forty-two";

/// How many tasks, how many sign each, and how many of these falsely.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Open at once.
    pub tasks: usize,
    /// Of each task; all sign.
    pub signers: usize,
    /// Of these, in each task.
    pub bad: usize,
}

impl Shape {
    /// All of them.
    pub const fn signatures(self) -> usize {
        self.tasks * self.signers
    }
}

/// Keys, made once for all scenarios.
#[derive(Debug)]
pub struct Secrets {
    keys: Vec<SecretKey>,
    /// In the order of `keys`.
    public: Vec<PublicKey>,
}

impl Secrets {
    /// So many, the same in each run.
    pub fn new(count: usize) -> Self {
        let seed = |n: usize| [&[7; 24], &n.to_be_bytes()[..]].concat();
        let key = |n| SecretKey::from_seed(&seed(n)).expect("32 bytes are a seed");
        let keys: Vec<SecretKey> = (0..count).map(key).collect();
        let public = keys.iter().map(|key| key.public().encode()).collect();
        Self { keys, public }
    }
}

/// Tasks and the answers to them in the order of their coming: the last one, of an honest
/// operator of much weight, decides.
#[derive(Debug)]
pub struct Scenario {
    /// What it is like.
    pub shape: Shape,
    /// One for each task, of one table.
    pub orders: Vec<CertificateOrder>,
    /// By task, then by position in the table.
    pub answers: Vec<Vec<Answer>>,
    /// By position in the table.
    pub keys: Vec<PublicKey>,
}

impl Scenario {
    /// The first so many of these sign.
    pub fn new(secrets: &Secrets, shape: Shape) -> Self {
        let Shape { tasks, signers, bad } = shape;
        let keys = secrets.public[..signers].to_vec();
        let rows = keys.iter().enumerate().map(|(n, &key)| TableMember {
            operator: OperatorId(Address::left_padding_from(&(n as u64 + 1).to_be_bytes())),
            key,
            weights: vec![Stake::from(Self::weight(signers, n))],
        });
        let table = Arc::new(OperatorTable { reference_timestamp: 1, members: rows.collect() });
        let total: u64 = (0..signers).map(|n| Self::weight(signers, n)).sum();
        let bips = (total - bad as u64) * 10_000 / total;
        let bips = u16::try_from(bips).expect("at most 10,000");
        let threshold = ThresholdRule::bips(bips).expect("at most 10,000");
        let ids = (1..=tasks as u64).map(|n| TaskId(B256::left_padding_from(&n.to_be_bytes())));
        let order =
            |task| CertificateOrder { task, table: Arc::clone(&table), rule: RULE, threshold };
        let orders: Vec<CertificateOrder> = ids.map(order).collect();
        let answers = orders.iter().map(|order| answers(&secrets.keys, order, shape)).collect();
        Self { shape, orders, answers, keys }
    }

    /// Of the operator at a position: the last one weighs more than all others.
    pub const fn weight(signers: usize, position: usize) -> u64 {
        if position + 1 == signers { 10 * signers as u64 } else { 1 }
    }
}

fn answers(keys: &[SecretKey], order: &CertificateOrder, shape: Shape) -> Vec<Answer> {
    let task = order.task;
    let digest = RULE.digest(order.table.reference_timestamp, task, OUTPUT);
    let (right, wrong) = (hash_solidity(digest), hash_solidity(Digest(B256::ZERO)));
    // Scattered, never last.
    let last = shape.signers - 1;
    let culprits: Vec<usize> = (0..shape.bad).map(|n| (n * 7_919 + 3) * 31 % last).collect();
    let members = order.table.members.iter().zip(keys).enumerate();
    let answer = members.map(|(n, (member, key))| {
        let message = if culprits.contains(&n) { &wrong } else { &right };
        let bytes = Bytes::from(key.sign(message).encode());
        let signature = Signature { scheme: Scheme::Bn254, bytes };
        let output = Bytes::from_static(OUTPUT);
        Answer { task, operator: member.operator, output, digest, signature }
    });
    answer.collect()
}
