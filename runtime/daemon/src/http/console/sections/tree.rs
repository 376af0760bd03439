use synod_supervision::{ActorView, Role, TreeView};

use super::super::html::Html;
use super::{Tone, grouped, state, time};

const HEAD: &str = "<table role=\"table\" aria-labelledby=\"tree-title\"><thead role=\"rowgroup\"><tr role=\"row\">\
    <th role=\"columnheader\" scope=\"col\">Name</th>\
    <th role=\"columnheader\" scope=\"col\" class=\"is\">State</th>\
    <th role=\"columnheader\" scope=\"col\" class=\"num life\">Life</th>\
    <th role=\"columnheader\" scope=\"col\" class=\"num\">Restarts</th>\
    <th role=\"columnheader\" scope=\"col\" class=\"exit\">Last exit</th>\
    <th role=\"columnheader\" scope=\"col\" class=\"num mail\">Mailbox</th>\
    <th role=\"columnheader\" scope=\"col\" class=\"num\">Handled</th>\
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
pub(super) fn table(tree: &TreeView) -> Html {
    let mut html = Html::default();
    html.raw(HEAD);
    rows(&mut html, tree, 0);
    html.raw("</tbody></table>");
    html
}

fn rows(html: &mut Html, tree: &TreeView, depth: usize) {
    let node = &tree.node;
    match node.role {
        Role::Actor => html.within("<tr role=\"row\" id=\"actor-", &node.id, "\">"),
        Role::Supervisor => {
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
    state(html, Tone::of(node.state), node.state);
    html.raw("</td>");
    past(html, node);
    match node.role {
        Role::Actor => work(html, node),
        Role::Supervisor => patience(html, node),
    }
    html.raw("</tr>");
    for child in &tree.children {
        rows(html, child, depth + 1);
    }
}

/// Lives and ends.
fn past(html: &mut Html, node: &ActorView) {
    match node.role {
        Role::Actor => html.within(
            "<td role=\"cell\" class=\"num\" data-label=\"life\">",
            node.incarnation,
            "</td>",
        ),
        Role::Supervisor => html.raw("<td role=\"cell\"></td>"),
    };
    let restarts = match node.restarts {
        0 => "<td role=\"cell\" class=\"num none\" data-label=\"restarts\">",
        _ => "<td role=\"cell\" class=\"num\" data-label=\"restarts\">",
    };
    html.within(restarts, grouped(node.restarts), "</td>");
    match (&node.last_exit, node.last_exit_ms) {
        (Some(reason), at) => {
            html.within("<td role=\"cell\" class=\"exit\" data-label=\"last exit\">", reason, " ");
            if let Some(at) = at {
                time(html, at);
            }
            html.raw("</td>")
        }
        (None, _) => html.raw("<td role=\"cell\"></td>"),
    };
}

/// Mail that waits, mail that is done.
fn work(html: &mut Html, node: &ActorView) {
    html.raw("<td role=\"cell\" class=\"num mail\" data-label=\"mail\">");
    html.within("<meter min=\"0\" max=\"", node.mailbox_bound.max(1), "\" high=\"");
    html.text(node.mailbox_bound / 2).within("\" value=\"", node.mailbox_depth, "\"");
    html.raw(" aria-hidden=\"true\"></meter> ").text(grouped(node.mailbox_depth as u64));
    html.within("<small> of ", grouped(node.mailbox_bound as u64), "</small></td>");
    let open = "<td role=\"cell\" class=\"num\" data-label=\"handled\">";
    html.within(open, grouped(node.handled), "</td>");
}

/// Restarts of children within its period, and how many it bears.
fn patience(html: &mut Html, node: &ActorView) {
    html.raw("<td role=\"cell\" class=\"num quiet\" colspan=\"2\" data-label=\"\">");
    if let Some((used, max)) = node.intensity {
        html.text(used).within(" of ", max, " child restarts");
    }
    html.raw("</td>");
}
