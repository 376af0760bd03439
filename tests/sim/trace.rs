//! What happened, in the order it happened.

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use synod_supervision::Clock;

/// One hour, as it was.
pub(crate) struct Played {
    pub(crate) lines: Vec<String>,
    pub(crate) hash: u64,
    /// Virtual.
    pub(crate) time: Duration,
    pub(crate) figures: Figures,
}

impl Played {
    pub(crate) fn new(lines: Vec<String>, time: Duration, mut figures: Figures) -> Self {
        figures.gave_up = lines.iter().filter(|line| line.contains("GaveUp { at")).count();
        let hash = lines.iter().fold(0xcbf2_9ce4_8422_2325, |hash, line| {
            line.bytes().chain([b'\n']).fold(hash, |hash: u64, byte| {
                (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
            })
        });
        Self { lines, hash, time, figures }
    }

    /// The first line in which two plays differ.
    pub(crate) fn differs_at(&self, other: &Self) -> Option<(usize, String, String)> {
        let ends = |lines: &[String], at: usize| lines.get(at).cloned().unwrap_or_default();
        (0..self.lines.len().max(other.lines.len()))
            .map(|at| (at, ends(&self.lines, at), ends(&other.lines, at)))
            .find(|(_, one, two)| one != two)
    }
}

/// What an hour came to.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Figures {
    pub(crate) accepted: usize,
    pub(crate) handled: usize,
    pub(crate) in_hand: usize,
    pub(crate) dropped_oldest: usize,
    pub(crate) abandoned: usize,
    pub(crate) restarts: usize,
    pub(crate) gave_up: usize,
    pub(crate) was_peaceful: bool,
}

/// Everyone writes here.
#[derive(Clone)]
pub(crate) struct Trace {
    clock: Clock,
    lines: Arc<Mutex<Vec<String>>>,
}

impl Trace {
    pub(crate) fn new(clock: Clock) -> Self {
        Self { clock, lines: Arc::default() }
    }

    pub(crate) fn write(&self, line: impl std::fmt::Display) {
        let at = self.clock.now().unix_nanos();
        self.lines.lock().push(format!("{at} {line}"));
    }

    pub(crate) fn take(&self) -> Vec<String> {
        std::mem::take(&mut self.lines.lock())
    }
}
