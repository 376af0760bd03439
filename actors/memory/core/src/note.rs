//! What a block reads like to an agent.

use std::collections::BTreeSet;

use synod_types::agent::AgentId;
use synod_types::chain::{Block, BlockId, ChainId, Log};
use synod_types::memory::{Content, Importance, Label, Memory, MemoryId, MemoryKind, Origin};
use synod_types::task::TaskCreated;
use synod_types::time::Moment;
use synod_types::{B256, U256};

/// Room kept for the sentence that counts the logs left out.
const CLOSING_BYTES: usize = 64;
/// Bytes of a task's payload that are quoted.
const QUOTED_MAX: usize = 256;

/// The name of the memory of a block: two branches never share one.
pub(crate) fn id(agent: &AgentId, chain: ChainId, block: BlockId) -> MemoryId {
    let mut hasher = blake3::Hasher::new_derive_key("synod memory of a block, 1");
    hasher.update(&chain.0.to_be_bytes()).update(&block.number.to_be_bytes());
    hasher.update(block.hash.as_slice()).update(agent.as_str().as_bytes());
    MemoryId(B256::from(*hasher.finalize().as_bytes()))
}

/// The memory of a block: one paragraph in plain words, at most `bytes_max` long.
pub(crate) fn memory(
    agent: &AgentId,
    chain: ChainId,
    block: &Block,
    logs: &[Log],
    bytes_max: usize,
) -> Memory {
    let BlockId { number, hash } = block.id;
    let mut text =
        format!("Block {number} on chain {chain}, hash {hash}, time {}.", block.timestamp);
    let mut transactions = Vec::new();
    let mut tags = BTreeSet::from([label("block"), label(&format!("chain-{chain}"))]);
    let mut importance = 300;
    for (told, log) in logs.iter().enumerate() {
        let (sentence, is_task) = sentence(log);
        if bytes_max < text.len() + sentence.len() + CLOSING_BYTES {
            let left = logs.len() - told;
            text.push_str(&format!(" And {left} more logs."));
            break;
        }
        text.push_str(&sentence);
        if !transactions.contains(&log.transaction) {
            transactions.push(log.transaction);
        }
        if is_task {
            tags.insert(label("task"));
            importance = 600;
        }
    }
    Memory {
        id: id(agent, chain, block.id),
        agent: agent.clone(),
        kind: MemoryKind::Episodic,
        content: Content::Text(text.into()),
        tags,
        created: Moment::from_unix_seconds(block.timestamp),
        last_read: None,
        importance: Importance::per_mille(importance).unwrap_or_default(),
        reads: 0,
        origin: Some(Origin { chain, block: block.id, transactions }),
        source: label("chain"),
    }
}

#[expect(clippy::expect_used, reason = "called with short plain words only")]
fn label(name: &str) -> Label {
    Label::new(name).expect("a plain word is a label")
}

/// What a log says, and whether it announces a task.
fn sentence(log: &Log) -> (String, bool) {
    let Log { address, topics, data, transaction, index } = log;
    if let Ok(Some(task)) = TaskCreated::decode(topics, data) {
        let sentence = format!(
            " Task {} created by {} for operator set {}, payload {}, in transaction {}.",
            task.task,
            task.creator,
            task.set,
            quoted(&task.payload),
            transaction,
        );
        return (sentence, true);
    }
    let event = match topics.first() {
        Some(topic) => format!("event {topic}"),
        None => "an anonymous event".to_owned(),
    };
    let bytes = data.len();
    let sentence = format!(
        " Log {index}: contract {address}, {event}, {bytes} bytes, in transaction {transaction}."
    );
    (sentence, false)
}

/// A payload as a reader would want it: as text if it is printable, as a number if it can be one,
/// else in hexadecimal; cut at a limit.
fn quoted(payload: &[u8]) -> String {
    let cut = &payload[..payload.len().min(QUOTED_MAX)];
    let more = if cut.len() < payload.len() {
        format!(" and {} more bytes", payload.len() - cut.len())
    } else {
        String::new()
    };
    match std::str::from_utf8(cut) {
        _ if payload.is_empty() => "empty".to_owned(),
        Ok(text) if text.chars().all(|char| !char.is_control()) => format!("\"{text}\"{more}"),
        _ if payload.len() <= 32 => format!("number {}", U256::from_be_slice(payload)),
        _ => format!("{}{more}", synod_types::Bytes::copy_from_slice(cut)),
    }
}

#[cfg(test)]
mod tests;
