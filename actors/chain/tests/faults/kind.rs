//! What can be wrong with an endpoint.

use serde_json::{Value, json};

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    TooManyRequests,
    InternalError,
    BadGateway,
    Unavailable,
    ConnectionRefused,
    ConnectionReset,
    ResetMidBody,
    Truncated,
    Garbage,
    InvalidJson,
    RpcError,
    TooManyResults,
    Hang,
    SlowDrip,
    ReorderedBatch,
    DuplicatedAnswers,
    DuplicatedLogs,
    RemovedLogs,
    MissingLogs,
    AlteredLogs,
    ForeignLogs,
    WrongChainId,
    StaleHead,
    HighHead,
    NullBlock,
    WrongHash,
    WrongParent,
}

impl Kind {
    pub const ALL: [Self; 27] = [
        Self::TooManyRequests,
        Self::InternalError,
        Self::BadGateway,
        Self::Unavailable,
        Self::ConnectionRefused,
        Self::ConnectionReset,
        Self::ResetMidBody,
        Self::Truncated,
        Self::Garbage,
        Self::InvalidJson,
        Self::RpcError,
        Self::TooManyResults,
        Self::Hang,
        Self::SlowDrip,
        Self::ReorderedBatch,
        Self::DuplicatedAnswers,
        Self::DuplicatedLogs,
        Self::RemovedLogs,
        Self::MissingLogs,
        Self::AlteredLogs,
        Self::ForeignLogs,
        Self::WrongChainId,
        Self::StaleHead,
        Self::HighHead,
        Self::NullBlock,
        Self::WrongHash,
        Self::WrongParent,
    ];

    /// Whether only receipts can show it.
    pub fn needs_receipts(self) -> bool {
        matches!(self, Self::MissingLogs | Self::AlteredLogs)
    }

    /// The status of the answer, if it is none.
    pub fn status(self) -> Option<(u16, &'static str)> {
        Some(match self {
            Self::TooManyRequests => (429, "Too Many Requests"),
            Self::InternalError => (500, "Internal Server Error"),
            Self::BadGateway => (502, "Bad Gateway"),
            Self::Unavailable => (503, "Service Unavailable"),
            _ => return None,
        })
    }

    /// The answer to `question`, bent.
    pub fn bend(self, method: &str, answer: &mut Value) {
        let result = &mut answer["result"];
        match (self, method) {
            (Self::RpcError, _) => refuse(answer, -32_000, "internal error"),
            (Self::TooManyResults, "eth_getLogs") => {
                refuse(answer, -32_005, "query returned more than 10000 results");
            }
            (Self::DuplicatedLogs, "eth_getLogs") => {
                let logs = result.as_array_mut().unwrap();
                let again = logs.clone();
                logs.extend(again);
            }
            (Self::RemovedLogs, "eth_getLogs") => {
                if let Some(log) = result.as_array_mut().unwrap().first_mut() {
                    log["removed"] = json!(true);
                }
            }
            (Self::ForeignLogs, "eth_getLogs") => {
                if let Some(log) = result.as_array_mut().unwrap().last_mut() {
                    log["topics"][1] = json!(format!("0x{}", "5a".repeat(32)));
                }
            }
            (Self::MissingLogs, "eth_getBlockReceipts") => {
                receipts(result, |logs| drop(logs.pop()));
            }
            (Self::AlteredLogs, "eth_getBlockReceipts") => receipts(result, |logs| {
                if let Some(log) = logs.first_mut() {
                    log["data"] = json!(format!("0x{}", "77".repeat(32)));
                }
            }),
            (Self::WrongChainId, "eth_chainId") => *result = json!("0x1"),
            (Self::StaleHead, "eth_blockNumber") => lift(result, -7),
            (Self::HighHead, "eth_blockNumber") => lift(result, 9),
            (Self::NullBlock, "eth_getBlockByNumber") => *result = Value::Null,
            (Self::WrongHash, "eth_getBlockByNumber") => flip(result, "hash"),
            (Self::WrongParent, "eth_getBlockByNumber") => flip(result, "parentHash"),
            _ => (),
        }
    }
}

fn refuse(answer: &mut Value, code: i64, message: &str) {
    let answer = answer.as_object_mut().unwrap();
    answer.remove("result");
    answer.insert("error".to_owned(), json!({ "code": code, "message": message }));
}

fn receipts(result: &mut Value, bend: impl Fn(&mut Vec<Value>)) {
    for receipt in result.as_array_mut().into_iter().flatten() {
        receipt["logs"].as_array_mut().into_iter().for_each(&bend);
    }
}

fn lift(result: &mut Value, by: i64) {
    let number = super::anvil::parse(result);
    *result = json!(super::anvil::hex(number.saturating_add_signed(by)));
}

fn flip(block: &mut Value, key: &str) {
    if let Some(hash) = block[key].as_str() {
        let last = if hash.ends_with('0') { "1" } else { "0" };
        block[key] = json!(format!("{}{last}", &hash[..hash.len() - 1]));
    }
}
