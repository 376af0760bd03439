//! Signers, executors, aggregation, quorum, tasks.

pub(crate) mod keys;
mod remote;
mod tasks;

pub use keys::inspect_keys;
pub use remote::{RemoteView, look_at_remotes, remotes};

use std::sync::Arc;

use synod_config::{AggregationSettings, QuorumSettings, Settings, SignerSettings, StoreSettings};
use synod_quorum::Quorum;
use synod_signature::{
    Aggregation, AggregationArgs, AggregationLimits, Arithmetic, CollectionLimits, GuardRecord,
    Signer, SignerArgs, SignerLimits, SystemEntropy,
};
use synod_supervision::core::ChildPolicy;
use synod_supervision::{ChildSpec, Outlet};
use synod_types::actor::ActorId;

use super::{Maker, TopologyError};

impl Maker<'_> {
    pub(super) fn signer(
        &self,
        id: &ActorId,
        policy: ChildPolicy,
        settings: &SignerSettings,
    ) -> ChildSpec {
        let args = SignerArgs {
            key: self.key_source(id, settings),
            store: self.journal(id),
            limits: SignerLimits {
                duties_max: settings.duties_max,
                waiting_max: settings.waiting_max,
                batch_max: settings.batch_max.min(self.records_max(id)),
            },
        };
        ChildSpec::worker::<Signer>(policy, &self.addresses.signers[id], args)
    }

    /// Guard records that the journal of `id` takes at once.
    fn records_max(&self, id: &ActorId) -> usize {
        let store = self.config.topology.actors.get(&self.target(id, "journal"));
        let Some(Settings::Store(store)) = store.map(|store| &store.settings) else { return 1 };
        records_max(store)
    }

    pub(super) fn aggregation(
        &self,
        id: &ActorId,
        policy: ChildPolicy,
        settings: &AggregationSettings,
    ) -> Result<ChildSpec, TopologyError> {
        let collection = CollectionLimits {
            tasks_max: settings.tasks_max,
            members_max: settings.members_max,
            output_bytes_max: settings.output_bytes_max,
            task_bytes_max: settings.task_bytes_max,
            keys_max: settings.keys_max,
            tables_max: settings.tables_max,
            suspects_max: settings.suspects_max,
        };
        let arithmetic = match settings.arithmetic {
            synod_config::Arithmetic::Ark => Arithmetic::Ark,
            synod_config::Arithmetic::Synod => Arithmetic::Synod,
            synod_config::Arithmetic::CrossCheck => Arithmetic::CrossCheck,
        };
        let events = self.addresses.takes_proofs(&self.target(id, "events"));
        let args = AggregationArgs {
            events: listener(id, events)?,
            limits: AggregationLimits {
                collection,
                jobs_max: settings.jobs_max,
                tasks_per_check_max: settings.tasks_per_check_max,
                events_max: settings.events_max,
                retry_after: settings.retry_after,
            },
            arithmetic,
            entropy: Arc::new(SystemEntropy),
        };
        Ok(ChildSpec::worker::<Aggregation>(policy, &self.addresses.aggregations[id], args))
    }

    pub(super) fn quorum(
        &self,
        id: &ActorId,
        policy: ChildPolicy,
        settings: &QuorumSettings,
    ) -> Result<ChildSpec, TopologyError> {
        let events = self.addresses.takes_verdicts(&self.target(id, "events"));
        let args = synod_quorum::Args {
            limits: synod_quorum::Limits {
                open_max: settings.open_max,
                decided_max: settings.decided_max,
                members_max: settings.members_max,
                evidence_max: settings.evidence_max,
            },
            events: listener(id, events)?,
            // Each open ballot has one verdict; evidence and the start come on top.
            untold_max: settings.open_max + settings.decided_max + settings.evidence_max + 1,
            retry_after: AggregationLimits::default().retry_after,
        };
        Ok(ChildSpec::worker::<Quorum>(policy, &self.addresses.quorums[id], args))
    }
}

/// Guard records that a journal takes at once.
pub(crate) fn records_max(store: &StoreSettings) -> usize {
    // Twice a record: each has a length, and the append a name.
    (store.batch_bytes_max as usize / (2 * GuardRecord::BYTES_MAX)).max(1)
}

fn listener<T>(id: &ActorId, events: Option<Outlet<T>>) -> Result<Outlet<T>, TopologyError> {
    events.ok_or_else(|| TopologyError::new(id, "`events` leads to nobody who listens"))
}
