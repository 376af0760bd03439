//! What a supervisor is told of its children.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;

use parking_lot::Mutex;
use ractor::{ActorCell, ActorRef, ActorRuntime, SpawnErr};
use synod_supervision_core::{ChildPolicy, Fencing, StopHow, SupervisorPolicy};
use synod_supervision_lanes::Order as Told;
use synod_types::actor::ActorId;
use tokio::sync::oneshot;

use crate::actor::Actor;
use crate::address::Address;
use crate::fence::{self, Exposed, FencedLife};
use crate::incarnation::{Birth, Shell};
use crate::mailbox::{End, Mailbox, MailboxFacts};
use crate::roster::Roster;
use crate::shared::Shared;
use crate::supervisor::{Order, SupervisorBirth, SupervisorShell};
use crate::thread::{self, Class};

/// A supervisor and everything under it. Clones hold the same children.
#[derive(Clone)]
pub struct SupervisorSpec {
    /// Its name.
    pub id: ActorId,
    /// How it restarts.
    pub policy: SupervisorPolicy,
    /// Its children, in order of start.
    pub children: Vec<ChildSpec>,
}

/// One child of a supervisor.
#[derive(Clone)]
pub struct ChildSpec {
    pub(crate) policy: ChildPolicy,
    pub(crate) kind: ChildKind,
}

#[derive(Clone)]
pub(crate) enum ChildKind {
    Worker(Arc<dyn Spawn>),
    Supervisor(Arc<Roster>),
}

impl SupervisorSpec {
    /// The child of that name, be it below a supervisor below this one.
    pub fn find(&self, id: &ActorId) -> Option<ChildSpec> {
        self.children.iter().find_map(|child| child.find(id))
    }
}

impl ChildSpec {
    fn find(&self, id: &ActorId) -> Option<Self> {
        if self.id() == id {
            return Some(self.clone());
        }
        match &self.kind {
            ChildKind::Supervisor(roster) => roster.all().iter().find_map(|child| child.find(id)),
            ChildKind::Worker(_) => None,
        }
    }

    /// An actor. Each incarnation is made from a clone of `args` and reads the mailbox of
    /// `address`.
    /// [`Actor::IS_EXCLUSIVE`]: without the policy's `fencing`.
    pub fn worker<A: Actor>(policy: ChildPolicy, address: &Address<A::Msg>, args: A::Args) -> Self
    where
        A::Msg: Sized,
    {
        let mailbox = Arc::clone(&address.mailbox);
        let worker = Worker::<A> { mailbox, args, class: Class::Async };
        let spec = Self { policy, kind: ChildKind::Worker(Arc::new(worker)) };
        Self { policy: spec.fitting(spec.policy.clone()), ..spec }
    }

    /// A supervisor below a supervisor.
    pub fn supervisor(policy: ChildPolicy, spec: SupervisorSpec) -> Self {
        let policy = ChildPolicy { fencing: None, ..policy };
        Self { policy, kind: ChildKind::Supervisor(spec.enrolled()) }
    }

    /// That policy, but for what does not fit this child: nobody else may begin beside a
    /// supervisor, nor beside an actor that owns something exclusively.
    pub(crate) fn fitting(&self, policy: ChildPolicy) -> ChildPolicy {
        let may_be_fenced = match &self.kind {
            ChildKind::Worker(worker) => !worker.is_exclusive(),
            ChildKind::Supervisor(_) => false,
        };
        if policy.fencing.is_some() && !may_be_fenced {
            tracing::warn!(actor = %policy.id, "owns something exclusively: never fenced");
            return ChildPolicy { fencing: None, ..policy };
        }
        policy
    }

    /// The same, on other threads; of a supervisor, all actors below it.
    #[must_use]
    pub fn of_class(mut self, class: Class) -> Self {
        self.set_class(class);
        self
    }

    pub(crate) fn set_class(&mut self, class: Class) {
        match &mut self.kind {
            // Shared only once it has been started.
            ChildKind::Worker(worker) => {
                if let Some(worker) = Arc::get_mut(worker) {
                    worker.set_class(class);
                }
            }
            ChildKind::Supervisor(roster) => roster.set_class(class),
        }
    }

    /// Its name.
    pub fn id(&self) -> &ActorId {
        &self.policy.id
    }

    /// Whether both are clones of one, treated alike. Of supervisors the children do not count.
    pub(crate) fn is_same(&self, other: &Self) -> bool {
        let is_made_alike = match (&self.kind, &other.kind) {
            (ChildKind::Worker(one), ChildKind::Worker(other)) => Arc::ptr_eq(one, other),
            (ChildKind::Supervisor(_), ChildKind::Supervisor(_)) => true,
            (ChildKind::Worker(_), ChildKind::Supervisor(_))
            | (ChildKind::Supervisor(_), ChildKind::Worker(_)) => false,
        };
        is_made_alike && self.policy == other.policy
    }

    /// Whether both are actors behind one mailbox.
    pub(crate) fn has_mailbox_of(&self, other: &Self) -> bool {
        match (&self.kind, &other.kind) {
            (ChildKind::Worker(one), ChildKind::Worker(other)) => {
                Arc::ptr_eq(&one.mailbox(), &other.mailbox())
            }
            _ => false,
        }
    }

    /// A supervisor as it is before its first child.
    pub(crate) fn without_children(&self) -> Self {
        match &self.kind {
            ChildKind::Worker(_) => self.clone(),
            ChildKind::Supervisor(roster) => {
                let (id, policy) = (roster.id.clone(), roster.policy());
                let spec = SupervisorSpec { id, policy, children: Vec::new() };
                Self::supervisor(self.policy.clone(), spec)
            }
        }
    }

    /// From now on its mailbox is seen under its name.
    pub(crate) fn list(&self, shared: &Shared) {
        if let ChildKind::Worker(worker) = &self.kind {
            shared.mailboxes.lock().insert(self.id().clone(), worker.mailbox());
        }
    }

    /// It was never started: its mailbox is not seen any more, whoever else has its name.
    pub(crate) fn unlist(&self, shared: &Shared) {
        let ChildKind::Worker(worker) = &self.kind else { return };
        worker.abandon();
        let (own, mut mailboxes) = (worker.mailbox(), shared.mailboxes.lock());
        if mailboxes.get(self.id()).is_some_and(|listed| Arc::ptr_eq(listed, &own)) {
            mailboxes.remove(self.id());
        }
    }

    /// What its mailbox still holds becomes dead letters.
    pub(crate) fn abandon(&self) {
        if let ChildKind::Worker(worker) = &self.kind {
            worker.abandon();
        }
    }

    /// Nothing more is accepted, unless it is started again.
    pub(crate) fn close(&self) {
        match &self.kind {
            ChildKind::Worker(worker) => worker.close(),
            ChildKind::Supervisor(roster) => roster.all().iter().for_each(Self::close),
        }
    }

    /// Nothing is known of it any more, nor of those below it.
    pub(crate) fn forget(&self, shared: &Shared) {
        let id = self.id();
        match &self.kind {
            ChildKind::Worker(worker) => worker.abandon(),
            ChildKind::Supervisor(roster) => {
                roster.all().iter().for_each(|child| child.forget(shared));
            }
        }
        shared.forget(id);
    }
}

/// Dropped with the last thing that belongs to an incarnation: its state and, for a supervisor,
/// everything below it. Fields are dropped in this order.
pub(crate) struct Gone {
    _own: oneshot::Sender<()>,
    _tether: Tether,
}

/// What an incarnation holds up as long as anything of it is left.
#[derive(Clone, Default)]
pub(crate) struct Tether(Arc<Mutex<Held>>);

#[derive(Default)]
enum Held {
    #[default]
    Nothing,
    /// The end of the supervisor that it belongs to.
    Parent { _gone: Arc<Gone> },
    /// Nobody; but it counts.
    Fenced { _life: FencedLife },
}

impl Tether {
    /// From now on nobody waits for it.
    pub(crate) fn fence(&self, life: FencedLife) {
        let held = std::mem::replace(&mut *self.0.lock(), Held::Fenced { _life: life });
        drop(held);
    }
}

impl Gone {
    pub(crate) fn below(parent: Option<Arc<Self>>) -> (Self, oneshot::Receiver<()>, Tether) {
        let (own, gone) = oneshot::channel();
        let tether = Tether(Arc::new(Mutex::new(
            parent.map_or(Held::Nothing, |gone| Held::Parent { _gone: gone }),
        )));
        (Self { _own: own, _tether: tether.clone() }, gone, tether)
    }
}

type Started = Pin<Box<dyn Future<Output = Result<(), SpawnErr>> + Send>>;

/// An incarnation on its way: its cell at once, the outcome of its start later.
pub(crate) struct Spawned {
    pub(crate) cell: ActorCell,
    pub(crate) started: Started,
    pub(crate) stop: Box<dyn Fn(StopHow) + Send + Sync>,
    /// Fences it, if it may be.
    pub(crate) fence: Option<Box<dyn FnOnce() -> FencedLife + Send + Sync>>,
}

/// Under whom an incarnation is spawned, and whether it may be fenced.
pub(crate) struct Under {
    pub(crate) supervisor: ActorCell,
    pub(crate) fencing: Option<Fencing>,
}

pub(crate) trait Spawn: Send + Sync {
    fn spawn(&self, under: Under, gone: Gone) -> Result<Spawned, SpawnErr>;
    fn is_exclusive(&self) -> bool;
    fn set_class(&mut self, class: Class);
    fn close(&self);
    fn abandon(&self);
    /// Which mailbox it reads: equal if and only if it is the same.
    fn mailbox(&self) -> Arc<dyn MailboxFacts>;
}

struct Worker<A: Actor> {
    mailbox: Arc<Mailbox<A::Msg>>,
    args: A::Args,
    class: Class,
}

impl<A: Actor> Spawn for Worker<A> {
    fn spawn(&self, under: Under, gone: Gone) -> Result<Spawned, SpawnErr> {
        match self.class {
            Class::Async => self.spawn_here(under, gone),
            Class::Blocking => {
                thread::spawn(&self.mailbox.id, gone, |gone| self.spawn_here(under, gone))
            }
        }
    }

    fn is_exclusive(&self) -> bool {
        A::IS_EXCLUSIVE
    }

    fn set_class(&mut self, class: Class) {
        self.class = class;
    }

    fn close(&self) {
        self.mailbox.close();
    }

    fn abandon(&self) {
        MailboxFacts::abandon(&*self.mailbox);
    }

    fn mailbox(&self) -> Arc<dyn MailboxFacts> {
        Arc::clone(&self.mailbox) as Arc<dyn MailboxFacts>
    }
}

impl<A: Actor> Worker<A> {
    fn spawn_here(&self, under: Under, gone: Gone) -> Result<Spawned, SpawnErr> {
        let mailbox = Arc::clone(&self.mailbox);
        mailbox.open();
        let incarnation = mailbox.begin();
        let args = self.args.clone();
        let exposed = under.fencing.map(|_| Arc::new(Exposed::new(&mailbox.id)));
        let own = exposed.clone();
        let birth = Birth { mailbox: Arc::clone(&mailbox), incarnation, args, exposed: own, gone };
        let shell = Shell::<A>::new();
        let (actor, start) =
            ActorRuntime::spawn_linked_instant(None, shell, birth, under.supervisor)?;
        let cell = actor.get_cell();
        let fence = exposed.map(|exposed| {
            let mailbox = Arc::clone(&mailbox);
            let fence = move || fence::fence(&mailbox, incarnation, &exposed);
            Box::new(fence) as Box<dyn FnOnce() -> FencedLife + Send + Sync>
        });
        let stop = Box::new(move |how| match how {
            StopHow::Drain => {
                mailbox.close();
                mailbox.order(incarnation, Told::Drain);
            }
            StopHow::Halt => mailbox.order(incarnation, Told::End(End::Halt)),
        });
        Ok(Spawned { cell, started: started(start), stop, fence })
    }
}

pub(crate) fn spawn_supervisor(
    roster: &Arc<Roster>,
    (shared, root): (&Arc<Shared>, &ActorRef<Order>),
    supervisor: ActorCell,
    gone: Gone,
) -> Result<Spawned, SpawnErr> {
    let (ready, is_ready) = oneshot::channel();
    let birth = SupervisorBirth {
        roster: Arc::clone(roster),
        shared: Arc::clone(shared),
        root: Some(root.clone()),
        gone,
        ready,
        outcome: None,
    };
    let (actor, start) =
        ActorRuntime::spawn_linked_instant(None, SupervisorShell, birth, supervisor)?;
    let cell = actor.get_cell();
    let stop = Box::new(move |how| drop(actor.cast(Order::Stop(how))));
    let shell_started = started(start);
    let all_started = Box::pin(async move {
        shell_started.await?;
        // Without the word it has ended, and its exit is on its way as an event of its own.
        is_ready.await.map_err(|_| SpawnErr::StartupFailed("ended before it was ready".into()))
    });
    Ok(Spawned { cell, started: all_started, stop, fence: None })
}

type Start = ractor::concurrency::JoinHandle<Result<ractor::concurrency::JoinHandle<()>, SpawnErr>>;

fn started(start: Start) -> Started {
    Box::pin(async move {
        match start.await {
            Ok(Ok(_running)) => Ok(()),
            Ok(Err(error)) => Err(error),
            Err(error) => Err(SpawnErr::StartupFailed(error.into())),
        }
    })
}
