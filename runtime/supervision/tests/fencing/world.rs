//! An actor that holds on to its thread for as long as the test wants, and then does all it can.

use std::collections::BTreeSet;
use std::sync::{Arc, Barrier};
use std::time::Duration;

use parking_lot::{Condvar, Mutex};
use synod_supervision::core::{ChildPolicy, Fencing, Fingerprint, Strategy};
use synod_supervision::{
    Actor, Address, Capacity, ChildSpec, Class, Clock, Context, Failure, Message, Reply, Running,
    Runtime, RuntimeEvent, RuntimeLimits, SupervisorSpec, fingerprint,
};
use tokio::sync::{broadcast, mpsc, oneshot};

use crate::common::{child, id, policy};

/// Long enough for any machine: who waits this long waits for ever.
pub(crate) const FOR_EVER: Duration = Duration::from_secs(120);

#[derive(Debug)]
pub(crate) enum Told {
    /// Holds the thread if this life is to, then does what it can; cannot be copied.
    Hold(Option<Reply<u64>>),
    /// The same, and can be copied.
    HoldAgain(u32),
    Note(u32),
    Who(Reply<u64>),
    /// Begins work beside the handler that holds its thread, and fails.
    HoldBeside,
    /// Waits for others to do the same.
    Meet(Arc<Barrier>, Reply<u64>),
    Nothing,
}

impl Message for Told {
    fn kind(&self) -> &'static str {
        match self {
            Self::Hold(_) => "hold",
            Self::HoldAgain(_) => "hold_again",
            Self::Note(_) => "note",
            Self::Who(_) => "who",
            Self::HoldBeside => "hold_beside",
            Self::Meet(..) => "meet",
            Self::Nothing => "nothing",
        }
    }

    fn again(&self) -> Option<Self> {
        if let Self::HoldAgain(n) = self { Some(Self::HoldAgain(*n)) } else { None }
    }

    fn digest(&self) -> Option<Fingerprint> {
        if let Self::HoldAgain(n) = self { Some(fingerprint("hold_again", n)) } else { None }
    }
}

/// Who holds on, and what was seen.
pub(crate) struct World {
    state: Mutex<State>,
    changed: Condvar,
    seen: mpsc::Sender<Seen>,
}

struct State {
    /// Lives up to this one hold on, in handlers.
    holding: u64,
    /// And in their start.
    holding_starts: u64,
    released: BTreeSet<u64>,
    /// Lives whose state exists.
    pub(crate) alive: BTreeSet<u64>,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Seen {
    /// This life holds on.
    Holds(u64),
    Note(u64, u32),
    /// What a life was told that let go.
    LetGo(LetGo),
    /// The state of this life was dropped.
    Dropped(u64),
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct LetGo {
    pub(crate) life: u64,
    pub(crate) is_fenced: bool,
    pub(crate) to_other: Option<String>,
    pub(crate) to_itself: Option<String>,
}

impl World {
    pub(crate) fn new() -> (Arc<Self>, mpsc::Receiver<Seen>) {
        let (seen, sees) = mpsc::channel(1_024);
        let state = State {
            holding: 0,
            holding_starts: 0,
            released: BTreeSet::new(),
            alive: BTreeSet::new(),
        };
        let world = Self { state: Mutex::new(state), changed: Condvar::new(), seen };
        (Arc::new(world), sees)
    }

    pub(crate) fn hold_lives_up_to(&self, life: u64) {
        self.state.lock().holding = life;
    }

    pub(crate) fn hold_starts_up_to(&self, life: u64) {
        self.state.lock().holding_starts = life;
    }

    pub(crate) fn release(&self, life: u64) {
        self.state.lock().released.insert(life);
        self.changed.notify_all();
    }

    pub(crate) fn release_all(&self) {
        (1..100).for_each(|life| self.release(life));
    }

    pub(crate) fn alive(&self) -> Vec<u64> {
        self.state.lock().alive.iter().copied().collect()
    }

    fn say(&self, seen: Seen) {
        // The test may be over.
        drop(self.seen.try_send(seen));
    }

    /// Blocks the thread.
    pub(crate) fn hold(&self, life: u64) {
        let mut state = self.state.lock();
        if state.holding < life && state.holding_starts < life {
            return;
        }
        self.say(Seen::Holds(life));
        while !state.released.contains(&life) {
            let waited = self.changed.wait_for(&mut state, FOR_EVER);
            assert!(!waited.timed_out(), "nobody released life {life}");
        }
    }
}

#[derive(Clone)]
pub(crate) struct Args {
    pub(crate) world: Arc<World>,
    pub(crate) other: Address<Told>,
}

/// Holds on; or, of the other class of tests, owns something exclusively and holds on.
pub(crate) struct Holder<const IS_EXCLUSIVE: bool> {
    args: Args,
    life: u64,
}

impl<const IS_EXCLUSIVE: bool> Drop for Holder<IS_EXCLUSIVE> {
    fn drop(&mut self) {
        self.args.world.state.lock().alive.remove(&self.life);
        self.args.world.say(Seen::Dropped(self.life));
    }
}

impl<const IS_EXCLUSIVE: bool> Actor for Holder<IS_EXCLUSIVE> {
    const IS_EXCLUSIVE: bool = IS_EXCLUSIVE;
    type Msg = Told;
    type Args = Args;

    async fn start(ctx: &Context<Told>, args: Args) -> Result<Self, Failure> {
        let life = ctx.incarnation().0;
        if args.world.state.lock().holding_starts >= life {
            args.world.hold(life);
        }
        args.world.state.lock().alive.insert(life);
        Ok(Self { args, life })
    }

    async fn handle(&mut self, ctx: &Context<Told>, told: Told) -> Result<(), Failure> {
        match told {
            Told::Hold(reply) => {
                self.args.world.hold(self.life);
                self.all_it_can(ctx, reply);
            }
            Told::HoldAgain(_) => {
                self.args.world.hold(self.life);
                self.all_it_can(ctx, None);
            }
            Told::Note(n) => self.args.world.say(Seen::Note(self.life, n)),
            Told::Who(reply) => reply.answer(self.life),
            Told::HoldBeside => {
                let (world, life) = (Arc::clone(&self.args.world), self.life);
                let (begun, has_begun) = oneshot::channel();
                let held = async move {
                    // Who was woken from this thread would run next on it, and it is held.
                    std::thread::spawn(move || begun.send(()));
                    world.hold(life);
                };
                ctx.pipe(held, |()| Told::Nothing)?;
                has_begun.await?;
                return Err(Failure::because("told to"));
            }
            Told::Meet(barrier, reply) => {
                barrier.wait();
                reply.answer(self.life);
            }
            Told::Nothing => (),
        }
        Ok(())
    }
}

impl<const IS_EXCLUSIVE: bool> Holder<IS_EXCLUSIVE> {
    fn all_it_can(&self, ctx: &Context<Told>, reply: Option<Reply<u64>>) {
        let own = 1_000 + u32::try_from(self.life).unwrap();
        let refused = |address: &Address<Told>, n| {
            address.tell(Told::Note(n)).err().map(|rejected| rejected.reason.to_string())
        };
        let (to_other, to_itself) = (refused(&self.args.other, own), refused(ctx.address(), own));
        ctx.wake_at(ctx.now(), Told::Note(own + 1_000));
        ctx.pipe(async {}, move |()| Told::Note(own + 2_000)).unwrap();
        ctx.blocking(|| (), move |_| Told::Note(own + 3_000)).unwrap();
        if let Some(reply) = reply {
            reply.answer(self.life);
        }
        let (life, is_fenced) = (self.life, ctx.is_fenced());
        self.args.world.say(Seen::LetGo(LetGo { life, is_fenced, to_other, to_itself }));
    }
}

/// The runtime, the holder `h` and another actor `o`, which never holds on.
pub(crate) struct Stage {
    pub(crate) runtime: Runtime,
    pub(crate) world: Arc<World>,
    pub(crate) sees: mpsc::Receiver<Seen>,
    pub(crate) others: mpsc::Receiver<Seen>,
    pub(crate) events: broadcast::Receiver<RuntimeEvent>,
    pub(crate) holder: Address<Told>,
    pub(crate) running: Running,
}

/// Nobody may be left blocked: the runtime of the test waits for its threads.
impl Drop for Stage {
    fn drop(&mut self) {
        self.world.release_all();
    }
}

pub(crate) fn fenced(name: &str, lives_max: u32) -> ChildPolicy {
    let after = Duration::from_millis(20);
    ChildPolicy { fencing: Some(Fencing { after, lives_max }), ..child(name) }
}

pub(crate) async fn stage<const IS_EXCLUSIVE: bool>(class: Class, lives_max: u32) -> Stage {
    let runtime = Runtime::new(Clock::system(), RuntimeLimits::default());
    let address = |name| runtime.address(id(name), Capacity::default());
    let (holder, other) = (address("h"), address("o"));
    let ((world, sees), (quiet, others)) = (World::new(), World::new());
    let args = Args { world: Arc::clone(&world), other: other.clone() };
    let quiet = Args { world: quiet, other: other.clone() };
    let children = vec![
        ChildSpec::worker::<Holder<IS_EXCLUSIVE>>(fenced("h", lives_max), &holder, args)
            .of_class(class),
        ChildSpec::worker::<Holder<false>>(child("o"), &other, quiet),
    ];
    let root = SupervisorSpec { id: id("root"), policy: policy(Strategy::OneForOne, 50), children };
    let events = runtime.watch();
    let mut running = runtime.start(root).await.unwrap();
    assert!(running.ready().await);
    Stage { runtime, world, sees, others, events, holder, running }
}

impl Stage {
    /// Waits until that is seen of the holder; gives what was seen before.
    pub(crate) async fn until(&mut self, wanted: &Seen) -> Vec<Seen> {
        let mut before = Vec::new();
        loop {
            let seen = tokio::time::timeout(FOR_EVER, self.sees.recv()).await.unwrap().unwrap();
            if seen == *wanted {
                return before;
            }
            before.push(seen);
        }
    }

    pub(crate) async fn event(&mut self, is_it: impl Fn(&RuntimeEvent) -> bool) -> RuntimeEvent {
        loop {
            let event = tokio::time::timeout(FOR_EVER, self.events.recv()).await.unwrap().unwrap();
            if is_it(&event) {
                return event;
            }
        }
    }

    /// Lets a life hold on to its thread, kills it, and waits until the next one is there.
    pub(crate) async fn fence(&mut self, life: u64, told: Told) {
        self.world.hold_lives_up_to(life);
        self.holder.tell(told).unwrap();
        self.until(&Seen::Holds(life)).await;
        self.runtime.kill(&id("h")).unwrap();
        self.event(
            |event| matches!(event, RuntimeEvent::Restarted { actor, .. } if *actor == id("h")),
        )
        .await;
    }

    pub(crate) async fn who(&self) -> u64 {
        self.holder.call(FOR_EVER, Told::Who).await.unwrap()
    }

    pub(crate) fn fenced_lives(&self) -> u32 {
        self.runtime.tree(&id("root")).children[0].node.fenced
    }
}
