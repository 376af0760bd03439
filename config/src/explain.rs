//! What one actor or supervisor is: where it stands, what it is made from and where each value
//! comes from, who talks to it, and what happens when it fails.

mod failure;
mod words;

use serde::Serialize;
use synod_types::actor::ActorId;

use crate::config::Config;
use crate::keys::Keys;
use crate::kinds::{Kind, Manner, Origin as Written};
use crate::origins::Origin;
use crate::shape::join;
use crate::topology::{Child, Edge};

/// See the module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Explanation {
    /// Who.
    pub id: ActorId,
    /// What it is; none for a supervisor.
    pub kind: Option<Kind>,
    /// What such a thing is for.
    pub about: String,
    /// Those above it, the root first.
    pub above: Vec<Above>,
    /// Of a supervisor: those below it, in order of start.
    pub children: Vec<ActorId>,
    /// Everything it is made from.
    pub values: Vec<Sourced>,
    /// Whom it speaks to.
    pub sends: Vec<Spoken>,
    /// Who speaks to it.
    pub hears: Vec<Spoken>,
    /// What stands between it and the outside.
    pub breakers: Vec<Guarded>,
    /// What happens when it fails, in order.
    pub failure: Vec<String>,
}

/// A supervisor above, and which of its children the way leads through.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Above {
    /// Its name.
    pub supervisor: ActorId,
    /// Whom it restarts when a child fails.
    pub strategy: &'static str,
    /// The child's place in the order of start, from 1.
    pub place: usize,
    /// How many children it has.
    pub of: usize,
}

/// A value and where it comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Sourced {
    /// From the top of the file.
    pub key: String,
    /// Secrets are redacted.
    pub value: String,
    /// A line, or the default.
    pub origin: Origin,
}

/// One end of an edge.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Spoken {
    /// The other end.
    pub peer: ActorId,
    /// The sender's output.
    pub output: &'static str,
    /// What is said.
    pub sentence: &'static str,
    /// Whether an answer is wanted.
    pub asks: bool,
    /// Where the edge is written.
    pub origin: Origin,
}

/// A breaker.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Guarded {
    /// Its name in a running daemon.
    pub name: String,
    /// Where its rules stand; none if it goes by the built-in ones.
    pub section: Option<String>,
    /// Its rules.
    pub values: Vec<Sourced>,
}

impl Config {
    /// Explains an actor or supervisor; `None` if there is none of that name.
    pub fn explain(&self, id: &ActorId) -> Option<Explanation> {
        let keys = self.keys();
        let explainer = Explainer { config: self, keys: &keys };
        if self.topology.actors.contains_key(id) {
            return Some(explainer.actor(id));
        }
        self.topology.supervisors.contains_key(id).then(|| explainer.supervisor(id))
    }

    /// Every name that can be explained.
    pub fn names(&self) -> impl Iterator<Item = &ActorId> {
        self.topology.actors.keys().chain(self.topology.supervisors.keys())
    }

    /// Those of [`Self::names`] that are near to a name that is none.
    pub fn near(&self, name: &str) -> String {
        crate::near::hint(name, self.names().map(ActorId::as_str))
    }
}

struct Explainer<'a> {
    config: &'a Config,
    keys: &'a Keys,
}

impl Explainer<'_> {
    fn actor(&self, id: &ActorId) -> Explanation {
        let topology = &self.config.topology;
        let kind = topology.actors.get(id).map(crate::Actor::kind);
        let about = kind.map(|kind| (kind.spec().settings)()["description"].clone());
        let about = about.and_then(|about| about.as_str().map(str::to_owned));
        let section = join("actors", id.as_str());
        let edges = join(&section, "edges");
        Explanation {
            id: id.clone(),
            kind,
            about: about.unwrap_or_default().split_whitespace().collect::<Vec<_>>().join(" "),
            above: self.above(id),
            children: Vec::new(),
            values: self.values(&section, |key| !key.starts_with(&edges)),
            sends: self.edges(|edge| (edge.from == *id).then_some(&edge.to)),
            hears: self.edges(|edge| (edge.to == *id).then_some(&edge.from)),
            breakers: self.breakers(id, kind),
            failure: self.actor_fails(id),
        }
    }

    fn supervisor(&self, id: &ActorId) -> Explanation {
        let supervisor = self.config.topology.supervisors.get(id);
        let children = supervisor.map(|it| it.children.as_slice()).unwrap_or_default();
        Explanation {
            id: id.clone(),
            kind: None,
            about: "A supervisor: starts its children in order, restarts those that fail, stops \
                    them in reverse."
                .to_owned(),
            above: self.above(id),
            children: children.iter().map(Child::id).cloned().collect(),
            values: self.values(&join("supervisors", id.as_str()), |_| true),
            sends: Vec::new(),
            hears: Vec::new(),
            breakers: Vec::new(),
            failure: self.supervisor_fails(id),
        }
    }

    /// The way from the root to `id`.
    fn above(&self, id: &ActorId) -> Vec<Above> {
        let topology = &self.config.topology;
        let mut way = Vec::new();
        let mut current = id;
        while let Some(parent) = topology.parent(current) {
            let Some(supervisor) = topology.supervisors.get(parent) else { break };
            let at = supervisor.children.iter().position(|child| child.id() == current);
            way.push(Above {
                supervisor: parent.clone(),
                strategy: supervisor.strategy.name(),
                place: at.map_or(0, |at| at + 1),
                of: supervisor.children.len(),
            });
            current = parent;
        }
        way.reverse();
        way
    }

    fn values(&self, section: &str, is_wanted: impl Fn(&str) -> bool) -> Vec<Sourced> {
        let within = |key: &&String| {
            key.strip_prefix(section).is_some_and(|rest| rest.starts_with('.')) && is_wanted(key)
        };
        let values = self.keys.iter().filter(|(key, _)| within(key));
        values
            .map(|(key, value)| Sourced {
                key: key.clone(),
                value: value.clone(),
                origin: self.config.origins.of(key),
            })
            .collect()
    }

    fn edges<'e>(&'e self, peer: impl Fn(&'e Edge) -> Option<&'e ActorId>) -> Vec<Spoken> {
        let edges = self.config.topology.edges.iter();
        edges
            .filter_map(|edge| {
                Some(Spoken {
                    peer: peer(edge)?.clone(),
                    output: edge.output,
                    sentence: edge.sentence.name(),
                    asks: edge.manner == Manner::Ask,
                    origin: self.edge_origin(edge),
                })
            })
            .collect()
    }

    fn edge_origin(&self, edge: &Edge) -> Origin {
        let kind = self.config.topology.actors.get(&edge.from).map(crate::Actor::kind);
        let outputs = kind.map(|kind| kind.spec().outputs).unwrap_or_default();
        let output = outputs.iter().find(|output| output.name == edge.output);
        let key = match output.map(|output| output.origin) {
            Some(Written::Sets) => self.member_key(&edge.to),
            Some(Written::Edges) | None => {
                join(&join(&join("actors", edge.from.as_str()), "edges"), edge.output)
            }
        };
        self.config.origins.of(&key)
    }

    /// Where a set names this executor.
    fn member_key(&self, executor: &ActorId) -> String {
        let sets = self.config.sets.iter();
        let mut members = sets.flat_map(|(name, set)| {
            set.members.iter().enumerate().map(move |(index, member)| (name, index, member))
        });
        let found = members.find(|(.., member)| member.executor.as_ref() == Some(executor));
        found.map_or_else(String::new, |(name, index, _)| {
            format!("{}.members[{index}].executor", join("sets", name))
        })
    }

    fn breakers(&self, id: &ActorId, kind: Option<Kind>) -> Vec<Guarded> {
        let settings = join(&join("actors", id.as_str()), "settings");
        let named = self.keys.get(&join(&settings, "breaker"));
        let section = named.map(|name| join("breakers", name.trim_matches('"')));
        if section.is_none() && kind != Some(Kind::Embedding) {
            return Vec::new();
        }
        let values = section.iter().flat_map(|section| self.values(section, |_| true)).collect();
        vec![Guarded { name: id.to_string(), section, values }]
    }
}

#[cfg(test)]
mod tests;
