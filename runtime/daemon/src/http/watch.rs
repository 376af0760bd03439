//! What happens, as it happens: server-sent events. A watcher that is too slow is told how many
//! events it missed; it never slows those it watches.

use std::convert::Infallible;

use axum::extract::{Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream::unfold;
use serde::{Deserialize, Serialize};
use synod_supervision::{RuntimeEvent, Tapped};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::Surface;

/// Which messages to show.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TapFilter {
    actor: Option<String>,
    kind: Option<String>,
}

impl TapFilter {
    fn wants(&self, tapped: &Tapped) -> bool {
        self.actor.as_deref().is_none_or(|actor| actor == tapped.actor.as_str())
            && self.kind.as_deref().is_none_or(|kind| kind == tapped.kind)
    }
}

pub(super) async fn events(
    State(surface): State<Surface>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    sse(surface.runtime.watch(), |_: &RuntimeEvent| true)
}

pub(super) async fn tap(
    State(surface): State<Surface>,
    Query(filter): Query<TapFilter>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    sse(surface.runtime.tap(), move |tapped| filter.wants(tapped))
}

fn sse<T: Clone + Serialize + Send + 'static>(
    receiver: Receiver<T>,
    wants: impl Fn(&T) -> bool + Clone + Send + 'static,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let stream = unfold(receiver, move |mut receiver| {
        let wants = wants.clone();
        async move {
            loop {
                let event = match receiver.recv().await {
                    Ok(item) if wants(&item) => Event::default().json_data(&item),
                    Ok(_) => continue,
                    Err(RecvError::Lagged(missed)) => {
                        Ok(Event::default().event("missed").data(missed.to_string()))
                    }
                    Err(RecvError::Closed) => return None,
                };
                match event {
                    Ok(event) => return Some((Ok(event), receiver)),
                    Err(error) => tracing::error!(%error, "an event could not be written"),
                }
            }
        }
    });
    Sse::new(stream).keep_alive(KeepAlive::default())
}
