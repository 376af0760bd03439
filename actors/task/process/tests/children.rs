//! Real children: what they answer, how they fail, and that none is left behind.
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use synod_task::Performer;
use synod_task_process::{Process, Settings};
use synod_types::task::{PerformError, TaskId};
use synod_types::{B256, Bytes};

const TASK: TaskId = TaskId(B256::repeat_byte(7));

fn settings(program: &str, arguments: &[&str]) -> Settings {
    Settings {
        program: PathBuf::from(program),
        arguments: arguments.iter().map(|&argument| argument.to_owned()).collect(),
        environment: BTreeMap::new(),
        directory: None,
        timeout: Duration::from_secs(20),
        output_bytes_max: 1 << 20,
        stderr_bytes_max: 64,
    }
}

fn shell(script: &str) -> Settings {
    settings("/bin/sh", &["-c", script])
}

async fn run(settings: Settings, payload: &[u8]) -> Result<Vec<u8>, PerformError> {
    let performer = Process::new(settings);
    let output = performer.perform(TASK, Bytes::copy_from_slice(payload)).await?;
    Ok(output.to_vec())
}

/// Waits until the process is gone or a zombie of somebody else's.
async fn is_gone(pid: &str) -> bool {
    for _ in 0..200 {
        let stat = std::fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
        let state = stat.rsplit(") ").next().and_then(|rest| rest.chars().next());
        if state.is_none_or(|state| state == 'Z') {
            return true;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    false
}

/// The pid that a child wrote to `file`.
async fn pid_in(file: &Path) -> String {
    for _ in 0..500 {
        let text = std::fs::read_to_string(file).unwrap_or_default();
        if text.ends_with('\n') {
            return text.trim().to_owned();
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("the child wrote no pid");
}

#[tokio::test]
async fn the_payload_goes_in_and_the_output_comes_out() {
    assert_eq!(run(settings("/bin/cat", &[]), b"hello").await, Ok(b"hello".to_vec()));
    let large = vec![7; 1 << 20];
    assert_eq!(run(settings("/bin/cat", &[]), &large).await, Ok(large));
}

#[tokio::test]
async fn a_child_need_not_read() {
    let large = vec![7; 1 << 20];
    assert_eq!(run(shell("echo done"), &large).await, Ok(b"done\n".to_vec()));
}

#[tokio::test]
async fn the_environment_is_what_is_configured() {
    let mut settings = settings("/usr/bin/env", &[]);
    settings.environment = BTreeMap::from([("COLOUR".to_owned(), "blue".to_owned())]);
    let output = String::from_utf8(run(settings, b"").await.unwrap()).unwrap();
    let mut lines: Vec<&str> = output.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["COLOUR=blue".to_owned(), format!("SYNOD_TASK_ID={TASK}")]);
}

#[tokio::test]
async fn the_directory_is_what_is_configured() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().canonicalize().unwrap();
    let settings = Settings { directory: Some(path.clone()), ..settings("/bin/pwd", &[]) };
    let output = String::from_utf8(run(settings, b"").await.unwrap()).unwrap();
    assert_eq!(output.trim(), path.to_str().unwrap());
}

#[tokio::test]
async fn exit_codes_say_whether_it_may_pass() {
    let lasting = run(shell("echo broken >&2; exit 3"), b"").await.unwrap_err();
    assert_eq!(lasting, PerformError::Lasting("exit status: 3: broken".to_owned()));
    let passing = run(shell("exit 75"), b"").await.unwrap_err();
    assert!(matches!(passing, PerformError::Passing(_)), "{passing}");
    let killed = run(shell("kill -9 $$"), b"").await.unwrap_err();
    assert!(matches!(killed, PerformError::Passing(_)), "{killed}");
}

#[tokio::test]
async fn what_cannot_be_started_was_not_tried() {
    let absent = run(settings("/nonexistent/program", &[]), b"").await.unwrap_err();
    assert!(matches!(absent, PerformError::Absent(_)), "{absent}");
}

#[tokio::test]
async fn only_the_end_of_stderr_is_kept() {
    let script = "i=0; while [ $i -lt 1000 ]; do echo line $i >&2; i=$((i+1)); done; exit 1";
    let error = run(shell(script), b"").await.unwrap_err().to_string();
    assert!(error.ends_with("line 999") && error.len() < 100, "{error}");
}

#[tokio::test]
async fn too_much_output_ends_the_child() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("pid");
    let script = format!("echo $$ > {}; while :; do echo more; done", file.display());
    let settings = Settings { output_bytes_max: 10, ..shell(&script) };
    let error = run(settings, b"").await.unwrap_err();
    assert_eq!(error, PerformError::Lasting("the output exceeds 10 bytes".to_owned()));
    assert!(is_gone(&pid_in(&file).await).await);
}

#[tokio::test]
async fn out_of_time_means_killed_with_all_descendants() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("pid");
    let script = format!("sleep 60 & echo $! > {}; wait", file.display());
    let settings = Settings { timeout: Duration::from_millis(500), ..shell(&script) };
    let began = Instant::now();
    let error = run(settings, b"").await.unwrap_err();
    assert!(matches!(error, PerformError::Passing(_)), "{error}");
    assert!(began.elapsed() < Duration::from_secs(10));
    assert!(is_gone(&pid_in(&file).await).await);
}

#[tokio::test]
async fn a_grandchild_does_not_outlive_its_parent() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("pid");
    let script = format!("sleep 60 & echo $! > {}; echo done", file.display());
    let began = Instant::now();
    assert_eq!(run(shell(&script), b"").await, Ok(b"done\n".to_vec()));
    assert!(began.elapsed() < Duration::from_secs(10), "its stdout was still open");
    assert!(is_gone(&pid_in(&file).await).await);
}

#[tokio::test]
async fn a_run_that_is_dropped_is_killed() {
    let directory = tempfile::tempdir().unwrap();
    let file = directory.path().join("pid");
    let script = format!("echo $$ > {}; sleep 60", file.display());
    let performer = Process::new(shell(&script));
    let running = performer.perform(TASK, Bytes::new());
    let pid = tokio::select! {
        outcome = running => panic!("ended by itself: {outcome:?}"),
        pid = pid_in(&file) => pid,
    };
    assert!(is_gone(&pid).await);
}
