//! An actor that does what it is told, and a tree to put it in.
#![allow(clippy::unwrap_used, clippy::expect_used, dead_code, missing_docs, unreachable_pub)]

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use synod_supervision::core::{Backoff, ChildPolicy, Intensity, Strategy, SupervisorPolicy};
use synod_supervision::{
    Actor, Address, Capacity, ChildSpec, Clock, Context, Failure, Lane, Message, Overflow, Reply,
    Running, Runtime, RuntimeLimits, SupervisorSpec,
};
use synod_types::actor::{ActorId, Incarnation};
use synod_types::time::Moment;

#[derive(Debug)]
pub enum Puppet {
    Note(u32),
    Urgent(u32),
    Patient(u32),
    Newest(u32),
    Latest(u64, u32),
    Panic,
    /// End in order: done.
    Finish,
    Fail,
    Hang,
    Dwell(Duration),
    Ask(Reply<Incarnation>),
    Keep(Reply<()>),
    Pipe(Duration, u32),
    PanicInPipe,
    Wake(Duration, u32),
    Block(u32),
    /// Blocks its thread until it is told to go on.
    BlockThread(std::sync::mpsc::Receiver<()>),
}

impl Message for Puppet {
    fn kind(&self) -> &'static str {
        match self {
            Self::Note(_) => "note",
            Self::Urgent(_) => "urgent",
            Self::Patient(_) => "patient",
            Self::Newest(_) => "newest",
            Self::Latest(..) => "latest",
            Self::Panic => "panic",
            Self::Finish => "finish",
            Self::Fail => "fail",
            Self::Hang => "hang",
            Self::Dwell(_) => "dwell",
            Self::Ask(_) => "ask",
            Self::Keep(_) => "keep",
            Self::Pipe(..) => "pipe",
            Self::PanicInPipe => "panic_in_pipe",
            Self::Wake(..) => "wake",
            Self::Block(_) => "block",
            Self::BlockThread(_) => "block_thread",
        }
    }

    fn lane(&self) -> Lane {
        if matches!(self, Self::Urgent(_)) { Lane::High } else { Lane::Normal }
    }

    fn overflow(&self) -> Overflow {
        match self {
            Self::Patient(_) => Overflow::Wait,
            Self::Newest(_) => Overflow::DropOldest,
            Self::Latest(key, _) => Overflow::Coalesce(*key),
            _ => Overflow::Refuse,
        }
    }
}

/// What all incarnations of all puppets of a test have seen, in order.
#[derive(Clone, Default)]
pub struct Diary(Arc<Mutex<Vec<String>>>);

impl Diary {
    pub fn note(&self, line: impl Into<String>) {
        self.0.lock().push(line.into());
    }

    pub fn lines(&self) -> Vec<String> {
        self.0.lock().clone()
    }

    pub fn clear(&self) {
        self.0.lock().clear();
    }
}

#[derive(Clone)]
pub struct Args {
    pub diary: Diary,
    pub starts_slowly: Duration,
    /// Starts that fail before one succeeds.
    pub stillborn: Arc<AtomicU32>,
}

pub struct State {
    args: Args,
    kept: Vec<Reply<()>>,
}

impl Actor for State {
    type Msg = Puppet;
    type Args = Args;

    async fn start(ctx: &Context<Puppet>, args: Args) -> Result<Self, Failure> {
        tokio::time::sleep(args.starts_slowly).await;
        let take = |n: u32| n.checked_sub(1);
        if args.stillborn.fetch_update(Ordering::AcqRel, Ordering::Acquire, take).is_ok() {
            return Err(Failure::because("stillborn"));
        }
        args.diary.note(format!("start {}", ctx.id()));
        Ok(Self { args, kept: Vec::new() })
    }

    async fn handle(&mut self, ctx: &Context<Puppet>, msg: Puppet) -> Result<(), Failure> {
        match msg {
            Puppet::Note(n)
            | Puppet::Urgent(n)
            | Puppet::Patient(n)
            | Puppet::Newest(n)
            | Puppet::Latest(_, n) => self.args.diary.note(n.to_string()),
            Puppet::Panic => panic!("told to"),
            Puppet::Finish => ctx.finish(),
            Puppet::Fail => return Err(Failure::because("told to")),
            Puppet::Hang => std::future::pending().await,
            Puppet::Dwell(time) => tokio::time::sleep(time).await,
            Puppet::Ask(reply) => reply.answer(ctx.incarnation()),
            Puppet::Keep(reply) => self.kept.push(reply),
            Puppet::Pipe(time, n) => {
                ctx.pipe(tokio::time::sleep(time), move |()| Puppet::Note(n))?
            }
            Puppet::PanicInPipe => ctx.pipe(async { panic!("in a pipe") }, |()| Puppet::Note(0))?,
            Puppet::Wake(time, n) => ctx.wake_at(ctx.now() + time, Puppet::Note(n)),
            Puppet::BlockThread(until) => drop(until.recv()),
            Puppet::Block(n) => ctx.blocking(move || n, |done| Puppet::Note(done.unwrap()))?,
        }
        Ok(())
    }

    async fn stop(&mut self, ctx: &Context<Puppet>) {
        self.args.diary.note(format!("stop {}", ctx.id()));
    }
}

pub fn id(name: &str) -> ActorId {
    ActorId::new(name).unwrap()
}

pub fn child(name: &str) -> ChildPolicy {
    ChildPolicy::new(id(name))
}

pub fn policy(strategy: Strategy, restarts_max: u32) -> SupervisorPolicy {
    SupervisorPolicy {
        strategy,
        intensity: Intensity { restarts_max, period: Duration::from_secs(60) },
        backoff: Backoff {
            first: Duration::from_millis(10),
            max: Duration::from_secs(1),
            jitter_percent: 0,
            reset_after: Duration::from_secs(10),
        },
        seed: 1,
        ..SupervisorPolicy::DEFAULT
    }
}

pub struct Stage {
    pub runtime: Runtime,
    pub diary: Diary,
    pub puppets: Vec<Address<Puppet>>,
}

impl Stage {
    pub fn new() -> Self {
        let clock = Clock::starting_at(Moment::from_unix_seconds(1_000));
        let runtime = Runtime::new(clock, RuntimeLimits::default());
        Self { runtime, diary: Diary::default(), puppets: Vec::new() }
    }

    pub fn args(&self) -> Args {
        Args { diary: self.diary.clone(), starts_slowly: Duration::ZERO, stillborn: Arc::default() }
    }

    /// A puppet whose lanes hold `room` each.
    pub fn puppet(&mut self, name: &str, room: usize) -> ChildSpec {
        let args = self.args();
        self.puppet_with(name, room, args)
    }

    pub fn puppet_with(&mut self, name: &str, room: usize, args: Args) -> ChildSpec {
        let capacity = Capacity { control: room, high: room, normal: room };
        let address = self.runtime.address(id(name), capacity);
        self.puppets.push(address.clone());
        ChildSpec::worker::<State>(child(name), &address, args)
    }

    pub async fn start(&self, strategy: Strategy, children: Vec<ChildSpec>) -> Running {
        let root = SupervisorSpec { id: id("root"), policy: policy(strategy, 5), children };
        let mut running = self.runtime.start(root).await.unwrap();
        assert!(running.ready().await);
        running
    }

    pub fn incarnations(&self) -> Vec<u64> {
        let tree = self.runtime.tree(&id("root"));
        let actors = tree.flatten().into_iter().filter(|node| node.mailbox_bound > 0);
        actors.map(|node| node.incarnation.0).collect()
    }
}

/// Lets everything that can happen within `time` happen.
pub async fn pass(time: Duration) {
    tokio::time::sleep(time).await;
}
