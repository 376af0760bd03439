//! `synod dev`: a whole network in one process.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::json;
use synod_config::{Config, Profile};
use synod_protocol::memory::MemoryMsg;
use synod_protocol::task::TaskMsg;
use synod_supervision::core::ChildPolicy;
use synod_supervision::{ActorView, CallError, Capacity, ChildSpec, Clock, Runtime};
use synod_types::actor::ActorId;
use synod_types::agent::AgentId;
use synod_types::memory::MemoryQuery;
use synod_types::task::{TaskFilter, TaskView};
use synod_types::time::Moment;

use super::run::runtime;
use crate::chaos::kill_now_and_then;
use crate::cli::DevArgs;
use crate::exit::{CONFIG, Exit, IO, OK, SOFTWARE};
use crate::http::Surface;
use crate::lifecycle::{Daemon, Ending};
use crate::narrator::{Narrator, Speaker};
use crate::reload::Source;
use crate::signals::Signals;
use crate::telemetry::{LogForm, install_logs};
use crate::topology::Extras;

/// Time that open tasks get at the end, once the chain stands still.
const SETTLE: Duration = Duration::from_secs(10);
/// Between two looks at the list of tasks.
const LOOK: Duration = Duration::from_secs(1);
/// Between two questions to the memory.
const ASK: Duration = Duration::from_secs(8);
/// Tasks read at a look.
const PAGE: usize = 200;
const PATIENCE: Duration = Duration::from_secs(5);

/// Runs the built-in network.
pub(super) fn dev(args: &DevArgs) -> Result<u8, Exit> {
    install_logs(LogForm::Text, "error").map_err(|error| Exit::new(SOFTWARE, error.to_string()))?;
    let narrator = Narrator::new(crate::mark_start(), args.json);
    let mut config = Config::profile(Profile::Dev)
        .map_err(|errors| Exit::new(CONFIG, format!("the built-in topology\n{errors}")))?;
    let home = Home::choose(args.data_dir.as_deref())?;
    home.path().clone_into(&mut config.runtime.data_dir);
    config.runtime.seed = Some(args.seed);
    config.http.listen = free_or(args.http, config.http.listen);
    config.metrics.listen = free_or(args.metrics, config.metrics.listen);
    let done = runtime(&config)?.block_on(network(args, &config, &narrator));
    drop(home);
    done
}

/// Where files are kept: where the user says, or in a directory that goes with the process.
enum Home {
    Kept(PathBuf),
    Temporary(tempfile::TempDir),
}

impl Home {
    fn choose(directory: Option<&Path>) -> Result<Self, Exit> {
        match directory {
            Some(directory) => Ok(Self::Kept(directory.to_owned())),
            None => tempfile::Builder::new()
                .prefix("synod-dev-")
                .tempdir()
                .map(Self::Temporary)
                .map_err(|error| Exit::new(IO, format!("no temporary directory: {error}"))),
        }
    }

    fn path(&self) -> &Path {
        match self {
            Self::Kept(path) => path,
            Self::Temporary(directory) => directory.path(),
        }
    }
}

/// The address asked for; else the usual one, or a free one if that is taken.
fn free_or(asked: Option<SocketAddr>, usual: SocketAddr) -> SocketAddr {
    let any = SocketAddr::new(usual.ip(), 0);
    let is_free = || std::net::TcpListener::bind(usual).is_ok();
    asked.unwrap_or_else(|| if is_free() { usual } else { any })
}

async fn network(args: &DevArgs, config: &Config, narrator: &Arc<Narrator>) -> Result<u8, Exit> {
    let mut signals = Signals::listen()?;
    let born = Clock::system().now();
    let chain_ends = Arc::new(AtomicU64::new(u64::MAX));
    let extras = |runtime: &Runtime| extras(runtime, narrator, &chain_ends);
    let mut daemon = Daemon::start(config, Source::default(), extras).await?;
    let surface = daemon.surface.clone();
    let events = surface.runtime.watch();
    if !daemon.ready_unless(&mut signals).await {
        let ending = daemon.serve(&mut signals, Some(Instant::now())).await;
        return daemon.drain(&mut signals, ending).await;
    }
    introduce(narrator, &daemon, config)?;
    daemon.beside(tell_runtime(Arc::clone(narrator), events));
    daemon.beside(tell_missed(Arc::clone(narrator), surface.clone(), born));
    daemon.beside(ask_memory(Arc::clone(narrator), surface.clone()));
    let until = args.for_.map(|time| Instant::now() + time);
    let ending = if args.chaos {
        let victims = config.topology.actors.keys().cloned().collect();
        let chaos = kill_now_and_then(surface.runtime.clone(), victims, args.seed);
        tokio::select! {
            ending = daemon.serve(&mut signals, until) => ending,
            () = chaos => Ending::Asked("nobody is left to kill"),
        }
    } else {
        daemon.serve(&mut signals, until).await
    };
    let settled = match ending {
        Ending::Asked(_) => {
            let now = surface.runtime.clock().now();
            chain_ends.store(now.unix_nanos(), Ordering::Release);
            tokio::select! {
                settled = settle(narrator, &surface, born) => settled,
                () = signals.again() => Ok(OK),
            }
        }
        Ending::GaveUp(_) | Ending::Failed(_) => Ok(OK),
    };
    let drained = daemon.drain(&mut signals, ending).await;
    settled.and(drained)
}

fn extras(runtime: &Runtime, narrator: &Arc<Narrator>, chain_ends: &Arc<AtomicU64>) -> Extras {
    #[expect(clippy::expect_used, reason = "the literal is a name by the rules of names")]
    let id = ActorId::new("narrator").expect("a valid name");
    let address = runtime.address(id.clone(), Capacity::default());
    let policy = ChildPolicy { start_timeout: Duration::from_secs(5), ..ChildPolicy::new(id) };
    let speaker = ChildSpec::worker::<Speaker>(policy, &address, Arc::clone(narrator));
    let (clock, ends) = (runtime.clock(), Arc::clone(chain_ends));
    let chain_clock =
        move || clock.now().min(Moment::from_unix_nanos(ends.load(Ordering::Acquire)));
    Extras {
        chain_clock: Some(Arc::new(chain_clock)),
        listener: Some(address.outlet()),
        children: vec![speaker],
    }
}

fn introduce(narrator: &Narrator, daemon: &Daemon, config: &Config) -> Result<(), Exit> {
    let http = format!("http://{}", daemon.surface.listens);
    let metrics = format!("http://{}/metrics", daemon.metrics);
    let actors = config.topology.actors.len();
    let fields = json!({ "http": http, "metrics": metrics, "actors": actors });
    let words = format!(
        "a network in this process: {actors} actors ready\n\
         {:11}look     {http}/\n{:11}status   {http}/v1/status\n\
         {:11}tree     {http}/v1/tree\n{:11}metrics  {metrics}",
        "", "", "", ""
    );
    narrator.say("ready", fields, &words)
}

async fn tell_runtime(
    narrator: Arc<Narrator>,
    mut events: tokio::sync::broadcast::Receiver<synod_supervision::RuntimeEvent>,
) -> Result<(), Exit> {
    use tokio::sync::broadcast::error::RecvError;
    loop {
        match events.recv().await {
            Ok(event) => narrator.runtime_event(&event)?,
            Err(RecvError::Lagged(missed)) => {
                let words = format!("{missed} events went by too fast to be told");
                narrator.say("missed", json!({ "events": missed }), &words)?;
            }
            Err(RecvError::Closed) => return Ok(()),
        }
    }
}

/// Every second, what should have been told more than two seconds ago.
async fn tell_missed(narrator: Arc<Narrator>, surface: Surface, born: Moment) -> Result<(), Exit> {
    loop {
        tokio::time::sleep(LOOK).await;
        let now = surface.runtime.clock().now().unix_millis();
        let is_late = |view: &TaskView| view.ended_ms.is_some_and(|ended| ended + 2_000 < now);
        // An actor that is just being restarted is asked again at the next look.
        let views = tasks(&surface, born).await.unwrap_or_default();
        narrator.catch_up(&views.into_iter().filter(is_late).collect::<Vec<_>>())?;
    }
}

/// Tasks that are open, or ended since `born`: of others an earlier process told.
async fn tasks(surface: &Surface, born: Moment) -> Result<Vec<TaskView>, CallError> {
    let mut all = Vec::new();
    for desk in surface.desks().tasks.values() {
        let ask =
            |reply| TaskMsg::List { filter: TaskFilter::All, after: None, limit: PAGE, reply };
        all.extend(desk.call(PATIENCE, ask).await?);
    }
    all.retain(|view| view.ended_ms.is_none_or(|ended| born.unix_millis() <= ended));
    Ok(all)
}

/// The chain has stopped growing: waits until every accepted task has ended and every killed
/// actor is back. A task that has not ended is an error: nothing that is accepted may be lost.
async fn settle(narrator: &Narrator, surface: &Surface, born: Moment) -> Result<u8, Exit> {
    let clock = surface.runtime.clock();
    let deadline = clock.now() + SETTLE;
    let is_open = |view: &TaskView| matches!(view.state, "pending" | "processing");
    let is_up = |node: &&ActorView| matches!(node.state, "running" | "ended");
    loop {
        tokio::time::sleep(LOOK / 2).await;
        let is_whole = surface.runtime.tree(&surface.root).flatten().iter().all(is_up);
        let views = tasks(surface, born).await;
        let is_done = views.as_ref().is_ok_and(|views| !views.iter().any(is_open));
        if (is_whole && is_done) || deadline <= clock.now() {
            narrator.catch_up(&views.unwrap_or_default())?;
            break;
        }
    }
    let tally = narrator.tally();
    let open = tally.open();
    let fields = json!({
        "accepted": tally.accepted, "certified": tally.certified, "failed": tally.failed,
        "open": open, "kills": tally.kills,
    });
    let words = format!(
        "{} tasks accepted, {} certified, {} failed, {open} open; {} actors killed",
        tally.accepted, tally.certified, tally.failed, tally.kills,
    );
    narrator.say("summary", fields, &words)?;
    if open > 0 {
        return Err(Exit::new(SOFTWARE, format!("{open} accepted tasks did not end in time")));
    }
    Ok(OK)
}

/// Asks the agent's memory about a block that it saw, now and then.
async fn ask_memory(narrator: Arc<Narrator>, surface: Surface) -> Result<(), Exit> {
    let Ok(agent) = AgentId::new("chain-observer") else { return Ok(()) };
    let Some(desk) = surface.desks().memories.values().next().cloned() else { return Ok(()) };
    let mut height = 2_u64;
    tokio::time::sleep(LOOK * 3).await;
    loop {
        let question = format!("what happened in block {height}");
        let query = MemoryQuery {
            text: Some(question.clone()),
            nearest: Some(question.clone()),
            limit: Some(1),
            ..MemoryQuery::default()
        };
        let ask = |reply| MemoryMsg::Query(agent.clone(), query, reply);
        if let Ok(Ok(page)) = desk.call(PATIENCE, ask).await
            && let Some(hit) = page.hits.first()
        {
            let answer = hit.memory.content.text().unwrap_or("(bytes)");
            let block = hit.memory.origin.as_ref().map(|origin| origin.block);
            let fields = json!({
                "agent": agent, "question": question, "answer": answer, "block": block,
            });
            let words = format!("asked the memory: {question}?\n{:11}“{answer}”", "");
            narrator.say("recalled", fields, &words)?;
            height += 7;
        }
        tokio::time::sleep(ASK).await;
    }
}
