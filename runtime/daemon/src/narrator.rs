//! Says what happens in `synod dev`: in human words, or one JSON object a line.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::{Duration, Instant};

use parking_lot::Mutex;
use serde_json::{Map, Value, json};
use synod_protocol::task::TaskEvent;
use synod_supervision::{Actor, Context, Failure, Lane, Message, Overflow, RuntimeEvent};
use synod_types::B256;
use synod_types::task::{TaskId, TaskView};

use crate::exit::Exit;
use crate::out;

/// Writes lines. Shared by everyone who has something to say.
pub struct Narrator {
    start: Instant,
    is_json: bool,
    told: Mutex<Told>,
}

/// What has been said of tasks.
#[derive(Default)]
struct Told {
    accepted: BTreeSet<B256>,
    certified: BTreeSet<B256>,
    failed: BTreeSet<B256>,
    kills: u64,
}

/// Numbers at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tally {
    /// Tasks accepted.
    pub accepted: usize,
    /// Tasks certified.
    pub certified: usize,
    /// Tasks that failed.
    pub failed: usize,
    /// Actors killed.
    pub kills: u64,
}

impl Tally {
    /// Accepted, and neither certified nor failed.
    pub const fn open(&self) -> usize {
        self.accepted.saturating_sub(self.certified + self.failed)
    }
}

impl Narrator {
    /// One that measures time from `start`.
    pub fn new(start: Instant, is_json: bool) -> Arc<Self> {
        Arc::new(Self { start, is_json, told: Mutex::default() })
    }

    /// Says one thing: as `words`, or as an object of `event` and `fields`.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn say(&self, event: &str, fields: Value, words: &str) -> Result<(), Exit> {
        let elapsed = self.start.elapsed();
        if !self.is_json {
            return out::line(format_args!("{:7.2} s  {words}", elapsed.as_secs_f64()));
        }
        let millis = u64::try_from(elapsed.as_millis()).unwrap_or(u64::MAX);
        let mut object = Map::new();
        object.insert("at_ms".to_owned(), json!(millis));
        object.insert("event".to_owned(), json!(event));
        if let Value::Object(fields) = fields {
            object.extend(fields);
        }
        out::line(Value::Object(object))
    }

    /// What the runtime did.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn runtime_event(&self, event: &RuntimeEvent) -> Result<(), Exit> {
        match event {
            RuntimeEvent::Killed { actor, .. } => {
                self.told.lock().kills += 1;
                self.say("killed", json!({ "actor": actor }), &format!("killed {actor}"))
            }
            RuntimeEvent::Restarted { actor, incarnation, .. } => {
                let fields = json!({ "actor": actor, "incarnation": incarnation });
                self.say("restarted", fields, &format!("{actor} is back, life {incarnation}"))
            }
            RuntimeEvent::Exited { actor, reason, detail, .. }
                if !matches!(*reason, "normal" | "drained") =>
            {
                let fields = json!({ "actor": actor, "reason": reason, "detail": detail });
                self.say("exited", fields, &format!("{actor} ended: {detail}"))
            }
            RuntimeEvent::GaveUp { supervisor, detail, .. } => {
                let fields = json!({ "supervisor": supervisor, "detail": detail });
                self.say("gave_up", fields, &format!("{supervisor} gave up: {detail}"))
            }
            RuntimeEvent::Parked { actor, why, until_ms, .. } => {
                let fields = json!({ "actor": actor, "why": why, "until_ms": until_ms });
                self.say("parked", fields, &format!("{actor} is parked: {why}"))
            }
            RuntimeEvent::Unparked { actor, is_over, .. } => {
                let words = if *is_over { "has recovered" } else { "is tried again" };
                let fields = json!({ "actor": actor, "is_over": is_over });
                self.say("unparked", fields, &format!("{actor} {words}"))
            }
            RuntimeEvent::Isolated { actor, detail, .. } => {
                let fields = json!({ "actor": actor, "detail": detail });
                self.say("isolated", fields, &format!("{actor} is left out: {detail}"))
            }
            RuntimeEvent::Unresponsive { .. }
            | RuntimeEvent::Fenced { .. }
            | RuntimeEvent::FenceOver { .. }
            | RuntimeEvent::Stuck { .. }
            | RuntimeEvent::Unstuck { .. } => self.thread_event(event),
            RuntimeEvent::Quarantined { actor, kind, deaths, id, .. } => {
                let fields =
                    json!({ "actor": actor, "kind": kind, "deaths": deaths, "dead_letter": id });
                let words = format!("{actor} died of a `{kind}` {deaths} times: in quarantine");
                self.say("quarantined", fields, &words)
            }
            RuntimeEvent::Breaker { breaker, state, reason, detail, .. } => {
                let fields = json!({ "breaker": breaker, "state": state, "reason": reason });
                self.say("breaker", fields, &format!("breaker {breaker} is {state}: {detail}"))
            }
            RuntimeEvent::RetriesSpent { breaker, retries, .. } => {
                self.retries_spent(breaker, *retries)
            }
            // A network that is built in has no file to be read again.
            RuntimeEvent::Reformed { .. } | RuntimeEvent::ReformFailed { .. } => Ok(()),
            RuntimeEvent::Started { .. } | RuntimeEvent::Exited { .. } => Ok(()),
        }
    }

    /// What the threads did that run actors, or did not.
    fn thread_event(&self, event: &RuntimeEvent) -> Result<(), Exit> {
        match event {
            RuntimeEvent::Unresponsive { actor, .. } => {
                let fields = json!({ "actor": actor });
                self.say("unresponsive", fields, &format!("{actor} was killed and will not end"))
            }
            RuntimeEvent::Fenced { actor, incarnation, running, .. } => {
                let fields =
                    json!({ "actor": actor, "incarnation": incarnation, "running": running });
                let words =
                    format!("life {incarnation} of {actor} holds its thread: fenced and replaced");
                self.say("fenced", fields, &words)
            }
            RuntimeEvent::FenceOver { actor, incarnation, running, .. } => {
                let fields =
                    json!({ "actor": actor, "incarnation": incarnation, "running": running });
                let words = format!("fenced life {incarnation} of {actor} has let go");
                self.say("fence_over", fields, &words)
            }
            RuntimeEvent::Stuck { actor, stuck, .. } => {
                let fields = json!({ "actor": actor, "stuck": stuck });
                self.say("stuck", fields, &format!("{actor} is stuck: {stuck}"))
            }
            RuntimeEvent::Unstuck { actor, .. } => {
                let fields = json!({ "actor": actor });
                self.say("unstuck", fields, &format!("{actor} gets on again"))
            }
            _ => Ok(()),
        }
    }

    fn retries_spent(&self, breaker: &str, retries: u64) -> Result<(), Exit> {
        let fields = json!({ "breaker": breaker, "retries": retries });
        let words = format!("{breaker}: no more retries, their budget is spent");
        self.say("retries_spent", fields, &words)
    }

    fn task_event(&self, event: &TaskEvent) -> Result<(), Exit> {
        match event {
            TaskEvent::Accepted(task) => self.accepted(*task),
            TaskEvent::Certified(result, took) => {
                self.accepted_before(result.task)?;
                self.certified(result.task, &result.output, result.signers.len(), Some(*took))
            }
            TaskEvent::Failed(task, failure) => {
                self.accepted_before(*task)?;
                self.failed(*task, failure.name())
            }
        }
    }

    /// Says what a list of tasks shows and was not told: an actor that crashed had no time to.
    ///
    /// # Errors
    /// Standard output is closed.
    pub fn catch_up(&self, views: &[TaskView]) -> Result<(), Exit> {
        for view in views.iter().rev() {
            self.accepted_before(view.id)?;
            let (certified, failed) = {
                let told = self.told.lock();
                (told.certified.contains(&view.id.0), told.failed.contains(&view.id.0))
            };
            let output = view.output.as_ref().map_or(&[][..], |output| output);
            match view.state {
                "completed" if !certified => {
                    self.certified(view.id, output, view.signers.len(), None)?;
                }
                "failed" if !failed => {
                    self.failed(view.id, view.failure.map_or("unknown", |failure| failure.name()))?;
                }
                _ => (),
            }
        }
        Ok(())
    }

    /// What was said, in numbers.
    pub fn tally(&self) -> Tally {
        let told = self.told.lock();
        Tally {
            accepted: told.accepted.len(),
            certified: told.certified.len(),
            failed: told.failed.len(),
            kills: told.kills,
        }
    }

    fn accepted_before(&self, task: TaskId) -> Result<(), Exit> {
        let is_known = self.told.lock().accepted.contains(&task.0);
        if is_known { Ok(()) } else { self.accepted(task) }
    }

    fn accepted(&self, task: TaskId) -> Result<(), Exit> {
        self.told.lock().accepted.insert(task.0);
        self.say("accepted", json!({ "task": task }), &format!("task {} accepted", short(task)))
    }

    fn certified(
        &self,
        task: TaskId,
        output: &[u8],
        signers: usize,
        took: Option<Duration>,
    ) -> Result<(), Exit> {
        self.told.lock().certified.insert(task.0);
        let millis = took.map(|took| took.as_millis());
        let answer = synod_types::U256::try_from_be_slice(output).map(|n| n.to_string());
        let fields = json!({
            "task": task,
            "output": synod_types::Bytes::copy_from_slice(output),
            "signers": signers,
            "took_ms": millis.map(|millis| u64::try_from(millis).unwrap_or(u64::MAX)),
        });
        let answer = answer.map(|answer| format!(": {answer}")).unwrap_or_default();
        let took = millis.map(|millis| format!(" after {millis} ms")).unwrap_or_default();
        let task = short(task);
        let words = format!("task {task} certified{answer}, signed by {signers}{took}");
        self.say("certified", fields, &words)
    }

    fn failed(&self, task: TaskId, reason: &str) -> Result<(), Exit> {
        self.told.lock().failed.insert(task.0);
        let words = format!("task {} failed: {reason}", short(task));
        self.say("failed", json!({ "task": task, "reason": reason }), &words)
    }
}

fn short(task: TaskId) -> String {
    let text = task.to_string();
    format!("{}…{}", &text[..8], &text[text.len() - 4..])
}

/// Told to the narrator's actor.
#[derive(Debug)]
pub struct Tell(TaskEvent);

impl From<TaskEvent> for Tell {
    fn from(event: TaskEvent) -> Self {
        Self(event)
    }
}

impl Message for Tell {
    fn kind(&self) -> &'static str {
        match self.0 {
            TaskEvent::Accepted(_) => "accepted",
            TaskEvent::Certified(..) => "certified",
            TaskEvent::Failed(..) => "failed",
        }
    }

    fn lane(&self) -> Lane {
        Lane::Normal
    }

    /// What is not told at once is found in the list of tasks later.
    fn overflow(&self) -> Overflow {
        Overflow::DropOldest
    }
}

/// The actor that hears of tasks and says it.
pub struct Speaker(Arc<Narrator>);

impl Actor for Speaker {
    type Msg = Tell;
    type Args = Arc<Narrator>;

    async fn start(_: &Context<Tell>, narrator: Arc<Narrator>) -> Result<Self, Failure> {
        Ok(Self(narrator))
    }

    async fn handle(&mut self, _: &Context<Tell>, Tell(event): Tell) -> Result<(), Failure> {
        // A closed output ends the process elsewhere: whoever else speaks finds it closed too.
        drop(self.0.task_event(&event));
        Ok(())
    }
}
