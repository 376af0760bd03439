//! An actor that ends as it is told, and a look at what is said about that.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use synod_supervision_core::{Backoff, ChildPolicy, Intensity, Strategy, SupervisorPolicy};
use synod_types::actor::ActorId;

use crate::actor::{Actor, Failure};
use crate::context::Context;
use crate::message::Message;

#[derive(Debug)]
pub(super) enum Do {
    Work,
    Finish,
    Fail,
    Panic,
    Hang,
}

impl Message for Do {
    fn kind(&self) -> &'static str {
        match self {
            Self::Work => "work",
            Self::Finish => "finish",
            Self::Fail => "fail",
            Self::Panic => "panic",
            Self::Hang => "hang",
        }
    }
}

/// How the next starts go, first to last; then all succeed at once.
#[derive(Clone, Debug, Default)]
pub(super) struct Starts(pub(super) Arc<Mutex<Vec<Start>>>);

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Start {
    Fails,
    Panics,
    Takes(Duration),
}

/// How many states of each actor exist, and the most that ever did at once.
#[derive(Clone, Debug, Default)]
pub(super) struct Census(pub(super) Arc<Mutex<BTreeMap<ActorId, (usize, usize)>>>);

#[derive(Clone, Debug, Default)]
pub(super) struct Args {
    pub(super) starts: Starts,
    pub(super) census: Census,
}

pub(super) struct Obedient {
    id: ActorId,
    census: Census,
}

impl Drop for Obedient {
    fn drop(&mut self) {
        if let Some((alive, _)) = self.census.0.lock().get_mut(&self.id) {
            *alive -= 1;
        }
    }
}

impl Actor for Obedient {
    type Msg = Do;
    type Args = Args;

    async fn start(ctx: &Context<Do>, args: Args) -> Result<Self, Failure> {
        let start = {
            let mut starts = args.starts.0.lock();
            if starts.is_empty() { None } else { Some(starts.remove(0)) }
        };
        match start {
            None => (),
            Some(Start::Fails) => return Err(Failure::because("told to")),
            Some(Start::Panics) => panic!("told to"),
            Some(Start::Takes(time)) => tokio::time::sleep(time).await,
        }
        let mut census = args.census.0.lock();
        let (alive, most) = census.entry(ctx.id().clone()).or_default();
        *alive += 1;
        *most = (*most).max(*alive);
        drop(census);
        Ok(Self { id: ctx.id().clone(), census: args.census })
    }

    async fn handle(&mut self, ctx: &Context<Do>, msg: Do) -> Result<(), Failure> {
        match msg {
            Do::Work => (),
            Do::Finish => ctx.finish(),
            Do::Fail => return Err(Failure::because("told to")),
            Do::Panic => panic!("told to"),
            Do::Hang => std::future::pending().await,
        }
        Ok(())
    }
}

pub(super) fn id(name: &str) -> ActorId {
    ActorId::new(name).unwrap()
}

pub(super) fn child(name: &str) -> ChildPolicy {
    ChildPolicy::new(id(name))
}

pub(super) fn policy(strategy: Strategy, restarts_max: u32) -> SupervisorPolicy {
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
