//! What an incarnation may use of the world: its clock, its alarms, work beside its handler.

use std::fmt;
use std::future::Future;
use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use futures_util::FutureExt;
use parking_lot::Mutex;
use synod_supervision_lanes::Order;
use synod_types::actor::{ActorId, Incarnation};
use synod_types::time::Moment;
use tokio::task::JoinSet;
use tracing::Instrument;

use crate::actor::Failure;
use crate::address::Address;
use crate::child::Gone;
use crate::clock::Clock;
use crate::fence::{Epoch, Exposed, Refused};
use crate::mailbox::{End, Mailbox};
use crate::matter::Matter;
use crate::message::Message;

/// Handed to every call of an actor. Clones speak of the same incarnation. Work begun through
/// it ends with the incarnation; a clone that is kept longer begins nothing.
pub struct Context<M> {
    inner: Arc<Inner<M>>,
}

struct Inner<M> {
    address: Address<M>,
    incarnation: Incarnation,
    work: Mutex<Tasks>,
    alarms: Mutex<Tasks>,
    in_flight: Arc<AtomicUsize>,
    draining: Arc<AtomicBool>,
    /// What the handler has in hand.
    matter: Arc<Matter>,
    /// If the life may be fenced.
    epoch: Option<Arc<Epoch>>,
}

/// Tasks that end with the incarnation. Each holds the word that it is gone, so that the next
/// one does not begin while a task, though aborted, still runs on another thread.
struct Tasks {
    set: JoinSet<()>,
    /// Nothing once the incarnation has ended: then no task begins.
    gone: Option<Arc<Gone>>,
}

impl<M> Clone for Context<M> {
    fn clone(&self) -> Self {
        Self { inner: Arc::clone(&self.inner) }
    }
}

impl<M> fmt::Debug for Context<M> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Context({:?}#{})", self.inner.address, self.inner.incarnation)
    }
}

/// Too much is under way already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{limit} pieces of work are under way, the most there may be")]
pub struct Busy {
    /// The limit.
    pub limit: usize,
}

/// Work on a blocking thread panicked, or the runtime is going down.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("work on a blocking thread ended early: {0}")]
pub struct Panicked(pub String);

impl<M: Message> Context<M> {
    pub(crate) fn begin(
        mailbox: Arc<Mailbox<M>>,
        incarnation: Incarnation,
        gone: &Arc<Gone>,
        exposed: Option<&Exposed<M>>,
    ) -> Self {
        let epoch = exposed.map(|exposed| Arc::clone(&exposed.epoch));
        let matter = Matter::of(&mailbox.id, mailbox.chair.seat()).within(epoch.as_ref());
        let matter = Arc::new(matter);
        let inner = Inner {
            incarnation,
            address: Address { mailbox },
            work: Mutex::new(Tasks::new(gone)),
            alarms: Mutex::new(Tasks::new(gone)),
            in_flight: Arc::default(),
            draining: Arc::default(),
            matter,
            epoch,
        };
        let inner = Arc::new(inner);
        if let Some(exposed) = exposed {
            let own = Arc::downgrade(&inner);
            exposed.ends_by(move || {
                if let Some(inner) = own.upgrade() {
                    inner.end_work();
                }
            });
        }
        Self { inner }
    }

    /// The present moment.
    pub fn now(&self) -> Moment {
        self.inner.address.mailbox.shared.clock.now()
    }

    /// What tells the present moment, for work that outlives a message.
    pub fn clock(&self) -> Clock {
        self.inner.address.mailbox.shared.clock
    }

    /// The actor's own address.
    pub fn address(&self) -> &Address<M> {
        &self.inner.address
    }

    /// The actor's name.
    pub fn id(&self) -> &ActorId {
        self.inner.address.id()
    }

    /// Which life this is.
    pub fn incarnation(&self) -> Incarnation {
        self.inner.incarnation
    }

    /// Whether the actor is being brought to an orderly end: what is under way is finished, new
    /// work should not be begun.
    pub fn is_draining(&self) -> bool {
        self.inner.draining.load(Ordering::SeqCst)
    }

    /// When whoever asked the question in hand stops waiting for its answer; none if nobody
    /// asked, or has been answered. In piped work: of the question it is done for.
    pub fn deadline(&self) -> Option<Moment> {
        Matter::present(Matter::deadline).filter(|&deadline| deadline < Moment::MAX)
    }

    /// Sends `msg` to this actor at `at` (at once if that has passed), unless the incarnation
    /// ends or is being drained by then. At the limit of alarms the incarnation fails: an alarm
    /// that is silently not set would be worse.
    pub fn wake_at(&self, at: Moment, msg: M) {
        if self.refuses(Refused::Alarm) {
            return;
        }
        let shared = &self.inner.address.mailbox.shared;
        let delay = shared.clock.until(at);
        let mailbox = Arc::clone(&self.inner.address.mailbox);
        let incarnation = self.inner.incarnation;
        let draining = Arc::clone(&self.inner.draining);
        let mut alarms = self.inner.alarms.lock();
        if shared.limits.alarms_max <= alarms.len() {
            drop(alarms);
            let limit = shared.limits.alarms_max;
            self.fail(Failure::because(format!("{limit} alarms are set, the most there may be")));
            return;
        }
        alarms.spawn(Matter::later().within(self.inner.epoch.as_ref()), async move {
            tokio::time::sleep(delay).await;
            if !draining.load(Ordering::SeqCst) {
                // Closed in the meantime: the alarm has nobody to wake.
                mailbox.push_own(msg, incarnation).await;
            }
        });
    }

    /// Runs `future` beside the handler; its result arrives as the message that `map` makes of
    /// it. A panic in it fails the incarnation.
    ///
    /// # Errors
    /// [`Busy`] at the limit of work under way; the future is dropped.
    pub fn pipe<T: Send + 'static>(
        &self,
        future: impl Future<Output = T> + Send + 'static,
        map: impl FnOnce(T) -> M + Send + 'static,
    ) -> Result<(), Busy> {
        if self.refuses(Refused::Work) {
            return Ok(());
        }
        let limit = self.inner.address.mailbox.shared.limits.in_flight_max;
        let slot = Slot::take(&self.inner.in_flight, limit).ok_or(Busy { limit })?;
        let mailbox = Arc::clone(&self.inner.address.mailbox);
        let incarnation = self.inner.incarnation;
        // What it logs, the actor says.
        let future = future.in_current_span();
        let matter = Matter::beside().within(self.inner.epoch.as_ref());
        self.inner.work.lock().spawn(matter, async move {
            let made = AssertUnwindSafe(async { map(future.await) }).catch_unwind().await;
            match made {
                Ok(msg) => {
                    mailbox.push_own(msg, incarnation).await;
                    drop(slot);
                    // A drain that found work under way waits for the last of it.
                    mailbox.order(incarnation, Order::Look);
                }
                Err(panic) => {
                    let text = format!("panic in piped work: {}", panic_text(&*panic));
                    mailbox.order(incarnation, Order::End(End::Fail(Failure::because(text))));
                }
            }
        });
        Ok(())
    }

    /// Runs heavy or blocking `work` on the bounded pool of threads; its result arrives as the
    /// message that `map` makes of it. Work that has begun is not interrupted when the
    /// incarnation ends; its result is then dropped.
    ///
    /// # Errors
    /// [`Busy`] at the limit of work under way.
    pub fn blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce() -> T + Send + 'static,
        map: impl FnOnce(Result<T, Panicked>) -> M + Send + 'static,
    ) -> Result<(), Busy> {
        let threads = Arc::clone(&self.inner.address.mailbox.shared.threads);
        let run = async move {
            let Ok(thread) = threads.acquire_owned().await else {
                return Err(Panicked("the pool of threads is closed".to_owned()));
            };
            // The place in the pool is the work's own: it outlives this future when that is cut
            // short.
            let placed = move || {
                let _thread = thread;
                work()
            };
            let done = tokio::task::spawn_blocking(placed).await;
            done.map_err(|error| match error.try_into_panic() {
                Ok(panic) => Panicked(panic_text(&*panic)),
                Err(error) => Panicked(error.to_string()),
            })
        };
        self.pipe(run, map)
    }

    /// Ends this incarnation in order, after the message in hand: its work is done. Whether it is
    /// started again, its restart policy says. What is queued waits for that.
    pub fn finish(&self) {
        self.mailbox().order(self.inner.incarnation, Order::End(End::Halt));
    }

    /// Ends this incarnation as a failed one, from wherever the failure is found.
    pub fn fail(&self, failure: Failure) {
        self.mailbox().order(self.inner.incarnation, Order::End(End::Fail(failure)));
    }

    /// What the handler has in hand.
    pub(crate) fn matter(&self) -> &Arc<Matter> {
        &self.inner.matter
    }

    pub(crate) fn mailbox(&self) -> &Mailbox<M> {
        &self.inner.address.mailbox
    }

    pub(crate) fn drain(&self) {
        self.inner.draining.store(true, Ordering::SeqCst);
        self.inner.alarms.lock().set.abort_all();
    }

    /// Counts the piped work under way.
    pub(crate) fn in_flight(&self) -> Arc<AtomicUsize> {
        Arc::clone(&self.inner.in_flight)
    }

    /// Ends all work of the incarnation.
    pub(crate) fn end(&self) {
        self.inner.end_work();
        self.mailbox().detach(self.inner.incarnation);
    }

    /// Whether this life was fenced: it held on to its thread when it was to end, and the next
    /// has taken its place. Nothing it does counts any more: what it sends or answers is refused,
    /// alarms and work are not begun.
    pub fn is_fenced(&self) -> bool {
        self.inner.epoch.as_ref().is_some_and(|epoch| epoch.is_over())
    }

    fn refuses(&self, what: Refused) -> bool {
        self.inner.epoch.as_ref().is_some_and(|epoch| epoch.refuses(what))
    }
}

impl<M> Inner<M> {
    fn end_work(&self) {
        self.matter.end();
        self.work.lock().end();
        self.alarms.lock().end();
    }
}

/// A place among the work under way.
struct Slot(Arc<AtomicUsize>);

impl Slot {
    fn take(count: &Arc<AtomicUsize>, limit: usize) -> Option<Self> {
        let add_one = |n: usize| (n < limit).then_some(n + 1);
        count.fetch_update(Ordering::SeqCst, Ordering::SeqCst, add_one).ok()?;
        Some(Self(Arc::clone(count)))
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Tasks {
    fn new(gone: &Arc<Gone>) -> Self {
        Self { set: JoinSet::new(), gone: Some(Arc::clone(gone)) }
    }

    /// How many there are, without those that have ended.
    fn len(&mut self) -> usize {
        while self.set.try_join_next().is_some() {}
        self.set.len()
    }

    fn spawn(&mut self, matter: Matter, task: impl Future<Output = ()> + Send + 'static) {
        while self.set.try_join_next().is_some() {}
        let Some(gone) = self.gone.clone() else { return };
        self.set.spawn(async move {
            Matter::work(matter, task).await;
            drop(gone);
        });
    }

    fn end(&mut self) {
        self.set.abort_all();
        self.gone = None;
    }
}

pub(crate) fn panic_text(panic: &(dyn std::any::Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str);
    text.or_else(|| panic.downcast_ref::<&str>().copied()).unwrap_or("unknown panic").to_owned()
}
