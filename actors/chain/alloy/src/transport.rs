//! HTTP, with an end to every answer.

use std::sync::Arc;
use std::task::{Context, Poll};

use alloy::rpc::json_rpc::{RequestPacket, Response as Answer, ResponsePacket, ResponsePayload};
use alloy::transports::{TransportError, TransportErrorKind, TransportFut};
use reqwest::header::CONTENT_TYPE;
use reqwest::{Client, Response, Url};
use tower::Service;

use crate::metrics::Metrics;

/// How much of a refusal's text is kept.
const TEXT_MAX: usize = 200;

/// Posts requests to one address.
#[derive(Clone)]
pub(crate) struct BoundedHttp {
    pub(crate) client: Client,
    pub(crate) url: Url,
    pub(crate) bytes_max: usize,
    pub(crate) traffic: Traffic,
}

/// Counts bytes.
#[derive(Clone)]
pub(crate) struct Traffic(pub(crate) Arc<Metrics>);

impl Traffic {
    pub(crate) fn counted(&self, sent: usize, received: usize) {
        self.0.bytes(sent as u64, received as u64);
    }
}

/// An answer that was cut off.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the answer is longer than {bytes_max} bytes")]
pub(crate) struct TooLong {
    pub(crate) bytes_max: usize,
}

impl BoundedHttp {
    async fn post(self, request: RequestPacket) -> Result<ResponsePacket, TransportError> {
        let body = serde_json::to_vec(&request).map_err(TransportError::ser_err)?;
        let (sent, is_batch) = (body.len(), request.as_batch().is_some());
        let request = self.client.post(self.url).header(CONTENT_TYPE, "application/json");
        let response = request.body(body).send().await.map_err(network)?;
        let status = response.status();
        let body = read(response, self.bytes_max).await?;
        self.traffic.counted(sent, body.len());
        match serde_json::from_slice(&body) {
            Ok(packet) => whole(is_batch, packet),
            Err(_) if !status.is_success() => {
                Err(TransportErrorKind::http_error(status.as_u16(), beginning(&body)))
            }
            Err(error) => Err(TransportError::deser_err(error, beginning(&body))),
        }
    }
}

impl Service<RequestPacket> for BoundedHttp {
    type Response = ResponsePacket;
    type Error = TransportError;
    type Future = TransportFut<'static>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), TransportError>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: RequestPacket) -> TransportFut<'static> {
        Box::pin(self.clone().post(request))
    }
}

/// The answers to a request. A node may refuse a batch by one error that is the answer to none of
/// its questions: then it is the answer to all.
pub(crate) fn whole(
    is_batch: bool,
    packet: ResponsePacket,
) -> Result<ResponsePacket, TransportError> {
    match packet {
        ResponsePacket::Single(Answer { payload: ResponsePayload::Failure(error), .. })
            if is_batch =>
        {
            Err(TransportError::err_resp(error))
        }
        packet => Ok(packet),
    }
}

async fn read(mut response: Response, bytes_max: usize) -> Result<Vec<u8>, TransportError> {
    let too_long = || TransportErrorKind::custom(TooLong { bytes_max });
    let announced = response.content_length().and_then(|length| usize::try_from(length).ok());
    if announced.is_some_and(|length| bytes_max < length) {
        return Err(too_long());
    }
    let mut body = Vec::with_capacity(announced.unwrap_or_default());
    while let Some(chunk) = response.chunk().await.map_err(network)? {
        if bytes_max < body.len() + chunk.len() {
            return Err(too_long());
        }
        body.extend_from_slice(&chunk);
    }
    Ok(body)
}

fn network(error: reqwest::Error) -> TransportError {
    TransportErrorKind::custom(error.without_url())
}

fn beginning(body: &[u8]) -> String {
    String::from_utf8_lossy(body).chars().take(TEXT_MAX).collect()
}

#[cfg(test)]
mod tests {
    use synod_types::chain::Trouble;

    use super::*;
    use crate::trouble::judge;

    #[track_caller]
    fn check(is_batch: bool, answer: &str, expected: Option<Trouble>) {
        let packet = serde_json::from_str(answer).unwrap();
        let refused = whole(is_batch, packet).err().map(|error| judge(&error).0);
        assert_eq!(refused, expected, "{answer}");
    }

    #[test]
    fn a_batch_that_is_refused_as_a_whole_is_judged_by_what_was_said() {
        let refusal = |code: i64, message: &str| {
            let (code, message) = (code.to_string(), message.to_owned());
            r#"{"jsonrpc":"2.0","id":null,"error":{"code":"#.to_owned()
                + &code
                + r#","message":""#
                + &message
                + r#""}}"#
        };
        check(true, &refusal(-32_600, "batch too large"), Some(Trouble::TooLarge));
        check(true, &refusal(-32_000, "request limit reached"), Some(Trouble::RateLimited));
        check(true, &refusal(-32_601, "no such method"), Some(Trouble::Refused));
        check(true, &refusal(-32_603, "internal error"), Some(Trouble::Unavailable));
        check(false, &refusal(-32_603, "internal error"), None);
        check(true, r#"[{"jsonrpc":"2.0","id":0,"error":{"code":-1,"message":"no"}}]"#, None);
        check(true, r#"[{"jsonrpc":"2.0","id":0,"result":"0x1"}]"#, None);
    }
}
