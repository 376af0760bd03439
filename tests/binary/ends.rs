//! Ends that nobody asked for.

use super::support::{Synod, agent_config, get, post, ran, until};

const SOFTWARE: i32 = 70;

#[test]
fn a_root_that_gives_up_ends_the_process_and_says_why() {
    let home = tempfile::tempdir().unwrap();
    let config = agent_config(home.path(), "");
    let text = std::fs::read_to_string(&config).unwrap();
    let impatient = "[supervisors.root]\nrestarts_max = 0\n";
    std::fs::write(&config, text.replace("[supervisors.root]\n", impatient)).unwrap();
    let (mut synod, reach) = Synod::run(&config);
    until("the daemon to be ready", || (get(&reach.at("/readyz")).status == 200).then_some(()));
    assert_eq!(post(&reach.at("/v1/actors/embedding/kill"), "").status, 200);
    assert_eq!(synod.end().code(), Some(SOFTWARE));
    let said = synod.err.so_far();
    let last = said.last().unwrap();
    assert!(last.starts_with("synod: ") && last.contains("embedding"), "{said:?}");
}

#[test]
fn a_damaged_journal_is_not_opened() {
    let home = tempfile::tempdir().unwrap();
    let path = home.path().to_str().unwrap();
    let usual = ["dev", "--http", "127.0.0.1:0", "--metrics", "127.0.0.1:0", "--data-dir", path];
    let ended = ran(&[&usual[..], &["--for", "2s"]].concat());
    assert_eq!(ended.code, Some(0), "{ended:?}");

    let segment = home.path().join("journal/000000000001.segment");
    let mut bytes = std::fs::read(&segment).unwrap();
    bytes[2_000] ^= 1;
    std::fs::write(&segment, bytes).unwrap();

    let refused = ran(&usual);
    assert!(refused.code.is_some_and(|code| code != 0), "{refused:?}");
    assert!(refused.err.contains(segment.to_str().unwrap()), "{refused:?}");
    assert!(refused.err.contains("damaged at byte"), "{refused:?}");
    assert!(refused.err.contains("restore a backup"), "{refused:?}");
}
