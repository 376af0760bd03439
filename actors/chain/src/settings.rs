use synod_chain_core::{Limits, Rules};
use synod_config::ChainSettings;
use synod_types::chain::LogFilter;

/// What is followed, as configured. `filter` follows from who is told; how many they are the
/// actor knows by itself.
pub fn rules(settings: &ChainSettings, filter: LogFilter) -> Rules {
    let limits = Limits {
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
    };
    let (chain, start_block) = (settings.chain_id, settings.start_block);
    Rules { chain, start_block, filter, consumers: 0, limits }
}
