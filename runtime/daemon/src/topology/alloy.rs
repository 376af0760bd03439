//! Chains of real nodes.

use std::sync::Arc;

use synod_chain::Source;
use synod_chain_alloy::{AlloySource, Connection};
use synod_config::{ChainSettings, Secret};
use synod_types::actor::ActorId;

use super::TopologyError;

/// The node at these addresses. It need not be there yet.
pub(super) fn source(
    id: &ActorId,
    settings: &ChainSettings,
    http_url: &Secret,
    ws_url: Option<&Secret>,
) -> Result<Arc<dyn Source>, TopologyError> {
    let connection =
        Connection { request_timeout: settings.breaker.call_timeout, ..Connection::default() };
    let source = AlloySource::new(http_url.reveal(), ws_url.map(Secret::reveal), &connection)
        .map_err(|error| TopologyError::new(id, error))?;
    Ok(Arc::new(source))
}
