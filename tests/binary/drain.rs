//! An orderly end on request.

use serde_json::{Value, json};

use super::support::{Synod, agent_config, get, post, ran, until};

#[test]
fn what_was_accepted_is_there_after_a_drain() {
    let home = tempfile::tempdir().unwrap();
    let config = agent_config(home.path(), "");
    let (mut synod, reach) = Synod::run(&config);
    until("the daemon to be ready", || (get(&reach.at("/readyz")).status == 200).then_some(()));
    let before = reach.read("/v1/drain");
    assert_eq!((&before["draining"], &before["left_ms"]), (&json!(false), &Value::Null));
    for number in 0..20 {
        let body = json!({ "content": { "text": format!("note {number}") }, "source": "me" });
        assert_eq!(post(&reach.at("/v1/memory/alice"), &body.to_string()).status, 201);
    }
    let drained = ran(&["drain", "--deadline", "30s", "--url", &reach.http]);
    assert_eq!(drained.code, Some(0), "{drained:?}");
    let first = drained.out.lines().next().unwrap();
    assert!(first.starts_with("draining: ") && first.contains(" actors are up, "), "{drained:?}");
    assert!(drained.out.lines().last().unwrap().starts_with("the daemon has ended after "));
    assert_eq!(synod.end().code(), Some(0));

    let (_synod, reach) = Synod::run(&config);
    until("the daemon to be ready", || (get(&reach.at("/readyz")).status == 200).then_some(()));
    assert_eq!(reach.read("/v1/memory/alice")["memories"], 20);
}

#[test]
fn a_network_is_drained_by_a_program() {
    let (mut synod, reach) = Synod::ready_dev(&[]);
    synod.event("certified", |_| true);
    let drained = ran(&["drain", "--json", "--url", &reach.http]);
    assert_eq!(drained.code, Some(0), "{drained:?}");
    let last: Value = serde_json::from_str(drained.out.lines().last().unwrap()).unwrap();
    assert_eq!((&last["ended"], &last["in_time"]), (&json!(true), &json!(true)));
    assert_eq!(synod.end().code(), Some(0));
    let summary = synod.event("summary", |_| true);
    assert_eq!(summary["open"], 0, "{summary}");
}

#[test]
fn one_actor_is_drained_and_brought_back() {
    let (_synod, reach) = Synod::ready_dev(&[]);
    let url = reach.http.as_str();
    let drained = ran(&["drain", "executor-1", "--url", url]);
    assert_eq!(drained.code, Some(0), "{drained:?}");
    assert!(drained.out.ends_with("`synod restart executor-1` brings it back\n"), "{drained:?}");
    let actor = reach.actor("executor-1");
    assert_eq!((&actor["state"], &actor["mailbox_depth"]), (&json!("dismissed"), &json!(0)));
    assert_eq!(reach.actor("executor-2")["state"], "running", "its siblings work on");
    assert_eq!(ran(&["restart", "executor-1", "--url", url]).code, Some(0));
    until("its next life", || (reach.actor("executor-1")["state"] == "running").then_some(()));

    let fails = |args: &[&str], code, word: &str| {
        let ended = ran(&[args, &["--url", url]].concat());
        assert_eq!(ended.code, Some(code), "{args:?}: {ended:?}");
        assert!(ended.err.contains(word), "{args:?}: {ended:?}");
    };
    fails(&["drain", "root"], 69, "ends the daemon");
    fails(&["drain", "executor-7"], 69, "did you mean");
    fails(&["drain", "executor-1", "--deadline", "1s"], 2, "cannot be used with");
}
