//! What must happen so that a running topology becomes another one. Pure: two checked
//! configurations in, a plan out; nothing is looked at but them.

mod refused;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use synod_types::actor::ActorId;

use crate::config::Config;
use crate::keys::Keys;
use crate::kinds::Kind;
use crate::shape::join;
use crate::topology::{Child, Topology};

/// What becomes of every actor and supervisor, and which keys make the difference.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Plan {
    /// Of every actor of either side.
    pub actors: BTreeMap<ActorId, Step>,
    /// Of every supervisor of either side.
    pub supervisors: BTreeMap<ActorId, Step>,
    /// Keys that differ and that no actor or supervisor is made from.
    pub others: Vec<KeyChange>,
    /// What a running daemon cannot take over. If there is any, a reload changes nothing.
    pub refused: Vec<Refused>,
}

/// What becomes of an actor or supervisor.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Step {
    /// In one word.
    pub verb: Verb,
    /// What it is, or was; none for a supervisor.
    pub kind: Option<Kind>,
    /// Keys it is made from that differ. Empty for what is added, removed or untouched.
    pub keys: Vec<KeyChange>,
    /// The supervisor it is under before; none for what is added, and for the root.
    pub from: Option<ActorId>,
    /// The supervisor it is under afterwards; none for what is removed, and for the root.
    pub to: Option<ActorId>,
}

/// What becomes of an actor or supervisor, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verb {
    /// It starts.
    Added,
    /// It handles what it has accepted, and ends.
    Removed,
    /// Another kind under the same name: one ends, the other starts.
    Replaced,
    /// An actor: its next incarnation is made from other values; its mailbox stays. A supervisor:
    /// it goes on by other rules.
    Changed,
    /// Under another supervisor. An actor: its next incarnation runs there; its mailbox stays.
    Moved,
    /// Nothing: it keeps its incarnation and its mailbox.
    Untouched,
}

/// A key whose value differs. Secrets are redacted.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct KeyChange {
    /// From the top of the file.
    pub key: String,
    /// Before; none if there was no such key.
    pub old: Option<String>,
    /// Afterwards; none if there is no such key.
    pub new: Option<String>,
}

/// Something that takes a restart of the daemon.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Refused {
    /// The key.
    pub key: String,
    /// Why it cannot be done to a running daemon.
    pub why: &'static str,
}

impl Plan {
    /// What makes `new` of `old`.
    pub fn between(old: &Config, new: &Config) -> Self {
        let (before, after) = (old.keys(), new.keys());
        let sides = Sides { old, new, before: &before, after: &after };
        let mut actors = BTreeMap::new();
        for id in both(old.topology.actors.keys(), new.topology.actors.keys()) {
            actors.insert(id.clone(), sides.actor(id));
        }
        let mut supervisors = BTreeMap::new();
        for id in both(old.topology.supervisors.keys(), new.topology.supervisors.keys()) {
            supervisors.insert(id.clone(), sides.supervisor(id));
        }
        let mut plan = Self { actors, supervisors, others: Vec::new(), refused: Vec::new() };
        plan.others = sides.others(&plan);
        plan.refused = refused::refused(&sides, &plan);
        plan
    }

    /// Whether the two are the same in every key.
    pub fn is_empty(&self) -> bool {
        let is_untouched = |step: &Step| step.verb == Verb::Untouched && step.keys.is_empty();
        self.others.is_empty()
            && self.actors.values().all(is_untouched)
            && self.supervisors.values().all(is_untouched)
    }

    /// The names of actors of which `verb` is said.
    pub fn actors_that_are(&self, verb: Verb) -> impl Iterator<Item = &ActorId> {
        self.actors.iter().filter(move |(_, step)| step.verb == verb).map(|(id, _)| id)
    }
}

/// The two that are held against each other.
struct Sides<'a> {
    old: &'a Config,
    new: &'a Config,
    before: &'a Keys,
    after: &'a Keys,
}

impl Sides<'_> {
    fn actor(&self, id: &ActorId) -> Step {
        let (old, new) = (self.old.topology.actors.get(id), self.new.topology.actors.get(id));
        let kinds = (old.map(crate::Actor::kind), new.map(crate::Actor::kind));
        let from = old.map(|actor| actor.supervisor.clone());
        let to = new.map(|actor| actor.supervisor.clone());
        let mut keys = Vec::new();
        if old.is_some() && new.is_some() {
            let inputs = (self.old.inputs(self.before, id), self.new.inputs(self.after, id));
            keys = changes(&inputs.0, &inputs.1);
            keys.extend(self.secrets(id));
            keys.sort();
        }
        let verb = match kinds {
            (None, _) => Verb::Added,
            (_, None) => Verb::Removed,
            (Some(old), Some(new)) if old != new => Verb::Replaced,
            _ if !keys.is_empty() => Verb::Changed,
            _ if from != to => Verb::Moved,
            _ => Verb::Untouched,
        };
        Step { verb, kind: kinds.1.or(kinds.0), keys, from, to }
    }

    /// Secrets that are written in one way and read in two.
    fn secrets(&self, id: &ActorId) -> Vec<KeyChange> {
        let (old, new) = (self.old.secrets(id), self.new.secrets(id));
        let differs = |key: &&String| old.get(*key) != new.get(*key) && old.contains_key(*key);
        let shown = |_: &_| "<redacted>".to_owned();
        new.keys()
            .filter(differs)
            .map(|key| KeyChange {
                key: key.clone(),
                old: old.get(key).map(shown),
                new: new.get(key).map(shown),
            })
            .collect()
    }

    fn supervisor(&self, id: &ActorId) -> Step {
        let (old, new) = (&self.old.topology, &self.new.topology);
        let parents = [old, new].map(|topology| {
            topology.supervisors.get(id).map(|supervisor| supervisor.parent.clone())
        });
        let [from, to] = parents;
        let section = join("supervisors", id.as_str());
        let of = |keys: &Keys| -> Keys {
            let within = |key: &String| key.strip_prefix(&section).is_some_and(is_below);
            keys.iter().filter(|(key, _)| within(key)).map(own).collect()
        };
        let mut keys = Vec::new();
        if from.is_some() && to.is_some() {
            keys = changes(&of(self.before), &of(self.after));
        }
        let is_rule = |change: &KeyChange| !change.key.ends_with(".children");
        let verb = match (&from, &to) {
            (None, _) => Verb::Added,
            (_, None) => Verb::Removed,
            (Some(from), Some(to)) if from != to => Verb::Moved,
            _ if keys.iter().any(is_rule) || reordered(old, new, id) => Verb::Changed,
            _ => Verb::Untouched,
        };
        Step { verb, kind: None, keys, from: from.flatten(), to: to.flatten() }
    }

    /// What differs and is nobody's: what surrounds the actors, and sections that nobody uses.
    fn others(&self, plan: &Plan) -> Vec<KeyChange> {
        let sections = plan.actors.keys().map(|id| join("actors", id.as_str()));
        let below = plan.supervisors.keys().map(|id| join("supervisors", id.as_str()));
        let owned: BTreeSet<String> = sections.chain(below).collect();
        let steps = plan.actors.values().chain(plan.supervisors.values());
        let told: BTreeSet<&str> =
            steps.flat_map(|step| &step.keys).map(|change| change.key.as_str()).collect();
        let is_owned = |key: &str| {
            owned.iter().any(|section| key.strip_prefix(section.as_str()).is_some_and(is_below))
        };
        let mut all = changes(self.before, self.after);
        all.retain(|change| !told.contains(change.key.as_str()) && !is_owned(&change.key));
        all
    }
}

fn own((key, value): (&String, &String)) -> (String, String) {
    (key.clone(), value.clone())
}

/// Whether what is left of a key after a section's name is something in that section.
fn is_below(rest: &str) -> bool {
    rest.starts_with('.') || rest.starts_with('[')
}

/// Whether children of both sides stand in another order.
fn reordered(old: &Topology, new: &Topology, id: &ActorId) -> bool {
    let children = |topology: &Topology| -> Vec<ActorId> {
        let supervisor = topology.supervisors.get(id);
        let children = supervisor.map(|it| it.children.as_slice()).unwrap_or_default();
        children.iter().map(Child::id).cloned().collect()
    };
    let (old, new) = (children(old), children(new));
    let stays: Vec<&ActorId> = old.iter().filter(|id| new.contains(id)).collect();
    let stayed: Vec<&ActorId> = new.iter().filter(|id| old.contains(id)).collect();
    stays != stayed
}

fn changes(old: &Keys, new: &Keys) -> Vec<KeyChange> {
    let differ = both(old.keys(), new.keys()).into_iter();
    differ
        .filter(|key| old.get(*key) != new.get(*key))
        .map(|key| KeyChange {
            key: key.clone(),
            old: old.get(key).cloned(),
            new: new.get(key).cloned(),
        })
        .collect()
}

fn both<'k, T: Ord>(
    old: impl Iterator<Item = &'k T>,
    new: impl Iterator<Item = &'k T>,
) -> BTreeSet<&'k T> {
    old.chain(new).collect()
}

#[cfg(test)]
mod tests;
