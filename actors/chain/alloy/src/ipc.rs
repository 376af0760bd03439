//! JSON-RPC over a Unix socket: one JSON value after another, nothing between them.

use std::path::PathBuf;
use std::sync::Arc;
use std::task::{Context, Poll};

use alloy::rpc::json_rpc::{RequestPacket, ResponsePacket};
use alloy::transports::{TransportError, TransportErrorKind, TransportFut};
use parking_lot::Mutex;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::UnixStream;
use tower::Service;

use crate::transport::{TooLong, Traffic, whole};

/// One connection at most is kept. A question that is given up takes its connection along.
#[derive(Clone)]
pub(crate) struct Ipc {
    pub(crate) path: PathBuf,
    pub(crate) bytes_max: usize,
    pub(crate) kept: Arc<Mutex<Option<Values>>>,
    pub(crate) traffic: Traffic,
}

impl Ipc {
    async fn ask(self, request: RequestPacket) -> Result<ResponsePacket, TransportError> {
        let body = serde_json::to_vec(&request).map_err(TransportError::ser_err)?;
        let kept = self.kept.lock().take();
        let mut values = match kept {
            Some(values) => values,
            None => Values::connect(&self.path, self.bytes_max).await?,
        };
        values.write(&body).await?;
        let answer = values.next().await?;
        self.traffic.counted(body.len(), answer.len());
        let packet = serde_json::from_slice(&answer)
            .map_err(|error| TransportError::deser_err(error, "an answer by IPC"))?;
        *self.kept.lock() = Some(values);
        whole(request.as_batch().is_some(), packet)
    }
}

impl Service<RequestPacket> for Ipc {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: RequestPacket) -> TransportFut<'static> {
        Box::pin(self.clone().ask(request))
    }
}

/// A connection, read value by value.
pub(crate) struct Values {
    stream: UnixStream,
    buffer: Vec<u8>,
    edge: Edge,
    bytes_max: usize,
}

impl Values {
    pub(crate) async fn connect(
        path: &std::path::Path,
        bytes_max: usize,
    ) -> Result<Self, TransportError> {
        let stream = UnixStream::connect(path).await.map_err(TransportErrorKind::custom)?;
        Ok(Self { stream, buffer: Vec::new(), edge: Edge::default(), bytes_max })
    }

    pub(crate) async fn write(&mut self, body: &[u8]) -> Result<(), TransportError> {
        self.stream.write_all(body).await.map_err(TransportErrorKind::custom)
    }

    /// The next whole value, in bytes.
    pub(crate) async fn next(&mut self) -> Result<Vec<u8>, TransportError> {
        loop {
            if let Some(end) = self.edge.find(&self.buffer) {
                let rest = self.buffer.split_off(end);
                return Ok(std::mem::replace(&mut self.buffer, rest));
            }
            if self.bytes_max < self.buffer.len() {
                return Err(TransportErrorKind::custom(TooLong { bytes_max: self.bytes_max }));
            }
            let read = self.stream.read_buf(&mut self.buffer).await;
            if read.map_err(TransportErrorKind::custom)? == 0 {
                return Err(TransportErrorKind::backend_gone());
            }
        }
    }
}

/// Looks for the end of an object or array; remembers how far it has looked.
#[derive(Debug, Default)]
struct Edge {
    at: usize,
    depth: usize,
    is_text: bool,
    is_escaped: bool,
}

impl Edge {
    fn find(&mut self, buffer: &[u8]) -> Option<usize> {
        while let Some(byte) = buffer.get(self.at) {
            self.at += 1;
            if self.is_text {
                let is_end = *byte == b'"' && !self.is_escaped;
                self.is_escaped = *byte == b'\\' && !self.is_escaped;
                self.is_text = !is_end;
                continue;
            }
            match byte {
                b'"' => self.is_text = true,
                b'{' | b'[' => self.depth += 1,
                b'}' | b']' if 0 < self.depth => {
                    self.depth -= 1;
                    if self.depth == 0 {
                        let end = self.at;
                        *self = Self::default();
                        return Some(end);
                    }
                }
                _ => (),
            }
        }
        None
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn value() -> impl Strategy<Value = serde_json::Value> {
        let leaf = prop_oneof![
            any::<i64>().prop_map(serde_json::Value::from),
            ".*".prop_map(serde_json::Value::from),
            r#"["\\{}\[\]]{0,8}"#.prop_map(serde_json::Value::from),
        ];
        let nested = leaf.prop_recursive(3, 16, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(serde_json::Value::from),
                prop::collection::hash_map(".*", inner, 0..4)
                    .prop_map(|map| serde_json::Value::Object(map.into_iter().collect())),
            ]
        });
        nested.prop_map(|value| serde_json::json!([value]))
    }

    proptest! {
        #[test]
        fn values_are_told_apart_however_they_are_cut(
            values in prop::collection::vec(value(), 1..5),
            cut in 1_usize..40,
        ) {
            let text: Vec<u8> = values.iter().flat_map(|value| value.to_string().into_bytes()).collect();
            let (mut edge, mut buffer, mut found) = (Edge::default(), Vec::new(), Vec::<serde_json::Value>::new());
            for part in text.chunks(cut) {
                buffer.extend_from_slice(part);
                while let Some(end) = edge.find(&buffer) {
                    let rest = buffer.split_off(end);
                    found.push(serde_json::from_slice(&buffer).unwrap());
                    buffer = rest;
                }
            }
            prop_assert_eq!(found, values);
            prop_assert!(buffer.is_empty());
        }
    }
}
