//! The contract that judges, in an EVM of its own, and what it is shown.

use std::fs;

use alloy_sol_types::{SolCall, SolError, sol};
use revm::bytecode::Bytecode;
use revm::context::{Context, TxEnv};
use revm::context_interface::result::ExecutionResult;
use revm::database::{CacheDB, EmptyDB};
use revm::primitives::{Address, Bytes, TxKind};
use revm::state::AccountInfo;
use revm::{ExecuteEvm, MainBuilder, MainContext};
use synod_signature_core::bn254::{G1, G2, SecretKey, hash_solidity};
use synod_signature_core::certificate::{bn254_certificate, encode_bn254, operator_tree};
use synod_types::certificate::{
    Bn254Certificate, CertificateRule, OperatorTable, TableMember, message_hash,
};
use synod_types::operator::{OperatorId, Stake};
use synod_types::task::TaskId;
use synod_types::{B256, U256};

sol! {
    struct Point { uint256 x; uint256 y; }
    struct Table {
        uint32 referenceTimestamp;
        uint256 operators;
        bytes32 root;
        Point allKeys;
        uint256[] totalWeights;
    }
    function verify(bytes encoded, Table table) returns (uint256[] signed);

    error ReferenceTimestampDoesNotExist();
    error NonSignerIndicesNotSorted();
    error InvalidOperatorIndex();
    error InvalidProofLength();
    error VerificationFailed();
    error ECAddFailed();
    error ECMulFailed();
    error ECPairingFailed();
    error ExpModFailed();
}

const JUDGE: Address = Address::repeat_byte(0x5e);

/// Runs code, and the precompiles, on no chain.
pub(super) struct Judge {
    code: Bytecode,
}

/// What the contract says.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The certificate is good; these weights have signed.
    Signed(Vec<U256>),
    /// It is not, for this reason.
    Refused(&'static str),
    /// It could not be decoded, or its weights are more than there are.
    Reverted,
}

impl Verdict {
    pub(super) fn is_refused(&self) -> bool {
        !matches!(self, Self::Signed(_))
    }
}

/// A certificate, and the table it is judged by.
pub(super) struct Case {
    pub(super) certificate: Bn254Certificate,
    /// The weights that have signed.
    pub(super) signed: Vec<U256>,
    pub(super) keys: Vec<SecretKey>,
    table: Table,
}

impl Case {
    /// A certificate over `task` of a table of these `members`, by those for whom `signs` holds:
    /// at least one.
    pub(super) fn of(
        members: &[(&SecretKey, Vec<Stake>)],
        task: TaskId,
        signs: impl Fn(usize) -> bool,
    ) -> Self {
        let rows = members.iter().zip(1_u64..).map(|((key, weights), n)| TableMember {
            operator: OperatorId(Address::left_padding_from(&n.to_be_bytes())),
            key: key.public().encode(),
            weights: weights.clone(),
        });
        let table = OperatorTable { reference_timestamp: 1_700_000_000, members: rows.collect() };
        let hash = message_hash(task, b"forty-two");
        let digest = CertificateRule::Bn254.digest_of(table.reference_timestamp, hash);
        let message = hash_solidity(digest);
        let signers = members.iter().enumerate().filter(|(index, _)| signs(*index));
        let (signatures, apk_g2): (Vec<G1>, Vec<G2>) =
            signers.clone().map(|(_, (key, _))| (key.sign(&message), *key.public().g2())).unzip();
        let (signature, apk_g2) = (G1::sum(&signatures).unwrap(), G2::sum(&apk_g2).unwrap());
        let publics: Vec<G1> = members.iter().map(|(key, _)| *key.public().g1()).collect();
        let all_keys = G1::sum(&publics).unwrap().encode();
        let word = |number: usize| U256::from_be_slice(&all_keys[32 * number..32 * (number + 1)]);
        let told = Table {
            referenceTimestamp: table.reference_timestamp,
            operators: U256::from(members.len()),
            root: operator_tree(&table).unwrap().root(),
            allKeys: Point { x: word(0), y: word(1) },
            totalWeights: total(members.iter().map(|(_, weights)| weights)),
        };
        Self {
            certificate: bn254_certificate(&table, hash, (&signature, &apk_g2), &signs).unwrap(),
            signed: total(signers.map(|(_, (_, weights))| weights)),
            keys: members.iter().map(|(key, _)| copy(key)).collect(),
            table: told,
        }
    }

    pub(super) fn encoded(&self) -> Bytes {
        encode_bn254(&self.certificate)
    }
}

fn copy(key: &SecretKey) -> SecretKey {
    SecretKey::from_bytes(&key.to_bytes()).unwrap()
}

/// The sum of weights of each kind.
fn total<'a>(weights: impl Iterator<Item = &'a Vec<Stake>>) -> Vec<U256> {
    weights.fold(Vec::new(), |mut sums, weights| {
        sums.resize(weights.len(), U256::ZERO);
        sums.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += weight.0);
        sums
    })
}

impl Judge {
    pub(super) fn new() -> Self {
        let file = synod_tests::root().join("tests/chain/build/CertificateVerifier.json");
        let text = fs::read_to_string(&file).unwrap_or_else(|error| {
            panic!("{}: {error}; run `bash tests/run`, which compiles it", file.display())
        });
        let built: serde_json::Value = serde_json::from_str(&text).unwrap();
        let code: Bytes = built["deployed"].as_str().unwrap().parse().unwrap();
        Self { code: Bytecode::new_raw(code) }
    }

    pub(super) fn judge(&self, case: &Case) -> Verdict {
        self.judge_bytes(case, case.encoded().to_vec())
    }

    /// As [`Self::judge`], of these bytes in place of the certificate's.
    pub(super) fn judge_bytes(&self, case: &Case, encoded: Vec<u8>) -> Verdict {
        let call = verifyCall { encoded: encoded.into(), table: case.table.clone() };
        match run(JUDGE, call.abi_encode(), Some(&self.code)) {
            ExecutionResult::Success { output, .. } => {
                Verdict::Signed(verifyCall::abi_decode_returns(output.data()).unwrap())
            }
            ExecutionResult::Revert { output, .. } => reason(&output),
            halt @ ExecutionResult::Halt { .. } => panic!("{halt:?}"),
        }
    }
}

fn reason(output: &[u8]) -> Verdict {
    let known = [
        (ReferenceTimestampDoesNotExist::SELECTOR, "ReferenceTimestampDoesNotExist"),
        (NonSignerIndicesNotSorted::SELECTOR, "NonSignerIndicesNotSorted"),
        (InvalidOperatorIndex::SELECTOR, "InvalidOperatorIndex"),
        (InvalidProofLength::SELECTOR, "InvalidProofLength"),
        (VerificationFailed::SELECTOR, "VerificationFailed"),
        (ECAddFailed::SELECTOR, "ECAddFailed"),
        (ECMulFailed::SELECTOR, "ECMulFailed"),
        (ECPairingFailed::SELECTOR, "ECPairingFailed"),
        (ExpModFailed::SELECTOR, "ExpModFailed"),
    ];
    let known = known.iter().find(|(selector, _)| output.starts_with(selector));
    known.map_or(Verdict::Reverted, |(_, name)| Verdict::Refused(name))
}

/// Calls an address of an otherwise empty chain.
fn run(to: Address, data: Vec<u8>, code: Option<&Bytecode>) -> ExecutionResult {
    let mut db = CacheDB::new(EmptyDB::default());
    if let Some(code) = code {
        db.insert_account_info(to, AccountInfo::from_bytecode(code.clone()));
    }
    let mut evm = Context::mainnet().with_db(db).build_mainnet();
    let tx = TxEnv::builder().kind(TxKind::Call(to)).gas_limit(16_000_000).data(data.into());
    evm.transact(tx.build().unwrap()).unwrap().result
}

/// What a precompile answers; `None` if it reverts.
pub(super) fn precompile(number: u8, input: Vec<u8>) -> Option<Vec<u8>> {
    let result = run(Address::with_last_byte(number), input, None);
    result.is_success().then(|| result.output().map(|output| output.to_vec()).unwrap_or_default())
}

/// Who asks which certificate.
pub(super) fn task(bytes: [u8; 32]) -> TaskId {
    TaskId(B256::from(bytes))
}
