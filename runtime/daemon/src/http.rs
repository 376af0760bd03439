//! The HTTP surface: JSON over loopback, and a page for people.
//!
//! It has no authentication today; it listens on loopback and refuses requests that a browser
//! sends for another site (a foreign `Origin`, or a `Host` that is no address of ours).

mod actors;
mod breakers;
mod chains;
mod console;
mod dead_letters;
mod drain;
mod edges;
mod health;
mod memory;
mod problem;
mod rates;
mod reload;
mod streams;
mod tasks;
mod traces;
mod view;
mod watch;

pub use drain::Draining;
pub use edges::{EdgeView, Edges};
pub use problem::Problem;
pub use rates::Rates;

use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{DefaultBodyLimit, Request, State};
use axum::http::{HeaderMap, header};
use axum::middleware::{Next, from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use synod_config::Http;
use synod_supervision::{CallError, Runtime};
use synod_types::actor::ActorId;
use tokio::sync::Semaphore;

use crate::reload::{Reception, Reloader};
use crate::topology::Desks;

/// What requests are answered from.
#[derive(Clone)]
pub struct Surface {
    /// The runtime.
    pub runtime: Runtime,
    /// The root supervisor.
    pub root: ActorId,
    /// Whom to ask about tasks, memories, chains, the store.
    pub reception: Reception,
    /// Makes the tree what the file says.
    pub reloader: Reloader,
    /// Who tells whom.
    pub edges: Arc<Edges>,
    /// Whether the end has been asked for.
    pub draining: Arc<Draining>,
    /// How fast actors work.
    pub rates: Arc<Rates>,
    /// The address it listens on.
    pub listens: SocketAddr,
}

impl Surface {
    /// Those who are to be asked now.
    pub fn desks(&self) -> Arc<Desks> {
        self.reception.desks()
    }
}

/// All routes.
pub fn router(surface: Surface, limits: &Http) -> Router {
    let gate = Gate {
        listens: surface.listens.ip(),
        places: Arc::new(Semaphore::new(limits.requests_max)),
        patience: limits.request_timeout,
    };
    let eye = Arc::new(console::Eye::open(&surface));
    let places = Arc::new(Semaphore::new(limits.streams_max));
    let streams = Router::new()
        .route("/v1/events", get(watch::events))
        .route("/v1/tap", get(watch::tap))
        .route("/v1/view/live", get(view::live))
        .route("/v1/live", get(console::live).with_state(Arc::clone(&eye)))
        .route_layer(from_fn_with_state(places, streams::hold_place));
    Router::new()
        .route("/", get(console::page).with_state(eye))
        .route("/console/style.css", get(console::style))
        .route("/console/script.js", get(console::script))
        .route("/livez", get(health::live))
        .route("/readyz", get(health::ready))
        .route("/v1/status", get(health::status))
        .route("/v1/view", get(view::view))
        .route("/v1/edges", get(edges::list))
        .route("/v1/actors", get(actors::list))
        .route("/v1/actors/{id}", get(actors::one))
        .route("/v1/drain", get(drain::progress).post(drain::begin))
        .route("/v1/drain/{id}", post(drain::one))
        .route("/v1/tree", get(actors::tree))
        .route("/v1/actors/{id}/restart", post(actors::restart))
        .route("/v1/actors/{id}/kill", post(actors::kill))
        .route("/v1/reload", post(reload::reload))
        .route("/v1/dead-letters", get(dead_letters::list).delete(dead_letters::purge))
        .route("/v1/dead-letters/{id}", get(dead_letters::get).delete(dead_letters::forget))
        .route("/v1/dead-letters/{id}/replay", post(dead_letters::replay))
        .route("/v1/breakers", get(breakers::list))
        .route("/v1/breakers/{name}/{action}", post(breakers::act))
        .route("/v1/chains/{id}/backfills", post(chains::backfill))
        .route("/v1/tasks", get(tasks::list))
        .route("/v1/tasks/{id}", get(tasks::get))
        .route("/v1/executors/{id}/answers", get(tasks::answers))
        .route("/v1/memory/{agent}", get(memory::stats).post(memory::store))
        .route("/v1/memory/{agent}/query", post(memory::query))
        .route("/v1/memory/{agent}/{id}", get(memory::get).delete(memory::forget))
        .merge(streams)
        .fallback(|| async { Problem::not_found("there is nothing at this path; see /") })
        .method_not_allowed_fallback(|| async { Problem::method_not_allowed() })
        .layer(DefaultBodyLimit::max(limits.body_bytes_max))
        .layer(from_fn_with_state(gate, admit))
        .layer(from_fn(traces::follow))
        .with_state(surface)
}

/// What every request passes.
#[derive(Clone)]
struct Gate {
    listens: IpAddr,
    places: Arc<Semaphore>,
    patience: Duration,
}

/// Refuses what a page of another site could make a browser send here, what is one too many, and
/// what takes too long to answer. Of a stream only the beginning counts.
async fn admit(State(gate): State<Gate>, request: Request, next: Next) -> Response {
    let headers = request.headers();
    let host = headers.get(header::HOST).and_then(|host| host.to_str().ok());
    let is_ours = host.is_none_or(|host| is_our_host(host, gate.listens));
    if !is_ours || has_foreign_origin(headers, gate.listens) {
        return Problem::forbidden("requests for another host or from another site are refused")
            .into_response();
    }
    let Ok(_place) = gate.places.try_acquire() else {
        return Problem::unavailable("too many requests are under way; try again").into_response();
    };
    let answer = tokio::time::timeout(gate.patience, next.run(request)).await;
    match answer {
        Ok(answer) => problem::explained(answer).await,
        Err(_) => Problem::from(CallError::Timeout).into_response(),
    }
}

fn has_foreign_origin(headers: &HeaderMap, ip: IpAddr) -> bool {
    let Some(origin) = headers.get(header::ORIGIN) else { return false };
    let host = origin.to_str().ok().and_then(|origin| origin.split_once("://"));
    !host.is_some_and(|(_, host)| is_our_host(host, ip))
}

/// Only loopback names are checked: on another address names are the operator's business.
fn is_our_host(host: &str, ip: IpAddr) -> bool {
    if !ip.is_loopback() {
        return true;
    }
    let name = match host.rsplit_once(':') {
        Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => host,
    };
    let name = name.trim_start_matches('[').trim_end_matches(']');
    name == "localhost" || name.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_loopback_names_are_ours_on_loopback() {
        let loopback = IpAddr::from([127, 0, 0, 1]);
        for ours in ["localhost", "localhost:8080", "127.0.0.1:8080", "[::1]:8080", "127.1.2.3"] {
            assert!(is_our_host(ours, loopback), "{ours}");
        }
        for foreign in ["example.org", "example.org:8080", "localhost.example.org", ""] {
            assert!(!is_our_host(foreign, loopback), "{foreign}");
        }
        assert!(is_our_host("node.example.org", IpAddr::from([10, 0, 0, 1])));
    }
}
