//! The whole at a glance, for programs that draw it: once, or again every second.

use std::convert::Infallible;
use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::response::sse::{Event, KeepAlive, Sse};
use futures_util::Stream;
use futures_util::stream::unfold;
use serde::Serialize;
use synod_supervision::{BreakerView, DeadFilter, DeadReason, RuntimeEvent, TreeView};
use tokio::sync::broadcast::error::RecvError;
use tokio::time::{Interval, MissedTickBehavior, interval};

use super::Surface;
use super::rates::ByActor;

/// Between two views of one stream.
const EVERY: Duration = Duration::from_secs(1);

/// Everything that moves.
#[derive(Clone, Debug, Serialize)]
pub(super) struct View {
    version: &'static str,
    now_ms: u64,
    tree: TreeView,
    /// Messages handled a second, by actor.
    rates: ByActor,
    breakers: Vec<BreakerView>,
    dead_letters: usize,
    /// Of these, messages in quarantine.
    quarantined: usize,
}

impl View {
    fn of(surface: &Surface) -> Self {
        let runtime = &surface.runtime;
        let quarantined =
            DeadFilter { reason: Some(DeadReason::Quarantined), ..DeadFilter::default() };
        Self {
            version: env!("CARGO_PKG_VERSION"),
            now_ms: runtime.clock().now().unix_millis(),
            tree: runtime.tree(&surface.root),
            rates: (*surface.rates.now()).clone(),
            breakers: runtime.breakers(),
            dead_letters: runtime.dead_letters().len(),
            quarantined: runtime.find_dead_letters(&quarantined).len(),
        }
    }
}

pub(super) async fn view(State(surface): State<Surface>) -> Json<View> {
    Json(View::of(&surface))
}

/// `view` every second, `happened` for each event of the runtime as it comes, `missed` with how
/// many did not.
pub(super) async fn live(
    State(surface): State<Surface>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let mut every = interval(EVERY);
    every.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let begin = (surface.runtime.watch(), every, surface);
    let stream = unfold(begin, |(mut happened, mut every, surface)| async move {
        loop {
            match next(&mut happened, &mut every, &surface).await {
                None => return None,
                Some(Ok(event)) => return Some((Ok(event), (happened, every, surface))),
                Some(Err(error)) => tracing::error!(%error, "a view could not be written"),
            }
        }
    });
    Sse::new(stream).keep_alive(KeepAlive::default())
}

async fn next(
    happened: &mut tokio::sync::broadcast::Receiver<RuntimeEvent>,
    every: &mut Interval,
    surface: &Surface,
) -> Option<Result<Event, axum::Error>> {
    tokio::select! {
        biased;
        _ = every.tick() => Some(Event::default().event("view").json_data(View::of(surface))),
        event = happened.recv() => match event {
            Ok(event) => Some(Event::default().event("happened").json_data(event)),
            Err(RecvError::Lagged(missed)) => {
                Some(Ok(Event::default().event("missed").data(missed.to_string())))
            }
            Err(RecvError::Closed) => None,
        },
    }
}
