//! Keys that somebody else holds: who that is, and what it is shown.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use synod_config::{
    Config, KeySource as Place, PasswordSource, RemoteKind, RemoteSettings, Settings,
};
use synod_signature::{
    Key, KeySource, KeySourceError, Mark, RemoteError, RemoteKey, RemoteSigner, RemoteTerms,
};
use synod_signature_core::guard::fingerprint;
use synod_signature_keyfile::{MarkFile, inspect_private, read_private};
use synod_signature_remote::{Admission, Cerberus, Identity, SetupError, Tls, Web3signer};
use synod_supervision::Breaker;
use synod_types::actor::ActorId;
use synod_types::signature::{PublicKey, RemoteRefusal};

use super::keys::password_place;
use crate::topology::TopologyError;

/// Bytes of a file of certificates, or of a key.
const PEM_BYTES_MAX: u64 = 1 << 20;

/// A key that somebody else holds. Its mark is here.
pub(crate) struct RemotePlace {
    pub(super) settings: RemoteSettings,
    marks: PathBuf,
    /// Whether the directory of marks is ours to make.
    is_own: bool,
}

impl RemotePlace {
    pub(super) fn new(data_dir: &Path, settings: RemoteSettings) -> Self {
        let own = || data_dir.join("keys");
        let (marks, is_own) = (settings.mark_dir.clone(), settings.mark_dir.is_none());
        Self { marks: marks.unwrap_or_else(own), is_own, settings }
    }

    /// Whether its files are there, and private ones closed to others.
    pub(super) fn inspect(&self) -> Result<(), KeySourceError> {
        self.settings.client.iter().try_for_each(|(_, key)| inspect_private(key))?;
        let words = self.settings.password.iter().chain(&self.settings.token);
        words.map(password_place).try_for_each(|place| place.inspect())?;
        let mut open =
            self.settings.ca_file.iter().chain(self.settings.client.iter().map(|it| &it.0));
        open.try_for_each(|path| read_open(path).map(drop))
    }

    /// The mark lies under the name of the key: it is the key whose guard must be whole.
    fn marks(&self) -> MarkFile {
        let key = &self.settings.public_key;
        MarkFile::new(&self.marks, &format!("{}-{:x}", key.scheme(), fingerprint(key)))
    }

    pub(super) fn mark(&self) -> Result<Option<Mark>, KeySourceError> {
        if self.is_own {
            std::fs::create_dir_all(&self.marks).map_err(unreachable_at(&self.marks))?;
        }
        self.marks().mark()
    }

    pub(super) fn raise(&self, from: Mark, to: Mark) -> Result<(), KeySourceError> {
        self.marks().raise(from, to)
    }

    /// Whoever holds the key. Reads certificates and passwords; connects to nobody.
    fn signer(&self) -> Result<Arc<dyn RemoteSigner>, KeySourceError> {
        let RemoteSettings { url, public_key, ca_file, client, .. } = &self.settings;
        let server_name = self.settings.server_name.clone();
        let authorities = ca_file.as_deref().map(read_open).transpose()?;
        let identity = client.as_ref().map(|(certificates, key)| {
            let key = read_private(key, PEM_BYTES_MAX)?;
            Ok::<_, KeySourceError>(Identity { certificates: read_open(certificates)?, key })
        });
        let tls = Tls { authorities, identity: identity.transpose()?, server_name };
        let made = match self.settings.kind {
            RemoteKind::Web3signer => {
                Web3signer::new(url.reveal(), public_key, &tls).map(|it| Arc::new(it) as _)
            }
            RemoteKind::Cerberus => {
                let words = self.admission()?;
                Cerberus::new(url.reveal(), public_key, &tls, words).map(|it| Arc::new(it) as _)
            }
        };
        let refused = |error: SetupError| KeySourceError::Remote {
            place: "remote".to_owned(),
            why: error.to_string(),
        };
        made.map_err(refused)
    }

    /// What it wants to know before it signs.
    fn admission(&self) -> Result<Admission, KeySourceError> {
        let read = |place: &PasswordSource| password_place(place).read().map(|it| it.to_text());
        let password = self.settings.password.as_ref().map(read).transpose()?;
        let token = self.settings.token.as_ref().map(read).transpose()?;
        Ok(Admission { password: password.unwrap_or_default(), token })
    }

    fn terms(&self) -> RemoteTerms {
        let RemoteSettings { timeout, calls_max, check_interval, .. } = self.settings;
        RemoteTerms { timeout, calls_max, check_every: check_interval }
    }
}

/// What the signer actor is made from.
pub(super) struct RemoteSource {
    pub(super) place: RemotePlace,
    pub(super) breaker: Arc<Breaker>,
}

impl KeySource for RemoteSource {
    fn load(&self) -> Result<Key, KeySourceError> {
        Ok(Key::Remote(RemoteKey {
            public: self.place.settings.public_key,
            signer: self.place.signer()?,
            breaker: Arc::clone(&self.breaker),
            terms: self.place.terms(),
        }))
    }

    fn mark(&self) -> Result<Option<Mark>, KeySourceError> {
        self.place.mark()
    }

    fn raise(&self, from: Mark, to: Mark) -> Result<(), KeySourceError> {
        self.place.raise(from, to)
    }
}

/// A remote signer, and what it says.
pub struct RemoteView {
    /// The signer here that asks it.
    pub signer: ActorId,
    /// Where it is, without secrets.
    pub place: String,
    /// The key that it should have.
    pub key: PublicKey,
    /// Whether it is there and has it.
    pub outcome: Result<(), RemoteError>,
}

/// Asks every remote signer whether it has its key, all at once; in the order of the signers.
///
/// # Errors
/// [`TopologyError`] if one cannot be asked: files are missing, or no certificates.
pub async fn remotes(config: &Config, data_dir: &Path) -> Result<Vec<RemoteView>, TopologyError> {
    let mut looks = tokio::task::JoinSet::new();
    for (id, actor) in &config.topology.actors {
        let Settings::Signer(settings) = &actor.settings else { continue };
        let Place::Remote(remote) = &settings.key else { continue };
        let place = RemotePlace::new(data_dir, remote.as_ref().clone());
        let signer = place.signer().map_err(|error| TopologyError::caused(id, error))?;
        let (id, key, timeout) = (id.clone(), remote.public_key, remote.timeout);
        looks.spawn(async move {
            let place = signer.place().to_owned();
            let look = tokio::time::timeout(timeout, signer.check()).await;
            let outcome = look.unwrap_or_else(|_| {
                let why = format!("{place}: no answer in time").into();
                Err(RemoteError { kind: RemoteRefusal::Timeout, why })
            });
            RemoteView { signer: id, place, key, outcome }
        });
    }
    let mut views = looks.join_all().await;
    views.sort_by(|one, other| one.signer.cmp(&other.signer));
    Ok(views)
}

/// [`remotes`], before anything starts. One that answers that it has not its key, or that it does
/// not speak to us, is an error; one that does not answer is not: its signer goes on asking, and
/// says so.
///
/// # Errors
/// [`TopologyError`].
pub async fn look_at_remotes(config: &Config, data_dir: &Path) -> Result<(), TopologyError> {
    for view in remotes(config, data_dir).await? {
        view.outcome.or_else(|error| judged(&view.signer, &error))?;
    }
    Ok(())
}

fn judged(id: &ActorId, error: &RemoteError) -> Result<(), TopologyError> {
    match error.kind {
        RemoteRefusal::UnknownKey | RemoteRefusal::Refused | RemoteRefusal::Garbage => {
            Err(TopologyError::new(id, &error.why))
        }
        // Later, perhaps.
        RemoteRefusal::Unreachable
        | RemoteRefusal::Timeout
        | RemoteRefusal::Withheld
        | RemoteRefusal::Failing
        | RemoteRefusal::WrongSignature
        | RemoteRefusal::NoPreimage => Ok(()),
    }
}

/// A file that others may read.
fn read_open(path: &Path) -> Result<Vec<u8>, KeySourceError> {
    let file = File::open(path).map_err(unreachable_at(path))?;
    let mut bytes = Vec::new();
    file.take(PEM_BYTES_MAX + 1).read_to_end(&mut bytes).map_err(unreachable_at(path))?;
    if PEM_BYTES_MAX < bytes.len() as u64 {
        let place = path.display().to_string();
        return Err(KeySourceError::TooLong { place, bytes_max: PEM_BYTES_MAX });
    }
    Ok(bytes)
}

fn unreachable_at(path: &Path) -> impl FnOnce(std::io::Error) -> KeySourceError {
    let place = path.display().to_string();
    move |cause| KeySourceError::Unreachable { place, cause: Arc::new(cause) }
}
