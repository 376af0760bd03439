//! Circuit breakers: looked at, forced, reset.

use axum::Json;
use axum::extract::{Path, State};
use synod_supervision::BreakerView;

use super::{Problem, Surface};

pub(super) async fn list(State(surface): State<Surface>) -> Json<Vec<BreakerView>> {
    Json(surface.runtime.breakers())
}

pub(super) async fn act(
    State(surface): State<Surface>,
    Path((name, action)): Path<(String, String)>,
) -> Result<Json<BreakerView>, Problem> {
    let missing = || Problem::not_found(unknown(&name, &surface.runtime.breakers()));
    let breaker = surface.runtime.find_breaker(&name).ok_or_else(missing)?;
    match action.as_str() {
        "open" => breaker.force_open(),
        "close" => breaker.force_closed(),
        "reset" => breaker.reset(),
        other => {
            let detail = format!("`{other}` is nothing a breaker does: open, close or reset");
            return Err(Problem::bad_request(detail));
        }
    }
    Ok(Json(breaker.view()))
}

/// Names a few that there are.
fn unknown(name: &str, breakers: &[BreakerView]) -> String {
    let some: Vec<&str> = breakers.iter().take(8).map(|breaker| breaker.name.as_str()).collect();
    let there = match (some.len(), breakers.len()) {
        (0, _) => "there is none".to_owned(),
        (some_len, len) if some_len < len => format!("there are {} and others", some.join(", ")),
        (1, _) => format!("there is {}", some.join("")),
        _ => format!("there are {}", some.join(", ")),
    };
    format!("no breaker `{name}` here, {there}; see /v1/breakers")
}
