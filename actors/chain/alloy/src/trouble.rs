//! What an error of a node means for us.

use std::error::Error;

use alloy::transports::{RpcError, TransportError, TransportErrorKind};
use synod_types::chain::Trouble;

use crate::transport::TooLong;

/// What nodes say when a question asks for too much.
const TOO_MUCH: [&str; 14] = [
    "batch size",
    "batch too large",
    "block range",
    "exceed maximum block range",
    "limit exceeded",
    "logs matched by query exceeds",
    "more than",
    "query timeout exceeded",
    "range is too large",
    "range too large",
    "response is too big",
    "response size",
    "too many",
    "up to a",
];
/// What they say when we ask too often.
const TOO_OFTEN: [&str; 6] =
    ["rate limit", "request count", "request limit", "too many requests", "capacity", "throttle"];
/// What they say of a block that has left their chain.
const GONE: [&str; 5] = [
    "block not found",
    "header not found",
    "unknown block",
    "block hash not found",
    "resource not found",
];

/// What it means, and in which words.
pub(crate) fn judge(error: &TransportError) -> (Trouble, String) {
    match error {
        RpcError::ErrorResp(payload) => {
            let message = payload.message.to_lowercase();
            (answer(payload.code, &message), format!("{} ({})", payload.message, payload.code))
        }
        RpcError::Transport(kind) => (transport(kind), causes(kind)),
        RpcError::DeserError { err, .. } => {
            (Trouble::Unavailable, format!("unreadable answer: {err}"))
        }
        RpcError::NullResp
        | RpcError::UnsupportedFeature(_)
        | RpcError::LocalUsageError(_)
        | RpcError::SerError(_) => (Trouble::Refused, error.to_string()),
    }
}

fn answer(code: i64, message: &str) -> Trouble {
    let says = |words: &[&str]| words.iter().any(|word| message.contains(word));
    if says(&TOO_OFTEN) || code == 429 {
        Trouble::RateLimited
    } else if says(&TOO_MUCH) || code == -32_005 {
        Trouble::TooLarge
    } else if says(&GONE) {
        Trouble::Torn
    } else if (-32_602..=-32_600).contains(&code) {
        Trouble::Refused
    } else {
        Trouble::Unavailable
    }
}

fn transport(kind: &TransportErrorKind) -> Trouble {
    match kind {
        TransportErrorKind::HttpError(error)
        | TransportErrorKind::HttpErrorWithRetryAfter { error, .. } => match error.status {
            413 => Trouble::TooLarge,
            429 => Trouble::RateLimited,
            408 | 500.. => Trouble::Unavailable,
            _ => Trouble::Refused,
        },
        TransportErrorKind::Custom(error) if error.is::<TooLong>() => Trouble::TooLarge,
        TransportErrorKind::Custom(error) => {
            let error = error.downcast_ref::<reqwest::Error>();
            let is_timeout = error.is_some_and(reqwest::Error::is_timeout);
            if is_timeout { Trouble::Timeout } else { Trouble::Unavailable }
        }
        // So nodes answer, in effect, to a batch of more questions than they allow.
        TransportErrorKind::MissingBatchResponse(_) => Trouble::TooLarge,
        // Of transports and layers that are not used here, or come later.
        _ => Trouble::Unavailable,
    }
}

/// The error and what caused it, in one line.
fn causes(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let next = error.to_string();
        if !text.ends_with(&next) {
            text.push_str(": ");
            text.push_str(&next);
        }
        cause = error.source();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(code: i64, message: &str, expected: Trouble) {
        assert_eq!(answer(code, &message.to_lowercase()), expected, "{message}");
    }

    #[test]
    fn refusals_of_known_providers_are_understood() {
        check(-32_005, "query returned more than 10000 results", Trouble::TooLarge);
        check(
            -32_602,
            "Log response size exceeded. You can make eth_getLogs requests with up to a \
            2K block range and no limit on the response size",
            Trouble::TooLarge,
        );
        check(-32_000, "exceed maximum block range: 5000", Trouble::TooLarge);
        check(
            -32_614,
            "eth_getLogs is limited to a 10,000 range; block range too large",
            Trouble::TooLarge,
        );
        check(-32_005, "daily request count exceeded, request rate limited", Trouble::RateLimited);
        check(429, "Too Many Requests", Trouble::RateLimited);
        check(-32_000, "unknown block", Trouble::Torn);
        check(-32_000, "header not found", Trouble::Torn);
        check(-32_601, "the method eth_getLogs does not exist", Trouble::Refused);
        check(-32_602, "invalid argument 0", Trouble::Refused);
        check(-32_603, "internal error", Trouble::Unavailable);
    }

    #[test]
    fn statuses_are_understood() {
        let check = |status, expected| {
            let error = TransportErrorKind::http_error(status, String::new());
            assert_eq!(judge(&error).0, expected, "{status}");
        };
        check(401, Trouble::Refused);
        check(404, Trouble::Refused);
        check(413, Trouble::TooLarge);
        check(429, Trouble::RateLimited);
        check(502, Trouble::Unavailable);
    }
}
