//! Questions by WebSocket. A connection that fails or is slow is dropped; the next question makes
//! another. Nothing is asked again by itself.

use alloy::rpc::client::{ClientBuilder, RpcClient};
use alloy::transports::TransportError;
use alloy::transports::ws::{WebSocketConfig, WsConnect};
use parking_lot::Mutex;

use crate::endpoint::Endpoint;

/// A node by WebSocket.
pub(crate) struct Socket {
    endpoint: Endpoint,
    bytes_max: usize,
    kept: Mutex<Option<RpcClient>>,
}

impl Socket {
    pub(crate) const fn new(endpoint: Endpoint, bytes_max: usize) -> Self {
        Self { endpoint, bytes_max, kept: Mutex::new(None) }
    }

    pub(crate) async fn client(&self) -> Result<RpcClient, TransportError> {
        let kept = self.kept.lock().clone();
        match kept {
            Some(client) => Ok(client),
            None => {
                let client = connect(&self.endpoint, self.bytes_max).await?;
                *self.kept.lock() = Some(client.clone());
                Ok(client)
            }
        }
    }

    pub(crate) fn drop_client(&self) {
        *self.kept.lock() = None;
    }
}

/// Connects once, by itself never again.
pub(crate) async fn connect(
    endpoint: &Endpoint,
    bytes_max: usize,
) -> Result<RpcClient, TransportError> {
    let config = WebSocketConfig::default()
        .max_message_size(Some(bytes_max))
        .max_frame_size(Some(bytes_max));
    let connect = WsConnect::new(endpoint.text()).with_config(config).with_max_retries(0);
    ClientBuilder::default().ws(connect).await
}
