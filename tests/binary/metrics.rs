//! What Prometheus reads.

use std::collections::BTreeSet;
use std::io::Write;
use std::process::{Command, Stdio};
use std::time::Duration;

use super::support::{Synod, agent_config, get, repository, until};

#[test]
fn promtool_finds_nothing_wrong_and_the_reference_names_all() {
    let (synod, reach) = Synod::ready_dev(&["--chaos"]);
    synod.event("restarted", |_| true);
    synod.event("certified", |_| true);
    let scrape = reach.scrape();
    check_with_promtool(&scrape);
    let reference = std::fs::read_to_string(repository("docs/metrics.md")).unwrap();
    let named: BTreeSet<&str> =
        scrape.lines().filter_map(|it| it.strip_prefix("# TYPE ")).collect();
    assert!(40 <= named.len(), "{named:?}");
    for metric in named {
        let (name, kind) = metric.split_once(' ').unwrap();
        let row = format!("| `{}` | {kind} |", name.strip_prefix("synod_").unwrap());
        assert!(reference.contains(&row), "docs/metrics.md has no row that begins {row}");
    }
}

fn check_with_promtool(scrape: &str) {
    let mut command = Command::new("promtool");
    command.args(["check", "metrics"]).stdin(Stdio::piped());
    let mut promtool = match command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn() {
        Ok(promtool) => promtool,
        Err(error) => panic!("promtool: {error}; `bash tests/run` installs it"),
    };
    promtool.stdin.take().unwrap().write_all(scrape.as_bytes()).unwrap();
    let checked = promtool.wait_with_output().unwrap();
    let said = [checked.stdout, checked.stderr].concat();
    let said = String::from_utf8_lossy(&said);
    assert!(checked.status.success() && said.is_empty(), "{said}");
}

#[test]
fn alerts_are_rules_over_metrics_that_are_there() {
    let file = repository("docs/alerts/chain.yml");
    let checked = Command::new("promtool").args(["check", "rules"]).arg(&file).output().unwrap();
    assert!(checked.status.success(), "{}", String::from_utf8_lossy(&checked.stderr));
    let reference = std::fs::read_to_string(repository("docs/metrics.md")).unwrap();
    let guide = std::fs::read_to_string(repository("docs/guides/follow-chains.md")).unwrap();
    let anchors: BTreeSet<String> = guide
        .lines()
        .filter_map(|line| line.strip_prefix("## "))
        .map(|title| title.to_lowercase().replace(' ', "-"))
        .collect();
    let rules = std::fs::read_to_string(file).unwrap();
    let is_letter = |letter: char| letter.is_ascii_lowercase() || letter == '_';
    for word in rules.split(|letter| !is_letter(letter)) {
        if let Some(name) = word.strip_prefix("synod_") {
            assert!(reference.contains(&format!("| `{name}` |")), "no metric {name}");
        }
    }
    for runbook in rules.lines().filter_map(|line| line.split_once("follow-chains.md#")) {
        assert!(anchors.contains(runbook.1), "no section {}", runbook.1);
    }
}

#[test]
fn two_scrapes_of_an_idle_daemon_are_equal() {
    let home = tempfile::tempdir().unwrap();
    let (_synod, reach) = Synod::run(&agent_config(home.path(), ""));
    until("the daemon to be ready", || (get(&reach.at("/readyz")).status == 200).then_some(()));
    let mut last = reach.scrape();
    let settled = until("the start to settle", || {
        let before = std::mem::replace(&mut last, reach.scrape());
        (before == last).then_some(before)
    });
    // Longer than anything that the daemon does at intervals.
    std::thread::sleep(Duration::from_secs(6));
    let later = reach.scrape();
    let differs = settled.lines().zip(later.lines()).find(|(before, after)| before != after);
    assert_eq!(settled, later, "{differs:?}");
}
