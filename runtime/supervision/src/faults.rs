//! Fault points of the supervisor's shell: what tests may do to its acts. See `docs/simulation.md`.

mod actor;
mod chaos;
mod exits;
mod spawn;

use std::fmt;
use std::time::Duration;

use parking_lot::Mutex;

/// What becomes of an alarm that is to ring after a while: when it does, if once, or how often.
type Rings = Box<dyn FnMut(Duration) -> Vec<Duration> + Send>;

/// Of one runtime.
#[derive(Default)]
pub(crate) struct Faults(Mutex<Option<Rings>>);

impl fmt::Debug for Faults {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Faults")
    }
}

impl Faults {
    /// From now on alarms ring like this.
    pub(crate) fn ring(&self, rings: impl FnMut(Duration) -> Vec<Duration> + Send + 'static) {
        *self.0.lock() = Some(Box::new(rings));
    }

    /// From now on alarms ring as they should.
    pub(crate) fn end(&self) {
        *self.0.lock() = None;
    }

    /// After how long an alarm rings that is to ring after `delay`; none: as it should.
    pub(crate) fn rings(&self, delay: Duration) -> Option<Vec<Duration>> {
        self.0.lock().as_mut().map(|rings| rings(delay))
    }
}
