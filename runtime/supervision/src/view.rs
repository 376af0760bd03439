//! The tree as people see it.

use serde::Serialize;
use synod_supervision_core::{ChildState, ChildView, Parking, Strategy, Supervisor};
use synod_types::actor::{ActorId, Incarnation};
use synod_types::time::Moment;

use crate::failures::{FailureRecord, Failures};
use crate::mailbox::MailboxFacts;
use crate::pulse::StuckView;
use crate::shared::Shared;
use crate::waits::WaitView;

/// What is known of a supervisor.
pub(crate) struct SupervisorFacts {
    pub(crate) strategy: Strategy,
    pub(crate) intensity_used: u32,
    pub(crate) restarts_max: u32,
    pub(crate) parking: Parking,
    pub(crate) children: Vec<ChildView>,
}

impl SupervisorFacts {
    pub(crate) fn of(core: &Supervisor, now: Moment) -> Self {
        let policy = core.policy();
        Self {
            strategy: policy.strategy,
            intensity_used: core.intensity_used(now),
            restarts_max: policy.intensity.restarts_max,
            parking: core.parking(),
            children: core.children().collect(),
        }
    }
}

/// An actor or a supervisor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Handles messages.
    Actor,
    /// Restarts others.
    Supervisor,
    /// Holds messages for its workers, and restarts them.
    Pool,
}

/// One node of the tree.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ActorView {
    /// Its name.
    pub id: ActorId,
    /// What it is.
    pub role: Role,
    /// Its supervisor; none for the root.
    pub supervisor: Option<ActorId>,
    /// `waiting`, `starting`, `running`, `stopping`, `backoff`, `parked`, `ended` or `dismissed`;
    /// of a supervisor that runs, `parked` or `probing` if its children are.
    pub state: &'static str,
    /// Which life it is in; 0 for a supervisor.
    pub incarnation: Incarnation,
    /// Restarts so far.
    pub restarts: u64,
    /// Why it last ended.
    pub last_exit: Option<String>,
    /// When it last ended, in milliseconds since the Unix epoch.
    pub last_exit_ms: Option<u64>,
    /// Its last failures, oldest first, at most 8.
    pub failures: Vec<FailureRecord>,
    /// Messages waiting.
    pub mailbox_depth: usize,
    /// Messages the mailbox can hold; 0 for a supervisor.
    pub mailbox_bound: usize,
    /// Messages handled so far, in all lives.
    pub handled: u64,
    /// Whose answers it awaits.
    pub waits_for: Vec<WaitView>,
    /// Lives of it that were fenced and still run.
    pub fenced: u32,
    /// How it is stuck, if the watchdog found that it is.
    pub stuck: Option<StuckView>,
    /// Half of the messages it handled lately took no longer, in nanoseconds. “Lately”: in the
    /// last 10 to 20 seconds in which it handled any; of many fast messages, a part is timed.
    pub handling_p50_ns: Option<u64>,
    /// 99 of 100 messages it handled lately took no longer, in nanoseconds.
    pub handling_p99_ns: Option<u64>,
    /// Of a supervisor: its strategy.
    pub strategy: Option<&'static str>,
    /// Of a supervisor: restarts within its period, and how many it bears.
    pub intensity: Option<(u32, u32)>,
}

/// A node with those below it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct TreeView {
    /// The node.
    #[serde(flatten)]
    pub node: ActorView,
    /// Its children, in order of start.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub children: Vec<Self>,
}

impl TreeView {
    /// This node and all below it, depth first.
    pub fn flatten(&self) -> Vec<&ActorView> {
        let below = self.children.iter().flat_map(Self::flatten);
        std::iter::once(&self.node).chain(below).collect()
    }
}

fn nanos(time: std::time::Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

const fn state_name(state: &ChildState) -> &'static str {
    match state {
        ChildState::Waiting => "waiting",
        ChildState::Starting => "starting",
        ChildState::Running => "running",
        ChildState::Stopping => "stopping",
        ChildState::Backoff { .. } => "backoff",
        ChildState::Parked { .. } => "parked",
        ChildState::Ended => "ended",
        ChildState::Dismissed => "dismissed",
    }
}

fn state_of(child: Option<&ChildView>, facts: Option<&SupervisorFacts>) -> &'static str {
    let state = child.map_or("running", |child| state_name(&child.state));
    match facts.map(|facts| facts.parking) {
        Some(Parking::Open { .. }) if state == "running" => "parked",
        Some(Parking::Probing { .. }) if state == "running" => "probing",
        _ => state,
    }
}

const fn strategy_name(strategy: Strategy) -> &'static str {
    match strategy {
        Strategy::OneForOne => "one_for_one",
        Strategy::OneForAll => "one_for_all",
        Strategy::RestForOne => "rest_for_one",
    }
}

/// The tree below `root`, as its supervisors see it now.
pub(crate) fn tree(shared: &Shared, root: &ActorId) -> TreeView {
    let supervisors = shared.facts();
    let mailboxes = shared.mailboxes.lock();
    let failures = &shared.failures;
    let view = Viewer { supervisors: &supervisors, mailboxes: &mailboxes, failures };
    view.node(root, None, None)
}

struct Viewer<'a> {
    supervisors: &'a std::collections::BTreeMap<ActorId, SupervisorFacts>,
    mailboxes: &'a std::collections::BTreeMap<ActorId, std::sync::Arc<dyn MailboxFacts>>,
    failures: &'a Failures,
}

impl Viewer<'_> {
    fn node(&self, id: &ActorId, parent: Option<&ActorId>, child: Option<&ChildView>) -> TreeView {
        let facts = self.supervisors.get(id);
        let mailbox = self.mailboxes.get(id);
        let (p50, p99) = mailbox.map(|mailbox| mailbox.handling()).unwrap_or_default();
        let last_exit = child.and_then(|child| child.last_exit.as_ref());
        let node = ActorView {
            id: id.clone(),
            role: match (mailbox, facts) {
                (Some(_), Some(_)) => Role::Pool,
                (Some(_), None) => Role::Actor,
                (None, _) => Role::Supervisor,
            },
            supervisor: parent.cloned(),
            state: state_of(child, facts),
            incarnation: mailbox.map(|mailbox| mailbox.incarnation()).unwrap_or_default(),
            restarts: child.map_or(0, |child| child.restarts),
            last_exit: last_exit.map(|(reason, _)| reason.to_string()),
            last_exit_ms: last_exit.map(|(_, at)| at.unix_millis()),
            failures: self.failures.of(id),
            mailbox_depth: mailbox.map_or(0, |mailbox| mailbox.depth()),
            mailbox_bound: mailbox.map_or(0, |mailbox| mailbox.bound()),
            handled: mailbox.map_or(0, |mailbox| mailbox.handled()),
            waits_for: mailbox.map(|mailbox| mailbox.chair().views()).unwrap_or_default(),
            fenced: mailbox.map_or(0, |mailbox| mailbox.fenced()),
            stuck: mailbox.and_then(|mailbox| mailbox.pulse().stuck()),
            handling_p50_ns: p50.map(nanos),
            handling_p99_ns: p99.map(nanos),
            strategy: facts.map(|facts| strategy_name(facts.strategy)),
            intensity: facts.map(|facts| (facts.intensity_used, facts.restarts_max)),
        };
        let below = facts.map(|facts| facts.children.as_slice()).unwrap_or_default();
        let children =
            below.iter().map(|child| self.node(&child.id, Some(id), Some(child))).collect();
        TreeView { node, children }
    }
}
