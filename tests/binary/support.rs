//! The binary as a child process: what it says, what it answers, and its certain end.

mod http;
mod lines;

pub(crate) use http::{Answer, delete, get, post, request};
pub(crate) use lines::Lines;

use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;
use tempfile::TempDir;

/// Nothing that is waited for takes longer.
pub(crate) const PATIENCE: Duration = Duration::from_secs(60);
const LOOK: Duration = Duration::from_millis(10);

/// A running daemon. It does not outlive the test.
pub(crate) struct Synod {
    child: Child,
    /// Standard output.
    pub(crate) out: Lines,
    /// Standard error.
    pub(crate) err: Lines,
    /// Its directory for what is temporary: it is killed and cannot tidy up.
    _temporary: TempDir,
}

impl Synod {
    /// Starts the binary.
    pub(crate) fn start<S: AsRef<std::ffi::OsStr>>(args: &[S]) -> Self {
        let mut command = binary();
        command.args(args);
        Self::spawn(command)
    }

    fn spawn(mut command: Command) -> Self {
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let temporary = tempfile::tempdir().unwrap();
        let mut child = command.env("TMPDIR", temporary.path()).spawn().expect("the binary starts");
        let out = Lines::of(child.stdout.take().unwrap());
        let err = Lines::of(child.stderr.take().unwrap());
        Self { child, out, err, _temporary: temporary }
    }

    /// Starts `synod dev --json` on free ports, with more arguments.
    pub(crate) fn dev(more: &[&str]) -> Self {
        let usual = ["dev", "--json", "--http", "127.0.0.1:0", "--metrics", "127.0.0.1:0"];
        Self::start(&[&usual, more].concat())
    }

    /// Starts `synod dev`, and waits until it is ready.
    pub(crate) fn ready_dev(more: &[&str]) -> (Self, Reach) {
        let synod = Self::dev(more);
        let ready = synod.event("ready", |_| true);
        let of = |key: &str| ready[key].as_str().unwrap().to_owned();
        (synod, Reach { http: of("http"), metrics: of("metrics") })
    }

    /// Starts `synod run --config`, and waits until it listens.
    pub(crate) fn run(config: &Path) -> (Self, Reach) {
        Self::listening(Self::start(&[Path::new("run"), Path::new("--config"), config]))
    }

    /// The same, with more arguments.
    pub(crate) fn run_with(config: &Path, args: &[&str]) -> (Self, Reach) {
        let mut command = binary();
        command.arg("run").arg("--config").arg(config).args(args);
        Self::run_command(command)
    }

    /// The same by a command that becomes the binary.
    pub(crate) fn run_command(command: Command) -> (Self, Reach) {
        Self::listening(Self::spawn(command))
    }

    fn listening(synod: Self) -> (Self, Reach) {
        let listening = synod.err.find("the daemon to listen", |line| {
            let line = json(line)?;
            (line["message"] == "listening").then_some(line)
        });
        let of = |key: &str| format!("http://{}", listening[key].as_str().unwrap());
        let metrics = format!("{}/metrics", of("metrics"));
        (synod, Reach { http: of("http"), metrics })
    }

    /// Waits for an event on standard output.
    pub(crate) fn event(&self, name: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        self.out.find(&format!("the event `{name}`"), |line| {
            json(line).filter(|event| event["event"] == name && is_it(event))
        })
    }

    /// All events so far.
    pub(crate) fn events(&self) -> Vec<Value> {
        self.out.so_far().iter().filter_map(|line| json(line)).collect()
    }

    /// Sends a signal.
    pub(crate) fn signal(&self, signal: Signal) {
        let pid = Pid::from_child(&self.child);
        kill_process(pid, signal).expect("the daemon runs");
    }

    /// Waits for the end; all it said is read by then.
    pub(crate) fn end(&mut self) -> ExitStatus {
        let status = until("the daemon to end", || self.child.try_wait().unwrap());
        self.out.rest();
        self.err.rest();
        status
    }

    /// Its process id.
    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Synod {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Where a daemon listens.
pub(crate) struct Reach {
    /// Its surface.
    pub(crate) http: String,
    /// What Prometheus reads.
    pub(crate) metrics: String,
}

impl Reach {
    /// A path of the surface.
    pub(crate) fn at(&self, path: &str) -> String {
        format!("{}{path}", self.http)
    }

    /// What the surface says at a path that must be there.
    pub(crate) fn read(&self, path: &str) -> Value {
        let answer = get(&self.at(path));
        assert_eq!(answer.status, 200, "{path}: {}", answer.text);
        answer.json()
    }

    /// A scrape.
    pub(crate) fn scrape(&self) -> String {
        let answer = get(&self.metrics);
        assert_eq!(answer.status, 200, "{}", answer.text);
        answer.text
    }

    /// One actor of `/v1/actors`.
    pub(crate) fn actor(&self, id: &str) -> Value {
        let actors = self.read("/v1/actors");
        let found = actors.as_array().unwrap().iter().find(|actor| actor["id"] == id);
        found.unwrap_or_else(|| panic!("no actor {id} in {actors}")).clone()
    }
}

/// A command that ends by itself.
pub(crate) fn ran(args: &[&str]) -> Ran {
    let mut command = binary();
    command.args(args).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    ran_command(command)
}

/// As [`ran`], in a directory.
pub(crate) fn ran_in(directory: &Path, args: &[&str]) -> Ran {
    let mut command = binary();
    command.args(args).current_dir(directory);
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    ran_command(command)
}

fn ran_command(mut command: Command) -> Ran {
    let temporary = tempfile::tempdir().unwrap();
    let child = command.env("TMPDIR", temporary.path()).spawn().expect("the binary starts");
    let pid = Pid::from_child(&child);
    let (tell, told) = std::sync::mpsc::sync_channel(1);
    let waiter = std::thread::spawn(move || tell.send(child.wait_with_output()));
    let output = told.recv_timeout(PATIENCE).unwrap_or_else(|_| {
        kill_process(pid, Signal::KILL).ok();
        panic!("{command:?} did not end")
    });
    waiter.join().unwrap().unwrap();
    Ran::from(output.unwrap())
}

/// How a command ended and what it said.
#[derive(Debug)]
pub(crate) struct Ran {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl From<Output> for Ran {
    fn from(output: Output) -> Self {
        let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
        let (out, err) = (text(output.stdout), text(output.stderr));
        assert!(!err.contains("panicked"), "{err}");
        Self { code: output.status.code(), out, err }
    }
}

/// Looks again and again until there is something, within [`PATIENCE`].
#[track_caller]
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < deadline, "waited in vain for {what}");
        std::thread::sleep(LOOK);
    }
}

/// A file of the repository.
pub(crate) fn repository(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..").join(path)
}

/// The topology of an agent in `directory`, on free ports, with more text at its end.
pub(crate) fn agent_config(directory: &Path, more: &str) -> PathBuf {
    let path = directory.join("synod.toml");
    let profile = std::fs::read_to_string(repository("config/profiles/agent.toml")).unwrap();
    let data_dir = directory.join("data");
    let text = format!(
        "{profile}\n[runtime]\ndata_dir = {data_dir:?}\n\n[http]\nlisten = \"127.0.0.1:0\"\n\n\
         [metrics]\nlisten = \"127.0.0.1:0\"\n\n{more}\n"
    );
    std::fs::write(&path, text).unwrap();
    path
}

/// A JSON line; none if it is something else, or cut off.
pub(crate) fn json(line: &str) -> Option<Value> {
    serde_json::from_str(line).ok()
}

fn binary() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_synod"));
    let ours = std::env::vars_os().map(|(name, _)| name);
    for name in ours.filter(|name| name.to_string_lossy().starts_with("SYNOD_")) {
        command.env_remove(name);
    }
    command
}
