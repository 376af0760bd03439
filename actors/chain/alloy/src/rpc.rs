//! Questions, and batches of them.

use std::time::Duration;

use alloy::rpc::client::RpcClient;
use alloy::rpc::json_rpc::{RpcRecv, RpcSend};
use alloy::transports::TransportError;
use reqwest::Client;
use reqwest::redirect::Policy;
use synod_chain::SourceError;

use crate::endpoint::Endpoint;
use crate::transport::BoundedHttp;
use crate::trouble::judge;

/// How long it may take to reach the node.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A node by HTTP.
pub(crate) struct Rpc {
    endpoint: Endpoint,
    client: RpcClient,
}

impl Rpc {
    #[expect(clippy::expect_used, reason = "fails only without a TLS provider; there is one")]
    pub(crate) fn new(endpoint: Endpoint, timeout: Duration, bytes_max: usize) -> Self {
        // Somebody else's choice of a provider is as good.
        drop(rustls::crypto::ring::default_provider().install_default());
        let client = Client::builder()
            .connect_timeout(CONNECT_TIMEOUT)
            .timeout(timeout)
            .redirect(Policy::none())
            .user_agent(concat!("synod/", env!("CARGO_PKG_VERSION")))
            .build()
            .expect("a client with TLS by ring");
        let transport = BoundedHttp { client, url: endpoint.url().clone(), bytes_max };
        Self { endpoint, client: RpcClient::new(transport, false) }
    }

    pub(crate) const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    pub(crate) async fn ask<P: RpcSend, T: RpcRecv>(
        &self,
        method: &'static str,
        params: P,
    ) -> Result<T, SourceError> {
        let answer = self.client.request(method, params).await;
        answer.map_err(|error| self.explain(method, &error))
    }

    /// One question with several sets of parameters, in one request.
    pub(crate) async fn ask_all<P: RpcSend, T: RpcRecv>(
        &self,
        method: &'static str,
        params: impl IntoIterator<Item = P>,
    ) -> Result<Vec<T>, SourceError> {
        let explain = |error: TransportError| self.explain(method, &error);
        let mut batch = self.client.new_batch();
        let mut waiters = Vec::new();
        for params in params {
            waiters.push(batch.add_call::<_, T>(method, &params).map_err(explain)?);
        }
        batch.send().await.map_err(explain)?;
        let mut answers = Vec::with_capacity(waiters.len());
        for waiter in waiters {
            answers.push(waiter.await.map_err(explain)?);
        }
        Ok(answers)
    }

    fn explain(&self, question: &'static str, error: &TransportError) -> SourceError {
        let (trouble, text) = judge(error);
        let detail = format!("{}: {}", self.endpoint, self.endpoint.redact(&text));
        SourceError { question, trouble, detail }
    }
}
