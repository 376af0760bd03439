//! Chains of real nodes.

use std::sync::Arc;

use synod_chain::{Budget, Endpoint, EndpointRules, Terms};
use synod_chain_alloy::{self as chain_alloy, AlloySource, Connection, Verify};
use synod_config::{
    AlloySettings, ChainSettings, EndpointSettings, Finality, Secret, Verification,
};
use synod_types::actor::ActorId;

use super::TopologyError;

/// The nodes at these addresses. None need be there yet.
pub(super) fn endpoints(
    id: &ActorId,
    settings: &ChainSettings,
    alloy: &AlloySettings,
) -> Result<Vec<Endpoint>, TopologyError> {
    let each = alloy.endpoints.iter().map(|endpoint| {
        let EndpointSettings { name, url, ws_url, priority, budget, .. } = endpoint;
        let connection = Connection {
            chain: settings.chain_id,
            name: name.clone(),
            request_timeout: settings.breaker.call_timeout,
            verify: match alloy.verification {
                Verification::None => Verify::None,
                Verification::Headers => Verify::Headers,
                Verification::Receipts => Verify::Receipts,
            },
            finality: match alloy.finality {
                Finality::Latest => chain_alloy::Finality::Latest,
                Finality::Safe => chain_alloy::Finality::Safe,
                Finality::Finalized => chain_alloy::Finality::Finalized,
            },
            ..Connection::default()
        };
        let source =
            AlloySource::new(url.reveal(), ws_url.as_ref().map(Secret::reveal), &connection)
                .map_err(|error| TopologyError::new(id, format!("endpoint {name}: {error}")))?;
        let budget = budget.map(|(calls_per_second, burst)| Budget { calls_per_second, burst });
        let terms = Terms { name: name.clone(), priority: *priority, budget };
        Ok(Endpoint { terms, source: Arc::new(source) })
    });
    each.collect()
}

/// What is held against them.
pub(super) const fn rules(alloy: &AlloySettings) -> EndpointRules {
    EndpointRules {
        probe_every: alloy.probe_interval,
        stale_blocks: alloy.stale_blocks,
        rest_min: alloy.rest_first,
        rest_max: alloy.rest_max,
        quorum: alloy.quorum,
    }
}
