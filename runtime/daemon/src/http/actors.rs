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

pub(super) async fn one(
    State(surface): State<Surface>,
    Path(id): Path<String>,
) -> Result<Json<ActorView>, Problem> {
    known(&surface, &id).map(Json)
}

pub(super) async fn restart(
    State(surface): State<Surface>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    act(&surface, &id, |id| surface.runtime.restart(id))
}

pub(super) async fn kill(
    State(surface): State<Surface>,
    Path(id): Path<String>,
) -> Result<Json<Value>, Problem> {
    act(&surface, &id, |id| surface.runtime.kill(id))
}

fn act(
    surface: &Surface,
    id: &str,
    action: impl FnOnce(&ActorId) -> Result<(), NoSuchActor>,
) -> Result<Json<Value>, Problem> {
    let ActorView { id, state, .. } = known(surface, id)?;
    action(&id).map_err(|NoSuchActor(name)| {
        let why = if id == surface.root {
            format!("`{name}` is above all others; `synod drain` ends the daemon")
        } else {
            format!("`{name}` is {state} and has no life to end")
        };
        Problem::conflict(format!("{why}; see /v1/actors"))
    })?;
    Ok(Json(json!({ "actor": id, "accepted": true })))
}

/// The actor or supervisor of that name; otherwise, what was probably meant.
pub(super) fn known(surface: &Surface, id: &str) -> Result<ActorView, Problem> {
    let id = ActorId::new(id).map_err(|error| Problem::bad_request(error.to_string()))?;
    let tree = surface.runtime.tree(&surface.root);
    let nodes = tree.flatten();
    let found = nodes.iter().find(|node| node.id == id).map(|node| (*node).clone());
    found.ok_or_else(|| {
        let meant = synod_config::hint(id.as_str(), nodes.iter().map(|node| node.id.as_str()));
        let missing = NoSuchActor(id.to_string());
        Problem::not_found(format!("{missing}; {meant}; see /v1/actors"))
    })
}
