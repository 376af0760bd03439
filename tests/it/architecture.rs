//! The walls of the house, read from the manifests; and for each wall a house in which it is
//! missing, so that the test is known to bite.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use synod_tests::root;

/// What a manifest says, as far as the walls are concerned.
#[derive(Clone, Debug, Default)]
struct Manifest {
    name: String,
    dependencies: BTreeSet<String>,
    has_workspace_lints: bool,
    bans_clocks: bool,
}

/// The house: members in the order of the root manifest, by directory.
#[derive(Clone, Debug, Default)]
struct House {
    members: Vec<(String, Manifest)>,
    strays: Vec<String>,
}

const FORBIDDEN_IN_CORES: &[&str] = &[
    "alloy",
    "arc-swap",
    "axum",
    "futures-util",
    "getrandom",
    "metrics",
    "parking_lot",
    "ractor",
    "redb",
    "reqwest",
    "rustix",
    "tokio",
    "tracing",
];

/// Outside libraries that have one home.
const HOMES: &[(&str, &[&str])] = &[
    ("ractor", &["runtime/supervision"]),
    ("alloy", &["actors/chain/alloy"]),
    ("axum", &["runtime/daemon"]),
    ("blst", &["actors/signature/core"]),
    ("ark-bn254", &["actors/signature/core"]),
    ("k256", &["actors/signature/core"]),
    ("anyhow", &["runtime/daemon"]),
];

/// Rooms that see everything and that nobody sees. Doubles of `tests` serve the tests of other
/// rooms, as dev-dependencies, which are not walls.
const JUDGES: [&str; 2] = ["tests", "benches"];

/// Outside the workspace, and so are its dependencies, of which some have licences we do not take.
const APART: &str = "benches/rivals";

fn read_manifest(dir: &Path) -> Manifest {
    let text = fs::read_to_string(dir.join("Cargo.toml")).unwrap();
    let table: toml::Table = toml::from_str(&text).unwrap();
    let dependencies = table.get("dependencies").and_then(toml::Value::as_table);
    let lints = table.get("lints").and_then(|lints| lints.get("workspace"));
    let clippy = fs::read_to_string(dir.join("clippy.toml")).unwrap_or_default();
    let bans = ["Instant::now", "SystemTime::now", "thread::sleep"];
    Manifest {
        name: table["package"]["name"].as_str().unwrap().to_owned(),
        dependencies: dependencies.map(|table| table.keys().cloned().collect()).unwrap_or_default(),
        has_workspace_lints: lints.and_then(toml::Value::as_bool) == Some(true),
        bans_clocks: bans.iter().all(|ban| clippy.contains(ban)),
    }
}

fn read_house() -> House {
    let text = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let table: toml::Table = toml::from_str(&text).unwrap();
    let listed = table["workspace"]["members"].as_array().unwrap();
    let members: Vec<(String, Manifest)> = listed
        .iter()
        .map(|dir| dir.as_str().unwrap().to_owned())
        .map(|dir| (dir.clone(), read_manifest(&root().join(dir))))
        .collect();
    let mut strays = Vec::new();
    for top in ["messages", "config", "actors", "runtime", "tests", "benches"] {
        find_strays(&root(), top, &members, &mut strays);
    }
    strays.retain(|dir| dir != APART);
    House { members, strays }
}

fn find_strays(root: &Path, dir: &str, members: &[(String, Manifest)], strays: &mut Vec<String>) {
    let path = root.join(dir);
    if path.join("Cargo.toml").is_file() && !members.iter().any(|(member, _)| member == dir) {
        strays.push(dir.to_owned());
    }
    let Ok(entries) = fs::read_dir(&path) else { return };
    for entry in entries.map(Result::unwrap).filter(|entry| entry.path().is_dir()) {
        let name = entry.file_name().into_string().unwrap();
        if name != "target" && name != "node_modules" {
            find_strays(root, &format!("{dir}/{name}"), members, strays);
        }
    }
}

/// Which rooms of ours a room may see, by what it is.
fn may_see(dir: &str, names: &BTreeMap<String, String>) -> BTreeSet<String> {
    let visible: Vec<String> = match dir.split('/').collect::<Vec<_>>()[..] {
        ["messages", "types"] | ["runtime", "supervision", "sync"] => vec![],
        ["runtime", "supervision", "lanes" | "waits"] => strings(&["synod-supervision-sync"]),
        // Arithmetic, which depends on nothing.
        ["actors", "signature", "core"] => strings(&["synod-types", "synod-signature-bn254"]),
        ["runtime", "supervision", "core"] | ["actors", _, "core"] => strings(&["synod-types"]),
        ["runtime", "supervision", "gate"] => {
            strings(&["synod-types", "synod-supervision-core", "synod-supervision-sync"])
        }
        ["runtime", "supervision"] => {
            let machinery =
                ["core", "gate", "lanes", "waits"].map(|room| format!("synod-supervision-{room}"));
            std::iter::once("synod-types".to_owned()).chain(machinery).collect()
        }
        ["messages", "protocol"] => strings(&["synod-types", "synod-supervision"]),
        ["config"] => strings(&["synod-types", "synod-supervision-core"]),
        ["actors", domain] => {
            let own = format!("synod-{domain}-core");
            let mut seen = strings(&SEEN_FROM_SRC_UP);
            seen.push(own);
            seen
        }
        ["actors", domain, _outside] => {
            let mut seen = strings(&SEEN_FROM_SRC_UP);
            seen.extend([format!("synod-{domain}"), format!("synod-{domain}-core")]);
            seen
        }
        // The daemon and the judges.
        _ => {
            let judged = names.iter().filter(|(dir, _)| !JUDGES.contains(&dir.as_str()));
            judged.map(|(_, name)| name.clone()).collect()
        }
    };
    visible.into_iter().collect()
}

const SEEN_FROM_SRC_UP: [&str; 4] =
    ["synod-types", "synod-protocol", "synod-supervision", "synod-config"];

fn strings(names: &[&str]) -> Vec<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

/// Every wall that is broken, in words.
fn broken(house: &House) -> Vec<String> {
    let names: BTreeMap<String, String> =
        house.members.iter().map(|(dir, manifest)| (dir.clone(), manifest.name.clone())).collect();
    let mut found: Vec<String> =
        house.strays.iter().map(|dir| format!("{dir} is no member of the workspace")).collect();
    let mut above = BTreeSet::new();
    for (dir, manifest) in &house.members {
        let is_core = dir.ends_with("/core");
        let ours: BTreeSet<String> =
            manifest.dependencies.iter().filter(|name| is_ours(name)).cloned().collect();
        for name in ours.difference(&may_see(dir, &names)) {
            found.push(format!("{dir} sees {name}"));
        }
        for name in ours.difference(&above) {
            found.push(format!("{dir} is listed before {name}, which it sees"));
        }
        above.insert(manifest.name.clone());
        for name in manifest.dependencies.iter().filter(|name| !is_ours(name)) {
            if is_core && FORBIDDEN_IN_CORES.contains(&name.as_str()) {
                found.push(format!("{dir}, a core, depends on {name}"));
            }
            let homes = HOMES.iter().find(|(library, _)| library == name);
            let is_judge = JUDGES.contains(&dir.as_str());
            if homes.is_some_and(|(_, homes)| !homes.contains(&dir.as_str()) && !is_judge) {
                found.push(format!("{name} has come to {dir}"));
            }
        }
        if !manifest.has_workspace_lints {
            found.push(format!("{dir} does not take the workspace's lints"));
        }
        if is_core && !manifest.bans_clocks {
            found.push(format!("{dir}, a core, may read clocks or sleep: see clippy.toml"));
        }
    }
    found
}

fn is_ours(name: &str) -> bool {
    name.starts_with("synod-")
}

#[test]
fn the_walls_stand() {
    let house = read_house();
    assert!(house.members.len() > 20, "the house was not read");
    assert_eq!(broken(&house), Vec::<String>::new());
}

/// Adds one dependency to one room of the real house and expects one sentence about it.
#[track_caller]
fn check(dir: &str, dependency: &str, expected: &str) {
    let mut house = read_house();
    let (_, manifest) = house.members.iter_mut().find(|(member, _)| member == dir).unwrap();
    manifest.dependencies.insert(dependency.to_owned());
    assert!(broken(&house).iter().any(|line| line == expected), "{:?}", broken(&house));
}

#[test]
fn words_know_no_sentences() {
    check("messages/types", "synod-protocol", "messages/types sees synod-protocol");
}

#[test]
fn sentences_know_no_actor() {
    check("messages/protocol", "synod-quorum", "messages/protocol sees synod-quorum");
}

#[test]
fn a_core_knows_no_sentences_and_no_machinery() {
    let dir = "actors/quorum/core";
    check(dir, "synod-protocol", "actors/quorum/core sees synod-protocol");
    check(dir, "synod-supervision", "actors/quorum/core sees synod-supervision");
    check(dir, "synod-task-core", "actors/quorum/core sees synod-task-core");
}

#[test]
fn a_core_neither_waits_nor_talks() {
    for library in FORBIDDEN_IN_CORES {
        let expected = format!("actors/task/core, a core, depends on {library}");
        check("actors/task/core", library, &expected);
    }
}

#[test]
fn an_actor_knows_no_other_actor() {
    check("actors/task", "synod-quorum", "actors/task sees synod-quorum");
    check("actors/task", "synod-signature-core", "actors/task sees synod-signature-core");
}

#[test]
fn an_actor_does_not_know_its_outsides() {
    check("actors/chain", "synod-chain-alloy", "actors/chain sees synod-chain-alloy");
}

#[test]
fn an_outside_knows_its_own_actor_only() {
    check("actors/chain/alloy", "synod-task", "actors/chain/alloy sees synod-task");
}

#[test]
fn supervision_knows_no_sentences() {
    check("runtime/supervision", "synod-protocol", "runtime/supervision sees synod-protocol");
}

#[test]
fn configuration_knows_no_actor() {
    check("config", "synod-task", "config sees synod-task");
}

#[test]
fn nobody_knows_the_tests() {
    check("runtime/daemon", "synod-tests", "runtime/daemon sees synod-tests");
    check("runtime/daemon", "synod-benches", "runtime/daemon sees synod-benches");
    check("actors/task", "synod-tests", "actors/task sees synod-tests");
    check("messages/protocol", "synod-tests", "messages/protocol sees synod-tests");
    check("benches", "synod-tests", "benches sees synod-tests");
}

#[test]
fn arrows_point_upwards_in_the_list_of_members() {
    let expected = "messages/types is listed before synod-daemon, which it sees";
    check("messages/types", "synod-daemon", expected);
}

#[test]
fn a_library_stays_at_home() {
    check("actors/task", "ractor", "ractor has come to actors/task");
    check("runtime/daemon", "alloy", "alloy has come to runtime/daemon");
}

#[test]
fn a_room_outside_the_workspace_is_noticed() {
    let mut house = read_house();
    house.members.retain(|(dir, _)| dir != "actors/quorum/core");
    find_strays(&root(), "actors", &house.members, &mut house.strays);
    let expected = "actors/quorum/core is no member of the workspace".to_owned();
    assert!(broken(&house).contains(&expected));
}

#[test]
fn lints_and_bans_are_not_forgotten() {
    let mut house = read_house();
    for (_, manifest) in &mut house.members {
        manifest.has_workspace_lints = false;
        manifest.bans_clocks = false;
    }
    let found = broken(&house);
    assert!(found.contains(&"config does not take the workspace's lints".to_owned()));
    let clock = "actors/quorum/core, a core, may read clocks or sleep: see clippy.toml";
    assert!(found.contains(&clock.to_owned()));
}
