use std::collections::{BTreeMap, VecDeque};

use synod_supervision::{CallError, DeadLetter, RuntimeEvent};
use synod_types::actor::{ActorId, Incarnation};
use synod_types::task::TaskView;
use synod_types::time::Moment;

use super::super::html::Html;
use super::{Tone, each, state, table, time};

type Tasks = BTreeMap<ActorId, Result<Vec<TaskView>, CallError>>;

const TASKS_HEAD: &str = "<table aria-labelledby=\"tasks-title\"><thead><tr>\
    <th scope=\"col\" class=\"when\">Accepted</th><th scope=\"col\">Task</th>\
    <th scope=\"col\">State</th><th scope=\"col\" class=\"num\">Signed</th>\
    <th scope=\"col\" class=\"num\">Took</th></tr></thead><tbody>";

const EVENTS_HEAD: &str = "<table aria-labelledby=\"events-title\"><thead><tr>\
    <th scope=\"col\">At</th><th scope=\"col\">Who</th>\
    <th scope=\"col\">What</th></tr></thead><tbody>";

const QUARANTINE_HEAD: &str = "<table aria-labelledby=\"quarantine-title\"><thead><tr>\
    <th scope=\"col\">Since</th><th scope=\"col\">Actor</th><th scope=\"col\">Message</th>\
    <th scope=\"col\" class=\"num\">Deaths</th>\
    <th scope=\"col\">Last of</th></tr></thead><tbody>";

/// The newest tasks of each aggregator.
pub(super) fn tasks(all: &Tasks) -> Html {
    each(all, "<p class=\"quiet\">No aggregator runs here.</p>", |html, id, views| {
        if all.len() > 1 {
            html.within("<h3>", id, "</h3>");
        }
        if views.is_empty() {
            html.raw("<p class=\"quiet\">None so far.</p>");
        } else {
            table(html, TASKS_HEAD, views, task);
        }
    })
}

fn task(html: &mut Html, view: &TaskView) {
    html.raw("<tr><td class=\"quiet when\">");
    time(html, view.accepted_ms);
    let id = view.id.0.to_string();
    let (first, last) = (id.get(..8).unwrap_or(&id), id.get(id.len() - 4..).unwrap_or(&id));
    html.within("</td><th scope=\"row\"><a href=\"/v1/tasks/", &id, "\">");
    html.within("<code>", format_args!("{first}…{last}"), "</code></a></th><td>");
    state(html, Tone::of(view.state), view.state);
    if let Some(failure) = view.failure {
        html.within(" <small>", failure.name().replace('_', " "), "</small>");
    } else if view.is_retracted {
        html.raw(" <small>block retracted</small>");
    }
    html.within("</td><td class=\"num\">", view.signers.len(), "");
    // Of a task that ended before its actor's last restart, the members are not kept.
    if !view.members.is_empty() {
        html.within("<small> of ", view.members.len(), "</small>");
    }
    html.raw("</td><td class=\"num\">");
    if let Some(ended) = view.ended_ms {
        html.text(took(ended.saturating_sub(view.accepted_ms)));
    }
    html.raw("</td></tr>");
}

fn took(millis: u64) -> String {
    match millis {
        0..1_000 => format!("{millis} ms"),
        1_000..60_000 => format!("{}.{} s", millis / 1_000, millis % 1_000 / 100),
        _ => format!("{} min", millis / 60_000),
    }
}

/// What the supervisors did last.
pub(super) fn events(events: &VecDeque<RuntimeEvent>) -> Html {
    let mut html = Html::default();
    if events.is_empty() {
        html.raw("<p class=\"quiet\">Nothing has happened: no exit, no restart.</p>");
        return html;
    }
    table(&mut html, EVENTS_HEAD, events, event);
    html
}

/// When, who, what became of it, and more about that.
fn told(event: &RuntimeEvent) -> (&Moment, &str, &str, String) {
    match event {
        RuntimeEvent::Started { at, actor, incarnation } => {
            (at, actor.as_str(), "started", life(*incarnation))
        }
        RuntimeEvent::Exited { at, actor, reason: "drained", .. } => {
            (at, actor.as_str(), "drained", String::new())
        }
        RuntimeEvent::Exited { at, actor, reason, detail } => {
            let detail = if detail == reason { String::new() } else { format!(": {detail}") };
            (at, actor.as_str(), "exited", format!("{reason}{detail}"))
        }
        RuntimeEvent::Restarted { at, actor, incarnation } => {
            (at, actor.as_str(), "restarted", life(*incarnation))
        }
        RuntimeEvent::Killed { at, actor } => {
            (at, actor.as_str(), "killed", "on request".to_owned())
        }
        RuntimeEvent::Parked { at, actor, why, .. } => {
            (at, actor.as_str(), "parked", (*why).to_owned())
        }
        RuntimeEvent::Unparked { at, actor, is_over } => {
            let detail = if *is_over { "recovered" } else { "on probation" };
            (at, actor.as_str(), "unparked", detail.to_owned())
        }
        RuntimeEvent::Unresponsive { at, actor }
        | RuntimeEvent::Fenced { at, actor, .. }
        | RuntimeEvent::FenceOver { at, actor, .. }
        | RuntimeEvent::Stuck { at, actor, .. }
        | RuntimeEvent::Unstuck { at, actor, .. } => {
            let (what, detail) = thread_told(event);
            (at, actor.as_str(), what, detail)
        }
        RuntimeEvent::Isolated { at, actor, detail } => {
            (at, actor.as_str(), "isolated", detail.clone())
        }
        RuntimeEvent::Reformed { at, added, removed, restarted } => {
            let counts = [added.len(), removed.len(), restarted.len()];
            let [added, removed, restarted] = counts;
            let detail = format!("{added} added, {removed} removed, {restarted} restarted");
            (at, "topology", "reloaded", detail)
        }
        RuntimeEvent::ReformFailed { at, detail } => {
            (at, "topology", "reload_failed", detail.clone())
        }
        RuntimeEvent::Quarantined { at, actor, kind, deaths, id } => {
            let detail = format!("{kind}, after {deaths} deaths: dead letter {id}");
            (at, actor.as_str(), "quarantined", detail)
        }
        RuntimeEvent::GaveUp { at, supervisor, detail } => {
            (at, supervisor.as_str(), "gave_up", detail.clone())
        }
        RuntimeEvent::Breaker { at, breaker, state, detail, .. } => {
            (at, breaker.as_str(), *state, format!("breaker: {detail}"))
        }
        RuntimeEvent::RetriesSpent { at, breaker, retries } => {
            let detail = format!("breaker: the budget of retries, {retries} so far");
            (at, breaker.as_str(), "retries_spent", detail)
        }
    }
}

/// What became of an actor's thread, and more about that.
fn thread_told(event: &RuntimeEvent) -> (&'static str, String) {
    match event {
        RuntimeEvent::Unresponsive { .. } => ("unresponsive", "it blocks its thread".to_owned()),
        RuntimeEvent::Fenced { incarnation, running, .. } => {
            let detail = format!("{}; {running} fenced", life(*incarnation));
            ("fenced", detail)
        }
        RuntimeEvent::FenceOver { incarnation, .. } => {
            let detail = format!("{} has let go of its thread", life(*incarnation));
            ("fence_over", detail)
        }
        RuntimeEvent::Stuck { stuck, .. } => ("stuck", stuck.to_string()),
        RuntimeEvent::Unstuck { incarnation, .. } => ("unstuck", life(*incarnation)),
        _ => ("", String::new()),
    }
}

fn event(html: &mut Html, event: &RuntimeEvent) {
    let (at, who, what, detail) = told(event);
    html.raw("<tr><td class=\"quiet\">");
    time(html, at.unix_millis());
    html.within("</td><th scope=\"row\"><b>", who, "</b></th><td>");
    state(html, Tone::of(what), what);
    html.within(" <small>", detail, "</small></td></tr>");
}

/// Messages that are not handled any more, because their actor died of them too often.
pub(super) fn quarantine(letters: &[DeadLetter]) -> Html {
    let mut html = Html::default();
    if letters.is_empty() {
        html.raw("<p class=\"quiet\">None: no actor died of a message again and again.</p>");
        return html;
    }
    table(&mut html, QUARANTINE_HEAD, letters, quarantined);
    html
}

fn quarantined(html: &mut Html, letter: &DeadLetter) {
    html.raw("<tr><td class=\"quiet\">");
    time(html, letter.at.unix_millis());
    html.within("</td><th scope=\"row\"><b>", &letter.actor, "</b></th><td>");
    html.within("<a href=\"/v1/dead-letters/", letter.id, "\">");
    html.within("<code>", letter.kind, "</code></a></td>");
    html.within("<td class=\"num\">", letter.lives.len(), "</td>");
    html.within("<td class=\"exit\">", letter.cause.as_deref().unwrap_or_default(), "</td></tr>");
}

/// Supervisors have no number.
fn life(incarnation: Incarnation) -> String {
    match incarnation {
        Incarnation(0) => String::new(),
        Incarnation(number) => format!("life {number}"),
    }
}
