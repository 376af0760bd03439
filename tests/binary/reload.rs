//! A running daemon takes over another file.

use std::path::Path;

use rustix::process::Signal;
use serde_json::{Value, json};

use super::support::{self, Ran, Reach, Synod, agent_config, get, post, ran, until};

/// The next log line about a reload, after so many lines.
fn reloaded(synod: &Synod, after: usize) -> (usize, Value) {
    synod.err.find_after(after, "a log line about a reload", |line| {
        let line = support::json(line)?;
        (line["message"] == "reload").then_some(line)
    })
}

fn ready(config: &Path, args: &[&str]) -> (Synod, Reach) {
    let (synod, reach) = Synod::run_with(config, args);
    until("the daemon to be ready", || (get(&reach.at("/readyz")).status == 200).then_some(()));
    (synod, reach)
}

fn rewrite(config: &Path, from: &str, to: &str) {
    let text = std::fs::read_to_string(config).unwrap();
    assert!(text.contains(from), "no `{from}` in {text}");
    std::fs::write(config, text.replacen(from, to, 1)).unwrap();
}

fn lives(reach: &Reach) -> Vec<(String, u64)> {
    let actors = reach.read("/v1/actors");
    let actors = actors.as_array().unwrap().iter().filter(|it| it["role"] == "actor");
    let life =
        |it: &Value| (it["id"].as_str().unwrap().to_owned(), it["incarnation"].as_u64().unwrap());
    actors.map(life).collect()
}

#[track_caller]
fn live(reach: &Reach, expected: &[(&str, u64)]) {
    let lives = lives(reach);
    let lives: Vec<(&str, u64)> = lives.iter().map(|(id, life)| (id.as_str(), *life)).collect();
    assert_eq!(lives, expected);
}

const NOTES: &str = "[actors.notes]\nkind = \"memory\"\n\
                     edges = { embedding = \"embedding\", journal = \"store\" }\n\n[actors.store]";

#[test]
fn actors_come_change_and_go_and_the_others_notice_nothing() {
    let home = tempfile::tempdir().unwrap();
    let config = agent_config(home.path(), "");
    let (_synod, reach) = ready(&config, &[]);
    let memory = json!({ "content": { "text": "before" }, "source": "me" }).to_string();
    assert_eq!(post(&reach.at("/v1/memory/alice"), &memory).status, 201);

    rewrite(&config, "[actors.store]", NOTES);
    rewrite(&config, "\"embedding\", \"memory\"]", "\"embedding\", \"memory\", \"notes\"]");
    let reload = |args: &[&str]| ran(&[&["reload", "--url", &reach.http][..], args].concat());
    let Ran { code, out, err } = reload(&["--dry-run"]);
    assert_eq!((code, err.as_str()), (Some(0), ""));
    assert!(out.starts_with("+ added     notes (memory) under root\n"), "{out}");
    assert!(out.contains("\nplanned; the tree is "), "{out}");
    live(&reach, &[("store", 1), ("embedding", 1), ("memory", 1)]);

    let ended = reload(&[]);
    assert!(ended.code == Some(0) && ended.out.contains("\napplied; "), "{ended:?}");
    live(&reach, &[("store", 1), ("embedding", 1), ("memory", 1), ("notes", 1)]);

    rewrite(&config, "kind = \"memory\"", "kind = \"memory\"\nsettings = { page_max = 7 }");
    let ended = reload(&["--json"]);
    let told: Value = serde_json::from_str(&ended.out).unwrap();
    assert_eq!(told["outcome"], "applied", "{told}");
    live(&reach, &[("store", 1), ("embedding", 1), ("memory", 1), ("notes", 2)]);

    rewrite(&config, "\"memory\", \"notes\"]", "\"memory\"]");
    rewrite(&config, &NOTES[..NOTES.find("edges").unwrap()], "#");
    let text = std::fs::read_to_string(&config).unwrap();
    let text = text.replace("#settings", "#").replace("settings = { page_max = 7 }\n", "");
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    std::fs::write(&config, lines.collect::<Vec<_>>().join("\n")).unwrap();
    rewrite(
        &config,
        "edges = { embedding = \"embedding\", journal = \"store\" }\n\n[actors.store]",
        "[actors.store]",
    );
    let ended = reload(&[]);
    assert!(ended.out.starts_with("- removed   notes (memory) under root\n"), "{ended:?}");
    live(&reach, &[("store", 1), ("embedding", 1), ("memory", 1)]);
    assert_eq!(reach.read("/v1/memory/alice")["memories"], 1);
    assert!(reach.scrape().contains("synod_topology_reloads_total{outcome=\"applied\"} 3"));
}

#[test]
fn what_cannot_be_taken_over_is_named_and_changes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let config = agent_config(home.path(), "");
    let (synod, reach) = ready(&config, &[]);
    let before = std::fs::read_to_string(&config).unwrap();
    synod.signal(Signal::HUP);
    let (seen, unchanged) = reloaded(&synod, 0);
    assert_eq!((&unchanged["level"], &unchanged["outcome"]), (&json!("INFO"), &json!("unchanged")));

    rewrite(&config, "kind = \"memory\"", "kind = \"memroy\"");
    synod.signal(Signal::HUP);
    let (seen, invalid) = reloaded(&synod, seen);
    assert_eq!((&invalid["level"], &invalid["outcome"]), (&json!("ERROR"), &json!("invalid")));
    let errors = invalid["errors"].as_str().unwrap();
    let place = format!("{}:", config.display());
    for words in [place.as_str(), "actors.memory.kind", "hint: did you mean `memory`?"] {
        assert!(errors.contains(words), "no `{words}` in {errors}");
    }

    std::fs::write(
        &config,
        before.replacen("kind = \"store\"", "kind = \"store\"\nsettings = { queue_max = 9 }", 1),
    )
    .unwrap();
    let ended = ran(&["reload", "--url", &reach.http]);
    assert_eq!(ended.code, Some(69), "{ended:?}");
    for words in ["409", "restart needed", "actors.store.settings.queue_max", "a journal is open"] {
        assert!(ended.err.contains(words), "no `{words}` in {ended:?}");
    }
    let (seen, _) = reloaded(&synod, seen);

    let signer = "[actors.signer]\nkind = \"signer\"\nedges = { journal = \"store\" }\n\
                  settings = { key_file = \"none.key\" }\n\n[actors.executor]\nkind = \"executor\"\n\
                  edges = { signer = \"signer\", journal = \"store\" }\n\
                  settings = { operator = \"0x00000000000000000000000000000000000000a1\", \
                  set = \"main\", follow = true }\n\n[actors.chain]\nkind = \"chain\"\n\
                  edges = { events = [\"executor\"], journal = \"store\" }\n\n[sets.main]\n\
                  avs = \"0x00000000000000000000000000000000000000af\"\nnumber = 0\n\
                  chain = \"chain\"\nmailbox = \"0x00000000000000000000000000000000000000b0\"\n\
                  threshold = { rule = \"certificate\", bips = 6667 }\n\n[[sets.main.members]]\n\
                  operator = \"0x00000000000000000000000000000000000000a1\"\nstakes = [\"1\"]\n\
                  signer = \"signer\"\nexecutor = \"executor\"\n\n[actors.store]";
    let children = "\"memory\", \"signer\", \"executor\", \"chain\"]";
    let text = before.replacen("[actors.store]", signer, 1).replacen("\"memory\"]", children, 1);
    std::fs::write(&config, text).unwrap();
    let refused = post(&reach.at("/v1/reload"), "");
    assert_eq!(refused.status, 422, "{}", refused.text);
    assert!(
        refused.text.contains("signer") && refused.text.contains("none.key"),
        "{}",
        refused.text
    );
    reloaded(&synod, seen);
    live(&reach, &[("store", 1), ("embedding", 1), ("memory", 1)]);
    assert!(reach.read("/v1/actors").as_array().unwrap().iter().all(|it| it["restarts"] == 0));
    assert_eq!(reach.read("/v1/breakers").as_array().unwrap().len(), 1);
}

#[test]
fn a_watched_file_is_taken_over_by_itself() {
    let home = tempfile::tempdir().unwrap();
    let config = agent_config(home.path(), "");
    let (synod, reach) = ready(&config, &["--watch"]);
    rewrite(&config, "kind = \"memory\"", "kind = \"memory\"\nsettings = { page_max = 7 }");
    let (_, applied) = reloaded(&synod, 0);
    assert_eq!((&applied["trigger"], &applied["outcome"]), (&json!("watch"), &json!("applied")));
    live(&reach, &[("store", 1), ("embedding", 1), ("memory", 2)]);
}

#[test]
fn a_network_that_is_built_in_has_nothing_to_read_again() {
    let (_synod, reach) = Synod::ready_dev(&[]);
    let refused = post(&reach.at("/v1/reload"), "");
    assert_eq!(refused.status, 409, "{}", refused.text);
    assert!(refused.text.contains("came from no file"), "{}", refused.text);
}
