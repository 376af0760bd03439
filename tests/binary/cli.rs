//! Commands, as people type them.

use serde_json::Value;

use super::support::{Ran, Reach, Synod, ran, ran_in, repository, until};

const USAGE: i32 = 2;
const UNAVAILABLE: i32 = 69;
const IO: i32 = 74;
const CONFIG: i32 = 78;

#[track_caller]
fn succeeds(args: &[&str]) -> String {
    let ended = ran(args);
    assert_eq!(ended.code, Some(0), "{args:?}: {ended:?}");
    assert_eq!(ended.err, "", "{args:?}");
    ended.out
}

#[track_caller]
fn fails(args: &[&str], code: i32, words: &[&str]) {
    let ended = ran(args);
    assert_eq!(ended.code, Some(code), "{args:?}: {ended:?}");
    for word in words {
        assert!(ended.err.contains(word), "{args:?}: no `{word}` in {ended:?}");
    }
}

#[track_caller]
fn json(args: &[&str]) -> Value {
    serde_json::from_str(&succeeds(args)).unwrap()
}

#[test]
fn every_profile_is_valid() {
    for profile in ["dev", "aggregator", "executor", "agent"] {
        let without = "--without-keys";
        assert!(succeeds(&["validate", without, "--profile", profile]).starts_with("valid: "));
        let file = repository(&format!("config/profiles/{profile}.toml"));
        assert!(succeeds(&["validate", without, file.to_str().unwrap()]).starts_with("valid: "));
    }
    let reference = repository("config/default.toml");
    succeeds(&["validate", reference.to_str().unwrap()]);
}

#[test]
fn every_broken_file_is_told_where_and_what_and_how() {
    let files = std::fs::read_dir(repository("tests/broken")).unwrap();
    let mut count = 0;
    for file in files.map(|file| file.unwrap().path()) {
        if file.extension().is_some_and(|extension| extension == "toml") {
            check_broken(&file);
            count += 1;
        }
    }
    assert!(30 <= count, "{count}");
}

/// The file's own first lines say what it must be told:
/// `# expect: line:column | key | part of the rule | part of the hint`.
fn check_broken(file: &std::path::Path) {
    let text = std::fs::read_to_string(file).unwrap();
    let expected = text.lines().filter_map(|line| line.strip_prefix("# expect: "));
    let ended = ran(&["validate", file.to_str().unwrap()]);
    assert_eq!(ended.code, Some(CONFIG), "{ended:?}");
    assert_eq!(ended.out, "");
    let told: Vec<&str> = ended.err.lines().skip(1).collect();
    let expected: Vec<&str> = expected.collect();
    assert_eq!(told.len(), expected.len(), "{ended:?}");
    for (told, expected) in told.iter().zip(expected) {
        let [place, key, rule, hint] = expected.split(" | ").collect::<Vec<_>>()[..] else {
            panic!("{}: {expected}", file.display());
        };
        let before = format!("{}:{place}: {key}", file.display());
        assert!(told.starts_with(&before), "{told}\nexpected {before}");
        let (says, hints) = told.split_once("; hint: ").unwrap();
        assert!(says.contains(rule), "{told}\nexpected {rule}");
        assert!(hints.contains(hint), "{told}\nexpected {hint}");
    }
}

#[test]
fn init_writes_a_valid_file_and_never_over_another() {
    let directory = tempfile::tempdir().unwrap();
    for profile in ["dev", "aggregator", "executor", "agent"] {
        let file = directory.path().join(format!("{profile}.toml"));
        let file = file.to_str().unwrap();
        assert!(succeeds(&["init", "--profile", profile, file]).contains(file));
        succeeds(&["validate", "--without-keys", file]);
        let before = std::fs::read(file).unwrap();
        fails(&["init", file], IO, &[file, "exists", "name another file"]);
        assert_eq!(std::fs::read(file).unwrap(), before);
    }
    let Ran { code, .. } = ran_in(directory.path(), &["init"]);
    assert_eq!(code, Some(0));
    let ended = ran_in(directory.path(), &["validate"]);
    assert_eq!(ended.code, Some(0), "the file that `init` writes is the one taken: {ended:?}");
}

#[test]
fn pictures_and_schemas_are_well_formed() {
    let schema = json(&["schema"]);
    assert!(schema["$schema"].is_string(), "{schema}");
    let graph = |format| succeeds(&["graph", "--profile", "dev", "--format", format]);
    let mermaid = graph("mermaid");
    assert!(mermaid.starts_with("flowchart "));
    assert!(mermaid.contains("|events: ChainBatch|"), "{mermaid}");
    let dot = graph("dot");
    assert!(dot.starts_with("digraph ") && dot.trim_end().ends_with('}'));
    assert!(dot.contains("\"chain\" -> \"memory\" [label=\"events: ChainBatch\""), "{dot}");
    let drawn: Value = serde_json::from_str(&graph("json")).unwrap();
    let edges = drawn["edges"].as_array().unwrap();
    let is_typed = |edge: &Value| {
        edge["from"] == "executor-1" && edge["to"] == "signer-1" && edge["carries"] == "SignerMsg"
    };
    assert!(edges.iter().any(is_typed), "{drawn}");
    for shell in ["bash", "zsh", "fish"] {
        assert!(succeeds(&["completions", shell]).contains("synod"));
    }
}

#[test]
fn two_topologies_are_compared_before_anything_runs() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name).to_str().unwrap().to_owned();
    let dev = std::fs::read_to_string(repository("config/profiles/dev.toml")).unwrap();
    let (old, new, broken) = (path("old.toml"), path("new.toml"), path("broken.toml"));
    std::fs::write(&old, &dev).unwrap();
    std::fs::write(&new, dev.replace("\"100ms\"", "\"200ms\"")).unwrap();
    std::fs::write(&broken, dev.replace("kind = \"store\"", "kind = \"stoer\"")).unwrap();
    assert_eq!(succeeds(&["diff", &old, &old]), "the same: 15 actors untouched\n");
    let differs = |args: &[&str]| {
        let ended = ran(args);
        assert_eq!((ended.code, ended.err.as_str()), (Some(1), ""), "{ended:?}");
        ended.out
    };
    let told = differs(&["diff", &old, &new]);
    assert!(told.starts_with("~ changed   chain (chain) under chains\n"), "{told}");
    assert!(told.contains("actors.chain.settings.poll_interval: \"100ms\" → \"200ms\""), "{told}");
    assert!(!told.contains('\x1b'), "a pipe sees no colours: {told}");
    let told: Value = serde_json::from_str(&differs(&["diff", "--json", &old, &new])).unwrap();
    assert_eq!(told["actors"]["chain"]["verb"], "changed", "{told}");
    assert_eq!(told["actors"]["store"]["verb"], "untouched", "{told}");
    fails(&["diff", &old, &broken], CONFIG, &["broken.toml:", "did you mean `store`?"]);
    fails(&["diff", &old], USAGE, &["<NEW>"]);
}

#[test]
fn an_actor_is_explained() {
    let told = succeeds(&["explain", "chain", "--profile", "dev"]);
    for words in ["root › chains › chain", "(dev.toml:", "(default)", "when it fails"] {
        assert!(told.contains(words), "no `{words}` in {told}");
    }
    let told = json(&["explain", "tasks", "--profile", "dev", "--json"]);
    assert_eq!(told["kind"], "task", "{told}");
    let is_edge = |edge: &Value| edge["peer"] == "quorum" && edge["sentence"] == "QuorumMsg";
    assert!(told["sends"].as_array().unwrap().iter().any(is_edge), "{told}");
    assert!(succeeds(&["explain", "root", "--profile", "dev"]).starts_with("root (supervisor)"));
    fails(&["explain", "sotre", "--profile", "dev"], 64, &["sotre", "did you mean `store`?"]);
}

#[test]
fn what_is_mistyped_is_said_so() {
    fails(&["nonsense"], USAGE, &["unrecognized subcommand 'nonsense'"]);
    fails(&["dev", "--nonsense"], USAGE, &["unexpected argument '--nonsense'"]);
    fails(&["dev", "--for", "soon"], USAGE, &["--for", "soon"]);
    fails(&["dev", "--for", "0s"], USAGE, &["longer than zero"]);
    for (what, word) in [("kind:", "with its name"), ("a->", "with its name"), (" ", "its name")] {
        fails(&["tap", what], USAGE, &[word]);
    }
    for sample in ["0", "1/0", "1/x", "-1", "2/3", "1/4294967296"] {
        fails(&["tap", &format!("--sample={sample}")], USAGE, &["--sample", "1/100"]);
    }
    fails(&["tap", "kind:append", "--kind", "chain"], 64, &["name one kind"]);
    fails(&["drain", "--deadline", "soon"], USAGE, &["--deadline", "soon"]);
    fails(&["graph", "--format", "png"], USAGE, &["png", "mermaid"]);
    fails(&["validate", "nowhere.toml"], CONFIG, &["nowhere.toml", "hint"]);
    fails(&["run", "--config", "nowhere.toml"], CONFIG, &["nowhere.toml", "hint"]);
    fails(&["validate", "a.toml", "--profile", "dev"], 64, &["not two"]);
}

#[test]
fn without_a_daemon_there_is_a_hint() {
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", free.local_addr().unwrap());
    drop(free);
    for command in [&["status"][..], &["tree"], &["actors"], &["stuck"], &["breakers"], &["tap"]] {
        let args = [command, &["--url", &url]].concat();
        fails(&args, UNAVAILABLE, &[&url, "is it running?", "SYNOD_URL"]);
    }
}

#[test]
fn what_is_no_address_is_told_before_anyone_is_asked() {
    for url in
        ["", "127.0.0.1:8080", "ftp://x", "http://", "no url", "http://h:99999", "http://h/?q"]
    {
        fails(&["tree", "--url", url], USAGE, &["--url"]);
    }
    fails(&["tree", "--url", "localhost"], USAGE, &["as in http://127.0.0.1:8080"]);
}

#[test]
fn who_is_no_daemon_is_told_so() {
    let other = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", other.local_addr().unwrap());
    let answers = std::thread::spawn(move || {
        use std::io::{BufRead, BufReader, Write};
        let (mut asker, _) = other.accept().unwrap();
        let mut lines = BufReader::new(asker.try_clone().unwrap()).lines();
        while lines.next().unwrap().unwrap() != "" {}
        write!(asker, "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nhello").unwrap();
    });
    fails(&["tree", "--url", &url], UNAVAILABLE, &[&url, "is no synod daemon", "http.listen"]);
    answers.join().unwrap();
}

#[test]
fn nobody_has_no_name() {
    for args in [&["why"][..], &["restart"], &["drain"], &["actors", "kill"], &["breaker", "open"]]
    {
        fails(&[args, &[""]].concat(), USAGE, &["a value is required"]);
    }
    let nowhere = ["init", "/nonexistent/synod.toml"];
    fails(&nowhere, 74, &["/nonexistent/synod.toml", "make its directory first"]);
}

#[test]
fn without_a_terminal_top_names_another_way() {
    fails(&["top"], 64, &["terminal", "synod tree"]);
}

#[test]
fn a_taken_port_is_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let taken = taken.local_addr().unwrap().to_string();
    let free = "127.0.0.1:0";
    for (flags, key) in [
        (["--http", &taken, "--metrics", free], "http.listen"),
        (["--http", free, "--metrics", &taken], "metrics.listen"),
    ] {
        fails(&[&["dev"][..], &flags].concat(), UNAVAILABLE, &[key, &taken, "another"]);
    }
}

#[test]
fn a_running_daemon_is_looked_at_and_acted_upon() {
    let (_synod, reach) = Synod::ready_dev(&[]);
    let url = reach.http.as_str();
    let with_url = |args: &[&'static str]| [args, &["--url"]].concat();
    let run = |args: &[&'static str]| succeeds(&[&with_url(args)[..], &[url]].concat());

    assert!(run(&["status"]).contains("ready\nactors: 16 of 16 running"));
    assert!(run(&["tree"]).contains("─ executor-1 running, life 1"));
    assert!(run(&["actors"]).lines().any(|line| line.starts_with("executor-1 running")));
    assert_eq!(run(&["stuck"]), "no actor is stuck\n");
    check_dead_letters(&run);
    for command in ["status", "tree", "actors", "stuck", "breakers"] {
        json(&[command, "--json", "--url", url]);
    }

    check_lives(&reach, &run);
    assert!(run(&["breakers"]).contains("embedding closed"));
    assert_eq!(run(&["breakers", "open", "embedding"]), "embedding forced_open\n");
    assert!(run(&["status"]).contains("breaker embedding: forced_open"));
    assert_eq!(run(&["breakers", "close", "embedding"]), "embedding forced_closed\n");
    assert_eq!(run(&["breakers", "reset", "embedding"]), "embedding closed\n");

    let tapped = run(&["tap", "--limit", "5", "--json"]);
    assert_eq!(tapped.lines().count(), 5, "{tapped}");
    for message in tapped.lines() {
        let message: Value = serde_json::from_str(message).unwrap();
        assert!(message["actor"].is_string() && message["kind"].is_string(), "{message}");
    }
    assert!(run(&["tap", "tasks", "--kind", "chain", "--limit", "1"]).contains(" tasks#1 chain "));
    let appends = run(&["tap", "kind:append", "--limit", "2", "--sample", "1/3"]);
    assert!(appends.lines().all(|line| line.contains(" store#1 append ")), "{appends}");
    let sent = run(&["tap", "tasks->store", "--limit", "2"]);
    assert!(sent.lines().all(|line| line.contains(" tasks->store append")), "{sent}");
    assert_eq!(run(&["breaker", "reset", "embedding"]), "embedding closed\n", "by either name");
    check_refusals(url);
}

fn check_dead_letters(run: &dyn Fn(&[&'static str]) -> String) {
    let nobody = ["dead-letters", "list", "--actor", "nobody"];
    assert_eq!(run(&nobody), "no dead letters\n");
    let purge = ["dead-letters", "purge", "--reason", "quarantined"];
    assert_eq!(run(&purge), "0 forgotten\n");
}

fn check_lives(reach: &Reach, run: &dyn Fn(&[&'static str]) -> String) {
    let lives = |life: u64| {
        until("the next life of executor-1", || {
            let actor = reach.actor("executor-1");
            (actor["incarnation"] == life && actor["state"] == "running").then_some(actor)
        })
    };
    assert_eq!(lives(1)["last_exit"], Value::Null);
    assert_eq!(run(&["actors", "restart", "executor-1"]), "executor-1 is being restarted\n");
    let second = lives(2);
    assert!(second["last_exit"].is_string(), "{second}");
    assert_eq!(run(&["actors", "kill", "executor-1"]), "executor-1 was killed\n");
    assert_eq!(lives(3)["last_exit"], "killed");
    let why = run(&["why", "executor-1"]);
    assert!(why.starts_with("executor-1 running, life 3"), "{why}");
    assert!(why.contains("Z  killed\n    life     2\n    in hand  "), "{why}");
    assert!(why.contains("    then     restarted as life 3 ("), "{why}");
    assert!(run(&["why", "executor-2"]).contains("it has not failed since the daemon began"));
    assert!(run(&["why", "root"]).starts_with("root [one_for_one] running"));
    let killed = run(&["actors", "kill", "executor-1", "--json"]);
    let killed: Value = serde_json::from_str(&killed).unwrap();
    assert_eq!(killed["actor"], "executor-1");
    lives(4);
    assert_eq!(run(&["restart", "executor-1"]), "executor-1 is being restarted\n");
    lives(5);
    for sibling in ["executor-2", "signer-1", "tasks", "store"] {
        assert_eq!(reach.actor(sibling)["incarnation"], 1, "{sibling}");
    }
}

fn check_refusals(url: &str) {
    let fails = |args: &[&str], words: &[&str]| {
        fails(&[args, &["--url", url]].concat(), UNAVAILABLE, words);
    };
    fails(&["actors", "restart", "nobody"], &["nobody", "404", "/v1/actors"]);
    fails(&["actors", "kill", "nobody"], &["nobody", "404"]);
    fails(&["actors", "kill", "root"], &["409", "above all others", "synod drain"]);
    fails(&["actors", "restart", "root"], &["409", "above all others"]);
    fails(&["restart", "tsaks"], &["no actor `tsaks`", "did you mean `tasks`?"]);
    fails(&["why", "taks"], &["no actor `taks`", "did you mean `tasks`?"]);
    fails(&["tap", "stoer"], &["no actor `stoer`", "did you mean `store`?"]);
    fails(&["tap", "tasks->stoer"], &["no actor `stoer`"]);
    fails(&["tap", "tasks->chain"], &["tasks does not tell chain", "one of ", "store"]);
    fails(&["tap", "store->tasks"], &["store does not tell tasks", "it tells nobody"]);
    fails(&["tap", "Store"], &["`Store` is no actor id"]);
    fails(&["actors", "kill", "no body"], &["`no body` is no actor id"]);
    fails(&["actors", "kill", "../store"], &["`../store` is no actor id"]);
    fails(
        &["breakers", "open", "nobody"],
        &["no breaker `nobody` here, there are ", "embedding", "/v1/breakers"],
    );
    fails(&["dead-letters", "show", "1000000"], &["404", "no dead letter 1000000"]);
    fails(&["dead-letters", "replay", "1000000"], &["404", "no dead letter 1000000"]);
    fails(&["dead-letters", "purge", "1000000"], &["404", "no dead letter 1000000"]);
    fails(&["dead-letters", "list", "--reason", "age"], &["400", "`age`", "quarantined"]);
}
