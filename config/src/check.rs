//! What every check of meaning needs at hand.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use synod_types::operator::{OperatorId, OperatorSetId};

use crate::breaker::BreakerPolicy;
use crate::findings::Findings;
use crate::kinds::Kind;
use crate::near;
use crate::set::SetSection;
use crate::shape::join;
use crate::signer::plain;
use crate::written::Written;

/// A file being held against the rules of meaning.
#[derive(Debug)]
pub(crate) struct Check<'c, 'f> {
    pub(crate) found: &'c mut Findings<'f>,
    pub(crate) written: &'c Written,
    /// Where relative paths start.
    pub(crate) directory: &'c Path,
    /// Key files so far, and the settings that name them.
    pub(crate) key_files: BTreeMap<PathBuf, String>,
    /// Operators answered for so far, by set, and the executors that do.
    pub(crate) operators: BTreeMap<(String, OperatorId), String>,
    /// Sets so far, by chain, and their keys.
    pub(crate) set_ids: BTreeMap<(String, OperatorSetId), String>,
}

impl<'c, 'f> Check<'c, 'f> {
    pub(crate) fn new(
        found: &'c mut Findings<'f>,
        written: &'c Written,
        directory: &'c Path,
    ) -> Self {
        Self {
            found,
            written,
            directory,
            key_files: BTreeMap::new(),
            operators: BTreeMap::new(),
            set_ids: BTreeMap::new(),
        }
    }

    /// Where the key of a signer is kept that makes its own.
    pub(crate) fn generated_key(&self, id: &str) -> PathBuf {
        plain(&self.written.runtime.data_dir.join("keys").join(format!("{id}.key")))
    }

    /// The policy `name`, which stands at `key`.
    pub(crate) fn breaker(&mut self, key: &str, name: &str) -> Option<BreakerPolicy> {
        let policy = self.written.breakers.get(name);
        if policy.is_none() && !self.found.is_misshapen_around(&join("breakers", name)) {
            let hint = near::hint(name, self.written.breakers.keys().map(String::as_str));
            self.found.refuse(key, "unknown breaker", hint);
        }
        policy.cloned()
    }

    /// The operator set `name`, which stands at `key`.
    pub(crate) fn set(&mut self, key: &str, name: &str) -> Option<&'c SetSection> {
        let set = self.written.sets.get(name);
        if set.is_none() && !self.found.is_misshapen_around(&join("sets", name)) {
            let hint = near::hint(name, self.written.sets.keys().map(String::as_str));
            self.found.refuse(key, "unknown operator set", hint);
        }
        set
    }

    /// Whether the actor `name`, which stands at `key`, is there and of this kind.
    pub(crate) fn is_kind(&mut self, key: &str, name: &str, kind: Kind) -> bool {
        let actual = self.written.kind(name);
        if actual == Some(kind) {
            return true;
        }
        let others = self.written.actors.iter().filter(|(_, actor)| actor.kind == kind);
        let hint = near::hint(name, others.map(|(id, _)| id.as_str()));
        match actual {
            Some(actual) => {
                let rule = format!("wants an actor of kind {kind}, this is of kind {actual}");
                self.found.refuse(key, rule, hint);
            }
            None if self.found.is_misshapen_around(&join("actors", name)) => {}
            None => self.found.refuse(key, "unknown actor", hint),
        }
        false
    }

    /// Whether `chain` is a chain, well written, that does not feed the actor `id`.
    pub(crate) fn is_unfed(&self, id: &str, chain: &str) -> bool {
        self.written.kind(chain) == Some(Kind::Chain)
            && !self.found.is_misshapen_around(&join("actors", chain))
            && !self.written.feeds(id).any(|other| other == chain)
    }

    /// Holds one duration of the table `key` against another.
    pub(crate) fn at_most(&mut self, key: &str, less: (&str, Duration), more: (&str, Duration)) {
        if less.1 > more.1 {
            let hint = format!("at most {}", humantime::format_duration(more.1));
            self.found.refuse(&join(key, less.0), format!("above {}", more.0), hint);
        }
    }
}
