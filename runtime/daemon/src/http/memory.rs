//! What agents remember.

use std::str::FromStr;
use std::time::Duration;

use axum::Json;
use axum::body::Bytes;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use synod_protocol::memory::MemoryMsg;
use synod_supervision::Outlet;
use synod_types::B256;
use synod_types::agent::AgentId;
use synod_types::memory::{
    Memory, MemoryCounts, MemoryId, MemoryPage, MemoryQuery, MemoryRefusal, NewMemory,
};

use super::{Problem, Surface};

const PATIENCE: Duration = Duration::from_secs(10);

/// How much an agent remembers.
pub(super) async fn stats(
    State(surface): State<Surface>,
    Path(agent): Path<String>,
) -> Result<Json<MemoryCounts>, Problem> {
    let (desk, agent) = (desk(&surface)?, agent_id(&agent)?);
    Ok(Json(desk.call(PATIENCE, |reply| MemoryMsg::Count(agent, reply)).await??))
}

/// Keeps a memory; the same again answers the same id.
pub(super) async fn store(
    State(surface): State<Surface>,
    Path(agent): Path<String>,
    body: Bytes,
) -> Result<(StatusCode, Json<Value>), Problem> {
    let (desk, agent) = (desk(&surface)?, agent_id(&agent)?);
    let memory: NewMemory = parse(&body)?;
    let stored = desk.call(PATIENCE, |reply| MemoryMsg::Store(agent, memory, reply)).await?;
    Ok((StatusCode::CREATED, Json(json!({ "id": stored? }))))
}

/// One memory.
pub(super) async fn get(
    State(surface): State<Surface>,
    Path((agent, id)): Path<(String, String)>,
) -> Result<Json<Memory>, Problem> {
    let (desk, agent, id) = (desk(&surface)?, agent_id(&agent)?, memory_id(&id)?);
    Ok(Json(desk.call(PATIENCE, |reply| MemoryMsg::Get(agent, id, reply)).await??))
}

/// Finds memories.
pub(super) async fn query(
    State(surface): State<Surface>,
    Path(agent): Path<String>,
    body: Bytes,
) -> Result<Json<MemoryPage>, Problem> {
    let (desk, agent) = (desk(&surface)?, agent_id(&agent)?);
    let query: MemoryQuery = parse(&body)?;
    Ok(Json(desk.call(PATIENCE, |reply| MemoryMsg::Query(agent, query, reply)).await??))
}

/// Forgets a memory.
pub(super) async fn forget(
    State(surface): State<Surface>,
    Path((agent, id)): Path<(String, String)>,
) -> Result<StatusCode, Problem> {
    let (desk, agent, id) = (desk(&surface)?, agent_id(&agent)?, memory_id(&id)?);
    desk.call(PATIENCE, |reply| MemoryMsg::Forget(agent, id, reply)).await??;
    Ok(StatusCode::NO_CONTENT)
}

impl From<MemoryRefusal> for Problem {
    fn from(refusal: MemoryRefusal) -> Self {
        let detail = refusal.to_string();
        match refusal {
            MemoryRefusal::NotFound(_) => Self::not_found(detail),
            MemoryRefusal::KeyTaken(_) => Self::conflict(detail),
            MemoryRefusal::TooLarge { .. } => Self::too_large(detail),
            MemoryRefusal::Empty
            | MemoryRefusal::TooManyTags { .. }
            | MemoryRefusal::QueryTooLong { .. } => Self::bad_request(detail),
            MemoryRefusal::TooManyAgents { .. }
            | MemoryRefusal::Busy(_)
            | MemoryRefusal::NoVector(_) => Self::unavailable(detail),
        }
    }
}

/// The first memory of the topology.
fn desk(surface: &Surface) -> Result<Outlet<MemoryMsg>, Problem> {
    let missing = || Problem::not_found("this topology has no actor of kind memory");
    surface.desks().memories.values().next().cloned().ok_or_else(missing)
}

fn agent_id(text: &str) -> Result<AgentId, Problem> {
    AgentId::new(text).map_err(|error| Problem::bad_request(error.to_string()))
}

fn memory_id(text: &str) -> Result<MemoryId, Problem> {
    let explain =
        || Problem::bad_request(format!("`{text}` is no memory id: 0x and 64 hex digits"));
    if text.len() != 66 || !text.starts_with("0x") {
        return Err(explain());
    }
    B256::from_str(text).map(MemoryId).map_err(|_| explain())
}

/// A JSON body; an empty one is an empty object. Of a wrong one the problem names the field.
fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, Problem> {
    let body = if body.is_empty() { b"{}" } else { body };
    let mut reader = serde_json::Deserializer::from_slice(body);
    let parsed = serde_path_to_error::deserialize(&mut reader).map_err(|error| {
        let place = match error.path().to_string().as_str() {
            "." => "body".to_owned(),
            field => format!("body, `{field}`"),
        };
        Problem::bad_request(format!("{place}: {}", error.inner()))
    })?;
    let rest = reader.end().map(|()| parsed);
    rest.map_err(|error| Problem::bad_request(format!("body: {error}")))
}
