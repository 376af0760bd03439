//! What happens when something fails, in sentences.

use std::time::Duration;

use synod_types::actor::ActorId;

use super::Explainer;
use crate::kinds::Manner;
use crate::recovery::OnExceeded;
use crate::supervisor::{Restart, Strategy};
use crate::topology::{Child, Supervisor};

impl Explainer<'_> {
    pub(super) fn actor_fails(&self, id: &ActorId) -> Vec<String> {
        let topology = &self.config.topology;
        let Some(actor) = topology.actors.get(id) else { return Vec::new() };
        let room = actor.mailbox;
        let mut told = vec![
            "the message in hand is lost and becomes a dead letter; an asker is told so".to_owned(),
            format!(
                "all others wait in its mailbox: up to {} control, {} high, {} normal",
                room.control, room.high, room.normal
            ),
            returns(actor.restart).to_owned(),
        ];
        let askers = topology.edges.iter().filter(|edge| edge.to == *id);
        let mut askers: Vec<&str> = askers
            .filter(|edge| edge.manner == Manner::Ask)
            .map(|edge| edge.from.as_str())
            .collect();
        askers.dedup();
        if !askers.is_empty() {
            told.push(format!("until then these wait for its answers: {}", askers.join(", ")));
        }
        if actor.restart != Restart::Temporary {
            self.climb(id, &actor.supervisor, &mut told);
        }
        told
    }

    pub(super) fn supervisor_fails(&self, id: &ActorId) -> Vec<String> {
        let topology = &self.config.topology;
        let Some(supervisor) = topology.supervisors.get(id) else { return Vec::new() };
        let limit = format!(
            "it fails when its children fail more than {} within {}",
            times(supervisor.restarts_max),
            time(supervisor.period)
        );
        let mut told = vec![limit];
        match &supervisor.parent {
            None => told.push(ROOT.to_owned()),
            Some(parent) => {
                let all = "everyone below it is ended, the last started first; mailboxes stay";
                told.push(all.to_owned());
                told.push(returns(supervisor.restart).to_owned());
                if supervisor.restart != Restart::Temporary {
                    self.climb(id, parent, &mut told);
                }
            }
        }
        told
    }

    /// From the failed child's supervisor to the root.
    fn climb(&self, id: &ActorId, supervisor: &ActorId, told: &mut Vec<String>) {
        let (mut failed, mut above) = (id, Some(supervisor));
        let mut is_first = true;
        while let Some(name) = above {
            let Some(rules) = self.config.topology.supervisors.get(name) else { return };
            if std::mem::take(&mut is_first) {
                told.push(waits(rules));
                told.push(with_it(name, rules, failed));
            }
            let (times, period) = (times(rules.restarts_max), time(rules.period));
            let limit = format!("more than {times} within {period} below {name}, and");
            let limit = match rules.on_exceeded {
                OnExceeded::Escalate => format!("{limit} {name} fails"),
                OnExceeded::Exit => {
                    told.push(format!("{limit} the daemon ends in order"));
                    return;
                }
                OnExceeded::Park => {
                    let park_for = time(rules.park_for);
                    told.push(format!(
                        "{limit} all below {name} are halted for {park_for} at first"
                    ));
                    return;
                }
            };
            match rules.parent {
                None => told.push(format!("{limit}: {ROOT}")),
                Some(_) => told.push(limit),
            }
            (failed, above) = (name, rules.parent.as_ref());
        }
    }
}

const ROOT: &str = "it is the root, so the process ends with exit code 70";

const fn returns(restart: Restart) -> &'static str {
    match restart {
        Restart::Permanent => "permanent: after every end its next life is started",
        Restart::Transient => {
            "transient: its next life is started after a failure, not after an orderly end"
        }
        Restart::Temporary => "temporary: it is not started again",
    }
}

fn waits(rules: &Supervisor) -> String {
    let backoff = rules.backoff;
    format!(
        "the wait before that is {}, doubled with each failure in a row up to {}, give or take \
         {} %; a life of {} starts the count anew",
        time(backoff.first),
        time(backoff.max),
        backoff.jitter_percent,
        time(backoff.reset_after),
    )
}

/// Who is restarted along with a child.
fn with_it(name: &ActorId, rules: &Supervisor, failed: &ActorId) -> String {
    let at = rules.children.iter().position(|child| child.id() == failed).unwrap_or_default();
    let names = |children: &[Child]| {
        let others = children.iter().map(Child::id).filter(|id| *id != failed);
        others.map(ActorId::as_str).collect::<Vec<_>>().join(", ")
    };
    let strategy = rules.strategy.name();
    let others = match rules.strategy {
        Strategy::OneForOne => String::new(),
        Strategy::OneForAll => names(&rules.children),
        Strategy::RestForOne => names(&rules.children[at..]),
    };
    if others.is_empty() {
        return format!("{name} is {strategy}: nobody else is restarted with it");
    }
    format!("{name} is {strategy}: restarted with it are {others}")
}

fn times(count: u32) -> String {
    if count == 1 { "once".to_owned() } else { format!("{count} times") }
}

fn time(duration: Duration) -> String {
    humantime::format_duration(duration).to_string()
}
