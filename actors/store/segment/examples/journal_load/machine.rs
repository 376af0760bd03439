//! The machine, and what its disk can do at most.

use std::fmt;
use std::fs::{self, File};
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::time::{Duration, Instant};

/// Size of a file whose space is prepared.
const PREPARED: usize = 64 << 20;

/// How often something was done, and how long it took each time.
pub(crate) struct Rate {
    pub(crate) times: Vec<Duration>,
    pub(crate) took: Duration,
}

impl Rate {
    fn per_second(&self) -> f64 {
        self.times.len() as f64 / self.took.as_secs_f64()
    }
}

/// The same, measured again and again.
#[derive(Default)]
pub(crate) struct Rates(pub(crate) Vec<Rate>);

/// The median round, and how far the others are from it.
impl fmt::Display for Rates {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut rounds: Vec<&Rate> = self.0.iter().collect();
        rounds.sort_by(|a, b| a.per_second().total_cmp(&b.per_second()));
        let [low, median, high] =
            [0, rounds.len() / 2, rounds.len() - 1].map(|n| rounds[n].per_second());
        let mut times = rounds[rounds.len() / 2].times.clone();
        times.sort_unstable();
        let at = |percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e3;
        let (half, most) = (at(50), at(99));
        write!(f, "{median:.0}/s ({low:.0} to {high:.0}), p50 {half:.2} ms, p99 {most:.2} ms")
    }
}

/// Processor, memory, kernel, and whether anyone else is busy.
pub(crate) fn describe() -> String {
    let read = |path| fs::read_to_string(path).unwrap_or_default();
    let find = |text: &str, key: &str| {
        let line = text.lines().find(|line| line.starts_with(key)).map(str::to_owned);
        line.and_then(|line| Some(line.split_once(':')?.1.trim().to_owned())).unwrap_or_default()
    };
    let processor = find(&read("/proc/cpuinfo"), "model name");
    let memory = find(&read("/proc/meminfo"), "MemTotal");
    let kernel = read("/proc/version");
    let kernel = kernel.split_whitespace().nth(2).unwrap_or_default();
    let load = read("/proc/loadavg");
    let load = load.split_whitespace().next().unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!("{cores} × {processor}, {memory}, Linux {kernel}, load {load} at the start")
}

/// Appends so many bytes and syncs, again and again.
pub(crate) fn append_and_sync(dir: &Path, bytes: usize, during: Duration) -> Rate {
    let file = File::create(dir.join("raw")).unwrap();
    write_and_sync(&file, bytes, u64::MAX, during)
}

/// The same over zeros that were written and synced before, so that the file never grows.
pub(crate) fn overwrite_and_sync(dir: &Path, bytes: usize, during: Duration) -> Rate {
    let file = File::create(dir.join("raw")).unwrap();
    file.write_all_at(&vec![0; PREPARED], 0).unwrap();
    file.sync_all().unwrap();
    write_and_sync(&file, bytes, PREPARED as u64, during)
}

fn write_and_sync(file: &File, bytes: usize, wrap: u64, during: Duration) -> Rate {
    let bytes = vec![0x5a; bytes];
    let (start, mut at) = (Instant::now(), 0);
    let mut times = Vec::new();
    while start.elapsed() < during {
        let begin = Instant::now();
        file.write_all_at(&bytes, at).unwrap();
        file.sync_data().unwrap();
        times.push(begin.elapsed());
        at += bytes.len() as u64;
        if wrap < at + bytes.len() as u64 {
            at = 0;
        }
    }
    Rate { times, took: start.elapsed() }
}
