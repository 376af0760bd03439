//! What a node's answers, good and bad, are made into.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{Node, hash, header, log, number};
use serde_json::{Value, json};
use synod_chain::{Source, SourceError};
use synod_chain_alloy::{AlloySource, Connection, Verify};
use synod_types::chain::{Block, ChainId, LogFilter, PlacedLog, Trouble};

const HEAD: u64 = 500;

fn source(url: &str) -> AlloySource {
    let connection = Connection {
        request_timeout: Duration::from_secs(2),
        answer_bytes_max: 200_000,
        // Its headers have no more fields than are looked at.
        verify: Verify::None,
        ..Connection::default()
    };
    AlloySource::new(url, None, &connection).unwrap()
}

/// A good node of 501 blocks, each with one log.
fn good(method: &str, params: &Value) -> Result<Value, Value> {
    Ok(match method {
        "eth_chainId" => json!("0x7a69"),
        "eth_blockNumber" => json!(format!("{HEAD:#x}")),
        "eth_getBlockByNumber" if number(&params[0]) <= HEAD => header(number(&params[0])),
        "eth_getBlockByNumber" => Value::Null,
        "eth_getLogs" => {
            let of_hash = |text: &str| u64::from_str_radix(&text[2..], 16).unwrap() - 1_000;
            let (from, to) = match params[0]["blockHash"].as_str() {
                Some(text) => (of_hash(text), of_hash(text)),
                None => (number(&params[0]["fromBlock"]), number(&params[0]["toBlock"])),
            };
            (from..=to).map(|number| log(number, 0)).collect()
        }
        _ => return Err(json!({ "code": -32601, "message": "no such method" })),
    })
}

fn blocks(from: u64, to: u64) -> Vec<Block> {
    let decoded = |number: u64| {
        let id = synod_types::chain::BlockId { number, hash: hash(number).parse().unwrap() };
        Block { id, parent: hash(number - 1).parse().unwrap(), timestamp: 1_700_000_000 + number }
    };
    (from..=to).map(decoded).collect()
}

async fn logs_from(node: &Node, from: u64, to: u64) -> Result<Vec<PlacedLog>, SourceError> {
    source(&node.url).logs(&blocks(from, to), &LogFilter::default()).await
}

#[tokio::test]
async fn a_good_node_is_understood() {
    let node = Node::answering(good).await;
    let source = source(&node.url);
    let identity = source.identity().await.unwrap();
    assert_eq!((identity.chain, identity.genesis), (ChainId(31_337), hash(0).parse().unwrap()));
    assert_eq!(source.head().await, Ok(HEAD));
    assert_eq!(source.headers(50, 449).await.unwrap(), blocks(50, 449));
    let requests = node.asked.lock().len();
    assert_eq!(requests, 5, "two for the identity, one for the head, two batches of 200");
    assert_eq!(source.headers(495, 600).await.unwrap(), blocks(495, HEAD), "what there is");
    assert_eq!(source.headers(600, 700).await.unwrap(), []);
}

#[tokio::test]
async fn logs_of_few_blocks_are_asked_for_by_hash_and_of_many_by_range() {
    let node = Node::answering(good).await;
    assert_eq!(logs_from(&node, 10, 13).await.unwrap().len(), 4);
    assert!(node.asked.lock()[0][3]["params"][0]["blockHash"].is_string());
    assert_eq!(logs_from(&node, 10, 99).await.unwrap().len(), 90);
    assert_eq!(node.asked.lock()[2]["params"][0]["toBlock"], "0x63");
    assert_eq!(logs_from(&node, 1, 0).await, Ok(vec![]));
}

/// A node that is good but for its answers to one method.
#[track_caller]
fn check(
    method: &'static str,
    answer: Result<Value, Value>,
    (from, to): (u64, u64),
    expected: Trouble,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let node =
            Node::answering(
                move |asked, params| {
                    if asked == method { answer.clone() } else { good(asked, params) }
                },
            )
            .await;
        let trouble = logs_from(&node, from, to).await.map_err(|error| error.trouble);
        assert_eq!(trouble, Err(expected));
    });
}

#[test]
fn logs_that_do_not_fit_the_blocks_are_torn() {
    let stranger = json!([log(10, 0), log(777, 0)]);
    check("eth_getLogs", Ok(stranger), (10, 40), Trouble::Torn);
    let mut removed = log(10, 0);
    removed["removed"] = json!(true);
    check("eth_getLogs", Ok(json!([removed])), (10, 40), Trouble::Torn);
    // No logs at all; but then the last block turns out to be another.
    let mut other = header(40);
    other["hash"] = json!(hash(9_999));
    check("eth_getBlockByNumber", Ok(other.clone()), (10, 40), Trouble::Torn);
    check("eth_getBlockByNumber", Ok(other), (40, 40), Trouble::Torn);
    check("eth_getBlockByNumber", Ok(Value::Null), (10, 40), Trouble::Torn);
}

#[test]
fn what_a_node_refuses_is_understood() {
    let error = |code: i64, message: &str| Err(json!({ "code": code, "message": message }));
    let many = error(-32_005, "query returned more than 10000 results");
    check("eth_getLogs", many, (10, 40), Trouble::TooLarge);
    check("eth_getLogs", error(-32_000, "unknown block"), (10, 11), Trouble::Torn);
    check("eth_getLogs", error(-32_601, "no such method"), (10, 40), Trouble::Refused);
    check("eth_getLogs", Ok(json!("nonsense")), (10, 40), Trouble::Unavailable);
    check("eth_getLogs", Ok(json!(["x".repeat(300_000)])), (10, 40), Trouble::TooLarge);
}

#[tokio::test]
async fn no_error_shows_a_credential() {
    let leaky =
        Node::start(Arc::new(|_| (401, "bad key my5ecretkey of us3r:passw0rd".into()))).await;
    let with_secrets = |url: &str| {
        let url = url.replace("http://", "http://us3r:passw0rd@");
        format!("{url}/v3/my5ecretkey?token=t0ken")
    };
    let deaf = "http://127.0.0.1:1".to_owned();
    for (url, expected) in [(leaky.url, Trouble::Refused), (deaf, Trouble::Unavailable)] {
        let error = source(&with_secrets(&url)).head().await.unwrap_err();
        assert_eq!(error.trouble, expected);
        let text = format!("{error} {error:?}");
        for secret in ["us3r", "passw0rd", "my5ecretkey", "t0ken"] {
            assert!(!text.contains(secret), "{text}");
        }
        assert!(text.contains("127.0.0.1"), "it says which node: {text}");
    }
}

#[tokio::test]
async fn a_node_that_never_answers_is_given_up() {
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}", silent.local_addr().unwrap());
    let request_timeout = Duration::from_millis(100);
    let connection = Connection { request_timeout, ..Connection::default() };
    let source = AlloySource::new(&url, None, &connection).unwrap();
    assert_eq!(source.head().await.unwrap_err().trouble, Trouble::Timeout);
}

#[tokio::test]
async fn a_batch_that_is_too_long_for_the_node_is_asked_for_in_parts() {
    let refusal = json!({ "jsonrpc": "2.0", "id": null,
        "error": { "code": -32_600, "message": "batch limit exceeded" } });
    let node = Node::start(Arc::new(move |_| (200, refusal.to_string()))).await;
    let error = source(&node.url).headers(1, 50).await.unwrap_err();
    assert_eq!(error.trouble, Trouble::TooLarge);
}
