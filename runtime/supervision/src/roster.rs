//! Who is to run under a supervisor, as of now: what it is made from when it is started again.

use std::sync::Arc;

use parking_lot::Mutex;
use synod_supervision_core::{ChildPolicy, Restart, Stay, SupervisorPolicy};
use synod_types::actor::ActorId;

use crate::child::{ChildSpec, SupervisorSpec};
use crate::thread::Class;

/// A supervisor's specification, which changes as children come and go.
pub(crate) struct Roster {
    pub(crate) id: ActorId,
    policy: Mutex<SupervisorPolicy>,
    children: Mutex<Vec<Entry>>,
}

struct Entry {
    child: ChildSpec,
    /// Gone when it has ended, and when the supervisor is started again.
    is_passing: bool,
}

impl From<SupervisorSpec> for Roster {
    fn from(spec: SupervisorSpec) -> Self {
        let entry = |child| Entry { child, is_passing: false };
        Self {
            id: spec.id,
            policy: Mutex::new(spec.policy),
            children: Mutex::new(spec.children.into_iter().map(entry).collect()),
        }
    }
}

impl Roster {
    pub(crate) fn policy(&self) -> SupervisorPolicy {
        *self.policy.lock()
    }

    /// Those of the children a new life of the supervisor begins with. The others are forgotten.
    pub(crate) fn policies(&self) -> Vec<ChildPolicy> {
        let mut children = self.children.lock();
        children.retain(|entry| !entry.is_passing);
        children.iter().map(|entry| entry.child.policy.clone()).collect()
    }

    /// On which threads all below it run.
    pub(crate) fn set_class(&self, class: Class) {
        let mut children = self.children.lock();
        children.iter_mut().for_each(|entry| entry.child.set_class(class));
    }

    pub(crate) fn child(&self, id: &ActorId) -> Option<ChildSpec> {
        let children = self.children.lock();
        children.iter().map(|entry| &entry.child).find(|child| child.id() == id).cloned()
    }

    pub(crate) fn all(&self) -> Vec<ChildSpec> {
        self.children.lock().iter().map(|entry| entry.child.clone()).collect()
    }

    pub(crate) fn add(&self, child: ChildSpec, before: Option<&ActorId>, stay: Stay) {
        let is_temporary = child.policy.restart == Restart::Temporary;
        let is_passing = is_temporary || stay == Stay::Forgotten;
        let mut children = self.children.lock();
        let index = children.iter().position(|entry| Some(entry.child.id()) == before);
        let index = index.unwrap_or(children.len());
        children.insert(index, Entry { child, is_passing });
    }

    pub(crate) fn remove(&self, id: &ActorId) -> Option<ChildSpec> {
        let mut children = self.children.lock();
        let index = children.iter().position(|entry| entry.child.id() == id)?;
        Some(children.remove(index).child)
    }

    pub(crate) fn order(&self, order: &[ActorId]) {
        let place = |entry: &Entry| order.iter().position(|id| id == entry.child.id());
        self.children.lock().sort_by_key(place);
    }

    pub(crate) fn change(&self, policy: SupervisorPolicy) {
        *self.policy.lock() = policy;
    }

    /// Another policy, and, if one is given, another way to make it.
    pub(crate) fn change_child(&self, policy: ChildPolicy, child: Option<ChildSpec>) {
        let mut children = self.children.lock();
        let entry = children.iter_mut().find(|entry| *entry.child.id() == policy.id);
        if let Some(entry) = entry {
            if let Some(child) = child {
                entry.child = child;
            }
            entry.child.policy = policy;
        }
    }
}

/// Shared, for a supervisor outlives each of its lives.
impl SupervisorSpec {
    pub(crate) fn enrolled(self) -> Arc<Roster> {
        Arc::new(self.into())
    }
}
