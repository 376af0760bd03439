//! Whom nothing reaches, and who speaks to nobody. Asked only of a file in which all else is
//! right: one wrong edge would make strangers of many.

use std::collections::BTreeSet;

use crate::findings::Findings;
use crate::kinds::{KINDS, Kind, Manner, Origin};
use crate::shape::join;
use crate::topology::Edge;
use crate::written::Written;

/// Kinds that something outside of the topology speaks to: blocks, or agents over HTTP.
const ENTRIES: [Kind; 2] = [Kind::Chain, Kind::Memory];

pub(crate) fn check(found: &mut Findings<'_>, written: &Written, edges: &[Edge]) {
    check_unheard(found, written, edges);
    check_unreached(found, written, edges);
}

/// A chain is followed for somebody.
fn check_unheard(found: &mut Findings<'_>, written: &Written, edges: &[Edge]) {
    for (id, actor) in &written.actors {
        let outputs = actor.kind.spec().outputs.iter();
        for output in outputs.filter(|output| output.origin == Origin::Edges) {
            let mut targets = edges.iter().filter(|edge| edge.from.as_str() == id);
            if targets.any(|edge| edge.output == output.name) {
                continue;
            }
            let takers = KINDS.iter().filter(|spec| spec.inputs.contains(&output.sentence));
            let takers: Vec<&str> = takers.map(|spec| spec.kind.name()).collect();
            let rule = format!("{} is sent here and nobody takes it", output.sentence);
            let hint = format!("name an actor of kind {}", takers.join(" or "));
            found.refuse(&join(&join(&join("actors", id), "edges"), output.name), rule, hint);
        }
    }
}

fn check_unreached(found: &mut Findings<'_>, written: &Written, edges: &[Edge]) {
    let entries = written.actors.iter().filter(|(_, actor)| ENTRIES.contains(&actor.kind));
    let mut open: Vec<&str> = entries.map(|(id, _)| id.as_str()).collect();
    let mut reached = BTreeSet::new();
    while let Some(id) = open.pop() {
        if reached.insert(id) {
            let targets = edges.iter().filter(|edge| edge.from.as_str() == id);
            open.extend(targets.map(|edge| edge.to.as_str()));
        }
    }
    for (id, actor) in written.actors.iter().filter(|(id, _)| !reached.contains(id.as_str())) {
        let hint = match ways_to(actor.kind).as_slice() {
            [] => "remove it".to_owned(),
            ways => format!("let one of {} lead here, or remove it", ways.join(", ")),
        };
        found.refuse(&join("actors", id), "no message can reach this actor", hint);
    }
}

/// The outputs that can lead to an actor of this kind.
fn ways_to(kind: Kind) -> Vec<String> {
    let mut ways = Vec::new();
    for spec in KINDS {
        for output in spec.outputs.iter().filter(|it| kind.spec().inputs.contains(&it.sentence)) {
            let says = if output.manner == Manner::Ask { "asks" } else { "tells" };
            ways.push(match output.origin {
                Origin::Edges => format!("`{}` of a {} ({says})", output.name, spec.kind),
                Origin::Sets => format!("the members of a set of a {} ({says})", spec.kind),
            });
        }
    }
    ways
}
