//! Rounds, medians, tables.

use std::io::Write as _;
use std::sync::OnceLock;
use std::time::{Duration, Instant};

use metrics_exporter_prometheus::{PrometheusBuilder, PrometheusHandle};
use rustix::time::{ClockId, clock_gettime};

static METRICS: OnceLock<PrometheusHandle> = OnceLock::new();

/// What the command line says.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many rounds.
    pub rounds: usize,
    /// One contender, once.
    pub only: Option<String>,
    /// How often it does what it does.
    pub count: Option<u64>,
    /// Nothing observes.
    pub is_bare: bool,
}

impl Options {
    /// Reads the command line, and begins to observe unless told otherwise.
    pub fn read() -> Self {
        let args: Vec<String> = std::env::args().collect();
        let after = |name: &str| {
            args.iter().position(|arg| arg == name).and_then(|at| args.get(at + 1)).cloned()
        };
        let number = |name: &str| after(name).and_then(|text| text.parse::<u64>().ok());
        let options = Self {
            rounds: number("--rounds").map_or(21, |rounds| rounds as usize),
            only: after("--only"),
            count: number("--count"),
            is_bare: args.iter().any(|arg| arg == "--bare"),
        };
        if !options.is_bare {
            observe();
        }
        options
    }
}

/// Installs what the daemon installs: a recorder of metrics, and a log at `info`, without ractor's
/// spans, unread here.
pub fn observe() {
    let recorder = PrometheusBuilder::new()
        .set_buckets(&[0.000_01, 0.000_1, 0.001, 0.01, 0.1, 1.0])
        .expect("there are buckets")
        .build_recorder();
    let is_first = METRICS.set(recorder.handle()).is_ok();
    assert!(is_first && metrics::set_global_recorder(recorder).is_ok(), "observed twice");
    let filter = tracing_subscriber::EnvFilter::new("ractor=warn,info");
    tracing_subscriber::fmt().with_env_filter(filter).with_writer(std::io::sink).init();
}

/// Someone who does the thing that is measured.
pub struct Contender<'a> {
    name: String,
    run: Box<dyn FnMut(u64) + 'a>,
}

impl<'a> Contender<'a> {
    /// `run` does it as often as it is told.
    pub fn new(name: impl Into<String>, run: impl FnMut(u64) + 'a) -> Self {
        Self { name: name.into(), run: Box::new(run) }
    }

    fn measure(&mut self, count: u64) -> Sample {
        let (allocations, _) = crate::allocated();
        let (wall, cpu) = (Instant::now(), cpu_time());
        (self.run)(count);
        if let Some(metrics) = METRICS.get() {
            metrics.run_upkeep();
        }
        let each = |time: Duration| time.as_nanos() as f64 / count as f64;
        Sample {
            cpu: each(cpu_time() - cpu),
            wall: each(wall.elapsed()),
            allocations: (crate::allocated().0 - allocations) as f64 / count as f64,
        }
    }
}

/// Of one contender in one round, for each time it did its thing.
#[derive(Clone, Copy, Debug)]
struct Sample {
    cpu: f64,
    wall: f64,
    allocations: f64,
}

/// Under a name of its own, by which callgrind is told where to begin and to end counting.
#[inline(never)]
fn run_alone(contender: &mut Contender<'_>, count: u64) {
    (contender.run)(count);
}

/// CPU time of this process so far, all threads.
pub fn cpu_time() -> Duration {
    let time = clock_gettime(ClockId::ProcessCPUTime);
    Duration::new(time.tv_sec as u64, time.tv_nsec as u32)
}

/// A table that grows by one group of lines for each set of contenders.
#[derive(Debug)]
pub struct Table {
    options: Options,
}

impl Table {
    /// Prints the head, unless one contender runs alone.
    pub fn new(title: &str, options: Options) -> Self {
        let table = Self { options };
        if table.options.only.is_none() {
            let rounds = table.options.rounds;
            table.line(&format!("\n## {title}: medians of {rounds} rounds\n"));
            table.line("| | CPU ns | wall ns | allocations | CPU against |");
            table.line("|---|---|---|---|---|");
        }
        table
    }

    /// Measures contenders in turns, `count` times each a round. Or runs the one that was asked
    /// for, if it is in this group; nobody is made otherwise.
    pub fn race<'a>(
        &self,
        group: &str,
        count: u64,
        contenders: impl FnOnce() -> Vec<Contender<'a>>,
    ) {
        let is_wanted = |only: &String| only.split_once('/').is_some_and(|(of, _)| of == group);
        if !self.options.only.as_ref().is_none_or(is_wanted) {
            return;
        }
        let mut contenders = contenders();
        if let Some(only) = &self.options.only {
            let wanted =
                |contender: &&mut Contender<'_>| *only == format!("{group}/{}", contender.name);
            if let Some(contender) = contenders.iter_mut().find(wanted) {
                run_alone(contender, self.options.count.unwrap_or(count));
            }
            return;
        }
        let mut samples: Vec<Vec<Sample>> = vec![Vec::new(); contenders.len()];
        // The first round warms up.
        for round in 0..=self.options.rounds {
            for (contender, samples) in contenders.iter_mut().zip(&mut samples) {
                let sample = contender.measure(count);
                if round > 0 {
                    samples.push(sample);
                }
            }
        }
        for (contender, own) in contenders.iter().zip(&samples) {
            let of = |pick: fn(&Sample) -> f64| median(own.iter().map(pick).collect());
            let against: Vec<String> = contenders
                .iter()
                .zip(&samples)
                .filter(|(other, _)| other.name != contender.name)
                .map(|(other, theirs)| {
                    let ratios = own.iter().zip(theirs).map(|(own, their)| own.cpu / their.cpu);
                    format!("{:.2} × {}", median(ratios.collect()), other.name)
                })
                .collect();
            self.line(&format!(
                "| {group}: {} | {:.0} | {:.0} | {:.3} | {} |",
                contender.name,
                of(|sample| sample.cpu),
                of(|sample| sample.wall),
                of(|sample| sample.allocations),
                against.join(", "),
            ));
        }
    }

    /// Prints a line.
    pub fn line(&self, text: &str) {
        if self.options.only.is_none() {
            line(text);
        }
    }
}

/// What a counter without labels has come to; nought where nothing observes.
pub fn counted(name: &str) -> u64 {
    let text = METRICS.get().map(PrometheusHandle::render).unwrap_or_default();
    let value = |line: &str| line.strip_prefix(name)?.trim().parse().ok();
    text.lines().find_map(value).unwrap_or_default()
}

/// Prints a line of a table. Nobody reads: then nothing need be printed.
pub fn line(text: &str) {
    drop(writeln!(std::io::stdout(), "{text}"));
}

/// The value in the middle; zero of none.
pub fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or_default()
}
