//! Connections, plain and encrypted, and HTTP as far as it is needed.

use std::future::Future;
use std::sync::Arc;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;

pub trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}

impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// One connection, as the server sees it.
pub struct Wire {
    pub stream: Box<dyn Stream>,
    buffer: Vec<u8>,
}

/// Ends when it is dropped.
pub struct Server {
    pub url: String,
    connections: watch::Receiver<usize>,
    _tasks: JoinSet<()>,
}

impl Server {
    /// Returns once somebody has connected.
    pub async fn connected(&self) {
        self.connections.clone().wait_for(|connections| 0 < *connections).await.unwrap();
    }
}

pub async fn plain<F: Future<Output = ()> + Send + 'static>(
    converse: impl Fn(Wire) -> F + Send + Sync + 'static,
) -> Server {
    server("http", None, converse).await
}

pub async fn encrypted<F: Future<Output = ()> + Send + 'static>(
    own: &Arc<ServerConfig>,
    converse: impl Fn(Wire) -> F + Send + Sync + 'static,
) -> Server {
    server("https", Some(TlsAcceptor::from(Arc::clone(own))), converse).await
}

async fn server<F: Future<Output = ()> + Send + 'static>(
    scheme: &str,
    acceptor: Option<TlsAcceptor>,
    converse: impl Fn(Wire) -> F + Send + Sync + 'static,
) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let host = if acceptor.is_some() { "localhost" } else { "127.0.0.1" };
    let url = format!("{scheme}://{host}:{}", listener.local_addr().unwrap().port());
    let (count, connections) = watch::channel(0);
    let converse = Arc::new(converse);
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut open = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            count.send_modify(|count| *count += 1);
            let (acceptor, converse) = (acceptor.clone(), Arc::clone(&converse));
            open.spawn(async move {
                let stream: Box<dyn Stream> = match acceptor {
                    None => Box::new(stream),
                    // Whoever is not let in has nothing to say.
                    Some(acceptor) => match acceptor.accept(stream).await {
                        Ok(stream) => Box::new(stream),
                        Err(_) => return,
                    },
                };
                converse(Wire { stream, buffer: Vec::new() }).await;
            });
        }
    });
    Server { url, connections, _tasks: tasks }
}

impl Wire {
    pub async fn say(&mut self, text: &str) {
        // Whoever has gone hears nothing.
        drop(self.stream.write_all(text.as_bytes()).await);
        drop(self.stream.flush().await);
    }

    /// Says nothing, for as long as the other side stays.
    pub async fn hold(mut self) {
        while self.more().await {}
    }

    /// Reads to the end of a head.
    pub async fn head(&mut self) -> Option<usize> {
        loop {
            let text = String::from_utf8_lossy(&self.buffer);
            if let Some(end) = text.find("\r\n\r\n") {
                return Some(end + 4);
            }
            if !self.more().await {
                return None;
            }
        }
    }

    /// The first line of the next request, and its body.
    pub async fn request(&mut self) -> Option<(String, String)> {
        let head = self.head().await?;
        let text = String::from_utf8_lossy(&self.buffer[..head]).into_owned();
        let length = text.lines().find_map(|line| {
            let line = line.to_ascii_lowercase();
            line.strip_prefix("content-length:").map(|length| length.trim().parse().unwrap())
        });
        let length: usize = length.unwrap_or(0);
        while self.buffer.len() < head + length {
            if !self.more().await {
                return None;
            }
        }
        let body = String::from_utf8_lossy(&self.buffer[head..head + length]).into_owned();
        self.buffer.drain(..head + length);
        Some((text.lines().next().unwrap().to_owned(), body))
    }

    async fn more(&mut self) -> bool {
        self.stream.read_buf(&mut self.buffer).await.is_ok_and(|read| 0 < read)
    }
}
