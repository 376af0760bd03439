//! What the system asks of a daemon.

use std::time::{Duration, Instant};

use rustix::process::Signal;
use serde_json::{Value, json};

use super::support::{self, Synod, agent_config, get, post, until};

/// `runtime.drain_timeout` of the profiles.
const DRAIN_TIMEOUT: Duration = Duration::from_secs(20);

fn logged(synod: &Synod, after: usize, words: &str) -> (usize, Value) {
    synod.err.find_after(after, &format!("a log line with `{words}`"), |line| {
        let line = support::json(line)?;
        line["message"].as_str()?.contains(words).then_some(line)
    })
}

#[test]
fn a_drained_daemon_ends_well_and_remembers() {
    let home = tempfile::tempdir().unwrap();
    let config = agent_config(home.path(), "");
    for (life, signal) in [Signal::TERM, Signal::INT].into_iter().enumerate() {
        let (mut synod, reach) = Synod::run(&config);
        until("the daemon to be ready", || (get(&reach.at("/readyz")).status == 200).then_some(()));
        assert_eq!(reach.read("/v1/memory/alice")["memories"], life);
        let memory = json!({ "content": { "text": format!("life {life}") }, "source": "me" });
        assert_eq!(post(&reach.at("/v1/memory/alice"), &memory.to_string()).status, 201);
        let asked = Instant::now();
        synod.signal(signal);
        assert_eq!(synod.end().code(), Some(0), "{:?}", synod.err.so_far());
        assert!(asked.elapsed() < DRAIN_TIMEOUT);
        let (seen, _) = logged(&synod, 0, "draining");
        logged(&synod, seen, "drained");
    }
}

#[test]
fn a_network_is_drained_with_nothing_left_open() {
    let (mut synod, _) = Synod::ready_dev(&[]);
    synod.event("accepted", |_| true);
    let asked = Instant::now();
    synod.signal(Signal::TERM);
    assert_eq!(synod.end().code(), Some(0), "{:?}", synod.err.so_far());
    assert!(asked.elapsed() < DRAIN_TIMEOUT);
    assert_eq!(synod.event("summary", |_| true)["open"], 0);
}

#[test]
fn a_network_that_has_nothing_to_do_yet_ends_at_once() {
    let (mut synod, _) = Synod::ready_dev(&[]);
    let asked = Instant::now();
    synod.signal(Signal::INT);
    assert_eq!(synod.end().code(), Some(0), "{:?}", synod.err.so_far());
    assert!(asked.elapsed() < Duration::from_secs(5), "{:?}", asked.elapsed());
}
