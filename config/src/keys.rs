//! Every key of a configuration with its value in words, and which of them an actor depends on.

use std::collections::BTreeMap;

use serde_json::Value as Json;
use synod_types::actor::ActorId;

use crate::chain::ChainSource;
use crate::config::Config;
use crate::executor::Performer;
use crate::kinds::{Kind, Origin as Written};
use crate::secret::Secret;
use crate::shape::join;
use crate::signer::KeySource;
use crate::topology::Settings;

/// Keys from the top of the file, and what is written there or holds by default. Secrets are
/// redacted.
pub(crate) type Keys = BTreeMap<String, String>;

impl Config {
    /// Every key and its value.
    pub(crate) fn keys(&self) -> Keys {
        let mut keys = Keys::new();
        let json = self.json();
        flatten("", &json, &mut keys);
        keys.retain(|key, _| !(key.starts_with("actors.") && is_edge(key)));
        for (id, key, targets) in self.written_edges() {
            let names: Vec<String> = targets.iter().map(|target| format!("{target:?}")).collect();
            let text = match names.as_slice() {
                [one] => one.clone(),
                all => format!("[{}]", all.join(", ")),
            };
            keys.insert(join(&join(&join("actors", id.as_str()), "edges"), key), text);
        }
        keys
    }

    /// The sections as they will be used, overrides of the command line among them.
    fn json(&self) -> Json {
        let mut json = serde_json::to_value(&self.written).unwrap_or_default();
        json["runtime"] = serde_json::to_value(&self.runtime).unwrap_or_default();
        json["http"] = serde_json::to_value(&self.http).unwrap_or_default();
        json["metrics"] = serde_json::to_value(&self.metrics).unwrap_or_default();
        json
    }

    /// Edges that stand in the sections of actors, targets in order of name.
    fn written_edges(&self) -> Vec<(&ActorId, &'static str, Vec<&str>)> {
        let actors = self.topology.actors.iter();
        let outputs = actors.flat_map(|(id, actor)| {
            let outputs = actor.kind().spec().outputs.iter();
            outputs.filter(|output| output.origin == Written::Edges).map(move |output| {
                let targets = self.topology.targets(id, output.name).map(ActorId::as_str);
                (id, output.name, targets.collect::<Vec<_>>())
            })
        });
        outputs.filter(|(_, _, targets)| !targets.is_empty()).collect()
    }

    /// What the actor is made from: of all keys those that its incarnations see.
    pub(crate) fn inputs(&self, keys: &Keys, id: &ActorId) -> Keys {
        let Some(actor) = self.topology.actors.get(id) else { return Keys::new() };
        let section = join("actors", id.as_str());
        let mut wanted = vec![section.clone()];
        let breaker = keys.get(&join(&join(&section, "settings"), "breaker"));
        wanted.extend(breaker.map(|name| join("breakers", name.trim_matches('"'))));
        let breaker = keys.get(&join(&join(&section, "settings"), "remote.breaker"));
        wanted.extend(breaker.map(|name| join("breakers", name.trim_matches('"'))));
        let targets = self.topology.edges.iter().filter(|edge| edge.from == *id);
        wanted.extend(targets.map(|edge| join(&join("actors", edge.to.as_str()), "kind")));
        match &actor.settings {
            Settings::Chain(_) => {
                let sets = self.sets.iter().filter(|(_, set)| set.chain == *id);
                sets.for_each(|(name, _)| wanted.extend(identity(name)));
            }
            Settings::Executor(settings) => {
                wanted.extend(identity(&settings.set));
                let rest = ["scheme", "verifier", "verifier_version"];
                wanted.extend(rest.map(|key| join(&join("sets", &settings.set), key)));
                wanted.extend(self.chain_id_of(&settings.set));
            }
            Settings::Task(settings) => {
                for name in &settings.sets {
                    wanted.push(join("sets", name));
                    wanted.extend(self.chain_id_of(name));
                    wanted.extend(self.keys_of_signers(name));
                }
            }
            Settings::Memory(_) => {
                let embeddings = self.topology.targets(id, "embedding");
                wanted.extend(embeddings.map(|to| setting(to.as_str(), "texts_max")));
            }
            Settings::Store(_)
            | Settings::Embedding(_)
            | Settings::Signer(_)
            | Settings::Aggregation(_)
            | Settings::Quorum(_) => {}
        }
        let is_wanted = |key: &String| wanted.iter().any(|wanted| holds(wanted, key));
        keys.iter().filter(|(key, _)| is_wanted(key)).map(|(k, v)| (k.clone(), v.clone())).collect()
    }

    fn chain_id_of(&self, set: &str) -> Option<String> {
        self.sets.get(set).map(|set| setting(set.chain.as_str(), "chain_id"))
    }

    /// Tables hold public keys: a set changes with the keys of its signers.
    fn keys_of_signers(&self, set: &str) -> Vec<String> {
        let members = self.sets.get(set).map(|set| set.members.as_slice()).unwrap_or_default();
        let signers = members.iter().filter_map(|member| match &member.key {
            crate::MemberKey::Signer(signer) => Some(signer.as_str()),
            crate::MemberKey::Public(_) => None,
        });
        signers.flat_map(|id| SOURCES.map(|key| setting(id, key))).collect()
    }

    /// The secrets of an actor, by key.
    pub(crate) fn secrets(&self, id: &ActorId) -> BTreeMap<String, &Secret> {
        let Some(actor) = self.topology.actors.get(id) else { return BTreeMap::new() };
        let mut secrets = BTreeMap::new();
        let at = |table: &str, name: &str| join(&setting(id.as_str(), table), name);
        match &actor.settings {
            Settings::Chain(settings) => {
                if let ChainSource::Alloy(alloy) = &settings.source {
                    let urls = alloy.secrets().map(|(key, url)| (at("alloy", &key), url));
                    secrets.extend(urls);
                }
            }
            Settings::Executor(settings) => {
                if let Performer::Process(process) = &settings.performer {
                    let environment = process.environment.iter();
                    let at = |name: &String| join(&at("process", "environment"), name);
                    secrets.extend(environment.map(|(name, secret)| (at(name), secret)));
                }
            }
            Settings::Signer(settings) => {
                if let KeySource::Remote(remote) = &settings.key {
                    secrets.insert(at("remote", "url"), &remote.url);
                }
            }
            Settings::Store(_)
            | Settings::Embedding(_)
            | Settings::Memory(_)
            | Settings::Aggregation(_)
            | Settings::Quorum(_)
            | Settings::Task(_) => {}
        }
        secrets
    }

    /// Of an actor that keeps journals: its kind decides more than its section says.
    pub(crate) fn is_store(&self, id: &ActorId) -> bool {
        self.topology.actors.get(id).is_some_and(|actor| actor.kind() == Kind::Store)
    }
}

/// What a signer's public key follows from.
const SOURCES: [&str; 5] = ["scheme", "source", "key_file", "generate", "remote"];

/// Which set of which AVS, and where its tasks are announced.
fn identity(set: &str) -> [String; 4] {
    ["avs", "number", "chain", "mailbox"].map(|key| join(&join("sets", set), key))
}

fn setting(actor: &str, name: &str) -> String {
    join(&join(&join("actors", actor), "settings"), name)
}

/// Whether `key` is `holder` or inside it.
fn holds(holder: &str, key: &str) -> bool {
    key.strip_prefix(holder)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with('.') || rest.starts_with('['))
}

/// Whether the key is one of `actors.<id>.edges`. An id may hold dots; then it is quoted.
fn is_edge(key: &str) -> bool {
    let rest = key.strip_prefix("actors.").unwrap_or_default();
    let rest = match rest.strip_prefix('"').and_then(|rest| rest.split_once('"')) {
        Some((_, rest)) => rest,
        None => rest.find('.').map_or("", |dot| &rest[dot..]),
    };
    rest.starts_with(".edges.")
}

/// Lists of tables become keys with an index; other lists are values.
fn flatten(key: &str, value: &Json, keys: &mut Keys) {
    match value {
        Json::Object(table) => {
            for (name, value) in table {
                flatten(&join(key, name), value, keys);
            }
        }
        Json::Array(items) if items.iter().any(Json::is_object) => {
            for (index, item) in items.iter().enumerate() {
                flatten(&format!("{key}[{index}]"), item, keys);
            }
        }
        Json::Null => {}
        Json::Array(items) => {
            let items: Vec<String> = items.iter().map(Json::to_string).collect();
            keys.insert(key.to_owned(), format!("[{}]", items.join(", ")));
        }
        Json::String(_) | Json::Number(_) | Json::Bool(_) => {
            keys.insert(key.to_owned(), value.to_string());
        }
    }
}
