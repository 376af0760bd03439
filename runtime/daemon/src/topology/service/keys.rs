//! Keys: where they lie, and their public halves.

use std::path::Path;
use std::sync::Arc;

use synod_config::{
    Config, ExecutorSettings, KeySource as Place, MemberKey, PasswordSource, Process, Settings,
    SignerSettings,
};
use synod_signature::{KeySource, KeySourceError, Mark};
use synod_signature_keyfile::{KeyFile, KeystoreFile, PasswordPlace};
use synod_types::actor::ActorId;
use synod_types::signature::PublicKey;

use super::remote::{RemotePlace, RemoteSource};
use crate::topology::{Maker, TopologyError, policy};

/// How much of the end of a child's stderr is kept.
const STDERR_BYTES_MAX: usize = 4_096;

const OTHER_KEY: &str =
    "its file holds another key than it does; restart it to sign with that, and reload then";

impl Maker<'_> {
    /// Reads the public half of every signer's key, making those that are to be generated: sets
    /// name signers, and tables hold public keys. A key that two signers hold, be it by copies of
    /// its file, is refused: their guards may lie in different journals.
    pub(in crate::topology) fn read_keys(&mut self) -> Result<(), TopologyError> {
        for (id, actor) in &self.config.topology.actors {
            if let Settings::Signer(settings) = &actor.settings {
                let key = self.key_of(id, settings)?;
                if let Some((other, _)) = self.keys.iter().find(|(_, held)| **held == key) {
                    let why = format!("{other} holds the same key; give each signer its own");
                    return Err(TopologyError::new(id, why));
                }
                if self.held(id).is_some_and(|held| held != key) {
                    return Err(TopologyError::new(id, OTHER_KEY));
                }
                self.keys.insert(id.clone(), key);
            }
        }
        Ok(())
    }

    /// The public half of a signer's key. The keystore of a signer that goes on as it is stays
    /// shut: opening it takes a second.
    fn key_of(&self, id: &ActorId, settings: &SignerSettings) -> Result<PublicKey, TopologyError> {
        let caused = |error: KeySourceError| TopologyError::caused(id, error);
        let place = place(self.data_dir, id, settings);
        if let (Some(held), KeyPlace::Keystore(file)) = (self.held(id), &place) {
            match file.claims(&held).map_err(caused)? {
                Some(true) => return Ok(held),
                Some(false) => return Err(TopologyError::new(id, OTHER_KEY)),
                None => {}
            }
        }
        place.public_key().map_err(caused)
    }

    /// The key of a signer that goes on as it is.
    fn held(&self, id: &ActorId) -> Option<PublicKey> {
        let standing = self.standing?;
        standing.kept(id)?;
        standing.house.keys.get(id).copied()
    }

    pub(super) fn key_source(&self, id: &ActorId, settings: &SignerSettings) -> Arc<dyn KeySource> {
        match place(self.data_dir, id, settings) {
            KeyPlace::Plain(file) => Arc::new(file),
            KeyPlace::Keystore(file) => Arc::new(file),
            KeyPlace::Remote(place) => {
                let rules = policy::of_breaker(&place.settings.breaker, self.seed());
                Arc::new(RemoteSource { breaker: self.breaker(id, rules), place: *place })
            }
        }
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

/// What is wrong with the places of keys and passwords, signer by signer. Opens no keystore and
/// reads no secret.
pub fn inspect_keys(config: &Config) -> Vec<TopologyError> {
    let signers = config.topology.actors.iter().filter_map(|(id, actor)| match &actor.settings {
        Settings::Signer(settings) => Some((id, settings)),
        _ => None,
    });
    let problems = signers.filter_map(|(id, settings)| {
        let outcome = place(&config.runtime.data_dir, id, settings).inspect();
        outcome.err().map(|error| TopologyError::caused(id, error))
    });
    problems.collect()
}

/// Where a signer's key lies.
pub(crate) enum KeyPlace {
    /// As it is.
    Plain(KeyFile),
    /// Under a password.
    Keystore(KeystoreFile),
    /// With somebody else.
    Remote(Box<RemotePlace>),
}

impl KeyPlace {
    fn inspect(&self) -> Result<(), KeySourceError> {
        match self {
            Self::Plain(file) => file.inspect(),
            Self::Keystore(file) => file.inspect(),
            Self::Remote(place) => place.inspect(),
        }
    }

    /// The public half; a keystore is opened for it.
    pub(crate) fn public_key(&self) -> Result<PublicKey, KeySourceError> {
        match self {
            Self::Plain(file) => file.public_key(),
            Self::Keystore(file) => file.public_key(),
            Self::Remote(place) => Ok(place.settings.public_key),
        }
    }

    /// Of a key that a file holds: whether it is yet to be made.
    pub(crate) fn is_absent(&self) -> bool {
        match self {
            Self::Plain(file) => !file.path().exists(),
            Self::Keystore(file) => !file.path().exists(),
            Self::Remote(_) => false,
        }
    }

    /// As [`KeySource::mark`].
    pub(crate) fn mark(&self) -> Result<Option<Mark>, KeySourceError> {
        match self {
            Self::Plain(file) => file.mark(),
            Self::Keystore(file) => file.mark(),
            Self::Remote(place) => place.mark(),
        }
    }

    /// As [`KeySource::raise`].
    pub(crate) fn raise(&self, from: Mark, to: Mark) -> Result<(), KeySourceError> {
        match self {
            Self::Plain(file) => file.raise(from, to),
            Self::Keystore(file) => file.raise(from, to),
            Self::Remote(place) => place.raise(from, to),
        }
    }
}

/// The place of a signer's key.
pub(crate) fn place(data_dir: &Path, id: &ActorId, settings: &SignerSettings) -> KeyPlace {
    match &settings.key {
        Place::Remote(remote) => {
            KeyPlace::Remote(Box::new(RemotePlace::new(data_dir, remote.as_ref().clone())))
        }
        Place::File(path) => KeyPlace::Plain(KeyFile::existing(path, settings.scheme)),
        Place::Keystore(path, password) => {
            let password = password_place(password);
            KeyPlace::Keystore(KeystoreFile::new(path, settings.scheme, password))
        }
        Place::Generated => {
            let path = data_dir.join("keys").join(format!("{id}.key"));
            KeyPlace::Plain(KeyFile::generated(path, settings.scheme))
        }
    }
}

/// Where a password lies.
pub(super) fn password_place(password: &PasswordSource) -> PasswordPlace {
    match password {
        PasswordSource::File(path) => PasswordPlace::File(path.clone()),
        PasswordSource::Variable(name) => PasswordPlace::Variable(name.clone()),
    }
}
