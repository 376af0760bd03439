//! Which steps lead from one tree to another. Pure: nothing is asked and nothing is done.

use std::collections::BTreeMap;
use std::fmt;

use synod_supervision_core::{ChildPolicy, SupervisorPolicy};
use synod_types::actor::ActorId;

use super::ReformError;
use crate::child::{ChildKind, ChildSpec};
use crate::roster::Roster;

/// A supervisor and all below it, as a value.
pub(super) struct Branch {
    id: ActorId,
    policy: SupervisorPolicy,
    children: Vec<(ChildSpec, Option<Self>)>,
}

impl Branch {
    pub(super) fn of(roster: &Roster) -> Self {
        let below = |child: ChildSpec| {
            let branch = match &child.kind {
                ChildKind::Supervisor(roster) => Some(Self::of(roster)),
                ChildKind::Worker(_) => None,
            };
            (child, branch)
        };
        Self {
            id: roster.id.clone(),
            policy: roster.policy(),
            children: roster.all().into_iter().map(below).collect(),
        }
    }

    /// The children of a supervisor of this tree, in order of start.
    pub(super) fn order(&self, supervisor: &ActorId) -> Option<Vec<ActorId>> {
        self.orders().into_iter().find(|(id, _)| *id == supervisor).map(|(_, order)| order)
    }

    /// All supervisors with their children, from the top.
    pub(super) fn orders(&self) -> Vec<(&ActorId, Vec<ActorId>)> {
        let own = self.children.iter().map(|(child, _)| child.id().clone()).collect();
        let below = self.children.iter().filter_map(|(_, below)| below.as_ref());
        std::iter::once((&self.id, own)).chain(below.flat_map(Self::orders)).collect()
    }

    /// Everyone below by name, with the supervisor.
    fn everyone(&self) -> Result<BTreeMap<ActorId, Known<'_>>, ReformError> {
        let mut all = BTreeMap::new();
        self.collect(&mut all)?;
        Ok(all)
    }

    fn collect<'b>(&'b self, all: &mut BTreeMap<ActorId, Known<'b>>) -> Result<(), ReformError> {
        for (child, below) in &self.children {
            let known = Known { under: &self.id, child, below: below.as_ref() };
            if all.insert(child.id().clone(), known).is_some() {
                return Err(ReformError::Name(child.id().clone()));
            }
            if let Some(below) = below {
                below.collect(all)?;
            }
        }
        Ok(())
    }
}

struct Known<'b> {
    under: &'b ActorId,
    child: &'b ChildSpec,
    below: Option<&'b Branch>,
}

/// Something to be done. Carried out in order, each leaves a tree that works.
pub(super) enum Step {
    /// A supervisor goes on by other rules.
    Rules { supervisor: ActorId, old: SupervisorPolicy, new: SupervisorPolicy },
    /// A supervisor is restarted and stopped by other rules.
    ChildRules { old: ChildPolicy, new: ChildPolicy },
    /// One more. A supervisor comes without children: they follow.
    Add { under: ActorId, child: ChildSpec },
    /// One that ends here and starts there.
    Renew { from: ActorId, old: ChildSpec, to: ActorId, new: ChildSpec },
    /// One less, with all below it.
    Remove { under: ActorId, child: ChildSpec },
    /// Another order of start.
    Order { supervisor: ActorId, old: Vec<ActorId>, new: Vec<ActorId> },
}

impl Step {
    pub(super) fn reversed(&self) -> Self {
        match self {
            Self::Rules { supervisor, old, new } => {
                Self::Rules { supervisor: supervisor.clone(), old: *new, new: *old }
            }
            Self::ChildRules { old, new } => {
                Self::ChildRules { old: new.clone(), new: old.clone() }
            }
            Self::Order { supervisor, old, new } => {
                Self::Order { supervisor: supervisor.clone(), old: new.clone(), new: old.clone() }
            }
            Self::Add { under, child } => {
                Self::Remove { under: under.clone(), child: child.clone() }
            }
            Self::Remove { under, child } => {
                Self::Add { under: under.clone(), child: child.clone() }
            }
            Self::Renew { from, old, to, new } => Self::Renew {
                from: to.clone(),
                old: new.clone(),
                to: from.clone(),
                new: old.clone(),
            },
        }
    }
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Rules { supervisor, .. } => write!(f, "change the rules of {supervisor}"),
            Self::ChildRules { new, .. } => write!(f, "change the rules for {}", new.id),
            Self::Add { under, child } => write!(f, "start {} under {under}", child.id()),
            Self::Renew { from, to, new, .. } if from == to => write!(f, "restart {}", new.id()),
            Self::Renew { from, to, new, .. } => {
                write!(f, "move {} from {from} to {to}", new.id())
            }
            Self::Remove { under, child } => write!(f, "end {} under {under}", child.id()),
            Self::Order { supervisor, .. } => write!(f, "order the children of {supervisor}"),
        }
    }
}

/// First rules, then those that start, in order of start, then those that end, in order of stop,
/// then the order of what is there.
pub(super) fn steps(old: &Branch, new: &Branch) -> Result<Vec<Step>, ReformError> {
    let (before, after) = (old.everyone()?, new.everyone()?);
    let mut all = Vec::new();
    rules((&old.id, &old.policy), (&new.id, &new.policy), &mut all);
    for (id, known) in &after {
        let Some(was) = before.get(id) else { continue };
        let (Some(below), Some(now)) = (was.below, known.below) else {
            if was.below.is_some() != known.below.is_some() {
                return Err(ReformError::Name(id.clone()));
            }
            continue;
        };
        if was.under != known.under {
            return Err(ReformError::Moves(id.clone()));
        }
        rules((id, &below.policy), (id, &now.policy), &mut all);
        if was.child.policy != known.child.policy {
            let (old, new) = (was.child.policy.clone(), known.child.policy.clone());
            all.push(Step::ChildRules { old, new });
        }
    }
    starts(new, &before, &mut all);
    ends(old, &after, &mut all);
    for (id, order) in new.orders() {
        let Some(was) = old.order(id) else { continue };
        let stays = |order: &[ActorId], other: &[ActorId]| -> Vec<ActorId> {
            order.iter().filter(|id| other.contains(id)).cloned().collect()
        };
        if stays(&was, &order) != stays(&order, &was) {
            all.push(Step::Order { supervisor: id.clone(), old: was, new: order });
        }
    }
    Ok(all)
}

fn rules(
    (id, old): (&ActorId, &SupervisorPolicy),
    (_, new): (&ActorId, &SupervisorPolicy),
    all: &mut Vec<Step>,
) {
    if old != new {
        all.push(Step::Rules { supervisor: id.clone(), old: *old, new: *new });
    }
}

fn starts(branch: &Branch, before: &BTreeMap<ActorId, Known<'_>>, all: &mut Vec<Step>) {
    for (child, below) in &branch.children {
        let under = branch.id.clone();
        match (before.get(child.id()), below) {
            (None, Some(_)) => all.push(Step::Add { under, child: child.without_children() }),
            (None, None) => all.push(Step::Add { under, child: child.clone() }),
            (Some(was), None) if was.under != &under || !was.child.is_same(child) => {
                let (from, old) = (was.under.clone(), was.child.clone());
                all.push(Step::Renew { from, old, to: under, new: child.clone() });
            }
            (Some(_), _) => {}
        }
        if let Some(below) = below {
            starts(below, before, all);
        }
    }
}

fn ends(branch: &Branch, after: &BTreeMap<ActorId, Known<'_>>, all: &mut Vec<Step>) {
    for (child, below) in branch.children.iter().rev() {
        if let Some(below) = below {
            ends(below, after, all);
        }
        if !after.contains_key(child.id()) {
            let under = branch.id.clone();
            all.push(Step::Remove { under, child: child.clone() });
        }
    }
}
