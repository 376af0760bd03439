//! What happens, as it happens: server-sent events. A watcher that is too slow is told how many
//! events it missed; it never slows those it watches.

use std::convert::Infallible;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::IntoResponse;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream::unfold;
use serde::{Deserialize, Serialize};
use synod_supervision::{RuntimeEvent, Tapped};
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::RecvError;

use super::actors::known;
use super::{Problem, Surface};

/// Which messages to show.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct TapFilter {
    actor: Option<String>,
    kind: Option<String>,
    /// Of so many that pass, one is shown.
    sample: Option<NonZeroU32>,
}

impl TapFilter {
    fn wants(&self, tapped: &Tapped) -> bool {
        self.actor.as_deref().is_none_or(|actor| actor == tapped.actor.as_str())
            && self.kind.as_deref().is_none_or(|kind| kind == tapped.kind)
    }

    fn check(&self, surface: &Surface) -> Result<(), Problem> {
        self.actor.as_ref().map_or(Ok(()), |actor| known(surface, actor).map(drop))
    }
}

/// Lets the first of every so many through.
struct Sample {
    of: u64,
    passed: AtomicU64,
}

impl Sample {
    fn new(of: Option<NonZeroU32>) -> Self {
        Self { of: of.map_or(1, |of| of.get().into()), passed: AtomicU64::new(0) }
    }

    fn takes(&self) -> bool {
        self.passed.fetch_add(1, Ordering::Relaxed).is_multiple_of(self.of)
    }
}

pub(super) async fn events(
    State(surface): State<Surface>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    sse(surface.runtime.watch(), |_: &RuntimeEvent| true)
}

pub(super) async fn tap(
    State(surface): State<Surface>,
    filter: Result<Query<TapFilter>, QueryRejection>,
) -> Result<impl IntoResponse, Problem> {
    let Query(filter) = filter.map_err(|error| Problem::bad_request(error.body_text()))?;
    filter.check(&surface)?;
    let sample = Arc::new(Sample::new(filter.sample));
    Ok(sse(surface.runtime.tap(), move |tapped| filter.wants(tapped) && sample.takes()))
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
