//! Tasks and answers, as their actors see them.

use std::str::FromStr;
use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};
use synod_protocol::task::{ExecutorMsg, TaskMsg};
use synod_types::B256;
use synod_types::actor::ActorId;
use synod_types::task::{TaskFilter, TaskId, TaskView};

use super::{Problem, Surface};

const PATIENCE: Duration = Duration::from_secs(5);
const LIMIT: usize = 100;

/// A page of a list.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Page {
    state: Option<String>,
    after: Option<String>,
    limit: Option<usize>,
}

/// Tasks of all aggregators here, newest first.
pub(super) async fn list(
    State(surface): State<Surface>,
    page: Result<Query<Page>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(page) = page.map_err(|error| Problem::bad_request(error.body_text()))?;
    let name = page.state.as_deref().unwrap_or("all");
    let filter = TaskFilter::from_name(name).ok_or_else(|| {
        let known = "all, pending, processing, completed or failed";
        Problem::bad_request(format!("state: `{name}` is none of {known}"))
    })?;
    let after = page.after.as_deref().map(task_id).transpose()?;
    let limit = page.limit.unwrap_or(LIMIT);
    let mut all = serde_json::Map::new();
    for (id, tasks) in &surface.desks().tasks {
        let ask = |reply| TaskMsg::List { filter, after, limit, reply };
        let views = tasks.call(PATIENCE, ask).await?;
        all.insert(id.to_string(), json!(views));
    }
    Ok(Json(Value::Object(all)))
}

/// One task, with its certificate if it has one.
pub(super) async fn get(
    State(surface): State<Surface>,
    Path(id): Path<String>,
) -> Result<Json<Box<TaskView>>, Problem> {
    let id = task_id(&id)?;
    for tasks in surface.desks().tasks.values() {
        if let Some(view) = tasks.call(PATIENCE, |reply| TaskMsg::Get(id, reply)).await? {
            return Ok(Json(view));
        }
    }
    Err(Problem::not_found(format!("no task {id} is known here")))
}

/// A page of an executor's answers.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct AnswersPage {
    after: Option<String>,
    limit: Option<usize>,
}

/// What an executor has performed, newest first, with the signed answers.
pub(super) async fn answers(
    State(surface): State<Surface>,
    Path(id): Path<String>,
    page: Result<Query<AnswersPage>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Value>, Problem> {
    let Query(page) = page.map_err(|error| Problem::bad_request(error.body_text()))?;
    let after = page.after.as_deref().map(task_id).transpose()?;
    let limit = page.limit.unwrap_or(LIMIT);
    let id = ActorId::new(&id).map_err(|error| Problem::bad_request(error.to_string()))?;
    let missing = || Problem::not_found(format!("no executor `{id}` here; see /v1/actors"));
    let executor = surface.desks().executors.get(&id).cloned().ok_or_else(missing)?;
    let views = executor.call(PATIENCE, |reply| ExecutorMsg::List { after, limit, reply }).await?;
    Ok(Json(json!(views)))
}

fn task_id(text: &str) -> Result<TaskId, Problem> {
    let explain = |_| Problem::bad_request(format!("`{text}` is no task id: 0x and 64 hex digits"));
    if text.len() != 66 || !text.starts_with("0x") {
        return Err(explain(()));
    }
    B256::from_str(text).map(TaskId).map_err(|_| explain(()))
}
