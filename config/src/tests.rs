mod broken;
mod default_file;
mod guides;
mod random;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use synod_types::actor::ActorId;

use crate::graph::cycle;
use crate::*;

/// A file of the repository.
fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Holds a committed file against what the code says, or rewrites it if `UPDATE_DOCS` is set.
fn check_generated(path: &str, expected: &str) {
    let file = repository(path);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&file, expected).unwrap();
    }
    let committed = std::fs::read_to_string(&file).unwrap();
    assert!(committed == expected, "{path} has drifted: set UPDATE_DOCS=1 and run this again");
}

fn refused(text: &str) -> String {
    Config::parse("t", text).unwrap_err().to_string()
}

#[test]
fn every_profile_is_valid_and_shows_itself() {
    for profile in Profile::ALL {
        let config = Config::profile(profile).unwrap_or_else(|errors| panic!("{errors}"));
        let shown = config.effective();
        assert_eq!(shown.contains("<redacted>"), shown.contains("http_url"), "{profile}");
        if !shown.contains("<redacted>") {
            let again = Config::parse("shown", &shown);
            assert_eq!(again.unwrap_or_else(|errors| panic!("{errors}")), config, "{profile}");
        }
        assert_eq!(Profile::named(profile.name()), Some(profile));
    }
}

#[test]
fn the_reference_page_is_generated() {
    check_generated("docs/configuration.md", &reference_markdown());
}

#[test]
fn every_kind_is_in_the_table_once() {
    let kinds: BTreeSet<Kind> = KINDS.iter().map(|spec| spec.kind).collect();
    assert_eq!(kinds.len(), KINDS.len());
    for spec in KINDS {
        assert_eq!(spec.kind.spec().kind, spec.kind);
        assert_eq!(Kind::named(spec.kind.name()), Some(spec.kind));
    }
    let all = schema().pointer("/properties/actors/additionalProperties/oneOf").unwrap();
    assert_eq!(all.as_array().unwrap().len(), KINDS.len());
}

#[test]
fn every_number_and_duration_has_bounds() {
    fn walk(path: &str, shape: &serde_json::Value) {
        let has = |name: &str| shape.get(name).is_some();
        match crate::shape::type_of(shape) {
            "integer" => assert!(has("minimum") && has("maximum"), "{path}"),
            "array" if has("items") => assert!(has("maxItems"), "{path}"),
            _ => {}
        }
        let children = shape.as_object().into_iter().flatten();
        for (name, child) in children.filter(|(_, child)| child.is_object()) {
            walk(&format!("{path}/{name}"), child);
        }
        for (index, child) in shape["oneOf"].as_array().into_iter().flatten().enumerate() {
            walk(&format!("{path}/{index}"), child);
        }
    }
    walk("", schema());
}

#[test]
fn the_dev_topology_is_what_it_says() {
    let config = Config::profile(Profile::Dev).unwrap();
    let topology = &config.topology;
    let id = |name: &str| ActorId::new(name).unwrap();
    let root = &topology.supervisors[&topology.root];
    assert_eq!(root.parent, None);
    assert_eq!(root.children[0], Child::Actor(id("store")));
    assert_eq!(topology.actors[&id("executor-3")].supervisor, id("operators"));
    let (tasks, chain) = (id("tasks"), id("chain"));
    assert_eq!(topology.targets(&tasks, "executors").count(), 4);
    assert_eq!(topology.targets(&chain, "events").count(), 2);
    let Settings::Task(settings) = &topology.actors[&tasks].settings else { panic!() };
    assert_eq!(settings.sets, ["main"]);
    assert_eq!(config.sets["main"].members.len(), 4);
    assert_eq!(config.sets["main"].chain, chain);
}

#[test]
fn asks_run_downstream() {
    fn edges(names: &[(&str, &str, Manner)]) -> Vec<Edge> {
        let edges = names.iter().map(|&(from, to, manner)| Edge {
            from: ActorId::new(from).unwrap(),
            output: "out",
            to: ActorId::new(to).unwrap(),
            sentence: Sentence::StoreMsg,
            manner,
        });
        edges.collect()
    }
    fn check(names: &[(&str, &str, Manner)], expected: &str) {
        let edges = edges(names);
        let found = cycle(&edges, |edge| edge.manner == Manner::Ask).unwrap_or_default();
        let found: Vec<&str> = found.iter().map(|edge| edge.from.as_str()).collect();
        assert_eq!(found.join(" "), expected);
    }
    use Manner::{Ask, Tell};
    check(&[], "");
    check(&[("a", "a", Ask)], "a");
    check(&[("a", "b", Ask), ("b", "a", Tell)], "");
    check(&[("a", "b", Ask), ("b", "a", Ask)], "a b");
    check(&[("a", "b", Ask), ("a", "c", Ask), ("b", "d", Ask), ("c", "d", Ask)], "");
    check(&[("a", "b", Ask), ("b", "c", Ask), ("c", "d", Ask), ("d", "b", Ask)], "b c d");
}

/// Every edge that a file can write, between one actor of each kind.
fn all_edges() -> Vec<Edge> {
    let name = |kind: Kind| ActorId::new(kind.name()).unwrap();
    let edges = KINDS.iter().flat_map(|from| {
        from.outputs.iter().flat_map(move |output| {
            let takers = KINDS.iter().filter(|to| to.inputs.contains(&output.sentence));
            takers.map(move |to| Edge {
                from: name(from.kind),
                output: output.name,
                to: name(to.kind),
                sentence: output.sentence,
                manner: output.manner,
            })
        })
    });
    edges.collect()
}

#[test]
fn no_file_can_write_a_cycle_of_asks_or_of_waits_today() {
    let edges = all_edges();
    assert_eq!(cycle(&edges, |edge| edge.manner == Manner::Ask), None);
    let is_waited = |edge: &Edge| {
        let to = Kind::named(edge.to.as_str()).unwrap();
        to.spec().waits.contains(&edge.sentence)
    };
    assert_eq!(cycle(&edges, is_waited), None);
    assert!(edges.iter().any(is_waited));
}

#[test]
fn whatever_a_kind_sends_another_takes() {
    for spec in KINDS {
        for output in spec.outputs {
            let mut takers = KINDS.iter().filter(|to| to.inputs.contains(&output.sentence));
            assert!(takers.next().is_some(), "{} sends {}", spec.kind, output.sentence);
        }
        assert!(spec.waits.iter().all(|sentence| spec.inputs.contains(sentence)), "{}", spec.kind);
    }
}

#[test]
fn secrets_are_never_shown() {
    let text = Profile::Aggregator.text().replace("127.0.0.1:8545", "user:hunter2@node");
    let config = Config::parse("t", &text).unwrap();
    for shown in [format!("{config:?}"), config.effective()] {
        assert!(shown.contains("<redacted>") && !shown.contains("hunter2"));
    }
    let chain = &config.topology.actors[&ActorId::new("chain").unwrap()];
    let Settings::Chain(chain) = &chain.settings else { panic!() };
    let ChainSource::Alloy(alloy) = &chain.source else { panic!() };
    assert_eq!(alloy.endpoints[0].url.reveal(), "http://user:hunter2@node");
    for wrong in ["hppt://user:hunter2", "http://a hunter2"] {
        let errors = refused(&text.replace("http://user:hunter2@node", wrong));
        assert!(errors.contains("http_url = <redacted>") && !errors.contains("hunter2"));
    }
    let misspelt = refused(&text.replace("http_url", "http_ulr"));
    assert!(misspelt.contains("http_ulr: unknown key") && !misspelt.contains("hunter2"));
}

#[test]
fn a_key_where_it_has_no_business_is_not_shown() {
    let key = "0b3f1c2d9e8a7b6c4d1e2f3a0b9c8d7e6f5a4b3c2d1e0f9a8b7c6d5e4f3a2b1c";
    let place =
        "key_file = \"keys/operator.json\", password = { file = \"keys/operator.password\" }";
    for (wrong, rule) in [
        (format!("key_file = \"0x{key}\""), "key_file = <redacted>: a key, not the path"),
        (format!("key_file = \"{key} \""), "key_file = <redacted>: a key, not the path"),
        (format!("{place}, scheme = \"0x{key}\""), "scheme = <redacted>: unknown name"),
        (format!("generate = \"0x{key}\""), "generate = <redacted>: wrong type"),
        (format!("key_file = [\"0x{key}\"]"), "key_file = <redacted>: wrong type"),
        (format!("key = \"0x{key}\""), "unknown key"),
        (format!("key_file = \"a\", password = \"{key}\""), "password = <redacted>: wrong type"),
        (format!("key_file = \"a\", password = {{ text = \"{key}\" }}"), "unknown key"),
    ] {
        let text = Profile::Executor.text().replace(place, &wrong);
        assert!(text.contains(key));
        let errors = refused(&text);
        assert!(errors.contains(rule) && !errors.contains(&key[..8]), "{errors}");
    }
}

#[test]
fn a_secret_may_lie_beside_the_file() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("synod.toml");
    std::fs::write(directory.path().join("url"), "http://node\n").unwrap();
    let literal = "http_url = \"http://127.0.0.1:8545\"";
    let text = Profile::Executor.text().replace(literal, "http_url = { file = \"url\" }");
    std::fs::write(&file, text).unwrap();
    let config = Config::load(&file).unwrap_or_else(|errors| panic!("{errors}"));
    assert!(config.effective().contains("file = \"url\""));
    let signer = &config.topology.actors[&ActorId::new("signer").unwrap()];
    let Settings::Signer(signer) = &signer.settings else { panic!() };
    let keys = directory.path().join("keys");
    let password = PasswordSource::File(keys.join("operator.password"));
    assert_eq!(signer.key, KeySource::Keystore(keys.join("operator.json"), password));
}

#[test]
fn an_empty_secret_is_refused() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("synod.toml");
    let literal = "http_url = \"http://127.0.0.1:8545\"";
    let text = Profile::Executor.text().replace(literal, "http_url = { file = \"url\" }");
    std::fs::write(directory.path().join("url"), "\n").unwrap();
    std::fs::write(&file, text).unwrap();
    let errors = Config::load(&file).unwrap_err().to_string();
    assert!(errors.contains("http_url.file") && errors.contains("an empty secret"), "{errors}");
}

#[test]
fn errors_are_bounded() {
    let text: String = (0..100).map(|index| format!("key_{index} = 1\n")).collect();
    let errors = Config::parse("t", &text).unwrap_err();
    assert_eq!(errors.errors().len(), ConfigErrors::MAX);
    assert_eq!(errors.left_out(), 36);
    assert!(errors.to_string().ends_with("and 36 more"));
}

#[test]
fn what_cannot_be_read_is_said_so() {
    let errors = Config::load(Path::new("/nowhere/synod.toml")).unwrap_err().to_string();
    assert!(errors.starts_with("/nowhere/synod.toml:1:1: (file): "), "{errors}");
    assert!(errors.contains("; hint: "), "{errors}");
}
