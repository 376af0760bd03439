//! What a daemon does when the world does its worst: disks that fill up, files that rot, keys
//! that would like to be known.

mod dumps;
mod journal;
mod remote;
mod reorg;
mod secrets;
mod signguard;

use std::path::{Path, PathBuf};

use super::support::repository;

/// The network of `dev` as a file in `directory`, on free ports, changed by `change`.
fn network(directory: &Path, change: impl FnOnce(String) -> String) -> PathBuf {
    let path = directory.join("synod.toml");
    let profile = std::fs::read_to_string(repository("config/profiles/dev.toml")).unwrap();
    let data_dir = directory.join("data");
    let more = format!(
        "[runtime]\ndata_dir = {data_dir:?}\n\n[http]\nlisten = \"127.0.0.1:0\"\n\n\
         [metrics]\nlisten = \"127.0.0.1:0\"\n\n[log]\nformat = \"json\"\n"
    );
    std::fs::write(&path, change(format!("{profile}\n{more}"))).unwrap();
    path
}

/// Puts `new` in the place of `old`, once.
fn with(text: &str, old: &str, new: &str) -> String {
    assert!(text.contains(old), "no `{old}` in {text}");
    text.replacen(old, new, 1)
}
