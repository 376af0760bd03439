//! Is it alive, is it ready, how is it.

use std::time::Duration;

use axum::Json;
use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};
use synod_protocol::chain::ChainMsg;
use synod_protocol::signature::SignerMsg;
use synod_protocol::store::StoreMsg;
use synod_supervision::{ActorView, Role, TreeView};
use synod_types::actor::ActorId;
use synod_types::chain::ChainPhase;
use synod_types::signature::SignerStatus;

use super::Surface;

const PATIENCE: Duration = Duration::from_secs(2);

/// What there is to ask for.
pub(super) async fn index() -> Json<Value> {
    Json(json!({
        "name": "synod",
        "version": env!("CARGO_PKG_VERSION"),
        "paths": [
            "GET /livez", "GET /readyz", "GET /v1/status", "GET /v1/tree", "GET /v1/actors",
            "POST /v1/actors/{id}/restart", "POST /v1/actors/{id}/kill", "GET /v1/dead-letters",
            "POST /v1/reload?dry_run=true",
            "DELETE /v1/dead-letters", "GET /v1/dead-letters/{id}", "DELETE /v1/dead-letters/{id}",
            "POST /v1/dead-letters/{id}/replay",
            "GET /v1/breakers", "POST /v1/breakers/{name}/{open|close|reset}",
            "GET /v1/events", "GET /v1/tap", "GET /v1/live",
            "GET /v1/view", "GET /v1/view/live", "GET /v1/edges",
            "GET /v1/actors/{id}", "GET /v1/drain", "POST /v1/drain", "POST /v1/drain/{id}", "GET /v1/tasks", "GET /v1/tasks/{id}",
            "GET /v1/executors/{id}/answers", "GET /v1/memory/{agent}",
            "POST /v1/memory/{agent}", "POST /v1/memory/{agent}/query",
            "GET /v1/memory/{agent}/{id}", "DELETE /v1/memory/{agent}/{id}",
        ],
    }))
}

/// The process answers.
pub(super) async fn live() -> &'static str {
    "ok\n"
}

/// Every actor runs and gets on, the journal can be written, no chain has halted and no signer.
/// Otherwise 503 and the reasons. Whom a policy lets the others go on without, and a remote signer
/// that cannot be reached, makes it degraded, not unready.
pub(super) async fn ready(State(surface): State<Surface>) -> Response {
    let reasons = reasons_against(&surface).await;
    if reasons.is_empty() {
        let mut degraded = without(&surface.runtime.tree(&surface.root));
        degraded.extend(
            signers(&surface)
                .await
                .into_iter()
                .filter_map(|(id, status)| status.degraded.map(|why| format!("{id}: {why}"))),
        );
        return match degraded[..] {
            [] => Json(json!({ "ready": true })).into_response(),
            _ => Json(json!({ "ready": true, "degraded": degraded })).into_response(),
        };
    }
    let body = Json(json!({ "ready": false, "reasons": reasons }));
    (StatusCode::SERVICE_UNAVAILABLE, body).into_response()
}

async fn reasons_against(surface: &Surface) -> Vec<String> {
    let tree = surface.runtime.tree(&surface.root);
    let mut reasons = not_running(&tree);
    reasons.extend(surface.draining.is_begun().then(|| "it is being drained".to_owned()));
    reasons.extend(stuck(&tree));
    for store in surface.desks().stores.values() {
        match store.call(PATIENCE, StoreMsg::Status).await {
            Ok(status) => reasons.extend(status.failed.map(|why| format!("journal: {why}"))),
            Err(error) => reasons.push(format!("{} does not answer: {error}", store.id())),
        }
    }
    for (id, chain) in &surface.desks().chains {
        // A chain that is being restarted is among those that do not run.
        if let Ok(status) = chain.call(PATIENCE, ChainMsg::Status).await
            && let ChainPhase::Halted(why) = status.phase
        {
            reasons.push(format!("{id} has halted: {why}"));
        }
    }
    let signers = signers(surface).await.into_iter();
    reasons.extend(signers.filter_map(|(id, status)| Some(format!("{id}: {}", status.halted?))));
    reasons
}

/// How the signers are that run.
async fn signers(surface: &Surface) -> Vec<(ActorId, SignerStatus)> {
    let mut all = Vec::new();
    for (id, signer) in &surface.desks().signers {
        if let Ok(status) = signer.call(PATIENCE, SignerMsg::Status).await {
            all.push((id.clone(), status));
        }
    }
    all
}

/// Who should run and does not, and why it ended last.
pub(super) fn not_running(tree: &TreeView) -> Vec<String> {
    let nodes = tree.flatten().into_iter();
    let idle =
        nodes.filter(|node| !is_left_out(node) && !matches!(node.state, "running" | "ended"));
    let told = |node: &ActorView| match &node.last_exit {
        Some(why) => format!("{} is {}: {why}", node.id, node.state),
        None => format!("{} is {}", node.id, node.state),
    };
    idle.map(told).collect()
}

/// Whom a policy or an operator lets the others go on without.
fn without(tree: &TreeView) -> Vec<String> {
    let nodes = tree.flatten().into_iter().filter(|node| is_left_out(node));
    nodes.map(|node| format!("{} is {}", node.id, node.state)).collect()
}

fn is_left_out(node: &ActorView) -> bool {
    matches!(node.state, "parked" | "probing" | "dismissed")
}

/// Who runs and does not get on.
pub(super) fn stuck(tree: &TreeView) -> Vec<String> {
    let nodes = tree.flatten().into_iter();
    nodes.filter_map(|node| Some(format!("{} is stuck: {}", node.id, node.stuck?))).collect()
}

/// Everything at a glance.
pub(super) async fn status(State(surface): State<Surface>) -> Json<Value> {
    let tree = surface.runtime.tree(&surface.root);
    let nodes = tree.flatten();
    let actors: Vec<_> = nodes.iter().filter(|node| node.role == Role::Actor).collect();
    let mut chains = serde_json::Map::new();
    for (id, chain) in &surface.desks().chains {
        let status = chain.call(PATIENCE, ChainMsg::Status).await;
        chains.insert(id.to_string(), answer(status));
    }
    let mut stores = serde_json::Map::new();
    for (id, store) in &surface.desks().stores {
        stores.insert(id.to_string(), answer(store.call(PATIENCE, StoreMsg::Status).await));
    }
    let reasons = reasons_against(&surface).await;
    Json(json!({
        "version": env!("CARGO_PKG_VERSION"),
        "ready": reasons.is_empty(),
        "reasons": reasons,
        "now_ms": surface.runtime.clock().now().unix_millis(),
        "actors": actors.len(),
        "running": actors.iter().filter(|node| node.state == "running").count(),
        "restarts": nodes.iter().map(|node| node.restarts).sum::<u64>(),
        "dead_letters": surface.runtime.dead_letters().len(),
        "breakers": surface.runtime.breakers(),
        "chains": chains,
        "stores": stores,
    }))
}

fn answer<T: serde::Serialize>(answer: Result<T, synod_supervision::CallError>) -> Value {
    match answer {
        Ok(value) => json!(value),
        Err(error) => json!({ "error": error.to_string() }),
    }
}
