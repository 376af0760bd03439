//! Errors on the wire: problem details (RFC 9457).

use axum::Json;
use axum::body::to_bytes;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;
use synod_supervision::{CallError, trace};

/// The longest detail that is taken over.
const DETAIL_BYTES_MAX: usize = 4_096;

/// An error answer: what went wrong, in which field if it was one, what to do, and the trace under
/// which the log knows of it.
#[derive(Clone, Debug)]
pub struct Problem {
    status: StatusCode,
    detail: String,
}

impl Problem {
    fn new(status: StatusCode, detail: impl Into<String>) -> Self {
        Self { status, detail: detail.into() }
    }

    pub(crate) fn bad_request(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, detail)
    }

    pub(crate) fn forbidden(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::FORBIDDEN, detail)
    }

    pub(crate) fn not_found(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, detail)
    }

    pub(crate) fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "this path takes another method; see /")
    }

    pub(crate) fn conflict(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::CONFLICT, detail)
    }

    pub(crate) fn unprocessable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail)
    }

    pub(crate) fn internal(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, detail)
    }

    pub(crate) fn unavailable(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, detail)
    }

    pub(crate) fn too_large(detail: impl Into<String>) -> Self {
        Self::new(StatusCode::PAYLOAD_TOO_LARGE, detail)
    }
}

impl From<CallError> for Problem {
    fn from(error: CallError) -> Self {
        if error == CallError::Quarantined {
            let detail = "the actor died of the same request too often; see /v1/dead-letters";
            return Self::new(StatusCode::UNPROCESSABLE_ENTITY, detail);
        }
        let status = match error {
            CallError::Timeout | CallError::Expired => StatusCode::GATEWAY_TIMEOUT,
            CallError::Deadlock(_) => StatusCode::INTERNAL_SERVER_ERROR,
            CallError::Full
            | CallError::Closed
            | CallError::Dropped
            | CallError::Quarantined
            | CallError::Fenced => StatusCode::SERVICE_UNAVAILABLE,
        };
        Self::new(status, format!("the actor did not answer: {error}; try again"))
    }
}

/// Makes problem details of a refusal in plain text: the framework's own are.
pub(super) async fn explained(answer: Response) -> Response {
    let kind = answer.headers().get(header::CONTENT_TYPE).map(HeaderValue::as_bytes);
    let is_text = kind.is_none_or(|kind| kind.starts_with(b"text/plain"));
    let status = answer.status();
    if !is_text || !(status.is_client_error() || status.is_server_error()) {
        return answer;
    }
    let text = to_bytes(answer.into_body(), DETAIL_BYTES_MAX).await.unwrap_or_default();
    Problem::new(status, String::from_utf8_lossy(&text)).into_response()
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason(),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        if let Some(context) = trace::present() {
            body["trace"] = json!(context.trace);
        }
        let kind = [(header::CONTENT_TYPE, "application/problem+json")];
        (self.status, kind, Json(body)).into_response()
    }
}
