//! Journals.

use std::sync::Arc;

use synod_config::StoreSettings;
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
        let limits = Limits {
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
        };
        let metrics = Metrics::register();
        let directory = self.store_directory(id);
        let journal = Journal::open(&directory, limits, metrics.clone())
            .map_err(|error| TopologyError::caused(id, error))?;
        let journal: Arc<dyn JournalPort> = Arc::new(journal);
        let args = Args { journal, metrics };
        Ok(ChildSpec::worker::<Store>(policy, &self.addresses.stores[id], args))
    }

    /// The first store keeps its journal in the data directory itself; others below it.
    fn store_directory(&self, id: &ActorId) -> std::path::PathBuf {
        if self.addresses.stores.keys().next() == Some(id) {
            self.data_dir.to_owned()
        } else {
            self.directory(id)
        }
    }
}
