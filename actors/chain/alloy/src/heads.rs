//! Hears of new blocks by WebSocket. Says only that there may be one.

use std::time::Duration;

use alloy::primitives::B256;
use alloy::rpc::client::ClientBuilder;
use alloy::transports::TransportError;
use alloy::transports::ws::{WebSocketConfig, WsConnect};
use synod_chain::Heard;
use tokio::time::{sleep, timeout};

use crate::endpoint::Endpoint;
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
    let config = WebSocketConfig::default()
        .max_message_size(Some(MESSAGE_BYTES_MAX))
        .max_frame_size(Some(MESSAGE_BYTES_MAX));
    let connect = WsConnect::new(endpoint.url().as_str()).with_config(config).with_max_retries(0);
    let Ok(client) = timeout(CONNECT_TIMEOUT, ClientBuilder::default().ws(connect)).await else {
        return Ok(0);
    };
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
