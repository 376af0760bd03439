//! An orderly end on request: `POST /v1/drain` asks for that of the daemon, `GET /v1/drain` says how
//! far it is; `POST /v1/drain/{actor}` asks for one actor's.

use std::time::Duration;

use axum::Json;
use axum::extract::rejection::QueryRejection;
use axum::extract::{Path, Query, State};
use axum::http::StatusCode;
use parking_lot::Mutex;
use serde::Deserialize;
use serde_json::{Value, json};
use synod_supervision::Role;
use tokio::sync::Notify;
use tokio::time::Instant;

use super::actors::known;
use super::{Problem, Surface};

/// The longest end that can be asked for.
const DEADLINE_MAX: Duration = Duration::from_secs(3_600);

/// An actor that takes longer to end is looked at instead.
const PATIENCE: Duration = Duration::from_millis(200);

/// Whether the end has been asked for, and until when it may take.
#[derive(Debug, Default)]
pub struct Draining {
    state: Mutex<Asked>,
    wish: Notify,
}

#[derive(Clone, Copy, Debug, Default)]
struct Asked {
    /// How long it may take, if whoever asked said so.
    deadline: Option<Duration>,
    begun: Option<(Instant, Duration)>,
}

impl Draining {
    /// Waits until somebody asks for the end.
    pub async fn asked(&self) {
        self.wish.notified().await;
    }

    /// From now on the daemon ends. How long it may take: as was asked for, or `usual`.
    pub fn begin(&self, usual: Duration) -> Duration {
        let mut state = self.state.lock();
        let timeout = state.deadline.unwrap_or(usual);
        state.begun.get_or_insert((Instant::now(), timeout));
        timeout
    }

    /// Whether it has begun.
    pub fn is_begun(&self) -> bool {
        self.state.lock().begun.is_some()
    }

    fn ask(&self, deadline: Option<Duration>) {
        self.state.lock().deadline = deadline;
        self.wish.notify_one();
    }

    fn view(&self) -> (bool, Option<u64>) {
        let begun = self.state.lock().begun;
        let left = begun.map(|(since, timeout)| timeout.saturating_sub(since.elapsed()));
        let millis = left.map(|left| u64::try_from(left.as_millis()).unwrap_or(u64::MAX));
        (begun.is_some(), millis)
    }
}

/// How long it may take.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Terms {
    deadline: Option<String>,
}

impl Terms {
    fn deadline(&self) -> Result<Option<Duration>, Problem> {
        let Some(text) = &self.deadline else { return Ok(None) };
        let refused = |why: &str| Problem::bad_request(format!("deadline: `{text}` {why}"));
        let time = humantime::parse_duration(text).map_err(|error| refused(&error.to_string()))?;
        if time.is_zero() || DEADLINE_MAX < time {
            return Err(refused("is not between 1ms and 1h"));
        }
        Ok(Some(time))
    }
}

/// Asks for the end. Asked again, it changes nothing.
pub(super) async fn begin(
    State(surface): State<Surface>,
    terms: Result<Query<Terms>, QueryRejection>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let Query(terms) = terms.map_err(|error| Problem::bad_request(error.body_text()))?;
    let deadline = terms.deadline()?;
    if !surface.draining.is_begun() {
        tracing::info!(?deadline, "asked to drain over HTTP");
        surface.draining.ask(deadline);
    }
    Ok((StatusCode::ACCEPTED, Json(told(&surface))))
}

/// Ends an actor, or a supervisor with all below it, once it has handled what it accepted. Its
/// state says when that is done; [`super::actors::restart`] brings it back.
pub(super) async fn one(
    State(surface): State<Surface>,
    Path(id): Path<String>,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let view = known(&surface, &id)?;
    if view.id == surface.root {
        let why = format!("{id} is the root: POST /v1/drain ends the daemon");
        return Err(Problem::bad_request(why));
    }
    // The order is given at the first look; its end need not be waited for here.
    let ended = tokio::time::timeout(PATIENCE, surface.runtime.terminate_child(&view.id)).await;
    match ended {
        Ok(Err(error)) => Err(Problem::conflict(error.to_string())),
        Ok(Ok(())) => Ok((StatusCode::OK, Json(json!({ "actor": id, "ended": true })))),
        Err(_) => Ok((StatusCode::ACCEPTED, Json(json!({ "actor": id, "ended": false })))),
    }
}

pub(super) async fn progress(State(surface): State<Surface>) -> Json<Value> {
    Json(told(&surface))
}

fn told(surface: &Surface) -> Value {
    let tree = surface.runtime.tree(&surface.root);
    let nodes = tree.flatten();
    let actors: Vec<_> = nodes.iter().filter(|node| node.role == Role::Actor).collect();
    let up = actors.iter().filter(|node| !matches!(node.state, "ended" | "waiting"));
    let (is_draining, left_ms) = surface.draining.view();
    json!({
        "draining": is_draining,
        "left_ms": left_ms,
        "actors": actors.len(),
        "up": up.count(),
        "waiting": actors.iter().map(|node| node.mailbox_depth).sum::<usize>(),
    })
}
