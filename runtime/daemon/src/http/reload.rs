//! Reload on request.

use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;

use super::{Problem, Surface};
use crate::reload::{ReloadError, Report, Resolve, Trigger};

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Wish {
    /// Only say what would be done.
    #[serde(default)]
    dry_run: bool,
}

pub(super) async fn reload(
    State(surface): State<Surface>,
    Query(wish): Query<Wish>,
) -> Result<Json<Report>, Problem> {
    let resolve = if wish.dry_run { Resolve::DryRun } else { Resolve::Apply };
    let report = surface.reloader.reload(Trigger::Request, resolve).await?;
    Ok(Json(report))
}

impl From<ReloadError> for Problem {
    fn from(error: ReloadError) -> Self {
        let detail = error.to_string();
        match error {
            ReloadError::NoFile | ReloadError::Busy | ReloadError::RestartNeeded(_) => {
                Self::conflict(detail)
            }
            ReloadError::Invalid(_) | ReloadError::Topology(_) => Self::unprocessable(detail),
            ReloadError::Undone(_) | ReloadError::Torn(_) => Self::internal(detail),
            ReloadError::Ending => Self::unavailable(detail),
        }
    }
}
