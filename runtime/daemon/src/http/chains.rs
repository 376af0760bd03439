//! Chains: backfills ordered.

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, Query, State};
use serde::Deserialize;
use serde_json::{Value, json};
use synod_protocol::chain::ChainMsg;
use synod_types::actor::ActorId;
use synod_types::chain::BackfillRefusal;

use super::{Problem, Surface};

/// The answer waits for the journal.
const PATIENCE: Duration = Duration::from_secs(5);

/// Who is told the past, and from where on.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Order {
    consumer: String,
    from: u64,
}

pub(super) async fn backfill(
    State(surface): State<Surface>,
    Path(id): Path<String>,
    Query(Order { consumer, from }): Query<Order>,
) -> Result<Json<Value>, Problem> {
    let name =
        |name: &str| ActorId::new(name).map_err(|error| Problem::bad_request(error.to_string()));
    let (id, consumer) = (name(&id)?, name(&consumer)?);
    let desks = surface.desks();
    let Some(chain) = desks.chains.get(&id) else {
        let known: Vec<&str> = desks.chains.keys().map(ActorId::as_str).collect();
        let meant = synod_config::hint(id.as_str(), known.iter().copied());
        return Err(Problem::not_found(format!("there is no chain `{id}`; {meant}")));
    };
    let who = consumer.clone();
    let ordered = chain.call(PATIENCE, |reply| ChainMsg::Backfill(who, from, reply)).await?;
    match ordered {
        Ok(()) => {
            Ok(Json(json!({ "chain": id, "consumer": consumer, "from": from, "accepted": true })))
        }
        Err(refusal) => Err(match &refusal {
            BackfillRefusal::UnknownConsumer { .. } => Problem::not_found(refusal.to_string()),
            BackfillRefusal::NothingMissing { .. } | BackfillRefusal::UnderWay { .. } => {
                Problem::conflict(refusal.to_string())
            }
            BackfillRefusal::NotBegun | BackfillRefusal::NotFollowed(_) => {
                Problem::unavailable(refusal.to_string())
            }
        }),
    }
}
