//! The trace of a request: the one its header `traceparent` names, or a new one.

use axum::extract::Request;
use axum::http::HeaderMap;
use axum::middleware::Next;
use axum::response::Response;
use synod_supervision::trace;
use synod_types::trace::TraceContext;
use tracing::Instrument;

/// Answers a request as a piece of work in its trace.
pub(super) async fn follow(request: Request, next: Next) -> Response {
    let context = told(request.headers()).map_or_else(trace::begin, trace::below);
    let (method, path) = (request.method(), request.uri().path());
    let span = tracing::info_span!("request", %method, path, trace = %context.trace);
    trace::follow(context, next.run(request).instrument(span)).await
}

/// As the standard says: of a header that is wrong, or there twice, nothing is believed.
fn told(headers: &HeaderMap) -> Option<TraceContext> {
    let mut told = headers.get_all("traceparent").iter();
    let only = told.next().filter(|_| told.next().is_none())?;
    only.to_str().ok()?.parse().ok()
}
