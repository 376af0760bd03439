//! Checks who talks to whom: targets exist and take what they are sent, and asks run downstream.

use std::collections::{BTreeMap, BTreeSet};

use synod_types::actor::ActorId;

use crate::check::Check;
use crate::kinds::{KINDS, Manner, Origin, Output};
use crate::near;
use crate::shape::join;
use crate::topology::Edge;
use crate::written::Settings;

/// All edges, in order. Complete if nothing was found wrong.
pub(crate) fn check(check: &mut Check<'_, '_>) -> Vec<Edge> {
    let mut edges = BTreeSet::new();
    for (id, actor) in &check.written.actors {
        for output in actor.kind.spec().outputs {
            let key = join(&join(&join("actors", id), "edges"), output.name);
            match output.origin {
                Origin::Edges => check_output(check, &key, id, output, &mut edges),
                Origin::Sets => add_executors(check, id, output, &mut edges),
            }
        }
    }
    let edges: Vec<Edge> = edges.into_iter().collect();
    check_cycles(check, &edges);
    edges
}

fn check_output(
    check: &mut Check<'_, '_>,
    key: &str,
    id: &str,
    output: &Output,
    edges: &mut BTreeSet<Edge>,
) {
    let targets = check.written.actors[id].edges.get(output.name);
    let targets = targets.map(|targets| targets.each(key)).unwrap_or_default();
    for (key, target) in targets {
        if !takes(check, &key, target, output) {
            continue;
        }
        let Some(edge) = edge(id, output, target) else {
            continue;
        };
        if !edges.insert(edge) {
            let hint = "name each target once";
            check.found.refuse(&key, "the same target twice", hint);
        }
    }
}

/// Whether `target` is an actor that takes what `output` says.
fn takes(check: &mut Check<'_, '_>, key: &str, target: &str, output: &Output) -> bool {
    let written = check.written;
    let takers = written
        .actors
        .iter()
        .filter(|(_, actor)| actor.kind.spec().inputs.contains(&output.sentence));
    let takers = || takers.clone().map(|(id, _)| id.as_str());
    let Some(kind) = written.kind(target) else {
        if written.supervisors.contains_key(target) {
            let hint = near::hint(target, takers());
            check.found.refuse(key, "an edge leads to an actor, this is a supervisor", hint);
        } else if !check.found.is_misshapen_around(&join("actors", target)) {
            check.found.refuse(key, "unknown actor", near::hint(target, takers()));
        }
        return false;
    };
    let inputs = kind.spec().inputs;
    if inputs.contains(&output.sentence) {
        return true;
    }
    let names: Vec<&str> = inputs.iter().map(|sentence| sentence.name()).collect();
    let taken = if names.is_empty() { "nothing".to_owned() } else { names.join(", ") };
    let rule =
        format!("`{}` sends {}, the kind {kind} takes {taken}", output.name, output.sentence);
    let kinds = KINDS.iter().filter(|spec| spec.inputs.contains(&output.sentence));
    let kinds: Vec<&str> = kinds.map(|spec| spec.kind.name()).collect();
    let hint = format!("an actor of kind {}: {}", kinds.join(" or "), near::hint("", takers()));
    check.found.refuse(key, rule, hint);
    false
}

/// A `task` actor asks the executors of its sets' members.
fn add_executors(check: &mut Check<'_, '_>, id: &str, output: &Output, edges: &mut BTreeSet<Edge>) {
    let written = check.written;
    let Some(Settings::Task(settings)) = written.settings(id) else {
        return;
    };
    for (name, set) in &written.sets {
        if !settings.sets.is_empty() && !settings.sets.contains(name) {
            continue;
        }
        let before = edges.len();
        let executors = set.members.iter().filter_map(|member| member.executor.as_deref());
        edges.extend(executors.filter_map(|executor| edge(id, output, executor)));
        if edges.len() == before && set.members.iter().all(|member| member.executor.is_none()) {
            let key = join(&join("sets", name), "members");
            let rule = format!("`{id}` serves this set and has no executor to ask");
            let hint = "give members an executor, or leave the set out of the task's sets";
            check.found.refuse(&key, rule, hint);
        }
    }
}

fn edge(from: &str, output: &Output, to: &str) -> Option<Edge> {
    Some(Edge {
        from: ActorId::new(from).ok()?,
        output: output.name,
        to: ActorId::new(to).ok()?,
        sentence: output.sentence,
        manner: output.manner,
    })
}

/// Two that await each other are a deadlock: each for the other's answer, or for room in the
/// other's full mailbox.
fn check_cycles(check: &mut Check<'_, '_>, edges: &[Edge]) {
    let asks = cycle(edges, |edge| edge.manner == Manner::Ask);
    let written = check.written;
    let is_waited = |edge: &Edge| {
        let kind = written.kind(edge.to.as_str());
        kind.is_some_and(|kind| kind.spec().waits.contains(&edge.sentence))
    };
    let waits = cycle(edges, is_waited);
    for (cycle, what) in [(asks, "a cycle of asks"), (waits, "a cycle of waits for room")] {
        let Some(cycle) = cycle else { continue };
        let names: Vec<&str> = cycle.iter().map(|edge| edge.from.as_str()).collect();
        let key = join(&join("actors", cycle[0].from.as_str()), "edges");
        let key = join(&key, cycle[0].output);
        let rule = format!("{what}: {}", names.join(" → "));
        check.found.refuse(&key, rule, "let them run downstream only: remove one of these edges");
    }
}

/// The edges of a cycle of those that `holds`, in order, if there is one.
pub(crate) fn cycle(edges: &[Edge], holds: impl Fn(&Edge) -> bool) -> Option<Vec<&Edge>> {
    let mut asks: BTreeMap<&ActorId, Vec<&Edge>> = BTreeMap::new();
    for edge in edges.iter().filter(|edge| holds(edge)) {
        asks.entry(&edge.from).or_default().push(edge);
    }
    let mut done = BTreeSet::new();
    for &start in asks.keys() {
        // The way from `start` to where we are, and the edges not yet tried at each step.
        let mut way: Vec<&Edge> = Vec::new();
        let mut open = vec![asks[start].clone()];
        while let Some(untried) = open.last_mut() {
            let Some(next) = untried.pop() else {
                open.pop();
                done.extend(way.pop().map(|edge| &edge.to));
                continue;
            };
            let on_way = way.iter().position(|edge| edge.from == next.to);
            if let Some(first) = on_way.or((next.from == next.to).then_some(way.len())) {
                way.push(next);
                return Some(way.split_off(first));
            }
            if !done.contains(&next.to) {
                way.push(next);
                open.push(asks.get(&next.to).cloned().unwrap_or_default());
            }
        }
    }
    None
}
