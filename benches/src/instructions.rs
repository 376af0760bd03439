//! Instructions, which no other work on the machine disturbs.

use std::process::Command;

/// Says that instructions are being counted.
const COUNTED: &str = "--counted";

/// Whether this run is one whose instructions are counted.
pub(crate) fn is_counted() -> bool {
    std::env::args().any(|arg| arg == COUNTED)
}

/// Instructions that contender `only` of the running bench needs each time, as valgrind counts
/// them: the difference between two runs. None without valgrind.
pub fn instructions(only: &str, count: u64, is_bare: bool) -> Option<f64> {
    let few = run(only, count, is_bare)?;
    let many = run(only, 2 * count, is_bare)?;
    Some(many.saturating_sub(few) as f64 / count as f64)
}

fn run(only: &str, count: u64, is_bare: bool) -> Option<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        // Not the beginning: how long a clock is compared with another there, differs.
        .arg("--toggle-collect=*run_alone*")
        .arg(std::env::current_exe().ok()?)
        .args(["--only", only, "--count", &count.to_string(), COUNTED])
        .args(is_bare.then_some("--bare"))
        .output()
        .ok()?;
    let text = String::from_utf8_lossy(&output.stderr).into_owned();
    let collected = text.lines().find_map(|line| line.split_once("Collected :"))?.1;
    collected.trim().parse().ok()
}
