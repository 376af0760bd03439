//! A tree as one number: who runs under whom, by which rules, from which specification, behind
//! which mailbox, in which life. Equal numbers: the same tree.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::Arc;

use synod_types::actor::ActorId;

use crate::child::ChildKind;
use crate::runtime::Runtime;

/// See the module. Of one process: another one numbers its specifications otherwise.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TreeDigest(pub u64);

impl fmt::Display for TreeDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:016x}", self.0)
    }
}

impl Runtime {
    /// The digest of the tree below `root`. Of those in `any_life` the life does not count.
    pub fn tree_digest(&self, root: &ActorId, any_life: &BTreeSet<ActorId>) -> TreeDigest {
        let mut text = String::new();
        self.tell_supervisor(root, any_life, 0, &mut text);
        let fnv = |hash: u64, byte: u8| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3);
        TreeDigest(text.bytes().fold(0xcbf2_9ce4_8422_2325, fnv))
    }

    /// One line for each, those below a supervisor after it.
    fn tell_supervisor(
        &self,
        id: &ActorId,
        any_life: &BTreeSet<ActorId>,
        depth: usize,
        text: &mut String,
    ) {
        let Some(roster) = self.shared.roster(id) else { return };
        let policy = roster.policy();
        text.push_str(&format!("{depth} {id} {policy:?}\n"));
        for child in self.children(id).unwrap_or_default() {
            let Some(spec) = roster.child(&child.id) else {
                text.push_str(&format!("{depth} {} of nobody knows what\n", child.id));
                continue;
            };
            text.push_str(&format!("{depth} {:?}", spec.policy));
            match &spec.kind {
                ChildKind::Supervisor(_) => {
                    text.push('\n');
                    self.tell_supervisor(&child.id, any_life, depth + 1, text);
                }
                ChildKind::Worker(worker) => {
                    let (made, mailbox) = (Arc::as_ptr(worker), worker.mailbox());
                    let life = match any_life.contains(&child.id) {
                        true => None,
                        false => Some(mailbox.incarnation().0),
                    };
                    text.push_str(&format!(" {made:p} {:p} {life:?}\n", Arc::as_ptr(&mailbox)));
                }
            }
        }
    }
}
