//! Keys that somebody else holds: who that is, and what it is shown.

use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use synod_config::{Config, KeySource as Place, RemoteKind, RemoteSettings, Settings};
use synod_signature::{
    Key, KeySource, KeySourceError, Mark, RemoteError, RemoteKey, RemoteSigner, RemoteTerms,
};
use synod_signature_core::guard::fingerprint;
use synod_signature_keyfile::{MarkFile, inspect_private, read_private};
use synod_signature_remote::{Identity, SetupError, Tls, Web3signer};
use synod_supervision::Breaker;
use synod_types::actor::ActorId;
use synod_types::signature::RemoteRefusal;

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
        let authorities = ca_file.as_deref().map(read_open).transpose()?;
        let identity = client.as_ref().map(|(certificates, key)| {
            let key = read_private(key, PEM_BYTES_MAX)?;
            Ok::<_, KeySourceError>(Identity { certificates: read_open(certificates)?, key })
        });
        let tls = Tls { authorities, identity: identity.transpose()? };
        let made = match self.settings.kind {
            RemoteKind::Web3signer => Web3signer::new(url.reveal(), public_key, &tls),
        };
        let refused = |error: SetupError| KeySourceError::Remote {
            place: "remote".to_owned(),
            why: error.to_string(),
        };
        Ok(Arc::new(made.map_err(refused)?))
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

/// Asks every remote signer whether it has its key, all at once. One that answers that it has not,
/// or that it does not speak to us, is an error; one that does not answer is not: the signer goes on
/// asking, and says so.
///
/// # Errors
/// [`TopologyError`], also if there are files that cannot be used.
pub async fn look_at_remotes(config: &Config, data_dir: &Path) -> Result<(), TopologyError> {
    let mut looks = tokio::task::JoinSet::new();
    for (id, actor) in &config.topology.actors {
        let Settings::Signer(settings) = &actor.settings else { continue };
        let Place::Remote(remote) = &settings.key else { continue };
        let place = RemotePlace::new(data_dir, remote.as_ref().clone());
        let signer = place.signer().map_err(|error| TopologyError::caused(id, error))?;
        let (id, timeout) = (id.clone(), remote.timeout);
        looks.spawn(async move {
            let look = tokio::time::timeout(timeout, signer.check()).await;
            (id, look.unwrap_or(Ok(())))
        });
    }
    while let Some(looked) = looks.join_next().await {
        let Ok((id, outcome)) = looked else { continue };
        outcome.or_else(|error| judged(&id, &error))?;
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
