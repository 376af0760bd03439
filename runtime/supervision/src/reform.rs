//! One tree becomes another while it runs.
//!
//! ```text
//!   rosters (as it is) ──┐
//!                        ├─▶ steps ─▶ carried out one by one ─▶ Reformed
//!   SupervisorSpec ──────┘                    │ one fails
//!                                             └─▶ undone, the last first ─▶ as it was
//! ```
//! Who is the same child in both (a clone of its specification, under the same supervisor) is not
//! touched: it keeps its incarnation and its mailbox. One that is made from other values, or moves,
//! halts after the message in hand and starts anew behind the same mailbox. What ends for good
//! drains first. Ends come last, so that a failure on the way finds everybody still there.

mod digest;
mod steps;

use std::time::Duration;

use synod_supervision_core::{Stay, StopHow, Wish};
use synod_types::actor::ActorId;

use crate::child::{ChildSpec, SupervisorSpec};
use crate::children::ChildError;
use crate::events::RuntimeEvent;
use crate::runtime::Runtime;
pub use digest::TreeDigest;
use steps::{Branch, Step, steps};

/// How much longer than its own limit a start or an end may take: those before it may have to be
/// waited for, and what does not end in time is killed.
const PATIENCE: Duration = Duration::from_secs(30);

/// What a reform has done.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reformed {
    /// Those that were not there before.
    pub added: Vec<ActorId>,
    /// Those that are there no more.
    pub removed: Vec<ActorId>,
    /// Those that live on in another incarnation.
    pub restarted: Vec<ActorId>,
}

/// Why a tree was not reformed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReformError {
    /// No supervisor of that name is the root of a running tree.
    #[error("no supervisor `{0}` runs here")]
    NoSuchSupervisor(ActorId),
    /// It would take everyone below it along. Nothing was done.
    #[error("the supervisor `{0}` cannot move to another: give it another name there")]
    Moves(ActorId),
    /// One name for an actor and a supervisor, or twice in one tree. Nothing was done.
    #[error("`{0}` is one name for two")]
    Name(ActorId),
    /// A step failed. What was done before it is undone: the tree is as it was.
    #[error("{what}: {why}")]
    Undone {
        /// The step.
        what: String,
        /// Why it failed.
        why: ChildError,
    },
    /// A step failed, and something done before it could not be undone.
    #[error("{what}: {why}; and not undone: {left}")]
    Torn {
        /// The step.
        what: String,
        /// Why it failed.
        why: ChildError,
        /// What could not be undone, and why.
        left: String,
    },
}

impl Runtime {
    /// Makes the running tree below `root` what `new` says. Not to be called twice at once.
    ///
    /// # Errors
    /// [`ReformError`]; but for [`ReformError::Torn`] the tree is as it was.
    pub async fn reform(&self, new: SupervisorSpec) -> Result<Reformed, ReformError> {
        let missing = || ReformError::NoSuchSupervisor(new.id.clone());
        let roster = self.shared.roster(&new.id).ok_or_else(missing)?;
        let (old, new) = (Branch::of(&roster), Branch::of(&new.enrolled()));
        let steps = steps(&old, &new)?;
        let mut reform = Reform { runtime: self, old: &old, new: &new, undo: Vec::new() };
        let mut failed = None;
        for step in &steps {
            if let Err(why) = reform.perform(step).await {
                failed = Some((step.to_string(), why));
                break;
            }
        }
        let at = self.clock().now();
        let Some((what, why)) = failed else {
            let reformed = reform.complete(&steps);
            let event = RuntimeEvent::Reformed {
                at,
                added: reformed.added.clone(),
                removed: reformed.removed.clone(),
                restarted: reformed.restarted.clone(),
            };
            self.shared.events.emit(event);
            return Ok(reformed);
        };
        let left = reform.undo().await;
        let error = match left.is_empty() {
            true => ReformError::Undone { what, why },
            false => ReformError::Torn { what, why, left: left.join("; ") },
        };
        self.shared.events.emit(RuntimeEvent::ReformFailed { at, detail: error.to_string() });
        Err(error)
    }
}

/// How to take a step back.
enum Back {
    Step(Step),
    /// Ends one that was started.
    End(ActorId, ChildSpec, StopHow),
    /// Starts one again that was ended.
    Start(ActorId, ChildSpec),
}

struct Reform<'a> {
    runtime: &'a Runtime,
    old: &'a Branch,
    new: &'a Branch,
    undo: Vec<Back>,
}

impl Reform<'_> {
    async fn perform(&mut self, step: &Step) -> Result<(), ChildError> {
        match step {
            Step::Rules { supervisor, new, .. } => {
                self.runtime.change_supervisor(supervisor, *new).await?;
                self.undo.push(Back::Step(step.reversed()));
            }
            Step::ChildRules { new, .. } => {
                self.runtime.change_child(new.clone()).await?;
                self.undo.push(Back::Step(step.reversed()));
            }
            Step::Order { supervisor, new, .. } => {
                self.order(supervisor, new).await?;
                self.undo.push(Back::Step(step.reversed()));
            }
            Step::Add { under, child } => self.begin(under, child, StopHow::Drain).await?,
            Step::Renew { from, old, to, new } => {
                let is_kept = old.has_mailbox_of(new);
                let how = if is_kept { StopHow::Halt } else { StopHow::Drain };
                self.end(from, old, how).await?;
                self.begin(to, new, how).await?;
            }
            Step::Remove { under, child } => self.end(under, child, StopHow::Drain).await?,
        }
        Ok(())
    }

    /// Starts a child at its place of the new tree.
    async fn begin(
        &mut self,
        under: &ActorId,
        child: &ChildSpec,
        how: StopHow,
    ) -> Result<(), ChildError> {
        let before = self.before(self.new, under, child.id());
        child.list(&self.runtime.shared);
        let wish = Wish::Add { policy: child.policy.clone(), before, stay: Stay::Shown };
        let started = self.runtime.ask_holding(under, wish, Some(child.clone()), true);
        let patience = child.policy.start_timeout.saturating_add(PATIENCE);
        let started = tokio::time::timeout(patience, started).await;
        if let Err(why) = started.unwrap_or(Err(ChildError::Late)) {
            if why == ChildError::Late {
                // It may be there, waiting for those before it.
                drop(self.release(under, child, how).await);
            }
            self.dispose(child, how);
            return Err(why);
        }
        self.undo.push(Back::End(under.clone(), child.clone(), how));
        Ok(())
    }

    async fn end(
        &mut self,
        under: &ActorId,
        child: &ChildSpec,
        how: StopHow,
    ) -> Result<(), ChildError> {
        self.release(under, child, how).await?;
        self.undo.push(Back::Start(under.clone(), child.clone()));
        Ok(())
    }

    /// Ends a child, which its supervisor then forgets.
    async fn release(
        &self,
        under: &ActorId,
        child: &ChildSpec,
        how: StopHow,
    ) -> Result<(), ChildError> {
        let wish = Wish::Release(child.id().clone(), how);
        let ended = self.runtime.ask_holding(under, wish, None, false);
        let patience = child.policy.stop_timeout.saturating_add(PATIENCE);
        tokio::time::timeout(patience, ended).await.unwrap_or(Err(ChildError::Late))
    }

    async fn order(&self, supervisor: &ActorId, order: &[ActorId]) -> Result<(), ChildError> {
        // Who ended by itself for good and was forgotten has no place.
        let present = self.runtime.children(supervisor).unwrap_or_default();
        let is_present = |id: &&ActorId| present.iter().any(|view| view.id == **id);
        let mut all: Vec<ActorId> = order.iter().filter(is_present).cloned().collect();
        let others = present.iter().map(|view| &view.id).filter(|id| !order.contains(id));
        all.extend(others.cloned());
        self.runtime.ask_holding(supervisor, Wish::Order(all), None, false).await
    }

    /// Whom a child is started before: the next in the tree that is there.
    fn before(&self, tree: &Branch, under: &ActorId, id: &ActorId) -> Option<ActorId> {
        let order = tree.order(under)?;
        let present = self.runtime.children(under)?;
        let at = order.iter().position(|named| named == id)?;
        let is_present = |id: &&ActorId| present.iter().any(|view| view.id == **id);
        order[at + 1..].iter().find(is_present).cloned()
    }

    /// What was started for nothing leaves nothing behind.
    fn dispose(&self, child: &ChildSpec, how: StopHow) {
        if how == StopHow::Drain {
            child.forget(&self.runtime.shared);
        }
    }

    /// Takes back what was done, the last first. Answers what could not be.
    async fn undo(&mut self) -> Vec<String> {
        let mut left = Vec::new();
        while let Some(back) = self.undo.pop() {
            let (what, undone) = match &back {
                Back::Step(step) => (step.to_string(), self.undo_step(step).await),
                Back::End(under, child, how) => {
                    let ended = self.release(under, child, *how).await;
                    self.dispose(child, *how);
                    (format!("end {}", child.id()), ended)
                }
                Back::Start(under, child) => {
                    child.list(&self.runtime.shared);
                    let before = self.before(self.old, under, child.id());
                    let wish = Wish::Restore { policy: child.policy.clone(), before };
                    let restored =
                        self.runtime.ask_holding(under, wish, Some(child.clone()), false).await;
                    (format!("start {} again", child.id()), restored)
                }
            };
            left.extend(undone.err().map(|why| format!("{what}: {why}")));
        }
        for (supervisor, order) in self.old.orders() {
            if let Err(why) = self.order(supervisor, &order).await {
                left.push(format!("order below {supervisor}: {why}"));
            }
        }
        left
    }

    async fn undo_step(&self, step: &Step) -> Result<(), ChildError> {
        match step {
            Step::Rules { supervisor, new, .. } => {
                self.runtime.change_supervisor(supervisor, *new).await
            }
            Step::ChildRules { new, .. } => self.runtime.change_child(new.clone()).await,
            Step::Order { .. } | Step::Add { .. } | Step::Renew { .. } | Step::Remove { .. } => {
                Ok(()) // the order is restored at the end of all
            }
        }
    }

    /// There is no way back any more: those that ended are forgotten.
    fn complete(&self, steps: &[Step]) -> Reformed {
        let mut reformed = Reformed::default();
        for step in steps {
            match step {
                Step::Add { child, .. } => reformed.added.push(child.id().clone()),
                Step::Renew { old, new, .. } => {
                    reformed.restarted.push(new.id().clone());
                    if !old.has_mailbox_of(new) {
                        old.abandon();
                    }
                }
                Step::Remove { child, .. } => {
                    reformed.removed.push(child.id().clone());
                    child.forget(&self.runtime.shared);
                }
                Step::Rules { .. } | Step::ChildRules { .. } | Step::Order { .. } => {}
            }
        }
        reformed
    }
}
