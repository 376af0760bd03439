use synod_types::actor::ActorId;

use crate::{Config, Plan, Profile, Verb};

fn dev() -> String {
    Profile::Dev.text().to_owned()
}

fn plan(old: &str, new: &str) -> Plan {
    let read =
        |text: &str| Config::parse("t", text).unwrap_or_else(|errors| panic!("{errors}\n{text}"));
    Plan::between(&read(old), &read(new))
}

/// Everyone of whom something else than `untouched` is said: `name verb`, in order of name.
fn touched(plan: &Plan) -> String {
    let steps = plan.supervisors.iter().chain(&plan.actors);
    let mut told: Vec<String> = steps
        .filter(|(_, step)| step.verb != Verb::Untouched)
        .map(|(id, step)| format!("{id} {}", step.verb.name()))
        .collect();
    told.sort();
    told.join(", ")
}

#[track_caller]
fn check(change: &[(&str, &str)], expected: &str, keys: &[&str], refused: &[&str]) {
    let mut new = dev();
    for (from, to) in change {
        assert!(new.contains(from), "{from}");
        new = new.replacen(from, to, 1);
    }
    let plan = plan(&dev(), &new);
    assert_eq!(touched(&plan), expected, "{plan}");
    let all: Vec<&str> = plan.refused.iter().map(|refused| refused.key.as_str()).collect();
    assert_eq!(all, refused, "{plan}");
    let text = plan.to_string();
    for key in keys {
        assert!(text.contains(key), "no `{key}` in\n{text}");
    }
}

#[test]
fn the_same_is_the_same_however_it_is_written() {
    let before = plan(&dev(), &dev());
    assert!(before.is_empty() && before.refused.is_empty());
    let edges = "edges = { embedding = [\"embedding\"], journal = [\"store\"] }";
    let again = dev()
        .replacen("edges = { embedding = \"embedding\", journal = \"store\" }", edges, 1)
        .replacen("[\"tasks\", \"memory\"]", "[\"memory\", \"tasks\"]", 1)
        .replacen("kind = \"store\"", "kind = \"store\"\nrestart = \"permanent\"", 1);
    let after = plan(&dev(), &again);
    assert!(after.is_empty(), "{after}");
    assert_eq!(after.to_string(), "the same: 15 actors untouched");
}

#[test]
fn a_setting_changes_its_actor_alone() {
    check(
        &[("poll_interval = \"100ms\"", "poll_interval = \"200ms\"")],
        "chain changed",
        &[
            "~ changed   chain (chain) under chains",
            "actors.chain.settings.poll_interval: \"100ms\" → \"200ms\"",
            "actors: 0 added, 0 removed, 0 replaced, 1 changed, 0 moved, 14 untouched",
        ],
        &[],
    );
}

#[test]
fn an_actor_changes_with_what_it_is_told_of_others() {
    let breaker = "[breakers.default]\nopen_for = \"5s\"\n\n[supervisors.root]";
    let everyone = "chain changed, executor-1 changed, executor-2 changed, executor-3 changed, \
                    executor-4 changed";
    check(
        &[("[supervisors.root]", breaker)],
        everyone,
        &["breakers.default.open_for: \"1m\" → \"5s\""],
        &[],
    );
    let texts = "kind = \"embedding\"\nsettings = { texts_max = 7 }";
    let keys = ["actors.embedding.settings.texts_max: 256 → 7"];
    check(&[("kind = \"embedding\"", texts)], "embedding changed, memory changed", &keys, &[]);
    check(&[("bips = 6667", "bips = 5000")], "tasks changed", &["sets.main.threshold.bips"], &[]);
}

#[test]
fn actors_come_and_go_with_their_supervisors() {
    check(
        &[
            ("children = [\"embedding\", \"memory\"]", "children = [\"embedding\"]"),
            ("\"aggregator\", \"chains\"]", "\"aggregator\", \"chains\", \"memory\"]"),
        ],
        "memory moved",
        &["> moved     memory (memory) from knowledge to root"],
        &[],
    );
    check(
        &[
            (
                "children = [\"embedding\", \"memory\"]",
                "children = [\"embedding\", \"memory\", \"more\"]",
            ),
            (
                "[supervisors.operators]",
                "[supervisors.more]\nchildren = [\"notes\"]\n\n[actors.notes]\nkind = \"memory\"\nedges = { embedding = \"embedding\", journal = \"store\" }\n\n[supervisors.operators]",
            ),
        ],
        "more added, notes added",
        &["+ added     notes (memory) under more", "+ added     more (supervisor) under knowledge"],
        &[],
    );
}

#[test]
fn order_is_a_rule_of_its_supervisor() {
    check(
        &[("\"quorum\", \"aggregation\", \"tasks\"]", "\"aggregation\", \"quorum\", \"tasks\"]")],
        "aggregator changed",
        &["supervisors.aggregator.children"],
        &[],
    );
}

#[test]
fn supervisors_change_by_rules_and_do_not_move() {
    let rules = ("restarts_max = 100", "restarts_max = 7");
    check(&[rules], "root changed", &["supervisors.root.restarts_max: 100 → 7"], &[]);
    check(
        &[
            ("\"aggregator\", \"chains\"]", "\"aggregator\"]"),
            ("\"aggregation\", \"tasks\"]", "\"aggregation\", \"tasks\", \"chains\"]"),
        ],
        "chains moved",
        &["> moved     chains (supervisor) from root to aggregator"],
        &["supervisors.chains"],
    );
}

#[test]
fn what_takes_a_restart_is_named() {
    let listen = "[http]\nlisten = \"127.0.0.1:9999\"\n\n[supervisors.root]";
    check(&[("[supervisors.root]", listen)], "", &["restart needed"], &["http.listen"]);
    let directory = "[runtime]\ndata_dir = \"elsewhere\"\n\n[supervisors.root]";
    check(&[("[supervisors.root]", directory)], "", &[], &["runtime.data_dir"]);
    let queue = "kind = \"store\"\nsettings = { queue_max = 1 }";
    check(
        &[("kind = \"store\"", queue)],
        "store changed",
        &[],
        &["actors.store.settings.queue_max"],
    );
    let mailbox = "kind = \"embedding\"\nmailbox = { normal = 7 }";
    check(
        &[("kind = \"embedding\"", mailbox)],
        "embedding changed",
        &[],
        &["actors.embedding.mailbox.normal"],
    );
}

#[test]
fn a_journal_in_the_data_directory_stays_there() {
    let another = "kind = \"store\"\n\n[actors.a-store]\nkind = \"store\"";
    let children = "children = [\"store\", \"a-store\", \"knowledge\"";
    check(
        &[
            ("kind = \"store\"", another),
            ("children = [\"store\", \"knowledge\"", children),
            (
                "[actors.memory]\nkind = \"memory\"\nedges = { embedding = \"embedding\", journal = \"store\" }",
                "[actors.memory]\nkind = \"memory\"\nedges = { embedding = \"embedding\", journal = \"a-store\" }",
            ),
        ],
        "a-store added, memory changed",
        &["actors.memory.edges.journal: \"store\" → \"a-store\""],
        &["actors.a-store"],
    );
}

#[test]
fn a_secret_that_changed_is_told_and_not_shown() {
    let text = Profile::Aggregator.text();
    let new = text.replace("http://127.0.0.1:8545", "http://hunter2@127.0.0.1:8545");
    let plan = plan(text, &new);
    assert_eq!(touched(&plan), "chain changed");
    let told = plan.to_string();
    assert!(
        told.contains("actors.chain.settings.alloy.http_url: \"<redacted>\"")
            || told.contains("http_url: <redacted> → <redacted>"),
        "{told}"
    );
    assert!(!told.contains("hunter2"), "{told}");
}

#[test]
fn every_changed_key_is_told_once_or_more() {
    let old = Config::parse("t", &dev()).unwrap();
    let breaker = "[breakers.idle]\nopen_for = \"5s\"\n\n[supervisors.root]";
    let new = Config::parse("t", &dev().replacen("[supervisors.root]", breaker, 1)).unwrap();
    let plan = Plan::between(&old, &new);
    assert!(!plan.is_empty() && plan.refused.is_empty());
    assert!(plan.others.iter().all(|change| change.key.starts_with("breakers.idle.")));
    let id = ActorId::new("chain").unwrap();
    assert_eq!(plan.actors[&id].verb, Verb::Untouched);
}

#[test]
fn a_breaker_that_others_need_stays() {
    let needing = "[actors.memory]\nneeds = [\"chain\"]";
    let old = dev().replacen("[actors.memory]", needing, 1);
    let breaker = "[breakers.default]\nopen_for = \"5s\"\n\n[supervisors.root]";
    let new = old.replacen("[supervisors.root]", breaker, 1);
    let plan = plan(&old, &new);
    let keys: Vec<&str> = plan.refused.iter().map(|refused| refused.key.as_str()).collect();
    assert_eq!(keys, ["breakers.default.open_for"], "{plan}");
}
