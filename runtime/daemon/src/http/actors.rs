//! Actors: looked at, restarted, killed.

use axum::Json;
use axum::extract::{Path, State};
use serde_json::{Value, json};
use synod_supervision::{ActorView, NoSuchActor, TreeView};
use synod_types::actor::ActorId;

use super::{Problem, Surface};

pub(super) async fn list(State(surface): State<Surface>) -> Json<Vec<ActorView>> {
    let tree = surface.runtime.tree(&surface.root);
    Json(tree.flatten().into_iter().cloned().collect())
}

pub(super) async fn tree(State(surface): State<Surface>) -> Json<TreeView> {
    Json(surface.runtime.tree(&surface.root))
}

pub(super) async fn restart(
    State(surface): State<Surface>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    act(&id, |id| surface.runtime.restart(id))
}

pub(super) async fn kill(
    State(surface): State<Surface>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    act(&id, |id| surface.runtime.kill(id))
}

fn act(
    id: &str,
    action: impl FnOnce(&ActorId) -> Result<(), NoSuchActor>,
) -> Result<Json<Value>, Problem> {
    let id = ActorId::new(id).map_err(|error| Problem::bad_request(error.to_string()))?;
    action(&id).map_err(|error| Problem::not_found(format!("{error}; see /v1/actors")))?;
    Ok(Json(json!({ "actor": id, "accepted": true })))
}

pub(super) async fn dead_letters(State(surface): State<Surface>) -> Json<Value> {
    Json(json!(surface.runtime.dead_letters()))
}
