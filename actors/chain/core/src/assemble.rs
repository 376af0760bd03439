use std::collections::BTreeMap;

use synod_types::chain::{Block, BlockId, ChainEvent, Log, LogFilter, PlacedLog};

/// Why headers are no continuation of what is committed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Gap {
    /// The node has another block where our tip is, or none.
    Fork,
    /// The headers do not stand on one another.
    Torn,
}

/// Checks that `headers` begin with `tip`, if there is one, and stand on one another. What comes
/// back is the part above the tip.
///
/// # Errors
/// [`Gap`].
pub fn check_links(tip: Option<BlockId>, headers: &[Block]) -> Result<&[Block], Gap> {
    let linked = headers.windows(2).all(|pair| {
        let (lower, upper) = (pair[0].id, pair[1]);
        lower.number.checked_add(1) == Some(upper.id.number) && upper.parent == lower.hash
    });
    if !linked {
        return Err(Gap::Torn);
    }
    match (tip, headers.split_first()) {
        (None, _) => Ok(headers),
        (Some(tip), Some((first, above))) if first.id == tip => Ok(above),
        (Some(_), _) => Err(Gap::Fork),
    }
}

/// Puts logs into their blocks: once each, wanted ones only, in order of index.
///
/// # Errors
/// [`Gap::Torn`] if a log is of a block that is none of these, or two logs share a place.
pub(crate) fn commit(
    blocks: &[Block],
    logs: Vec<PlacedLog>,
    filter: &LogFilter,
) -> Result<Vec<ChainEvent>, Gap> {
    let mut placed: BTreeMap<BlockId, BTreeMap<u64, Log>> =
        blocks.iter().map(|block| (block.id, BTreeMap::new())).collect();
    for PlacedLog { block, log } in logs {
        let of_block = placed.get_mut(&block).ok_or(Gap::Torn)?;
        if of_block.get(&log.index).is_some_and(|known| *known != log) {
            return Err(Gap::Torn);
        }
        of_block.insert(log.index, log);
    }
    let committed = |block: &Block| {
        let logs = placed.remove(&block.id).unwrap_or_default().into_values();
        ChainEvent::Committed {
            block: *block,
            logs: logs.filter(|log| filter.wants(log)).collect(),
        }
    };
    Ok(blocks.iter().map(committed).collect())
}

/// How much room an event takes; in the journal, alone in its record, no more than this.
pub(crate) fn weight(event: &ChainEvent) -> usize {
    const EVENT: usize = 160;
    const LOG: usize = 80;
    const TOPIC: usize = 33;
    match event {
        ChainEvent::Committed { logs, .. } => logs
            .iter()
            .map(|log| LOG + TOPIC * log.topics.len() + log.data.len())
            .fold(EVENT, usize::saturating_add),
        ChainEvent::Retracted { .. } => EVENT,
    }
}

#[cfg(test)]
mod tests {
    use synod_types::B256;

    use super::*;

    fn block(number: u64, hash: u8, parent: u8) -> Block {
        let (hash, parent) = (B256::repeat_byte(hash), B256::repeat_byte(parent));
        Block { id: BlockId { number, hash }, parent, timestamp: number }
    }

    #[track_caller]
    fn check(tip: Option<Block>, headers: &[Block], expected: Result<&[Block], Gap>) {
        let found = check_links(tip.map(|block| block.id), headers);
        assert_eq!(
            found.map_err(|gap| format!("{gap:?}")),
            expected.map_err(|gap| format!("{gap:?}"))
        );
    }

    #[test]
    fn headers_stand_on_one_another_and_on_the_tip() {
        let chain = [block(5, 5, 4), block(6, 6, 5), block(7, 7, 6)];
        check(None, &chain, Ok(&chain));
        check(Some(chain[0]), &chain, Ok(&chain[1..]));
        check(Some(chain[2]), &chain[2..], Ok(&[]));
        check(Some(block(5, 9, 4)), &chain, Err(Gap::Fork));
        check(Some(chain[0]), &[], Err(Gap::Fork));
        check(None, &[], Ok(&[]));
        // The next number on another block, and the right block under another number.
        check(None, &[block(5, 5, 4), block(6, 6, 9)], Err(Gap::Torn));
        check(None, &[block(5, 5, 4), block(7, 7, 5)], Err(Gap::Torn));
        check(None, &[block(5, 5, 4), block(5, 6, 5)], Err(Gap::Torn));
        check(None, &[block(u64::MAX, 5, 4), block(0, 6, 5)], Err(Gap::Torn));
    }
}
