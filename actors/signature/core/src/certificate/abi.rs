use alloy_primitives::{B256, Bytes, U256, keccak256};
use alloy_sol_types::{SolCall, SolValue};
use synod_types::certificate::{
    Bn254Certificate, Certificate, EcdsaCertificate, NonSignerWitness, OperatorRow,
};
use synod_types::signature::{Bn254G1, Bn254G2};
use synod_types::task::TaskId;

#[allow(missing_docs, unreachable_pub, reason = "written by the macro")]
mod sol {
    alloy_sol_types::sol! {
        struct G1Point { uint256 x; uint256 y; }
        struct G2Point { uint256[2] x; uint256[2] y; }
        struct OperatorInfo { G1Point pubkey; uint256[] weights; }
        struct Witness { uint32 operatorIndex; bytes proof; OperatorInfo info; }
        struct Bn254 {
            uint32 referenceTimestamp;
            bytes32 messageHash;
            G1Point signature;
            G2Point apk;
            Witness[] nonSignerWitnesses;
        }
        struct Ecdsa { uint32 referenceTimestamp; bytes32 messageHash; bytes sig; }
        function submitResult(bytes32 taskHash, bytes executorCert, bytes result);
    }
}

/// keccak(0x75 ‖ abi.encode(row)): a row's leaf in the operator table's tree.
pub fn operator_leaf(row: &OperatorRow) -> B256 {
    keccak256([&[0x75], sol::OperatorInfo::from(row).abi_encode().as_slice()].concat())
}

/// A BN254 certificate as the verifier contract decodes it.
pub fn encode_bn254(certificate: &Bn254Certificate) -> Bytes {
    let witnesses = certificate.non_signers.iter().map(sol::Witness::from).collect();
    sol::Bn254 {
        referenceTimestamp: certificate.reference_timestamp,
        messageHash: certificate.message_hash,
        signature: g1(&certificate.signature),
        apk: g2(&certificate.apk_g2),
        nonSignerWitnesses: witnesses,
    }
    .abi_encode()
    .into()
}

/// An ECDSA certificate as the verifier contract decodes it.
pub fn encode_ecdsa(certificate: &EcdsaCertificate) -> Bytes {
    sol::Ecdsa {
        referenceTimestamp: certificate.reference_timestamp,
        messageHash: certificate.message_hash,
        sig: certificate.signatures.clone(),
    }
    .abi_encode()
    .into()
}

/// Calldata of `submitResult(taskHash, certificate, result)`. `None` for a certificate that no
/// contract takes.
pub fn submit_result(task: TaskId, certificate: &Certificate, result: &Bytes) -> Option<Bytes> {
    let certificate = match certificate {
        Certificate::Bn254(certificate) => encode_bn254(certificate),
        Certificate::Ecdsa(certificate) => encode_ecdsa(certificate),
        Certificate::Bls12381(_) => return None,
    };
    let call = sol::submitResultCall {
        taskHash: task.0,
        executorCert: certificate,
        result: result.clone(),
    };
    Some(call.abi_encode().into())
}

impl From<&OperatorRow> for sol::OperatorInfo {
    fn from(row: &OperatorRow) -> Self {
        let weights = row.weights.iter().map(|weight| weight.0).collect();
        Self { pubkey: g1(&row.key), weights }
    }
}

impl From<&NonSignerWitness> for sol::Witness {
    fn from(witness: &NonSignerWitness) -> Self {
        Self {
            operatorIndex: witness.index,
            proof: witness.proof.clone(),
            info: (&witness.row).into(),
        }
    }
}

fn g1(point: &Bn254G1) -> sol::G1Point {
    sol::G1Point { x: word(point.as_slice(), 0), y: word(point.as_slice(), 1) }
}

fn g2(point: &Bn254G2) -> sol::G2Point {
    let [x1, x0, y1, y0] = [0, 1, 2, 3].map(|n| word(point.as_slice(), n));
    sol::G2Point { x: [x1, x0], y: [y1, y0] }
}

fn word(bytes: &[u8], number: usize) -> U256 {
    U256::from_be_slice(&bytes[32 * number..32 * (number + 1)])
}
