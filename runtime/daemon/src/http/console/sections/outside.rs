use std::collections::BTreeMap;

use synod_protocol::store::StoreStatus;
use synod_supervision::{BreakerView, CallError};
use synod_types::actor::ActorId;
use synod_types::chain::{ChainPhase, ChainStatus, EndpointState};

use super::super::html::Html;
use super::{Tone, each, state, table, time};
use crate::words::grouped;

const BREAKERS_HEAD: &str = "<table aria-labelledby=\"breakers-title\"><thead><tr>\
    <th scope=\"col\">Before</th><th scope=\"col\">State</th>\
    <th scope=\"col\">Opens on</th><th scope=\"col\">Retries</th></tr></thead><tbody>";

/// Every breaker.
pub(super) fn breakers(breakers: &[BreakerView]) -> Html {
    let mut html = Html::default();
    if breakers.is_empty() {
        html.raw("<p class=\"quiet\">None: nothing here calls what lies outside.</p>");
        return html;
    }
    table(&mut html, BREAKERS_HEAD, breakers, breaker);
    html
}

fn breaker(html: &mut Html, breaker: &BreakerView) {
    html.within("<tr><th scope=\"row\"><b>", &breaker.name, "</b></th><td>");
    state(html, Tone::of(breaker.state), breaker.state);
    if let Some(until) = breaker.open_until_ms {
        html.raw(" <small>until ");
        time(html, until);
        html.raw("</small>");
    }
    html.within("</td><td>", &breaker.opens_on, "</td><td>");
    let retries = &breaker.retries;
    html.text(grouped(retries.made)).raw(" <small>");
    html.text(grouped(u64::from(retries.budget_left))).raw(" left");
    if 0 < retries.out_of_budget {
        html.within(", ", grouped(retries.out_of_budget), " out of budget");
    }
    html.raw("</small></td></tr>");
}

/// Where each chain stands.
pub(super) fn chains(chains: &BTreeMap<ActorId, Result<ChainStatus, CallError>>) -> Html {
    each(chains, "<p class=\"quiet\">None is followed.</p>", chain)
}

fn chain(html: &mut Html, id: &ActorId, status: &ChainStatus) {
    html.within("<h3>", id, "</h3><dl>");
    html.raw("<dt>State</dt><dd>");
    state(html, Tone::of(status.phase.name()), status.phase.name());
    if let ChainPhase::Halted(why) = &status.phase {
        html.raw(" ").text(why);
    }
    html.raw("</dd>");
    fact(html, "<dt>Chain id</dt><dd>", status.chain.0);
    if let Some(head) = status.head {
        fact(html, "<dt>Head</dt><dd>", head);
    }
    if let Some(block) = &status.committed {
        fact(html, "<dt>Committed</dt><dd>", block.number);
    }
    fact(html, "<dt>Undelivered</dt><dd>", status.undelivered as u64);
    for endpoint in &status.endpoints {
        html.within("<dt>Endpoint ", &endpoint.name, "</dt><dd>");
        match endpoint.state {
            EndpointState::Serving => html.raw("serves"),
            EndpointState::Standby => html.raw("stands by"),
            EndpointState::Demoted(reason) => html.raw("demoted: ").text(reason.name()),
        };
        html.raw(", health ").text(endpoint.score).raw("</dd>");
    }
    html.raw("</dl>");
}

/// How each journal is.
pub(super) fn stores(stores: &BTreeMap<ActorId, Result<StoreStatus, CallError>>) -> Html {
    each(stores, "<p class=\"quiet\">None is kept.</p>", store)
}

fn store(html: &mut Html, id: &ActorId, status: &StoreStatus) {
    html.within("<h3>", id, "</h3><dl>");
    html.raw("<dt>State</dt><dd>");
    match &status.failed {
        None => state(html, Tone::Good, "writing"),
        Some(why) => {
            state(html, Tone::Bad, "failed");
            html.raw(" ").text(why);
        }
    }
    html.raw("</dd>");
    fact(html, "<dt>Records</dt><dd>", status.records);
    fact(html, "<dt>Bytes</dt><dd>", status.bytes);
    fact(html, "<dt>Streams</dt><dd>", status.streams);
    fact(html, "<dt>Segments</dt><dd>", status.segments);
    html.raw("</dl>");
}

fn fact(html: &mut Html, name: &'static str, number: u64) {
    html.within(name, grouped(number), "</dd>");
}
