//! What clients, nodes and other processes say: bodies, names, trace headers, announcements.

use std::fmt::Debug;

use alloy_primitives::B256;
use serde::Serialize;
use serde::de::DeserializeOwned;
use synod_types::actor::ActorId;
use synod_types::agent::AgentId;
use synod_types::memory::{Cursor, Label, MemoryQuery, NewMemory};
use synod_types::task::{Submission, TASK_CREATED, TaskCreated, TaskFilter};
use synod_types::trace::TraceContext;

use super::input::Input;

pub(super) fn check(data: &[u8]) {
    let Some((kind, bytes)) = data.split_first() else { return };
    match kind % 6 {
        0 => body::<NewMemory>(bytes),
        1 => body::<MemoryQuery>(bytes),
        2 => body::<Submission>(bytes),
        3 => names(&String::from_utf8_lossy(bytes)),
        4 => trace(&String::from_utf8_lossy(bytes)),
        _ => announcement(bytes),
    }
}

fn body<T: Serialize + DeserializeOwned + PartialEq + Debug>(bytes: &[u8]) {
    if let Ok(value) = serde_json::from_slice::<T>(bytes) {
        let written = serde_json::to_vec(&value).unwrap();
        assert_eq!(serde_json::from_slice::<T>(&written).unwrap(), value);
    }
}

fn names(text: &str) {
    if let Ok(id) = AgentId::new(text) {
        assert_eq!(id.as_str(), text);
        assert!(text.len() <= 128 && !text.contains('/') && text.is_ascii());
    }
    if let Ok(id) = ActorId::new(text) {
        assert_eq!(id.as_str(), text);
        assert!(text.len() <= 64 && !text.contains(['/', ' ', '\n']));
    }
    if let Ok(label) = Label::new(text) {
        assert_eq!(label.as_str(), text);
        assert!(text.len() <= 128 && !text.contains(char::is_control));
    }
    if let Ok(cursor) = text.parse::<Cursor>() {
        assert_eq!(cursor.to_string().parse(), Ok(cursor));
    }
    let is_filter = ["all", "pending", "processing", "completed", "failed"].contains(&text);
    assert_eq!(TaskFilter::from_name(text).is_some(), is_filter);
}

fn trace(text: &str) {
    if let Ok(context) = text.parse::<TraceContext>() {
        let written = context.to_string();
        assert_eq!(written.parse(), Ok(context));
        assert_eq!(written[3..52], text[3..52], "the ids are those that came");
        assert!(written.len() == 55 && !text.starts_with("ff"));
    }
}

/// A log of a chain: what is read of it, a contract would have written.
fn announcement(bytes: &[u8]) {
    let mut input = Input(bytes);
    let others = usize::from(input.byte() % 5);
    let mut topics = vec![TASK_CREATED];
    topics.extend((0..others).map(|_| B256::new(input.array())));
    if input.byte() == 0 {
        topics[0] = B256::new(input.array());
    }
    let read = TaskCreated::decode(&topics, input.0);
    if let Ok(Some(task)) = &read {
        let (again, data) = task.encode();
        assert_eq!(again, topics);
        assert_eq!(TaskCreated::decode(&again, &data).as_ref(), Ok(&Some(task.clone())));
        assert!(task.payload.len() <= input.0.len());
        assert!(task.fee.bit_len() <= 96);
    }
    assert_eq!(read == Ok(None), topics[0] != TASK_CREATED);
}

pub(super) fn seeds() -> Vec<Vec<u8>> {
    let word = |last: u8| [[0; 31].to_vec(), vec![last]].concat();
    let log = [3, 4, 5, 6, 7, 192, 3].map(word).concat();
    let topics = [[0; 12].to_vec(), vec![9; 20], vec![8; 32], vec![0; 12], vec![7; 20]].concat();
    let announced = [vec![3], topics, vec![1], log, vec![1; 32]].concat();
    let task = r#"{"task":{"id":"0xID","chain":1,"block":{"number":1,"hash":"0xID"},
        "creator":"0xAD","set":{"avs":"0xAD","number":1},"reference_timestamp":1,
        "refund_collector":"0xAD","fee":"0x1","deadline":"0x2","payload":"0x01"},"operator":"0xAD"}"#;
    let task = task.replace("ID", &"07".repeat(32)).replace("AD", &"09".repeat(20));
    [
        (0, br#"{"content":{"text":"a"},"tags":["b"],"importance":7,"kind":"episodic"}"#.to_vec()),
        (0, br#"{"key":"k","content":{"bytes":"0x00ff"}}"#.to_vec()),
        (1, br#"{"text":"a","nearest":"b","limit":3,"from":1,"order":"newest"}"#.to_vec()),
        (2, task.into_bytes()),
        (3, b"agent-1".to_vec()),
        (3, format!("1f-2-0x{}", "07".repeat(32)).into_bytes()),
        (4, b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".to_vec()),
        (4, b"01-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more".to_vec()),
        (5, announced),
    ]
    .map(|(kind, bytes)| [vec![kind], bytes].concat())
    .to_vec()
}
