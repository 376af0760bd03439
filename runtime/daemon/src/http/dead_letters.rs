//! Dead letters: looked at, sent again, forgotten. What they say is never shown.

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};
use synod_supervision::{DeadFilter, DeadLetter, DeadReason, ReplayError};
use synod_types::actor::ActorId;

use super::{Problem, Surface};

/// Which of them, as asked.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    actor: Option<String>,
    reason: Option<String>,
}

impl Which {
    fn filter(self) -> Result<DeadFilter, Problem> {
        let named = |name: &String| ActorId::new(name);
        let actor = self.actor.as_ref().map(named).transpose();
        let actor = actor.map_err(|error| Problem::bad_request(error.to_string()))?;
        let reason = self.reason.as_deref().map(reason).transpose()?;
        Ok(DeadFilter { actor, reason })
    }
}

fn reason(name: &str) -> Result<DeadReason, Problem> {
    let found = DeadReason::ALL.into_iter().find(|reason| reason.name() == name);
    found.ok_or_else(|| {
        let names = DeadReason::ALL.map(DeadReason::name).join(", ");
        Problem::bad_request(format!("`{name}` is no reason of a dead letter: {names}"))
    })
}

fn number(id: &str) -> Result<u64, Problem> {
    let wrong = |_| Problem::bad_request(format!("`{id}` is no number of a dead letter"));
    id.parse().map_err(wrong)
}

fn missing(id: u64) -> Problem {
    Problem::not_found(format!("no dead letter {id} is kept; see /v1/dead-letters"))
}

pub(super) async fn list(
    State(surface): State<Surface>,
    Query(which): Query<Which>,
) -> Result<Json<Vec<DeadLetter>>, Problem> {
    Ok(Json(surface.runtime.find_dead_letters(&which.filter()?)))
}

pub(super) async fn get(
    State(surface): State<Surface>,
    Path(id): Path<String>,
) -> Result<Json<DeadLetter>, Problem> {
    let id = number(&id)?;
    surface.runtime.dead_letter(id).map(Json).ok_or_else(|| missing(id))
}

pub(super) async fn replay(
    State(surface): State<Surface>,
    Path(id): Path<String>,
) -> Result<Json<DeadLetter>, Problem> {
    let replayed = surface.runtime.replay_dead_letter(number(&id)?);
    replayed.map(Json).map_err(|error| match error {
        ReplayError::Unknown(id) => missing(id),
        ReplayError::NotKept(_) => Problem::conflict(error.to_string()),
        ReplayError::NobodyTakes(_) | ReplayError::Refused(..) => {
            Problem::unavailable(format!("{error}; it is still there"))
        }
    })
}

pub(super) async fn forget(
    State(surface): State<Surface>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    let id = number(&id)?;
    let was_there = surface.runtime.purge_dead_letter(id);
    if was_there { Ok(Json(json!({ "purged": 1 }))) } else { Err(missing(id)) }
}

pub(super) async fn purge(
    State(surface): State<Surface>,
    Query(which): Query<Which>,
) -> Result<Json<Value>, Problem> {
    let purged = surface.runtime.purge_dead_letters(&which.filter()?);
    tracing::info!(purged, "dead letters purged");
    Ok(Json(json!({ "purged": purged })))
}
