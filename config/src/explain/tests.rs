use synod_types::actor::ActorId;

use crate::{Config, Profile};

fn explained(text: &str, id: &str) -> String {
    let config = Config::parse("synod.toml", text).unwrap_or_else(|errors| panic!("{errors}"));
    config.explain(&ActorId::new(id).unwrap()).unwrap().to_string()
}

#[track_caller]
fn says(text: &str, lines: &[&str]) {
    for line in lines {
        assert!(text.contains(line), "no `{line}` in\n{text}");
    }
}

#[test]
fn an_actor_says_where_every_value_comes_from() {
    let dev = Profile::Dev.text();
    let line = 1 + dev.lines().position(|line| line.contains("poll_interval")).unwrap();
    let text = explained(dev, "chain");
    says(
        &text,
        &[
            "chain (chain)\n  One chain, followed.",
            "root › chains › chain",
            "chains (one_for_one), child 1 of 1",
            "actors.chain.settings.poll_interval",
            &format!("= \"100ms\"  (synod.toml:{line})"),
            "actors.chain.stop_timeout",
            "(default)",
            "→ memory  events: asks ChainBatch  (synod.toml:",
            "breaker chain by breakers.default",
            "breakers.default.open_for",
            "permanent: after every end its next life is started",
            "more than 100 times within 1m below chains, and chains fails",
            "and root fails: it is the root",
        ],
    );
}

#[test]
fn edges_that_sets_write_point_at_the_set() {
    let dev = Profile::Dev.text();
    let line = 1 + dev.lines().position(|line| line == "executor = \"executor-2\"").unwrap();
    let edge = format!("executor-2  executors: asks ExecutorMsg  (synod.toml:{line})");
    says(&explained(dev, "tasks"), &[&format!("→ {edge}"), "← quorum  events: tells QuorumEvent"]);
    says(&explained(dev, "executor-2"), &["← tasks  executors: asks ExecutorMsg"]);
}

#[test]
fn a_group_says_who_is_restarted_with_whom() {
    let dev = Profile::Dev.text();
    let rest = dev.replacen(
        "children = [\"quorum\", \"aggregation\", \"tasks\"]",
        "children = [\"quorum\", \"aggregation\", \"tasks\"]\nstrategy = \"rest_for_one\"",
        1,
    );
    says(
        &explained(&rest, "aggregation"),
        &["aggregator is rest_for_one: restarted with it are tasks"],
    );
    let all = rest.replacen("rest_for_one", "one_for_all", 1);
    says(
        &explained(&all, "aggregation"),
        &["aggregator is one_for_all: restarted with it are quorum, tasks"],
    );
    says(
        &explained(&all, "aggregator"),
        &["starts, in order: quorum, aggregation, tasks", "root is one_for_one: nobody else"],
    );
}

#[test]
fn secrets_are_not_explained() {
    let text = Profile::Executor.text().replace("127.0.0.1:8545", "hunter2@node");
    let text = explained(&text, "chain");
    says(&text, &["alloy.http_url", "<redacted>"]);
    assert!(!text.contains("hunter2"), "{text}");
}

#[test]
fn every_name_of_every_profile_is_explained() {
    for profile in Profile::ALL {
        let config = Config::profile(profile).unwrap();
        for id in config.names() {
            let explanation = config.explain(id).unwrap();
            assert!(!explanation.about.is_empty() && !explanation.failure.is_empty(), "{id}");
        }
        assert_eq!(config.explain(&ActorId::new("nobody").unwrap()), None);
        assert!(config.near("sotre").contains("did you mean `store`?"));
    }
}
