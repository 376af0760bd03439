//! The page for people at `/`: the present state as HTML, kept live by a stream.
//!
//! It is rendered here and nowhere else: the page holds the sections as they are, the stream
//! sends a section again when it has changed, and the script puts it in place. Without the
//! script the page is complete; it stands still.

mod eye;
mod html;
mod sections;
#[cfg(test)]
pub(super) mod tests;

pub(super) use eye::Eye;

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::Arc;
use std::time::Duration;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, header};
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use futures_util::Stream;
use futures_util::stream::unfold;

use super::health;
use html::Html;

/// Parts of the page by the id of the element that holds them.
type Sections = BTreeMap<&'static str, Html>;

/// Between two looks of one stream.
const LOOK: Duration = Duration::from_millis(500);

/// Nothing from elsewhere, nothing inline, no frame, no form.
const POLICY: &str = "default-src 'none'; style-src 'self'; script-src 'self'; \
    connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; \
    frame-ancestors 'none'";

const GUARDS: [(HeaderName, &str); 5] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
    (header::VARY, "accept"),
];

/// The page for who accepts HTML, the list of paths for all others.
pub(super) async fn page(State(eye): State<Arc<Eye>>, headers: HeaderMap) -> Response {
    if !accepts_html(&headers) {
        return ([(header::VARY, "accept")], health::index().await).into_response();
    }
    let page = filled(include_str!("console/page.html"), &*eye.look().await);
    let kind = [(header::CONTENT_TYPE, "text/html; charset=utf-8")];
    (GUARDS, kind, page).into_response()
}

pub(super) async fn style() -> Response {
    asset("text/css; charset=utf-8", include_str!("console/style.css"))
}

pub(super) async fn script() -> Response {
    asset("text/javascript; charset=utf-8", include_str!("console/script.js"))
}

fn asset(kind: &'static str, text: &'static str) -> Response {
    (GUARDS, [(header::CONTENT_TYPE, kind)], text).into_response()
}

/// All sections first, then those that have changed since, at most twice a second.
pub(super) async fn live(
    State(eye): State<Arc<Eye>>,
) -> Sse<impl Stream<Item = Result<Event, Infallible>>> {
    let stream = unfold((eye, Arc::new(Sections::new())), |(eye, mut sent)| async move {
        loop {
            if !sent.is_empty() {
                tokio::time::sleep(LOOK).await;
            }
            let now = eye.look().await;
            let is_new = |(id, html): &(&&str, &Html)| sent.get(**id) != Some(*html);
            let changed: BTreeMap<_, _> = now.iter().filter(is_new).collect();
            if changed.is_empty() {
                continue;
            }
            let event = Event::default().json_data(&changed);
            sent = now;
            match event {
                Ok(event) => return Some((Ok(event), (eye, sent))),
                Err(error) => tracing::error!(%error, "the console could not be written"),
            }
        }
    });
    Sse::new(stream).keep_alive(KeepAlive::default())
}

/// Browsers name HTML; tools that take anything get JSON.
fn accepts_html(headers: &HeaderMap) -> bool {
    let accepted = headers.get_all(header::ACCEPT).into_iter();
    accepted.filter_map(|value| value.to_str().ok()).flat_map(|value| value.split(',')).any(
        |range| {
            let mut parts = range.split(';').map(str::trim);
            let is_html = parts.next().is_some_and(|kind| kind.eq_ignore_ascii_case("text/html"));
            is_html && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
        },
    )
}

/// The template with each `{{name}}` replaced, in one pass: what is filled in is not read again.
fn filled(template: &str, sections: &Sections) -> String {
    let mut page = String::with_capacity(template.len() * 4);
    let mut pieces = template.split("{{");
    page.push_str(pieces.next().unwrap_or_default());
    for piece in pieces {
        let (name, rest) = piece.split_once("}}").unwrap_or(("", piece));
        match name {
            "version" => page.push_str(env!("CARGO_PKG_VERSION")),
            name => page.push_str(sections.get(name).map(Html::as_str).unwrap_or_default()),
        }
        page.push_str(rest);
    }
    page
}
