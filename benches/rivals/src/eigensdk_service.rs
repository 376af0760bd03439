use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use alloy_primitives::{B256, U256};
use ark_bn254::{Fq, Fq2, G1Affine, G1Projective, G2Affine};
use ark_ff::PrimeField;
use eigensdk::client_avsregistry::error::AvsRegistryError;
use eigensdk::crypto_bls::{BlsG1Point, BlsG2Point, Signature};
use eigensdk::services_avsregistry::AvsRegistryService;
use eigensdk::services_blsaggregation::bls_agg::{
    BlsAggregatorService, ServiceHandle, TaskMetadata, TaskSignature,
};
use eigensdk::types::avs_state::{OperatorAvsState, QuorumAvsState};
use eigensdk::types::operator::{OperatorInfo, OperatorPubKeys};
use eigensdk::utils::slashing::middleware::operator_state_retriever::OperatorStateRetriever::CheckSignaturesIndices;
use futures_util::future::join_all;
use synod_benches::Threads;
use synod_benches::certificate::{Rival, Scenario};
use synod_types::signature::PublicKey;

const BLOCK: u64 = 1;
const QUORUM: u8 = 0;
const HOUR: Duration = Duration::from_secs(3_600);

/// What a registry on a chain would say of the scenario's table.
#[derive(Clone)]
struct Registry(Arc<HashMap<B256, OperatorAvsState>>);

impl Registry {
    fn of(scenario: &Scenario) -> Self {
        let signers = scenario.shape.signers;
        let operators = scenario.keys.iter().enumerate().map(|(n, key)| {
            let PublicKey::Bn254 { g1, g2 } = key else { panic!("a key of BN254") };
            let word = |n: usize| Fq::from_be_bytes_mod_order(&g2[32 * n..32 * (n + 1)]);
            let half = G2Affine::new(Fq2::new(word(1), word(0)), Fq2::new(word(3), word(2)));
            let pub_keys = OperatorPubKeys {
                g1_pub_key: BlsG1Point::new(point(g1.as_slice())),
                g2_pub_key: BlsG2Point::new(half),
            };
            let stake = U256::from(Scenario::weight(signers, n));
            let state = OperatorAvsState {
                operator_id: id(n),
                operator_info: OperatorInfo { pub_keys: Some(pub_keys), socket: None },
                stake_per_quorum: HashMap::from([(QUORUM, stake)]),
                block_num: BLOCK,
            };
            (id(n), state)
        });
        Self(Arc::new(operators.collect()))
    }
}

#[async_trait::async_trait]
impl AvsRegistryService for Registry {
    async fn get_operators_avs_state_at_block(
        &self,
        _: u64,
        _: &[u8],
    ) -> Result<HashMap<B256, OperatorAvsState>, AvsRegistryError> {
        Ok(HashMap::clone(&self.0))
    }

    async fn get_quorums_avs_state_at_block(
        &self,
        _: &[u8],
        _: u64,
    ) -> Result<HashMap<u8, QuorumAvsState>, AvsRegistryError> {
        let keys = self.0.values().filter_map(|state| state.operator_info.pub_keys.as_ref());
        let sum: G1Projective = keys.map(|keys| keys.g1_pub_key.g1()).sum();
        let state = QuorumAvsState {
            quorum_num: QUORUM,
            total_stake: self.0.values().map(|state| state.stake_per_quorum[&QUORUM]).sum(),
            agg_pub_key_g1: BlsG1Point::new(sum.into()),
            block_num: BLOCK,
        };
        Ok(HashMap::from([(QUORUM, state)]))
    }

    async fn get_check_signatures_indices(
        &self,
        _: u64,
        _: Vec<u8>,
        _: Vec<B256>,
    ) -> Result<CheckSignaturesIndices, AvsRegistryError> {
        Ok(CheckSignaturesIndices {
            nonSignerQuorumBitmapIndices: Vec::new(),
            quorumApkIndices: Vec::new(),
            totalStakeIndices: Vec::new(),
            nonSignerStakeIndices: Vec::new(),
        })
    }
}

/// eigensdk's own service, told of tasks and signatures by its handle, until its receiver has all
/// aggregates. It asks no chain: the registry is ours.
pub(crate) fn each_by_the_service(scenario: &Scenario) -> Rival<'_> {
    let tokio = Threads::Two.tokio();
    let registry = Registry::of(scenario);
    let (handle, mut receiver) = {
        let _inside = tokio.enter();
        BlsAggregatorService::new(registry).start()
    };
    let signers = scenario.shape.signers;
    let total: u64 = (0..signers).map(|n| Scenario::weight(signers, n)).sum();
    let percent = (total - scenario.shape.bad as u64) * 100 / total;
    let percent = u8::try_from(percent).expect("at most 100");
    let next = AtomicU32::new(0);
    let signatures: Vec<Vec<(B256, Signature)>> = scenario
        .answers
        .iter()
        .map(|answers| {
            let signed = |bytes: &[u8]| Signature::new(point(bytes));
            answers.iter().map(|one| (one.digest.0, signed(&one.signature.bytes))).collect()
        })
        .collect();
    Rival::new("eigensdk 2.0", move || {
        tokio.block_on(async {
            let tasks: Vec<u32> =
                signatures.iter().map(|_| next.fetch_add(1, Ordering::Relaxed)).collect();
            for &task in &tasks {
                let metadata = TaskMetadata::new(task, BLOCK, vec![QUORUM], vec![percent], HOUR);
                handle.initialize_task(metadata).await.expect("a new task");
            }
            let mut wrong = 0;
            for n in 0..signers {
                let outcomes = join_all(tasks.iter().zip(&signatures).map(|(&task, signed)| {
                    let (digest, signature) = &signed[n];
                    process(&handle, TaskSignature::new(task, *digest, signature.clone(), id(n)))
                }));
                wrong += outcomes.await.into_iter().filter(|is_good| !is_good).count();
            }
            assert_eq!(wrong, tasks.len() * scenario.shape.bad);
            for _ in &tasks {
                let response = receiver.receive_aggregated_response().await;
                let response = response.expect("an aggregate");
                assert_eq!(response.non_signers_pub_keys_g1.len(), scenario.shape.bad);
            }
        });
    })
}

/// Whether the signature was taken.
async fn process(handle: &ServiceHandle, signature: TaskSignature) -> bool {
    handle.process_signature(signature).await.is_ok()
}

fn id(n: usize) -> B256 {
    B256::left_padding_from(&(n as u64 + 1).to_be_bytes())
}

fn point(bytes: &[u8]) -> G1Affine {
    let field = |bytes: &[u8]| Fq::from_be_bytes_mod_order(bytes);
    G1Affine::new(field(&bytes[..32]), field(&bytes[32..]))
}
