//! A data directory that the journal makes is its owner's alone.
#![allow(clippy::unwrap_used, missing_docs)]

use std::os::unix::fs::PermissionsExt;

use synod_store::Metrics;
use synod_store_segment::{Journal, Limits};

#[test]
fn a_new_data_directory_is_for_its_owner_only() {
    let root = tempfile::tempdir().unwrap();
    let data = root.path().join("a/b");
    drop(Journal::open(&data, Limits::default(), Metrics::register()).unwrap());
    for made in [root.path().join("a"), data] {
        let mode = std::fs::metadata(&made).unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{}", made.display());
    }
}
