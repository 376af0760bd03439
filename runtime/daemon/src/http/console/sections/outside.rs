use std::collections::BTreeMap;

use synod_protocol::store::StoreStatus;
use synod_supervision::{BreakerView, CallError};
use synod_types::actor::ActorId;
use synod_types::chain::{ChainPhase, ChainStatus};

use super::super::html::Html;
use super::{Tone, does_not_answer, state, time};
use crate::words::grouped;

pub(super) fn breakers(breakers: &[BreakerView]) -> Html {
    let mut html = Html::default();
    if breakers.is_empty() {
        html.raw("<p class=\"quiet\">None: nothing here calls what lies outside.</p>");
        return html;
    }
    html.raw(
        "<table aria-labelledby=\"breakers-title\"><thead><tr><th scope=\"col\">Before</th><th scope=\"col\">State</th>\
         <th scope=\"col\">Opens on</th></tr></thead><tbody>",
    );
    for breaker in breakers {
        html.within("<tr><th scope=\"row\"><b>", &breaker.name, "</b></th><td>");
        state(&mut html, Tone::of(breaker.state), breaker.state);
        if let Some(until) = breaker.open_until_ms {
            html.raw(" <small>until ");
            time(&mut html, until);
            html.raw("</small>");
        }
        html.within("</td><td>", &breaker.opens_on, "</td></tr>");
    }
    html.raw("</tbody></table>");
    html
}

pub(super) fn chains(chains: &BTreeMap<ActorId, Result<ChainStatus, CallError>>) -> Html {
    let mut html = Html::default();
    if chains.is_empty() {
        html.raw("<p class=\"quiet\">None is followed.</p>");
    }
    for (id, status) in chains {
        match status {
            Ok(status) => chain(&mut html, id, status),
            Err(error) => does_not_answer(&mut html, id, error),
        }
    }
    html
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
    html.raw("</dl>");
}

pub(super) fn stores(stores: &BTreeMap<ActorId, Result<StoreStatus, CallError>>) -> Html {
    let mut html = Html::default();
    for (id, status) in stores {
        match status {
            Ok(status) => store(&mut html, id, status),
            Err(error) => does_not_answer(&mut html, id, error),
        }
    }
    html
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
