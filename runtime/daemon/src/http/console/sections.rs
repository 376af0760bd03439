//! The parts of the page.

mod activity;
mod outside;
mod tree;

use std::collections::BTreeMap;
use std::fmt::Display;
use std::time::{Duration, UNIX_EPOCH};

use synod_supervision::{CallError, Role};
use synod_types::actor::ActorId;

use super::Sections;
use super::eye::Sight;
use super::html::Html;
use crate::http::health::not_running;
use crate::words::{grouped, rate};

/// All of them. The keys are names in `page.html`.
pub(super) fn of(sight: &Sight) -> Sections {
    Sections::from([
        ("summary", summary(sight)),
        ("facts", facts(sight)),
        ("tree", tree::table(&sight.tree, &sight.rates)),
        ("breakers", outside::breakers(&sight.breakers)),
        ("chains", outside::chains(&sight.answers.chains)),
        ("stores", outside::stores(&sight.answers.stores)),
        ("tasks", activity::tasks(&sight.answers.tasks)),
        ("events", activity::events(&sight.events)),
        ("quarantine", activity::quarantine(&sight.quarantined.0)),
    ])
}

/// One sentence, read aloud when it changes: so it holds no number that changes all the time.
fn summary(sight: &Sight) -> Html {
    let mut reasons = not_running(&sight.tree);
    for (id, status) in &sight.answers.stores {
        match status {
            Ok(status) => reasons.extend(status.failed.iter().map(|why| format!("{id}: {why}"))),
            Err(error) => reasons.push(format!("{id} does not answer: {error}")),
        }
    }
    let mut html = Html::default();
    if reasons.is_empty() {
        state(&mut html, Tone::Good, "Ready");
        html.raw(
            " <span class=\"reasons\">Every actor runs, and the journal can be written.</span>",
        );
    } else {
        state(&mut html, Tone::Bad, "Not ready");
        html.within(" <span class=\"reasons\">", reasons.join("; "), "</span>");
    }
    html
}

fn facts(sight: &Sight) -> Html {
    let nodes = sight.tree.flatten();
    let actors: Vec<_> = nodes.iter().filter(|node| node.role == Role::Actor).collect();
    let running = actors.iter().filter(|node| node.state == "running").count();
    let restarts = nodes.iter().map(|node| node.restarts).sum::<u64>();
    let open = sight.breakers.iter().filter(|breaker| breaker.state.contains("open")).count();
    let mut html = Html::default();
    let all: f64 = sight.rates.values().sum();
    let waiting: usize = actors.iter().map(|node| node.mailbox_depth).sum();
    html.raw("<div><dt>Actors running</dt><dd id=\"running\">");
    html.text(running).within(" <small>of ", actors.len(), "</small></dd></div>");
    html.within("<div><dt>Restarts</dt><dd id=\"restarts\">", grouped(restarts), "</dd></div>");
    html.within("<div><dt>Messages a second</dt><dd>", rate(all), "</dd></div>");
    html.within("<div><dt>Messages waiting</dt><dd>", grouped(waiting as u64), "</dd></div>");
    html.within("<div><dt>Breakers open</dt><dd>", open, "");
    html.within(" <small>of ", sight.breakers.len(), "</small></dd></div>");
    html.within("<div><dt>Dead letters</dt><dd>", grouped(sight.dead_letters as u64), "");
    match sight.quarantined.1 {
        0 => html.raw("</dd></div>"),
        count => html.within(" <small class=\"bad\">", count, " in quarantine</small></dd></div>"),
    };
    html
}

/// How something is: a sign, a word, and only then a colour.
#[derive(Clone, Copy)]
enum Tone {
    Good,
    Soon,
    Bad,
    Calm,
}

impl Tone {
    fn of(state: &str) -> Self {
        match state {
            "running" | "closed" | "completed" | "following" | "restarted" | "unstuck"
            | "fence_over" => Self::Good,
            "backoff" | "open" | "forced_open" | "failed" | "halted" | "exited" | "killed"
            | "gave_up" | "unresponsive" | "stuck" | "parked" | "isolated" | "quarantined"
            | "fenced" => Self::Bad,
            "ended" | "started" | "dismissed" | "drained" => Self::Calm,
            _ => Self::Soon,
        }
    }
}

fn state(html: &mut Html, tone: Tone, word: &str) {
    html.raw(match tone {
        Tone::Good => "<span class=\"state good\"><i aria-hidden=\"true\">●</i> ",
        Tone::Soon => "<span class=\"state soon\"><i aria-hidden=\"true\">◐</i> ",
        Tone::Bad => "<span class=\"state bad\"><i aria-hidden=\"true\">▲</i> ",
        Tone::Calm => "<span class=\"state calm\"><i aria-hidden=\"true\">○</i> ",
    });
    html.text(word.replace('_', " ")).raw("</span>");
}

/// The time of day in UTC, and the whole moment for machines and on hovering.
fn time(html: &mut Html, millis: u64) {
    let at = UNIX_EPOCH.checked_add(Duration::from_millis(millis)).unwrap_or(UNIX_EPOCH);
    let whole = humantime::format_rfc3339_millis(at).to_string();
    html.within("<time datetime=\"", &whole, "\"");
    html.within(" title=\"", &whole, "\">");
    html.text(whole.get(11..19).unwrap_or(&whole)).raw("</time>");
}

/// What each of the actors said when asked, or that it did not; `none` if there is none of them.
fn each<T>(
    answers: &BTreeMap<ActorId, Result<T, CallError>>,
    none: &'static str,
    show: impl Fn(&mut Html, &ActorId, &T),
) -> Html {
    let mut html = Html::default();
    if answers.is_empty() {
        html.raw(none);
    }
    for (id, answer) in answers {
        match answer {
            Ok(answer) => show(&mut html, id, answer),
            Err(error) => does_not_answer(&mut html, id, error),
        }
    }
    html
}

/// A table: its head, then a row for each.
fn table<T>(
    html: &mut Html,
    head: &'static str,
    rows: impl IntoIterator<Item = T>,
    row: impl Fn(&mut Html, T),
) {
    html.raw(head);
    rows.into_iter().for_each(|each| row(html, each));
    html.raw("</tbody></table>");
}

fn does_not_answer(html: &mut Html, who: impl Display, error: impl Display) {
    html.within("<p class=\"bad\"><i aria-hidden=\"true\">▲</i> ", who, " does not answer: ");
    html.text(error).raw("</p>");
}
