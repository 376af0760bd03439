//! Checks the tree of supervisors: every actor and supervisor has one parent, and `root` is above
//! all of them.

use std::collections::{BTreeMap, BTreeSet};

use synod_types::actor::ActorId;

use crate::check::Check;
use crate::near;
use crate::recovery;
use crate::shape::join;
use crate::supervisor::SupervisorSection;
use crate::topology::{Backoff, Child, Supervisor};

/// Whose child everybody is.
type Parents = BTreeMap<String, String>;

/// The supervisors, and everybody's parent. Complete if nothing was found wrong.
pub(crate) fn check(check: &mut Check<'_, '_>) -> (BTreeMap<ActorId, Supervisor>, Parents) {
    let written = check.written;
    let has_root = written.supervisors.contains_key("root");
    if !has_root && !check.found.is_misshapen_around("supervisors.root") {
        let hint = "write [supervisors.root] with children = [\"<an actor>\", …]";
        check.found.refuse("supervisors.root", "no root supervisor", hint);
    }
    let mut parents = Parents::new();
    for (id, section) in &written.supervisors {
        check_section(check, id, section);
        check_children(check, id, section, &mut parents);
    }
    check_parents(check, &parents, has_root);
    let supervisors = written.supervisors.iter().filter_map(|(id, section)| {
        Some((ActorId::new(id).ok()?, supervisor(check, section, parents.get(id))))
    });
    (supervisors.collect(), parents)
}

fn check_section(check: &mut Check<'_, '_>, id: &str, section: &SupervisorSection) {
    let key = join("supervisors", id);
    if section.children.is_empty() {
        let hint = "list at least one actor or supervisor, or remove this supervisor";
        check.found.refuse(&join(&key, "children"), "a supervisor without children", hint);
    }
    if check.written.actors.contains_key(id) {
        let hint = format!("[actors.{id}] has this name: rename one of them");
        check.found.refuse(&key, "an id of both an actor and a supervisor", hint);
    }
    let backoff = ("backoff_first", section.backoff_first);
    check.at_most(&key, backoff, ("backoff_max", section.backoff_max));
    recovery::check_intensity(check, &key, section);
    recovery::check_significant(check, &key, section.significant, section.restart);
    if section.children_max < section.children.len() {
        let hint = format!("at least {}", section.children.len());
        check.found.refuse(&join(&key, "children_max"), "fewer than there are children", hint);
    }
}

fn check_children(
    check: &mut Check<'_, '_>,
    id: &str,
    section: &SupervisorSection,
    parents: &mut Parents,
) {
    let (actors, supervisors) = (&check.written.actors, &check.written.supervisors);
    for (index, child) in section.children.iter().enumerate() {
        let key = format!("{}.children[{index}]", join("supervisors", id));
        if child == "root" {
            let hint = "it is the top; name another supervisor";
            check.found.refuse(&key, "root is nobody's child", hint);
            continue;
        }
        if !actors.contains_key(child) && !supervisors.contains_key(child) {
            let is_misshapen = ["actors", "supervisors"]
                .iter()
                .any(|table| check.found.is_misshapen_around(&join(table, child)));
            if !is_misshapen {
                let supervisors = supervisors.keys().filter(|id| *id != "root");
                let names = actors.keys().chain(supervisors).map(String::as_str);
                let hint = near::hint(child, names);
                check.found.refuse(&key, "unknown actor or supervisor", hint);
            }
            continue;
        }
        if let Some(other) = parents.insert(child.clone(), id.to_owned()) {
            let rule = if other == id { "a child twice" } else { "a child of two supervisors" };
            let hint = format!("{} lists it already", join("supervisors", &other));
            check.found.refuse(&key, rule, hint);
        }
    }
}

/// Everybody has a parent, and following parents ends at the root.
fn check_parents(check: &mut Check<'_, '_>, parents: &Parents, has_root: bool) {
    // Without all lists of children, who is missing from them cannot be told.
    if !has_root || check.found.is_misshapen_around("supervisors") {
        return;
    }
    let written = check.written;
    let actors = written.actors.keys().map(|id| ("actors", id));
    let supervisors = written.supervisors.keys().map(|id| ("supervisors", id));
    for (table, id) in actors.chain(supervisors.filter(|(_, id)| *id != "root")) {
        if !parents.contains_key(id) {
            let hint = format!("add \"{id}\" to the children of a supervisor");
            check.found.refuse(&join(table, id), "a child of no supervisor", hint);
        }
    }
    let mut told = BTreeSet::new();
    for id in written.supervisors.keys() {
        let circle = circle(id, parents);
        if told.is_disjoint(&circle) && !circle.is_empty() {
            let names: Vec<&str> = circle.iter().copied().collect();
            let rule = format!("a circle of supervisors: {}", names.join(", "));
            let key = join(&join("supervisors", id), "children");
            check.found.refuse(&key, rule, "following parents must end at root");
        }
        told.extend(circle);
    }
}

/// Those above `id` and it, if following parents comes back to it.
fn circle<'p>(id: &'p str, parents: &'p Parents) -> BTreeSet<&'p str> {
    let mut seen = BTreeSet::new();
    let mut above = Some(id);
    while let Some(current) = above {
        if !seen.insert(current) {
            return if current == id { seen } else { BTreeSet::new() };
        }
        above = parents.get(current).map(String::as_str);
    }
    BTreeSet::new()
}

fn supervisor(
    check: &Check<'_, '_>,
    section: &SupervisorSection,
    parent: Option<&String>,
) -> Supervisor {
    let children = section.children.iter().filter_map(|name| {
        let id = ActorId::new(name).ok()?;
        let is_actor = check.written.actors.contains_key(name);
        Some(if is_actor { Child::Actor(id) } else { Child::Supervisor(id) })
    });
    Supervisor {
        parent: parent.and_then(|parent| ActorId::new(parent).ok()),
        children: children.collect(),
        strategy: section.strategy,
        restarts_max: section.restarts_max,
        period: section.period,
        on_exceeded: section.on_exceeded,
        park_for: section.park_for,
        park_probes: section.park_probes,
        auto_shutdown: section.auto_shutdown,
        significant: section.significant,
        children_max: section.children_max,
        backoff: Backoff {
            first: section.backoff_first,
            max: section.backoff_max,
            jitter_percent: section.jitter_percent,
            reset_after: section.backoff_reset_after,
        },
        restart: section.restart,
        stop_timeout: section.stop_timeout,
    }
}
