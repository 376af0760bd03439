//! Children that are started, ended and forgotten while the tree runs.

use std::fmt;

use synod_supervision_core::{
    ChildPolicy, ChildState, ChildView, Event, ExitReason, InvalidTree, Refusal, Stay,
    SupervisorPolicy, Wish,
};
use synod_types::actor::ActorId;
use tokio::sync::oneshot;

use crate::actor::Actor;
use crate::address::Address;
use crate::capacity::Capacity;
use crate::child::ChildSpec;
use crate::runtime::Runtime;
use crate::supervisor::Order;

/// What became of a wish for another child, or for one less.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ChildError {
    /// No supervisor of that name runs here.
    #[error("no supervisor `{0}` runs here")]
    NoSuchSupervisor(ActorId),
    /// Nobody's child.
    #[error("`{0}` is nobody's child")]
    NoSuchChild(ActorId),
    /// A supervisor that does not grant it, and has changed nothing.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It was added, did not get through its first start, and is forgotten.
    #[error("it {0}, and is forgotten")]
    NotStarted(ExitReason),
    /// It was asked for and has not come about in time.
    #[error("not in time")]
    Late,
    /// The supervisor ended first.
    #[error("the supervisor ended first")]
    Ended,
}

/// A wish on its way to a supervisor.
pub(crate) struct Asked {
    pub(crate) wish: Wish,
    pub(crate) child: Option<ChildSpec>,
    /// What it is made from is kept by who asks, if its trial fails.
    pub(crate) is_held: bool,
    pub(crate) tell: oneshot::Sender<Result<(), ChildError>>,
}

impl fmt::Debug for Asked {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.wish.fmt(f)
    }
}

/// Where a child is added, and what becomes of it when it has ended for good.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// Whom it is started before and stopped after; the last if nobody.
    pub before: Option<ActorId>,
    /// What becomes of it when it has ended for good.
    pub stay: Stay,
}

impl Default for Place {
    fn default() -> Self {
        Self { before: None, stay: Stay::Shown }
    }
}

/// How many children a supervisor has.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ChildCounts {
    /// All it knows.
    pub known: usize,
    /// Those of which an incarnation exists or waits to be restarted.
    pub active: usize,
    /// Supervisors among all.
    pub supervisors: usize,
    /// Actors among all.
    pub workers: usize,
}

/// What children of one sort are made from: each has a name, an address and a life of its own,
/// and is forgotten when it has ended for good.
#[derive(Clone)]
pub struct Template<A: Actor> {
    /// As every child's; the name is replaced.
    pub policy: ChildPolicy,
    /// Room in each mailbox.
    pub capacity: Capacity,
    /// What each incarnation is made from.
    pub args: A::Args,
}

impl Runtime {
    /// Starts one more child under a running supervisor. Resolves when it is ready. A child that
    /// does not get through its first start is forgotten.
    ///
    /// # Errors
    /// [`ChildError`]; nothing is left of the child then.
    pub async fn start_child(
        &self,
        supervisor: &ActorId,
        child: ChildSpec,
        place: Place,
    ) -> Result<(), ChildError> {
        let Place { before, stay } = place;
        let wish = Wish::Add { policy: child.policy.clone(), before, stay };
        self.ask(supervisor, wish, Some(child)).await
    }

    /// Starts a child of a template, with `args` of its own or the template's. Resolves when it
    /// is ready. Name those that follow one another alike if you can: every name has metrics of
    /// its own.
    ///
    /// # Errors
    /// As [`Self::start_child`].
    pub async fn start_from<A: Actor>(
        &self,
        supervisor: &ActorId,
        template: &Template<A>,
        id: ActorId,
        args: Option<A::Args>,
    ) -> Result<Address<A::Msg>, ChildError> {
        let Some(address) = self.new_address(id.clone(), template.capacity) else {
            return Err(Refusal::from(InvalidTree::Duplicate(id)).into());
        };
        let policy = ChildPolicy { id, ..template.policy.clone() };
        let args = args.unwrap_or_else(|| template.args.clone());
        let child = ChildSpec::worker::<A>(policy, &address, args);
        let place = Place { before: None, stay: Stay::Forgotten };
        let started = self.start_child(supervisor, child.clone(), place).await;
        if matches!(started, Err(ChildError::Refused(_) | ChildError::NoSuchSupervisor(_))) {
            child.unlist(&self.shared);
        }
        started.map(|()| address)
    }

    /// Ends a child for good: it handles what is queued first. Resolves when it has ended. It is
    /// shown, and [`Self::restart`] brings it back.
    ///
    /// # Errors
    /// [`ChildError`].
    pub async fn terminate_child(&self, child: &ActorId) -> Result<(), ChildError> {
        self.ask(&self.parent(child)?, Wish::Terminate(child.clone()), None).await
    }

    /// Forgets a child that has ended. What its mailbox still holds becomes dead letters.
    ///
    /// # Errors
    /// [`ChildError`]: it runs.
    pub async fn delete_child(&self, child: &ActorId) -> Result<(), ChildError> {
        self.ask(&self.parent(child)?, Wish::Delete(child.clone()), None).await
    }

    /// From now on another policy for a running supervisor.
    ///
    /// # Errors
    /// [`ChildError`]: the policy breaks a rule.
    pub async fn change_supervisor(
        &self,
        supervisor: &ActorId,
        policy: SupervisorPolicy,
    ) -> Result<(), ChildError> {
        self.ask(supervisor, Wish::Change(policy), None).await
    }

    /// From now on another policy for a child. What runs goes on running.
    ///
    /// # Errors
    /// [`ChildError`]: the policy breaks a rule.
    pub async fn change_child(&self, policy: ChildPolicy) -> Result<(), ChildError> {
        self.ask(&self.parent(&policy.id)?, Wish::ChangeChild(policy), None).await
    }

    /// The next incarnation of a child is made from this, and it is started at once: with its
    /// group, as [`Self::restart`] does. The mailbox stays if the address is the same.
    ///
    /// # Errors
    /// [`ChildError`]: the policy breaks a rule.
    pub async fn replace_child(&self, child: ChildSpec) -> Result<(), ChildError> {
        let (id, policy) = (child.id().clone(), child.policy.clone());
        let supervisor = self.parent(&id)?;
        self.ask(&supervisor, Wish::ChangeChild(policy), Some(child)).await?;
        let restart = Order::Event(Event::RestartChild { child: id });
        let shells = self.shared.shells.lock();
        let shell = shells.get(&supervisor).ok_or(ChildError::Ended)?;
        shell.cast(restart).map_err(|_| ChildError::Ended)
    }

    /// A supervisor's children, in order of start; nothing if there is no such supervisor.
    pub fn children(&self, supervisor: &ActorId) -> Option<Vec<ChildView>> {
        let supervisors = self.shared.supervisors.lock();
        supervisors.get(supervisor).map(|core| core.lock().children().collect())
    }

    /// One child, as its supervisor sees it.
    pub fn child(&self, child: &ActorId) -> Option<ChildView> {
        let parent = self.parent(child).ok()?;
        self.children(&parent)?.into_iter().find(|view| view.id == *child)
    }

    /// How many children a supervisor has; nothing if there is no such supervisor.
    pub fn count_children(&self, supervisor: &ActorId) -> Option<ChildCounts> {
        let children = self.children(supervisor)?;
        let mailboxes = self.shared.mailboxes.lock();
        let mut counts = ChildCounts { known: children.len(), ..ChildCounts::default() };
        for child in children {
            let is_over = matches!(
                child.state,
                ChildState::Ended | ChildState::Dismissed | ChildState::Parked { .. }
            );
            counts.active += usize::from(!is_over);
            let is_worker = mailboxes.contains_key(&child.id);
            counts.workers += usize::from(is_worker);
            counts.supervisors += usize::from(!is_worker);
        }
        Some(counts)
    }

    /// Whose child it is.
    fn parent(&self, child: &ActorId) -> Result<ActorId, ChildError> {
        let supervisors = self.shared.supervisors.lock();
        let parent = supervisors
            .iter()
            .find(|(_, core)| core.lock().children().any(|view| view.id == *child));
        parent.map(|(id, _)| id.clone()).ok_or_else(|| ChildError::NoSuchChild(child.clone()))
    }

    async fn ask(
        &self,
        supervisor: &ActorId,
        wish: Wish,
        child: Option<ChildSpec>,
    ) -> Result<(), ChildError> {
        self.ask_holding(supervisor, wish, child, false).await
    }

    pub(crate) async fn ask_holding(
        &self,
        supervisor: &ActorId,
        wish: Wish,
        child: Option<ChildSpec>,
        is_held: bool,
    ) -> Result<(), ChildError> {
        let missing = || ChildError::NoSuchSupervisor(supervisor.clone());
        let shell = self.shared.shells.lock().get(supervisor).cloned().ok_or_else(missing)?;
        let (tell, answer) = oneshot::channel();
        let asked = Box::new(Asked { wish, child, is_held, tell });
        shell.cast(Order::Ask(asked)).map_err(|_| missing())?;
        answer.await.unwrap_or(Err(ChildError::Ended))
    }
}
