//! Keys: where they lie, and their public halves.

use std::path::Path;
use std::sync::Arc;

use synod_config::{ExecutorSettings, KeySource as Place, MemberKey, Process, SignerSettings};
use synod_signature::KeySource;
use synod_signature_keyfile::KeyFile;
use synod_types::actor::ActorId;
use synod_types::signature::PublicKey;

use crate::topology::{Maker, TopologyError};

/// How much of the end of a child's stderr is kept.
const STDERR_BYTES_MAX: usize = 4_096;

impl Maker<'_> {
    /// Reads the public half of every signer's key, making those that are to be generated: sets
    /// name signers, and tables hold public keys. A key that two signers hold, be it by copies of
    /// its file, is refused: their guards may lie in different journals.
    pub(in crate::topology) fn read_keys(&mut self) -> Result<(), TopologyError> {
        for (id, actor) in &self.config.topology.actors {
            if let synod_config::Settings::Signer(settings) = &actor.settings {
                let file = key_file(self.data_dir, id, settings);
                let key = file.public_key().map_err(|error| TopologyError::caused(id, error))?;
                if let Some((other, _)) = self.keys.iter().find(|(_, held)| **held == key) {
                    let why = format!("{other} holds the same key; give each signer its own");
                    return Err(TopologyError::new(id, why));
                }
                let held = self.standing.and_then(|standing| standing.house.keys.get(id));
                if self.standing.and_then(|standing| standing.kept(id)).is_some()
                    && held.is_some_and(|held| *held != key)
                {
                    let why = "its file holds another key than it does; restart it to sign with \
                               that, and reload then";
                    return Err(TopologyError::new(id, why));
                }
                self.keys.insert(id.clone(), key);
            }
        }
        Ok(())
    }

    pub(super) fn key_source(&self, id: &ActorId, settings: &SignerSettings) -> Arc<dyn KeySource> {
        Arc::new(key_file(self.data_dir, id, settings))
    }

    pub(super) fn public_key(
        &self,
        id: &ActorId,
        key: &MemberKey,
    ) -> Result<PublicKey, TopologyError> {
        match key {
            MemberKey::Public(key) => Ok(*key),
            MemberKey::Signer(signer) => {
                let missing = || TopologyError::new(id, format!("{signer} is no signer"));
                self.keys.get(signer).copied().ok_or_else(missing)
            }
        }
    }

    pub(super) fn process(
        &self,
        id: &ActorId,
        settings: &ExecutorSettings,
        process: &Process,
    ) -> Result<Arc<dyn synod_task::Performer>, TopologyError> {
        let Some((program, arguments)) = process.command.split_first() else {
            return Err(TopologyError::new(id, "the performer's command is empty"));
        };
        let environment = process.environment.iter();
        let settings = synod_task_process::Settings {
            program: program.into(),
            arguments: arguments.to_vec(),
            environment: environment
                .map(|(name, value)| (name.clone(), value.reveal().to_owned()))
                .collect(),
            directory: None,
            timeout: process.timeout,
            output_bytes_max: settings.limits.output_bytes_max,
            stderr_bytes_max: STDERR_BYTES_MAX,
        };
        Ok(Arc::new(synod_task_process::Process::new(settings)))
    }
}

/// The file of a signer's key.
pub(crate) fn key_file(data_dir: &Path, id: &ActorId, settings: &SignerSettings) -> KeyFile {
    match &settings.key {
        Place::File(path) => KeyFile::existing(path, settings.scheme),
        Place::Generated => {
            KeyFile::generated(data_dir.join("keys").join(format!("{id}.key")), settings.scheme)
        }
    }
}
