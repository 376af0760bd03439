//! Generated documents say what the code says. `UPDATE_DOCS=1` writes them anew.

use std::path::Path;

use synod_daemon::reference;

#[track_caller]
fn check(file: &str, expected: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(file);
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(&path, expected).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == expected, "docs/{file} is older than the code; see its second line");
}

#[test]
fn the_metrics_reference_is_current() {
    check("metrics.md", &reference::metrics_markdown());
}

#[test]
fn the_message_graph_is_current() {
    check("message-graph.md", &reference::graph_markdown().unwrap());
}

#[test]
fn the_command_line_reference_is_current() {
    check("cli.md", &reference::cli_markdown());
}
