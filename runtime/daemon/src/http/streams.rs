//! How many streams are open at once: each holds a place until its reader leaves.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use futures_util::StreamExt;
use futures_util::stream::unfold;
use tokio::sync::Semaphore;

use super::Problem;

/// Refuses a stream when all places are taken; otherwise its place is free again once the body of
/// the answer is dropped.
pub(super) async fn hold_place(
    State(places): State<Arc<Semaphore>>,
    request: Request,
    next: Next,
) -> Response {
    let Ok(place) = places.try_acquire_owned() else {
        let detail = "http.streams_max streams are open; close one, or allow more";
        return Problem::unavailable(detail).into_response();
    };
    next.run(request).await.map(|body| {
        let open = (body.into_data_stream(), place);
        Body::from_stream(unfold(open, |(mut stream, place)| async move {
            let piece = stream.next().await?;
            Some((piece, (stream, place)))
        }))
    })
}
