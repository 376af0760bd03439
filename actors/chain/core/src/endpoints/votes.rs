//! What the others have at the height of a block, and who is alone with what they have.

use std::collections::BTreeMap;

use synod_types::chain::{BlockId, Demotion, Looked, Vote};
use synod_types::time::Moment;

use super::Endpoints;

/// How often in a row one may have another block than a quorum: at a reorg honest ones do.
const DISSENTS_MAX: u32 = 3;

impl Endpoints {
    pub(super) fn count_votes(&mut self, now: Moment, looked: &Looked) {
        let mut having: BTreeMap<BlockId, Vec<usize>> = BTreeMap::new();
        for Vote { endpoint, block, calls } in &looked.votes {
            let Some(health) = self.all.get_mut(*endpoint) else { continue };
            health.asked(now, *calls);
            match block {
                Ok(Some(id)) => having.entry(*id).or_default().push(*endpoint),
                Ok(None) => (),
                Err(trouble) => self.bad(now, *endpoint, *trouble),
            }
        }
        if let Some(id) = looked.asked_about {
            having.entry(id).or_default().push(looked.endpoint);
        }
        let quorum = self.rules.quorum;
        if quorum < 2 || !having.values().any(|endpoints| quorum <= endpoints.len()) {
            return;
        }
        for endpoints in having.values() {
            let is_agreed = quorum <= endpoints.len();
            for index in endpoints {
                if DISSENTS_MAX <= self.all[*index].voted(is_agreed) {
                    self.demote(now, *index, Demotion::Outvoted);
                }
            }
        }
    }
}
