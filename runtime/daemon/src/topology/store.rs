//! Journals.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use synod_config::{Config, Settings, StoreSettings};
use synod_store::{Args, JournalPort, Metrics, Store};
use synod_store_segment::{Journal, Limits};
use synod_supervision::ChildSpec;
use synod_supervision::core::ChildPolicy;
use synod_types::actor::ActorId;

use super::{Maker, TopologyError};

impl Maker<'_> {
    /// Opens the journal: once a process, shared by all incarnations.
    pub(super) fn store(
        &self,
        id: &ActorId,
        policy: ChildPolicy,
        settings: &StoreSettings,
    ) -> Result<ChildSpec, TopologyError> {
        let metrics = Metrics::register();
        let directory = directory(self.config, self.data_dir, id);
        let journal = Journal::open(&directory, limits(settings), metrics.clone())
            .map_err(|error| TopologyError::caused(id, error))?;
        let journal: Arc<dyn JournalPort> = Arc::new(journal);
        let args = Args { journal, metrics };
        Ok(ChildSpec::worker::<Store>(policy, &self.addresses.stores[id], args))
    }
}

/// Where the journal of a store lies: the first one's in the data directory itself, others' below.
pub(crate) fn directory(config: &Config, data_dir: &Path, id: &ActorId) -> PathBuf {
    let actors = config.topology.actors.iter();
    let mut stores = actors.filter(|(_, actor)| matches!(actor.settings, Settings::Store(_)));
    if stores.next().is_some_and(|(first, _)| first == id) {
        data_dir.to_owned()
    } else {
        data_dir.join("actors").join(id.as_str())
    }
}

/// How much a journal takes.
pub(crate) fn limits(settings: &StoreSettings) -> Limits {
    Limits {
        record_bytes_max: settings.record_bytes_max,
        batch_bytes_max: settings.batch_bytes_max,
        group_bytes_max: settings.group_bytes_max,
        queue_max: settings.queue_max,
        queue_bytes_max: settings.queue_bytes_max,
        read_bytes_max: settings.read_bytes_max,
        segment_bytes_max: settings.segment_bytes_max,
        journal_bytes_max: settings.journal_bytes_max,
        snapshot_bytes_max: settings.snapshot_bytes_max,
        streams_max: settings.streams_max,
        ..Limits::default()
    }
}
