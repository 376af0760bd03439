//! What happens, as it happens: server-sent events. A watcher that is too slow is told how many
//! events it missed; it never slows those it watches.

use std::convert::Infallible;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::rejection::QueryRejection;
use axum::extract::{Query, State};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use futures_util::stream::unfold;
use serde::{Deserialize, Serialize};
use synod_supervision::{RuntimeEvent, Sent, Tapped};
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
    /// An edge: who sends, and to whom. Shown as it is sent; all else as it is handled.
    from: Option<String>,
    to: Option<String>,
    /// Of so many that pass, one is shown.
    sample: Option<NonZeroU32>,
}

impl TapFilter {
    fn wants(&self, tapped: &Tapped) -> bool {
        self.actor.as_deref().is_none_or(|actor| actor == tapped.actor.as_str())
            && self.kind.as_deref().is_none_or(|kind| kind == tapped.kind)
    }

    fn wants_sent(&self, sent: &Sent) -> bool {
        self.from.as_deref().is_none_or(|from| from == sent.from.as_str())
            && self.to.as_deref().is_none_or(|to| to == sent.to.as_str())
            && self.kind.as_deref().is_none_or(|kind| kind == sent.kind)
    }

    fn is_of_edges(&self) -> bool {
        self.from.is_some() || self.to.is_some()
    }

    fn check(&self, surface: &Surface) -> Result<(), Problem> {
        for actor in [&self.actor, &self.from, &self.to].into_iter().flatten() {
            known(surface, actor)?;
        }
        if self.is_of_edges() && self.actor.is_some() {
            let why = "actor: an edge is named by `from` and `to` alone";
            return Err(Problem::bad_request(why));
        }
        let (Some(from), Some(to)) = (&self.from, &self.to) else { return Ok(()) };
        let edges = surface.edges.all();
        let told: Vec<_> = edges.iter().filter(|edge| edge.from.as_str() == from).collect();
        if told.iter().any(|edge| edge.to.as_str() == to) {
            return Ok(());
        }
        let meant = match told.is_empty() {
            true => "it tells nobody".to_owned(),
            false => synod_config::hint(to, told.iter().map(|edge| edge.to.as_str())),
        };
        Err(Problem::not_found(format!("{from} does not tell {to}; {meant}; see /v1/edges")))
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
) -> Result<Response, Problem> {
    let Query(filter) = filter.map_err(|error| Problem::bad_request(error.body_text()))?;
    filter.check(&surface)?;
    let sample = Arc::new(Sample::new(filter.sample));
    if filter.is_of_edges() {
        let wants = move |sent: &Sent| filter.wants_sent(sent) && sample.takes();
        return Ok(sse(surface.runtime.tap_sent(), wants).into_response());
    }
    let wants = move |tapped: &Tapped| filter.wants(tapped) && sample.takes();
    Ok(sse(surface.runtime.tap(), wants).into_response())
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
