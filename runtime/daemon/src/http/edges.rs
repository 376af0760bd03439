//! Who tells whom what, as the topology has it written.

use axum::Json;
use axum::extract::State;
use parking_lot::RwLock;
use serde::Serialize;
use synod_config::{Config, Manner};
use synod_types::actor::ActorId;

use super::Surface;

/// One written edge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct EdgeView {
    /// Who tells.
    pub from: ActorId,
    /// Through which of its outputs.
    pub output: String,
    /// Who is told.
    pub to: ActorId,
    /// The type of what is said.
    pub carries: &'static str,
    /// Whether an answer is wanted.
    pub asks: bool,
}

/// The edges of the running topology.
#[derive(Debug, Default)]
pub struct Edges(RwLock<Vec<EdgeView>>);

impl Edges {
    /// Takes over those of `config`.
    pub fn set(&self, config: &Config) {
        let views = config.topology.edges.iter().map(|edge| EdgeView {
            from: edge.from.clone(),
            output: edge.output.to_string(),
            to: edge.to.clone(),
            carries: edge.sentence.name(),
            asks: edge.manner == Manner::Ask,
        });
        *self.0.write() = views.collect();
    }

    /// All of them, in the order of the file.
    pub fn all(&self) -> Vec<EdgeView> {
        self.0.read().clone()
    }
}

pub(super) async fn list(State(surface): State<Surface>) -> Json<Vec<EdgeView>> {
    Json(surface.edges.all())
}
