use std::io::{BufRead, BufReader, Read};
use std::sync::Arc;
use std::time::Instant;

use parking_lot::{Condvar, Mutex};

use super::PATIENCE;

/// What a process has written, line by line, as it comes.
#[derive(Clone)]
pub(crate) struct Lines(Arc<(Mutex<Told>, Condvar)>);

#[derive(Default)]
struct Told {
    lines: Vec<String>,
    is_over: bool,
}

impl Lines {
    /// Reads a pipe until it is closed.
    pub(crate) fn of(pipe: impl Read + Send + 'static) -> Self {
        let lines = Self(Arc::default());
        let writes = lines.clone();
        std::thread::spawn(move || {
            for line in BufReader::new(pipe).lines().map_while(Result::ok) {
                writes.0.0.lock().lines.push(line);
                writes.0.1.notify_all();
            }
            writes.0.0.lock().is_over = true;
            writes.0.1.notify_all();
        });
        lines
    }

    /// The first line that `pick` takes, of those that came and those to come.
    #[track_caller]
    pub(crate) fn find<T>(&self, what: &str, pick: impl Fn(&str) -> Option<T>) -> T {
        self.find_after(0, what, pick).1
    }

    /// As `find`, without the first `seen` lines; also how many lines there are up to the one
    /// found.
    #[track_caller]
    pub(crate) fn find_after<T>(
        &self,
        mut seen: usize,
        what: &str,
        pick: impl Fn(&str) -> Option<T>,
    ) -> (usize, T) {
        let deadline = Instant::now() + PATIENCE;
        let mut read = self.0.0.lock();
        loop {
            while let Some(line) = read.lines.get(seen) {
                seen += 1;
                if let Some(found) = pick(line) {
                    return (seen, found);
                }
            }
            let is_vain = read.is_over || self.0.1.wait_until(&mut read, deadline).timed_out();
            let is_seen = seen == read.lines.len();
            assert!(!is_vain || !is_seen, "no sign of {what} in\n{}", read.lines.join("\n"));
        }
    }

    /// All lines so far.
    pub(crate) fn so_far(&self) -> Vec<String> {
        self.0.0.lock().lines.clone()
    }

    /// Waits until the pipe is closed; all lines.
    #[track_caller]
    pub(crate) fn rest(&self) -> Vec<String> {
        let deadline = Instant::now() + PATIENCE;
        let mut read = self.0.0.lock();
        while !read.is_over {
            let is_late = self.0.1.wait_until(&mut read, deadline).timed_out();
            assert!(!is_late, "the pipe is still open");
        }
        read.lines.clone()
    }
}
