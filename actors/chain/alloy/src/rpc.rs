//! Questions, and batches of them.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use alloy::rpc::client::RpcClient;
use alloy::rpc::json_rpc::{RpcRecv, RpcSend};
use alloy::transports::TransportError;
use reqwest::Client;
use reqwest::redirect::Policy;
use synod_chain::SourceError;
use synod_types::chain::Trouble;
use tokio::time::timeout;

use crate::endpoint::{Endpoint, Way};
use crate::ipc::Ipc;
use crate::metrics::Metrics;
use crate::socket::Socket;
use crate::source::Connection;
use crate::transport::{BoundedHttp, Traffic};
use crate::trouble::judge;

/// How long it may take to reach the node.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// A node that can be asked.
pub(crate) struct Rpc {
    endpoint: Endpoint,
    line: Line,
    request_timeout: Duration,
    calls: AtomicU64,
    metrics: Arc<Metrics>,
}

enum Line {
    /// HTTP or IPC: a connection is the transport's business.
    Lasting(RpcClient),
    Socket(Socket),
}

impl Rpc {
    pub(crate) fn new(endpoint: Endpoint, connection: &Connection) -> Self {
        let (chain, name) = (connection.chain.to_string(), connection.name.clone());
        let metrics = Arc::new(Metrics::new(chain, name));
        let traffic = Traffic(Arc::clone(&metrics));
        let (request_timeout, bytes_max) =
            (connection.request_timeout, connection.answer_bytes_max);
        let line = match endpoint.way() {
            Way::Http(url) => {
                let (client, url) = (http(request_timeout), url.clone());
                Line::Lasting(RpcClient::new(
                    BoundedHttp { client, url, bytes_max, traffic },
                    false,
                ))
            }
            Way::Ipc(path) => {
                let (path, kept) = (path.clone(), Arc::default());
                Line::Lasting(RpcClient::new(Ipc { path, bytes_max, kept, traffic }, true))
            }
            Way::Ws(_) => Line::Socket(Socket::new(endpoint.clone(), bytes_max)),
        };
        Self { endpoint, line, request_timeout, calls: AtomicU64::new(0), metrics }
    }

    pub(crate) const fn endpoint(&self) -> &Endpoint {
        &self.endpoint
    }

    /// How many calls were asked so far.
    pub(crate) fn calls(&self) -> u64 {
        self.calls.load(Ordering::Relaxed)
    }

    pub(crate) async fn ask<P: RpcSend, T: RpcRecv>(
        &self,
        method: &'static str,
        params: P,
    ) -> Result<T, SourceError> {
        let question = async {
            let client = self.client().await?;
            client.request(method, params).await
        };
        self.timed(method, 1, question).await
    }

    /// One question with several sets of parameters, in one request.
    pub(crate) async fn ask_all<P: RpcSend, T: RpcRecv>(
        &self,
        method: &'static str,
        params: impl IntoIterator<Item = P>,
    ) -> Result<Vec<T>, SourceError> {
        let params: Vec<P> = params.into_iter().collect();
        let calls = params.len() as u64;
        let question = async {
            let client = self.client().await?;
            let mut batch = client.new_batch();
            let mut waiters = Vec::with_capacity(params.len());
            for params in params {
                waiters.push(batch.add_call::<_, T>(method, &params)?);
            }
            batch.send().await?;
            let mut answers = Vec::with_capacity(waiters.len());
            for waiter in waiters {
                answers.push(waiter.await?);
            }
            Ok(answers)
        };
        self.timed(method, calls, question).await
    }

    async fn client(&self) -> Result<RpcClient, TransportError> {
        match &self.line {
            Line::Lasting(client) => Ok(client.clone()),
            // Connecting takes much room.
            Line::Socket(socket) => Box::pin(socket.client()).await,
        }
    }

    async fn timed<T>(
        &self,
        method: &'static str,
        calls: u64,
        question: impl Future<Output = Result<T, TransportError>>,
    ) -> Result<T, SourceError> {
        self.calls.fetch_add(calls, Ordering::Relaxed);
        let begun = Instant::now();
        let answer = timeout(self.request_timeout, question).await;
        self.metrics.asked(method, calls, begun.elapsed());
        let error = match answer {
            Ok(Ok(answer)) => return Ok(answer),
            Ok(Err(error)) => self.explain(method, &error),
            Err(_) => {
                let detail = format!("{}: no answer in {:?}", self.endpoint, self.request_timeout);
                SourceError { question: method, trouble: Trouble::Timeout, detail }
            }
        };
        self.metrics.failed(method, error.trouble);
        if let Line::Socket(socket) = &self.line
            && matches!(error.trouble, Trouble::Timeout | Trouble::Unavailable | Trouble::TooLarge)
        {
            socket.drop_client();
        }
        Err(error)
    }

    fn explain(&self, question: &'static str, error: &TransportError) -> SourceError {
        let (trouble, text) = judge(error);
        let detail = format!("{}: {}", self.endpoint, self.endpoint.redact(&text));
        SourceError { question, trouble, detail }
    }
}

#[expect(clippy::expect_used, reason = "fails only without a TLS provider; there is one")]
fn http(request_timeout: Duration) -> Client {
    // Somebody else's choice of a provider is as good.
    drop(rustls::crypto::ring::default_provider().install_default());
    Client::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .timeout(request_timeout)
        .redirect(Policy::none())
        .user_agent(concat!("synod/", env!("CARGO_PKG_VERSION")))
        .build()
        .expect("a client with TLS by ring")
}
