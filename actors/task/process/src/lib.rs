//! A performer that is a child process: one for each task.
//!
//! ```text
//!   payload ──stdin──▶ child ──stdout──▶ output        SYNOD_TASK_ID=0x… names the task
//!                        └────stderr──▶ its end is kept, to say why there is no output
//! ```
//!
//! Exit code 0: the output is the answer. 75 (as in `sysexits.h`: a failure that may pass) or an
//! end by a signal: worth another run. Any other code: the task cannot be performed.
//!
//! The child leads a process group of its own. When it ends, is out of time, writes too much or
//! is no longer wanted, the whole group is killed. Its environment holds what is configured and
//! the task's id, nothing else.

mod group;
mod streams;

use std::collections::BTreeMap;
use std::fmt;
use std::os::unix::process::ExitStatusExt;
use std::path::PathBuf;
use std::process::{ExitStatus, Stdio};
use std::sync::Arc;
use std::time::Duration;

use synod_task::{Performance, Performer};
use synod_types::Bytes;
use synod_types::task::{PerformError, TaskId};
use tokio::process::{Child, Command};

use group::Group;

/// Names the task to the child.
const TASK_ID: &str = "SYNOD_TASK_ID";
/// The child says that its failure may pass.
const TEMPORARY: i32 = 75;

/// Which child, and how much of it.
#[derive(Clone)]
pub struct Settings {
    /// The program: an absolute path, or a name that is looked up in the configured `PATH`.
    pub program: PathBuf,
    /// Its arguments.
    pub arguments: Vec<String>,
    /// Its environment, all of it but the task's id.
    pub environment: BTreeMap<String, String>,
    /// Where it runs; none: where this process runs.
    pub directory: Option<PathBuf>,
    /// How long it may take.
    pub timeout: Duration,
    /// How much it may write to stdout.
    pub output_bytes_max: usize,
    /// How much of the end of stderr is kept.
    pub stderr_bytes_max: usize,
}

/// Values of the environment may be secrets.
impl fmt::Debug for Settings {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Settings")
            .field("program", &self.program)
            .field("arguments", &self.arguments)
            .field("environment", &self.environment.keys())
            .field("directory", &self.directory)
            .field("timeout", &self.timeout)
            .field("output_bytes_max", &self.output_bytes_max)
            .field("stderr_bytes_max", &self.stderr_bytes_max)
            .finish()
    }
}

/// Runs a child process for each task.
#[derive(Clone, Debug)]
pub struct Process {
    settings: Arc<Settings>,
}

impl Process {
    /// Runs children as `settings` say. Nothing is started yet.
    pub fn new(settings: Settings) -> Self {
        Self { settings: Arc::new(settings) }
    }
}

impl Performer for Process {
    fn perform(&self, task: TaskId, payload: Bytes) -> Performance {
        Box::pin(run(Arc::clone(&self.settings), task, payload))
    }
}

async fn run(settings: Arc<Settings>, task: TaskId, payload: Bytes) -> Result<Bytes, PerformError> {
    let program = settings.program.display();
    let not_started = |error| PerformError::Absent(format!("cannot start {program}: {error}"));
    let child = command(&settings, task).spawn().map_err(not_started)?;
    let group = Group::of(&child);
    let work = attend(&settings, child, group, payload);
    let Ok(outcome) = tokio::time::timeout(settings.timeout, work).await else {
        let timeout = settings.timeout;
        return Err(PerformError::Passing(format!("{program} was killed after {timeout:?}")));
    };
    let (status, output, stderr) = outcome?;
    judge(status, output, &stderr)
}

fn command(settings: &Settings, task: TaskId) -> Command {
    let mut command = Command::new(&settings.program);
    command
        .args(&settings.arguments)
        .env_clear()
        .envs(&settings.environment)
        .env(TASK_ID, task.to_string())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .kill_on_drop(true);
    if let Some(directory) = &settings.directory {
        command.current_dir(directory);
    }
    command
}

/// Feeds the child and hears it out. Its streams end at the latest when its group does.
async fn attend(
    settings: &Settings,
    mut child: Child,
    group: Group,
    payload: Bytes,
) -> Result<(ExitStatus, Vec<u8>, Vec<u8>), PerformError> {
    let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
    let ended = async move {
        let status = child.wait().await.map_err(|error| lost(&error));
        drop(group);
        status
    };
    let (status, output, stderr, ()) = tokio::try_join!(
        ended,
        streams::all(stdout, settings.output_bytes_max),
        streams::tail(stderr, settings.stderr_bytes_max),
        streams::feed(stdin, &payload),
    )?;
    Ok((status, output, stderr))
}

fn judge(status: ExitStatus, output: Vec<u8>, stderr: &[u8]) -> Result<Bytes, PerformError> {
    if status.success() {
        return Ok(output.into());
    }
    let said = String::from_utf8_lossy(stderr);
    let text = format!("{status}: {}", said.trim());
    let may_pass = status.code() == Some(TEMPORARY) || status.signal().is_some();
    Err(if may_pass { PerformError::Passing(text) } else { PerformError::Lasting(text) })
}

fn lost(error: &std::io::Error) -> PerformError {
    PerformError::Passing(format!("lost touch with the child: {error}"))
}
