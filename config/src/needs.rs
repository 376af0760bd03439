//! Checks whose breakers actors cannot work without.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use crate::check::Check;
use crate::kinds::Kind;
use crate::near;
use crate::shape::join;
use crate::written::ActorSection;

/// Kinds that keep a breaker before what lies outside.
const WITH_BREAKER: [Kind; 3] = [Kind::Chain, Kind::Executor, Kind::Embedding];

/// Each names actors that have a breaker, each of them once.
pub(crate) fn check_actor(check: &mut Check<'_, '_>, id: &str, section: &ActorSection) {
    let needs = &section.life.needs;
    for (index, name) in needs.iter().enumerate() {
        let at = place(id, index);
        if needs[..index].contains(name) {
            check.found.refuse(&at, "the same twice", "remove one of them");
            continue;
        }
        match check.written.kind(name) {
            Some(kind) if WITH_BREAKER.contains(&kind) => (),
            Some(kind) => {
                let rule = format!("an actor of kind {kind} has no breaker");
                check.found.refuse(&at, rule, "chains, executors and embeddings have one");
            }
            None if check.found.is_misshapen_around(&join("actors", name)) => (),
            None => {
                let hint = near::hint(name, check.written.actors.keys().map(String::as_str));
                check.found.refuse(&at, "unknown actor", hint);
            }
        }
    }
}

/// Who is parked makes no call, so its own breaker stays as it is: of those that need one another
/// in a circle, none would be left to find out that the outside is well again.
pub(crate) fn check_cycles(check: &mut Check<'_, '_>) {
    let actors = &check.written.actors;
    let mut told = BTreeSet::new();
    for id in actors.keys() {
        let Some(cycle) = cycle(id, actors) else { continue };
        if cycle.iter().all(|name| !told.contains(name)) {
            let names = cycle.iter().chain(cycle.first()).copied().collect::<Vec<_>>();
            let next = cycle.get(1).unwrap_or(&cycle[0]);
            let needs = &actors[id].life.needs;
            let index = needs.iter().position(|name| name == next).unwrap_or_default();
            let rule = format!("a cycle of needs: {}", names.join(" → "));
            let hint = "remove one of these: who is parked makes no call that would show it again";
            check.found.refuse(&place(id, index), rule, hint);
        }
        told.extend(cycle);
    }
}

fn has_breaker(actor: &ActorSection) -> bool {
    WITH_BREAKER.contains(&actor.kind)
}

fn place(id: &str, index: usize) -> String {
    format!("{}[{index}]", join(&join("actors", id), "needs"))
}

/// The shortest way from `start` over needs that comes back to it, `start` first.
fn cycle<'a>(start: &'a str, actors: &'a BTreeMap<String, ActorSection>) -> Option<Vec<&'a str>> {
    let mut from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut open = VecDeque::from([start]);
    while let Some(at) = open.pop_front() {
        let needs = actors.get(at).map(|actor| actor.life.needs.as_slice()).unwrap_or_default();
        for next in needs.iter().filter(|name| actors.get(*name).is_some_and(has_breaker)) {
            if next == start {
                let mut way = vec![at];
                while let Some(before) = way.last().and_then(|name| from.get(name)) {
                    way.push(before);
                }
                way.reverse();
                return Some(way);
            }
            if !from.contains_key(next.as_str()) {
                from.insert(next, at);
                open.push_back(next);
            }
        }
    }
    None
}
