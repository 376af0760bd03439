//! What the page shows, looked at together by all who look.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use std::time::Duration;

use futures_util::future::join_all;
use synod_protocol::chain::ChainMsg;
use synod_protocol::store::{StoreMsg, StoreStatus};
use synod_protocol::task::TaskMsg;
use synod_supervision::{
    BreakerView, CallError, DeadFilter, DeadLetter, DeadReason, Message, Outlet, Reply, Runtime,
    RuntimeEvent, TreeView,
};
use synod_types::actor::ActorId;
use synod_types::chain::ChainStatus;
use synod_types::task::{TaskFilter, TaskView};
use tokio::sync::Mutex;
use tokio::sync::broadcast::Receiver;
use tokio::sync::broadcast::error::TryRecvError;
use tokio::time::Instant;

use super::{Sections, sections};
use crate::http::Surface;
use crate::http::rates::ByActor;

/// A look this young serves the next one too.
const FRESH: Duration = Duration::from_millis(450);
/// An actor that takes longer is shown as one that does not answer.
const PATIENCE: Duration = Duration::from_millis(500);
const TASKS_MAX: usize = 12;
const EVENTS_MAX: usize = 12;
const QUARANTINED_MAX: usize = 12;

/// All that the page shows.
pub(super) struct Sight {
    pub(super) tree: TreeView,
    /// Messages handled a second.
    pub(super) rates: Arc<ByActor>,
    pub(super) breakers: Vec<BreakerView>,
    pub(super) dead_letters: usize,
    /// Messages in quarantine, newest first, and how many there are in all.
    pub(super) quarantined: (Vec<DeadLetter>, usize),
    /// Newest first.
    pub(super) events: VecDeque<RuntimeEvent>,
    pub(super) answers: Answers,
}

/// What actors say when asked.
#[derive(Default)]
pub(super) struct Answers {
    pub(super) chains: BTreeMap<ActorId, Result<ChainStatus, CallError>>,
    pub(super) stores: BTreeMap<ActorId, Result<StoreStatus, CallError>>,
    /// Newest first.
    pub(super) tasks: BTreeMap<ActorId, Result<Vec<TaskView>, CallError>>,
}

/// Looks at the runtime for every page and stream: however many there are, actors are asked at
/// most twice a second, and not at all while nothing happens.
pub(in crate::http) struct Eye {
    surface: Surface,
    seen: Mutex<Seen>,
}

struct Seen {
    at: Option<Instant>,
    receiver: Receiver<RuntimeEvent>,
    events: VecDeque<RuntimeEvent>,
    /// The tree at the last look, less what this eye's own questions added.
    tree: Option<TreeView>,
    asked: BTreeMap<ActorId, u64>,
    answers: Answers,
    sections: Arc<Sections>,
}

impl Eye {
    pub(in crate::http) fn open(surface: &Surface) -> Self {
        let seen = Seen {
            at: None,
            receiver: surface.runtime.watch(),
            events: VecDeque::new(),
            tree: None,
            asked: BTreeMap::new(),
            answers: Answers::default(),
            sections: Arc::default(),
        };
        Self { surface: surface.clone(), seen: Mutex::new(seen) }
    }

    /// The page's sections, at most half a second old.
    pub(super) async fn look(&self) -> Arc<Sections> {
        let mut seen = self.seen.lock().await;
        if seen.at.is_some_and(|at| at.elapsed() < FRESH) {
            return Arc::clone(&seen.sections);
        }
        let runtime = &self.surface.runtime;
        seen.hear();
        let tree = without_own_questions(runtime.tree(&self.surface.root), &seen.asked);
        if seen.tree.as_ref() != Some(&tree) {
            seen.tree = Some(tree);
            seen.answers = self.ask(&mut seen.asked).await;
        }
        let sight = Sight {
            tree: runtime.tree(&self.surface.root),
            rates: self.surface.rates.now(),
            breakers: runtime.breakers(),
            dead_letters: runtime.dead_letters().len(),
            quarantined: quarantined(runtime),
            events: seen.events.clone(),
            answers: std::mem::take(&mut seen.answers),
        };
        let sections = sections::of(&sight);
        seen.answers = sight.answers;
        if *seen.sections != sections {
            seen.sections = Arc::new(sections);
        }
        seen.at = Some(Instant::now());
        Arc::clone(&seen.sections)
    }

    async fn ask(&self, asked: &mut BTreeMap<ActorId, u64>) -> Answers {
        let desks = self.surface.desks();
        let recent =
            |reply| TaskMsg::List { filter: TaskFilter::All, after: None, limit: TASKS_MAX, reply };
        let ids = desks.chains.keys().chain(desks.stores.keys()).chain(desks.tasks.keys());
        for id in ids {
            *asked.entry(id.clone()).or_default() += 1;
            self.surface.rates.asked(id);
        }
        let (chains, stores, tasks) = futures_util::future::join3(
            ask_all(&desks.chains, ChainMsg::Status),
            ask_all(&desks.stores, StoreMsg::Status),
            ask_all(&desks.tasks, recent),
        )
        .await;
        Answers { chains, stores, tasks }
    }
}

impl Seen {
    /// Takes over what has happened; of what it was too slow for, the newest is still there.
    fn hear(&mut self) {
        loop {
            match self.receiver.try_recv() {
                Ok(event) => self.events.push_front(event),
                Err(TryRecvError::Lagged(_)) => (),
                Err(TryRecvError::Empty | TryRecvError::Closed) => break,
            }
            self.events.truncate(EVENTS_MAX);
        }
    }
}

fn quarantined(runtime: &Runtime) -> (Vec<DeadLetter>, usize) {
    let reason = Some(DeadReason::Quarantined);
    let mut letters = runtime.find_dead_letters(&DeadFilter { reason, ..DeadFilter::default() });
    let all = letters.len();
    letters.reverse();
    letters.truncate(QUARANTINED_MAX);
    (letters, all)
}

async fn ask_all<M: Message, T: Send + 'static>(
    desks: &BTreeMap<ActorId, Outlet<M>>,
    question: impl Fn(Reply<T>) -> M + Sync,
) -> BTreeMap<ActorId, Result<T, CallError>> {
    let question = &question;
    let asks = desks
        .iter()
        .map(|(id, desk)| async move { (id.clone(), desk.call(PATIENCE, question).await) });
    join_all(asks).await.into_iter().collect()
}

/// Otherwise each look would be a reason for the next.
fn without_own_questions(mut tree: TreeView, asked: &BTreeMap<ActorId, u64>) -> TreeView {
    let own = asked.get(&tree.node.id).copied().unwrap_or_default();
    tree.node.handled = tree.node.handled.saturating_sub(own);
    (tree.node.handling_p50_ns, tree.node.handling_p99_ns) = (None, None);
    let children = tree.children.into_iter();
    tree.children = children.map(|child| without_own_questions(child, asked)).collect();
    tree
}
