//! Executors and the life of tasks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use synod_config::{ExecutorSettings, OperatorSet, Performer, TaskSettings};
use synod_supervision::ChildSpec;
use synod_supervision::core::ChildPolicy;
use synod_task::{
    Aggregator, AggregatorArgs, AggregatorSettings, Backoff, Executor, ExecutorArgs, Square,
};
use synod_types::Address;
use synod_types::actor::ActorId;
use synod_types::certificate::TableMember;
use synod_types::chain::ChainId;

use crate::topology::{Maker, TopologyError, policy};

/// Journal records that make a snapshot worth while.
const SNAPSHOT_EVERY: u64 = 4_096;

impl Maker<'_> {
    pub(in crate::topology) fn executor(
        &self,
        id: &ActorId,
        policy: ChildPolicy,
        settings: &ExecutorSettings,
    ) -> Result<ChildSpec, TopologyError> {
        let set = self.set(id, &settings.set)?;
        let limits = &settings.limits;
        let mailbox = (self.chain_id(&set.chain)?, set.mailbox);
        let breaker_policy = policy::of_breaker(&settings.breaker, self.seed());
        let args = ExecutorArgs {
            settings: synod_task::ExecutorSettings {
                operator: settings.operator,
                sets: BTreeMap::from([(set.id, set.certificate)]),
                follow: settings.follow.then_some(mailbox).into_iter().collect(),
                queue_max: limits.queue_max,
                running_max: limits.running_max,
                kept_max: limits.kept_max,
                askers_max: limits.askers_max,
                payload_bytes_max: limits.payload_bytes_max,
                output_bytes_max: limits.output_bytes_max,
                attempts_max: limits.attempts_max,
                window: limits.deadline_max,
                retry: Backoff { first: limits.retry_first, max: limits.retry_max },
            },
            store: self.journal(id),
            performer: self.performer(id, settings)?,
            breaker: self.breaker(id, breaker_policy),
            signer: self.addresses.signers[&self.target(id, "signer")].clone().into(),
            sign_timeout: settings.breaker.call_timeout,
            snapshot_every: SNAPSHOT_EVERY,
        };
        Ok(ChildSpec::worker::<Executor>(policy, &self.addresses.executors[id], args))
    }

    fn performer(
        &self,
        id: &ActorId,
        settings: &ExecutorSettings,
    ) -> Result<Arc<dyn synod_task::Performer>, TopologyError> {
        match &settings.performer {
            Performer::Square => Ok(Arc::new(Square)),
            Performer::Process(process) => self.process(id, settings, process),
        }
    }

    pub(in crate::topology) fn task(
        &self,
        id: &ActorId,
        policy: ChildPolicy,
        settings: &TaskSettings,
    ) -> Result<ChildSpec, TopologyError> {
        let mut mailboxes = BTreeSet::new();
        let mut sets = BTreeMap::new();
        let mut executors = BTreeMap::new();
        for name in &settings.sets {
            let set = self.set(id, name)?;
            mailboxes.insert((self.chain_id(&set.chain)?, set.mailbox));
            if sets.insert(set.id, Arc::new(self.operator_set(id, set)?)).is_some() {
                let why = format!("serves set {} twice; leave one out of its sets", set.id);
                return Err(TopologyError::new(id, why));
            }
            for member in &set.members {
                let executor = member.executor.as_ref();
                let address = executor.and_then(|executor| self.addresses.executors.get(executor));
                let outlet = address.map(|address| address.clone().into());
                executors.extend(outlet.map(|outlet| ((set.id, member.operator), outlet)));
            }
        }
        let args = AggregatorArgs {
            settings: aggregator(settings, mailboxes, sets),
            store: self.journal(id),
            executors,
            aggregation: self.addresses.aggregations[&self.target(id, "aggregation")].outlet(),
            quorum: self.addresses.quorums[&self.target(id, "quorum")].clone().into(),
            events: self.extras.listener.iter().cloned().collect(),
            submit_timeout: settings.submit_timeout,
            snapshot_every: SNAPSHOT_EVERY,
        };
        Ok(ChildSpec::worker::<Aggregator>(policy, &self.addresses.tasks[id], args))
    }

    fn set(&self, id: &ActorId, name: &str) -> Result<&OperatorSet, TopologyError> {
        let set = self.config.sets.get(name);
        set.ok_or_else(|| TopologyError::new(id, format!("there is no set `{name}`")))
    }

    fn chain_id(&self, chain: &ActorId) -> Result<ChainId, TopologyError> {
        match self.config.topology.actors.get(chain).map(|actor| &actor.settings) {
            Some(synod_config::Settings::Chain(settings)) => Ok(settings.chain_id),
            _ => Err(TopologyError::new(chain, "is no chain")),
        }
    }

    fn operator_set(
        &self,
        id: &ActorId,
        set: &OperatorSet,
    ) -> Result<synod_types::operator::OperatorSet, TopologyError> {
        let members = set.members.iter().map(|member| {
            Ok(TableMember {
                operator: member.operator,
                key: self.public_key(id, &member.key)?,
                weights: member.stakes.clone(),
            })
        });
        Ok(synod_types::operator::OperatorSet {
            certificate: set.certificate,
            threshold: set.threshold,
            members: members.collect::<Result<_, TopologyError>>()?,
        })
    }
}

type Sets = BTreeMap<synod_types::operator::OperatorSetId, Arc<synod_types::operator::OperatorSet>>;

const fn aggregator(
    settings: &TaskSettings,
    mailboxes: BTreeSet<(ChainId, Address)>,
    sets: Sets,
) -> AggregatorSettings {
    AggregatorSettings {
        mailboxes,
        sets,
        open_max: settings.open_max,
        processing_max: settings.processing_max,
        kept_max: settings.kept_max,
        reorg_max: settings.reorg_max,
        payload_bytes_max: settings.payload_bytes_max,
        output_bytes_max: settings.output_bytes_max,
        window: settings.deadline_max,
        retry: Backoff { first: settings.retry_first, max: settings.retry_max },
        remind_every: settings.remind_every,
    }
}
