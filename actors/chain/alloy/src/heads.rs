//! Hears of new blocks by WebSocket or IPC. Says only that there may be one.

use std::time::Duration;

use alloy::primitives::B256;
use alloy::transports::TransportError;
use synod_chain::Heard;
use tokio::time::{sleep, timeout};

use crate::endpoint::{Endpoint, Way};
use crate::ipc::Values;
use crate::socket::connect;
use crate::trouble::judge;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
/// A socket this quiet is taken for dead: some never say so.
const QUIET_MAX: Duration = Duration::from_secs(60);
const RETRY_FIRST: Duration = Duration::from_secs(1);
const RETRY_MAX: Duration = Duration::from_secs(60);
/// A header is a few kilobytes.
const MESSAGE_BYTES_MAX: usize = 1 << 20;

/// Connects again and again until it is dropped.
pub(crate) async fn follow_heads(endpoint: Endpoint, heard: Heard) {
    let mut wait = RETRY_FIRST;
    loop {
        match listen(&endpoint, &heard).await {
            Ok(0) => tracing::debug!(node = %endpoint, "heard of no new heads"),
            Ok(_) => wait = RETRY_FIRST,
            Err(error) => {
                let (_, text) = judge(&error);
                let error = endpoint.redact(&text);
                tracing::debug!(node = %endpoint, %error, "cannot listen for new heads");
            }
        }
        sleep(wait).await;
        wait = wait.saturating_mul(2).min(RETRY_MAX);
    }
}

/// Listens until the socket is closed or quiet; says how often it heard something.
async fn listen(endpoint: &Endpoint, heard: &Heard) -> Result<u64, TransportError> {
    if let Way::Ipc(path) = endpoint.way() {
        return listen_by_ipc(path, heard).await;
    }
    let connected = timeout(CONNECT_TIMEOUT, Box::pin(connect(endpoint, MESSAGE_BYTES_MAX))).await;
    let Ok(client) = connected else { return Ok(0) };
    let client = client?;
    let Ok(id) = timeout(CONNECT_TIMEOUT, client.request("eth_subscribe", ("newHeads",))).await
    else {
        return Ok(0);
    };
    let id: B256 = id?;
    let mut heads = client.get_raw_subscription(id).await;
    let mut count = 0;
    loop {
        match timeout(QUIET_MAX, heads.recv()).await {
            // One that we are too slow for is a hint as well.
            Ok(Ok(_) | Err(tokio::sync::broadcast::error::RecvError::Lagged(_))) => heard(),
            Ok(Err(tokio::sync::broadcast::error::RecvError::Closed)) | Err(_) => return Ok(count),
        }
        count += 1;
    }
}

/// The answer to the subscription is taken for a first head: it only makes us look once more.
async fn listen_by_ipc(path: &std::path::Path, heard: &Heard) -> Result<u64, TransportError> {
    const SUBSCRIBE: &[u8] =
        br#"{"jsonrpc":"2.0","id":1,"method":"eth_subscribe","params":["newHeads"]}"#;
    let mut values = Values::connect(path, MESSAGE_BYTES_MAX).await?;
    values.write(SUBSCRIBE).await?;
    let mut count = 0;
    while let Ok(value) = timeout(QUIET_MAX, values.next()).await {
        drop(value?);
        heard();
        count += 1;
    }
    Ok(count)
}
