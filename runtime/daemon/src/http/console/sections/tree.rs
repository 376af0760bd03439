use synod_supervision::{ActorView, Role, TreeView};

use super::super::html::Html;
use super::{Tone, state, time};
use crate::http::rates::ByActor;
use crate::words::{self, grouped, rate};

const HEAD: &str = "<table role=\"table\" aria-labelledby=\"tree-title\"><thead role=\"rowgroup\"><tr role=\"row\">\
    <th role=\"columnheader\" scope=\"col\">Name</th>\
    <th role=\"columnheader\" scope=\"col\" class=\"is\">State</th>\
    <th role=\"columnheader\" scope=\"col\" class=\"num life\">Life</th>\
    <th role=\"columnheader\" scope=\"col\" class=\"num\">Restarts</th>\
    <th role=\"columnheader\" scope=\"col\" class=\"num mail\">Mailbox</th>\
    <th role=\"columnheader\" scope=\"col\" class=\"num rate\">A second</th>\
    <th role=\"columnheader\" scope=\"col\" class=\"num time\"><abbr title=\"99 of 100 messages took no longer, lately\">p99</abbr></th>\
    <th role=\"columnheader\" scope=\"col\" class=\"num all\">Handled</th>\
    <th role=\"columnheader\" scope=\"col\" class=\"exit\">Last failure or exit</th>\
    </tr></thead><tbody role=\"rowgroup\">";

/// Deeper ones stand where the last one stands.
const NAMES: [&str; 5] = [
    "<th role=\"rowheader\" scope=\"row\" class=\"d0\">",
    "<th role=\"rowheader\" scope=\"row\" class=\"d1\">",
    "<th role=\"rowheader\" scope=\"row\" class=\"d2\">",
    "<th role=\"rowheader\" scope=\"row\" class=\"d3\">",
    "<th role=\"rowheader\" scope=\"row\" class=\"d4\">",
];

/// The whole tree, a row for each node, in order of start.
pub(super) fn table(tree: &TreeView, rates: &ByActor) -> Html {
    let mut html = Html::default();
    html.raw(HEAD);
    rows(&mut html, tree, rates, 0);
    html.raw("</tbody></table>");
    html
}

fn rows(html: &mut Html, tree: &TreeView, rates: &ByActor, depth: usize) {
    let node = &tree.node;
    match node.role {
        Role::Actor => html.within("<tr role=\"row\" id=\"actor-", &node.id, "\">"),
        Role::Supervisor | Role::Pool => {
            html.within("<tr role=\"row\" class=\"supervisor\" id=\"supervisor-", &node.id, "\">")
        }
    };
    html.raw(NAMES[depth.min(NAMES.len() - 1)]).within("<b>", &node.id, "</b>");
    if let Some(strategy) = node.strategy {
        html.within(" <small>", strategy.replace('_', " "), "</small>");
    }
    if let Some(supervisor) = &node.supervisor {
        html.within("<span class=\"heard\">, under ", supervisor, "</span>");
    }
    html.raw("</th><td role=\"cell\" class=\"is\">");
    match &node.stuck {
        Some(stuck) => {
            state(html, Tone::Bad, "stuck");
            html.within(" <small>", stuck, "</small>");
        }
        None => state(html, Tone::of(node.state), node.state),
    }
    if 0 < node.fenced {
        html.within(" <small>", node.fenced, " fenced</small>");
    }
    html.raw("</td>");
    lives(html, node);
    match node.role {
        Role::Actor | Role::Pool => work(html, node, rates.get(&node.id).copied()),
        Role::Supervisor => patience(html, node),
    }
    end(html, node);
    html.raw("</tr>");
    for child in &tree.children {
        rows(html, child, rates, depth + 1);
    }
}

/// Which life it is in, and how often it was restarted.
fn lives(html: &mut Html, node: &ActorView) {
    match node.role {
        Role::Actor => html.within(
            "<td role=\"cell\" class=\"num life\" data-label=\"life\">",
            node.incarnation,
            "</td>",
        ),
        Role::Supervisor | Role::Pool => html.raw("<td role=\"cell\" class=\"life\"></td>"),
    };
    let restarts = match node.restarts {
        0 => "<td role=\"cell\" class=\"num none\" data-label=\"restarts\">",
        _ => "<td role=\"cell\" class=\"num\" data-label=\"restarts\">",
    };
    html.within(restarts, grouped(node.restarts), "</td>");
}

/// How it last ended; of a failure, also with which message in hand.
fn end(html: &mut Html, node: &ActorView) {
    let Some(reason) = &node.last_exit else {
        html.raw("<td role=\"cell\" class=\"exit\"></td>");
        return;
    };
    html.within("<td role=\"cell\" class=\"exit\" data-label=\"last exit\">", reason, " ");
    if let Some(at) = node.last_exit_ms {
        time(html, at);
    }
    let failure = node.failures.last().filter(|failure| failure.cause == *reason);
    if let Some(message) = failure.and_then(|failure| failure.message) {
        html.within(" <small>handling <code>", message, "</code></small>");
    }
    html.raw("</td>");
}

/// Mail that waits, mail that is done, how fast and how long.
fn work(html: &mut Html, node: &ActorView, by_second: Option<f64>) {
    html.raw("<td role=\"cell\" class=\"num mail\" data-label=\"mail\">");
    html.within("<meter min=\"0\" max=\"", node.mailbox_bound.max(1), "\" high=\"");
    html.text(node.mailbox_bound / 2).within("\" value=\"", node.mailbox_depth, "\"");
    html.raw(" aria-hidden=\"true\"></meter> ").text(grouped(node.mailbox_depth as u64));
    html.within("<small> of ", grouped(node.mailbox_bound as u64), "</small></td>");
    let open = match by_second {
        Some(by_second) if 0.0 < by_second => {
            "<td role=\"cell\" class=\"num rate\" data-label=\"a second\">"
        }
        _ => "<td role=\"cell\" class=\"num rate none\" data-label=\"a second\">",
    };
    html.within(open, by_second.map(rate).unwrap_or_default(), "</td>");
    let open = "<td role=\"cell\" class=\"num time\" data-label=\"p99\">";
    html.within(open, node.handling_p99_ns.map(words::time).unwrap_or_default(), "</td>");
    let open = "<td role=\"cell\" class=\"num all\" data-label=\"handled\">";
    html.within(open, grouped(node.handled), "</td>");
}

/// Restarts of children within its period, and how many it bears.
fn patience(html: &mut Html, node: &ActorView) {
    html.raw("<td role=\"cell\" class=\"num quiet\" colspan=\"4\" data-label=\"\">");
    if let Some((used, max)) = node.intensity {
        html.text(used).within(" of ", max, " child restarts");
    }
    html.raw("</td>");
}
