//! What a running daemon cannot take over.

use synod_types::actor::ActorId;

use super::{Plan, Refused, Sides, Step, Verb};
use crate::config::Config;
use crate::kinds::Kind;
use crate::shape::join;

const PROCESS: &str = "it is the process itself, not an actor in it";
const MAILBOX: &str = "a mailbox is made once, and messages wait in it";
const JOURNAL: &str = "a journal is open, and others write to it";
const DIRECTORY: &str =
    "the store whose name comes first keeps its journal in the data directory itself";
const POOL: &str = "a pool of workers comes, changes and goes with the daemon";
const NEEDED: &str = "others need its breaker and watch the one that stands";
const BELOW: &str = "a supervisor that moves takes everyone below it along: name it anew there";

pub(super) fn refused(sides: &Sides<'_>, plan: &Plan) -> Vec<Refused> {
    let mut all = Vec::new();
    let mut refuse = |key: &str, why| all.push(Refused { key: key.to_owned(), why });
    for change in &plan.others {
        let part = change.key.split('.').next().unwrap_or_default();
        if ["runtime", "log", "http", "metrics"].contains(&part) {
            refuse(&change.key, PROCESS);
        }
    }
    for (id, step) in plan.actors.iter().filter(|(_, step)| step.verb == Verb::Changed) {
        let section = join("actors", id.as_str());
        for change in &step.keys {
            if change.key.starts_with(&format!("{section}.mailbox.")) {
                refuse(&change.key, MAILBOX);
            }
            if step.kind == Some(Kind::Store) {
                refuse(&change.key, JOURNAL);
            }
            let is_breaker = change.key.starts_with("breakers.")
                || change.key == format!("{section}.settings.breaker");
            if is_breaker && is_needed(sides, id) {
                refuse(&change.key, NEEDED);
            }
        }
    }
    for (id, step) in &plan.actors {
        if is_journal_in_use(sides, id, step) {
            refuse(&join(&join("actors", id.as_str()), "kind"), JOURNAL);
        }
    }
    let (first, second) = (first_store(sides.old), first_store(sides.new));
    if first != second {
        let id = second.or(first).map_or("", ActorId::as_str);
        refuse(&join("actors", id), DIRECTORY);
    }
    let is_pool = |config: &Config, id: &ActorId| {
        config.topology.actors.get(id).is_some_and(|actor| 1 < actor.workers)
    };
    for (id, _) in plan.actors.iter().filter(|(_, step)| step.verb != Verb::Untouched) {
        if is_pool(sides.old, id) || is_pool(sides.new, id) {
            refuse(&join(&join("actors", id.as_str()), "workers"), POOL);
        }
    }
    for (id, _) in plan.supervisors.iter().filter(|(_, step)| step.verb == Verb::Moved) {
        refuse(&join("supervisors", id.as_str()), BELOW);
    }
    all.sort();
    all.dedup();
    all
}

/// A journal is not taken from under those who write to it, nor moved while they do.
fn is_journal_in_use(sides: &Sides<'_>, id: &ActorId, step: &Step) -> bool {
    let was_store = sides.old.is_store(id);
    was_store && matches!(step.verb, Verb::Replaced | Verb::Moved)
}

/// Whether somebody who runs is parked by the state of its breaker, and is to be.
fn is_needed(sides: &Sides<'_>, id: &ActorId) -> bool {
    let needs =
        |config: &Config| config.topology.actors.values().any(|actor| actor.needs.contains(id));
    needs(sides.old) && needs(sides.new)
}

fn first_store(config: &Config) -> Option<&ActorId> {
    config.topology.actors.keys().find(|id| config.is_store(id))
}
