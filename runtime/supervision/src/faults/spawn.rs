//! Incarnations that are spawned with faults.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::time::Duration;

use parking_lot::Mutex;
use ractor::SpawnErr;
use synod_types::actor::ActorId;
use tokio::task::JoinSet;

use crate::child::{ChildKind, ChildSpec, Gone, Spawn, Spawned, Under};
use crate::mailbox::MailboxFacts;
use crate::thread::Class;

/// What happens to one incarnation.
#[derive(Clone, Debug, Default)]
pub(super) struct Fate {
    /// It is not spawned at all.
    pub(super) is_refused: bool,
    /// The word of its start comes so much later.
    pub(super) starts_late: Duration,
    /// How often an order to stop reaches it.
    pub(super) stops: Stops,
    /// It is gone so much later than its state is.
    pub(super) lingers: Duration,
    /// It runs elsewhere.
    pub(super) on: Option<tokio::runtime::Handle>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Stops {
    Never,
    #[default]
    Once,
    Twice,
}

/// Deals fates, and sees that no life that counts begins beside another.
#[derive(Default)]
pub(super) struct Fates {
    next: Mutex<BTreeMap<ActorId, VecDeque<Fate>>>,
    lives: Mutex<BTreeMap<ActorId, Vec<Life>>>,
    pub(super) spawned: Mutex<BTreeMap<ActorId, u64>>,
    pub(super) overlaps: Mutex<Vec<ActorId>>,
    /// Each holds what is left of a life.
    lingering: Mutex<JoinSet<()>>,
}

/// An incarnation as long as anything of it is left.
struct Life {
    left: Weak<Gone>,
    is_fenced: Arc<AtomicBool>,
}

impl Fates {
    pub(super) fn deal(&self, id: &ActorId, fate: Fate) {
        self.next.lock().entry(id.clone()).or_default().push_back(fate);
    }

    pub(super) fn end(&self) {
        self.next.lock().clear();
    }

    /// Of how many lives something is left.
    pub(super) fn left(&self) -> usize {
        let lives = self.lives.lock();
        lives.values().flatten().filter(|life| life.left.strong_count() != 0).count()
    }

    fn begins(&self, id: &ActorId) -> Fate {
        *self.spawned.lock().entry(id.clone()).or_default() += 1;
        let mut lives = self.lives.lock();
        let lives = lives.entry(id.clone()).or_default();
        lives.retain(|life| life.left.strong_count() != 0);
        if lives.iter().any(|life| !life.is_fenced.load(Ordering::SeqCst)) {
            self.overlaps.lock().push(id.clone());
        }
        self.next.lock().get_mut(id).and_then(VecDeque::pop_front).unwrap_or_default()
    }
}

struct Faulty {
    id: ActorId,
    inner: Arc<dyn Spawn>,
    fates: Arc<Fates>,
}

/// The same child, whose incarnations are spawned as `fates` deals.
pub(super) fn faulty(spec: ChildSpec, fates: &Arc<Fates>) -> ChildSpec {
    let ChildKind::Worker(inner) = spec.kind else { return spec };
    let (id, fates) = (spec.policy.id.clone(), Arc::clone(fates));
    ChildSpec {
        policy: spec.policy,
        kind: ChildKind::Worker(Arc::new(Faulty { id, inner, fates })),
    }
}

impl Spawn for Faulty {
    fn spawn(&self, under: Under, gone: Gone) -> Result<Spawned, SpawnErr> {
        let fate = self.fates.begins(&self.id);
        if fate.is_refused {
            return Err(SpawnErr::StartupFailed("no room for another thread".into()));
        }
        let outer = Arc::new(gone);
        let (below, _, _) = Gone::below(Some(Arc::clone(&outer)));
        let spawned = {
            let _entered = fate.on.as_ref().map(tokio::runtime::Handle::enter);
            self.inner.spawn(under, below)?
        };
        let is_fenced = Arc::new(AtomicBool::new(false));
        let life = Life { left: Arc::downgrade(&outer), is_fenced: Arc::clone(&is_fenced) };
        self.fates.lives.lock().entry(self.id.clone()).or_default().push(life);
        if !fate.lingers.is_zero() {
            self.fates.lingering.lock().spawn(async move {
                tokio::time::sleep(fate.lingers).await;
                drop(outer);
            });
        }
        let Spawned { cell, started, stop, fence } = spawned;
        let late = fate.starts_late;
        let started = Box::pin(async move {
            let outcome = started.await;
            tokio::time::sleep(late).await;
            outcome
        });
        let stops = fate.stops;
        let stop = Box::new(move |how| match stops {
            Stops::Never => (),
            Stops::Once => stop(how),
            Stops::Twice => {
                stop(how);
                stop(how);
            }
        });
        let fence = fence.map(|fence| {
            let fence = move || {
                is_fenced.store(true, Ordering::SeqCst);
                fence()
            };
            Box::new(fence) as Box<dyn FnOnce() -> crate::fence::FencedLife + Send + Sync>
        });
        Ok(Spawned { cell, started, stop, fence })
    }

    fn is_exclusive(&self) -> bool {
        self.inner.is_exclusive()
    }

    /// Not for tests of classes.
    fn set_class(&mut self, _: Class) {}

    fn close(&self) {
        self.inner.close();
    }

    fn abandon(&self) {
        self.inner.abandon();
    }

    fn mailbox(&self) -> Arc<dyn MailboxFacts> {
        self.inner.mailbox()
    }
}
