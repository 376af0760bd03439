//! Chains.

use std::sync::Arc;

use synod_chain::{Args, Chain, Endpoint, EndpointRules, Limits, Rules};
use synod_chain_simulated::{Settings, SimulatedChain};
use synod_config::{ChainSettings, ChainSource};
use synod_supervision::ChildSpec;
use synod_supervision::core::ChildPolicy;
use synod_types::Address;
use synod_types::actor::ActorId;
use synod_types::chain::LogFilter;

use super::{Maker, TopologyError, alloy, policy};

/// The seed of a simulated chain for which no seed is given.
const SEED: u64 = 7;

impl Maker<'_> {
    pub(super) fn chain(
        &self,
        id: &ActorId,
        policy: ChildPolicy,
        settings: &ChainSettings,
    ) -> Result<ChildSpec, TopologyError> {
        let breaker_policy = policy::of_breaker(&settings.breaker, self.seed());
        let breaker = self.breaker(id, breaker_policy);
        let targets = self.config.topology.targets(id, "events");
        let args = Args {
            rules: Rules {
                chain: settings.chain_id,
                start_block: settings.start_block,
                filter: self.wanted_logs(id),
                consumers: 0,
                limits: limits(settings),
            },
            endpoints: self.endpoints(id, settings)?,
            endpoint_rules: match &settings.source {
                ChainSource::Simulated(_) => EndpointRules::default(),
                ChainSource::Alloy(alloy) => alloy::rules(alloy),
            },
            breaker,
            consumers: targets.filter_map(|to| self.addresses.takes_batches(to)).collect(),
            backfills: settings.backfill.clone().into_iter().collect(),
            store: self.journal(id),
            answer_timeout: settings.answer_timeout,
            snapshot_every: settings.snapshot_every,
            prefetch_max: settings.prefetch_max,
        };
        Ok(ChildSpec::worker::<Chain>(policy, &self.addresses.chains[id], args))
    }

    /// The mailboxes of the sets on this chain. Without any, every log is wanted: there is
    /// nothing to choose by, and whoever listens wants to see the chain.
    fn wanted_logs(&self, id: &ActorId) -> LogFilter {
        let mailboxes: Vec<Address> = self.sets_on(id).map(|set| set.mailbox).collect();
        LogFilter { addresses: mailboxes, events: Vec::new() }
    }

    fn sets_on<'s>(
        &'s self,
        id: &'s ActorId,
    ) -> impl Iterator<Item = &'s synod_config::OperatorSet> {
        self.config.sets.values().filter(move |set| set.chain == *id)
    }

    fn endpoints(
        &self,
        id: &ActorId,
        settings: &ChainSettings,
    ) -> Result<Vec<Endpoint>, TopologyError> {
        match &settings.source {
            ChainSource::Simulated(simulated) => {
                let first = self.sets_on(id).next();
                let settings = Settings {
                    seed: simulated.seed.or(self.config.runtime.seed).unwrap_or(SEED),
                    chain: settings.chain_id,
                    block_interval: simulated.block_interval,
                    task_every: simulated.task_every,
                    task_deadline: simulated.task_deadline,
                    mailbox: first.map(|set| set.mailbox).unwrap_or_default(),
                    sets: self.sets_on(id).map(|set| set.id).collect(),
                    reorg_every: simulated.reorg_every,
                    reorg_depth: simulated.reorg_depth,
                };
                let runtime = self.runtime.clock();
                let clock = self.extras.chain_clock.clone();
                let clock = clock.unwrap_or_else(|| Arc::new(move || runtime.now()));
                let chain = SimulatedChain::open(settings, clock, &self.directory(id))
                    .map_err(|error| TopologyError::caused(id, error))?;
                Ok(vec![Endpoint::only(Arc::new(chain))])
            }
            ChainSource::Alloy(alloy) => alloy::endpoints(id, settings, alloy),
        }
    }
}

const fn limits(settings: &ChainSettings) -> Limits {
    Limits {
        confirmations: settings.confirmations,
        reorg_depth_max: settings.reorg_depth_max,
        fetch_blocks_max: settings.fetch_blocks_max,
        undelivered_max: settings.undelivered_max,
        undelivered_bytes_max: settings.undelivered_bytes_max,
        batch_events_max: settings.batch_events_max,
        batch_bytes_max: settings.batch_bytes_max,
        event_bytes_max: settings.event_bytes_max,
        poll: settings.poll_interval,
        retry_min: settings.retry_first,
        retry_max: settings.retry_max,
        rollback_patience: settings.rollback_patience,
    }
}
