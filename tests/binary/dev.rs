//! `synod dev`, as a newcomer meets it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::support::{Reach, Synod, ran_in, until};

#[test]
fn it_certifies_remembers_and_leaves_nothing_behind() {
    let empty = tempfile::tempdir().unwrap();
    let args = ["--http", "127.0.0.1:0", "--metrics", "127.0.0.1:0"];
    let ended = ran_in(empty.path(), &[&["dev", "--for", "6s", "--json"], &args[..]].concat());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    assert_eq!(ended.err, "");
    assert_eq!(std::fs::read_dir(empty.path()).unwrap().count(), 0);
    let events: Vec<Value> =
        ended.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let of = |name: &str| events.iter().filter(|event| event["event"] == name).collect::<Vec<_>>();

    assert!(events.iter().map(|event| event["at_ms"].as_u64().unwrap()).is_sorted());
    assert_eq!(of("ready").len(), 1);
    let certified = of("certified");
    assert!(5 <= certified.len(), "{certified:?}");
    assert!(certified[0]["at_ms"].as_u64().unwrap() <= 10_000, "{}", certified[0]);
    let tasks: BTreeSet<&str> =
        certified.iter().map(|event| event["task"].as_str().unwrap()).collect();
    assert_eq!(tasks.len(), certified.len(), "a task was certified twice");

    let recalled = of("recalled");
    let question = recalled[0]["question"].as_str().unwrap();
    let block = question.rsplit(' ').next().unwrap();
    let answer = recalled[0]["answer"].as_str().unwrap();
    assert!(answer.starts_with(&format!("Block {block} on chain ")), "{question}? {answer}");

    let summary = of("summary")[0];
    assert_eq!(summary["open"], 0);
    assert_eq!(summary["failed"], 0);
    assert_eq!(summary["kills"], 0);
    assert_eq!(summary["certified"], certified.len());
    assert_eq!(summary, events.last().unwrap());
}

#[test]
fn it_speaks_in_human_words_too() {
    let empty = tempfile::tempdir().unwrap();
    let args = ["--http", "127.0.0.1:0", "--metrics", "127.0.0.1:0"];
    let ended = ran_in(empty.path(), &[&["dev", "--for", "2s"], &args[..]].concat());
    assert_eq!(ended.code, Some(0), "{ended:?}");
    for words in ["actors ready", "/v1/status", "/metrics", " certified: ", " 0 open"] {
        assert!(ended.out.contains(words), "no `{words}` in\n{}", ended.out);
    }
}

#[test]
fn under_chaos_nothing_is_lost_and_siblings_live_on() {
    let (mut synod, reach) = Synod::ready_dev(&["--chaos", "--seed", "7", "--for", "20s"]);
    let kills = |events: &[Value]| count(events, "killed", "actor");
    until("some kills, each healed", || {
        let events = synod.events();
        let (killed, restarted) = (kills(&events), count(&events, "restarted", "actor"));
        (5 <= killed.values().sum::<u64>() && killed == restarted).then_some(())
    });
    check_seen_elsewhere(&reach, &synod);

    assert!(synod.end().success(), "{:?}", synod.err.so_far());
    let events = synod.events();
    let killed = kills(&events);
    assert_eq!(killed, count(&events, "restarted", "actor"), "a killed actor did not come back");
    let (accepted, certified) =
        (count(&events, "accepted", "task"), count(&events, "certified", "task"));
    assert!(15 <= accepted.len(), "{accepted:?}");
    assert_eq!(accepted, certified, "each is accepted once and certified once");
    let summary = events.iter().find(|event| event["event"] == "summary").unwrap();
    assert_eq!((&summary["open"], &summary["failed"]), (&Value::from(0), &Value::from(0)));
    assert_eq!(summary["kills"], killed.values().sum::<u64>());
}

/// What the events tell is what `/v1/actors` and `/metrics` show. Another kill may come while we
/// look: then we look again.
fn check_seen_elsewhere(reach: &Reach, synod: &Synod) {
    until("events, actors and metrics to agree", || {
        let before = count(&synod.events(), "killed", "actor");
        let (actors, scrape) = (reach.read("/v1/actors"), reach.scrape());
        let after = synod.events();
        let is_quiet = count(&after, "killed", "actor") == before
            && count(&after, "restarted", "actor") == before;
        is_quiet.then_some((before, actors, scrape)).filter(|(killed, actors, scrape)| {
            actors.as_array().unwrap().iter().filter(|node| node["role"] == "actor").all(|actor| {
                let id = actor["id"].as_str().unwrap();
                let lives = killed.get(id).copied().unwrap_or(0);
                let restarts = format!("synod_actor_restarts_total{{actor=\"{id}\"}} ");
                let counted = scrape.lines().find_map(|line| line.strip_prefix(&restarts));
                actor["incarnation"] == lives + 1
                    && actor["restarts"] == lives
                    && counted.unwrap_or("0") == lives.to_string()
            })
        })
    });
}

/// How often each value of `key` occurs in events of this name.
fn count(events: &[Value], name: &str, key: &str) -> BTreeMap<String, u64> {
    let mut counts = BTreeMap::new();
    for event in events.iter().filter(|event| event["event"] == name) {
        *counts.entry(event[key].as_str().unwrap().to_owned()).or_default() += 1;
    }
    counts
}
