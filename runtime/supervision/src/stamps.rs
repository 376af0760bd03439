//! When messages were accepted, at the price of few looks at the clock.

use synod_types::time::Moment;

/// Which messages are timed: all, until they come so fast that reading clocks is most of the
/// work; then one of [`Stamps::SPARSE`].
pub(crate) struct Stamps {
    every: u32,
    untimed: u32,
    last: Moment,
}

impl Stamps {
    const SPARSE: u32 = 64;

    pub(crate) fn new() -> Self {
        Self { every: 1, untimed: 0, last: Moment::default() }
    }

    /// Whether few are timed from now on.
    pub(crate) const fn set_sparse(&mut self, sparse: bool) {
        self.every = if sparse { Self::SPARSE } else { 1 };
    }

    /// When the next message is accepted, and whether it is timed.
    pub(crate) fn next(&mut self, now: impl FnOnce() -> Moment) -> (Moment, bool) {
        self.untimed += 1;
        let is_timed = self.every <= self.untimed;
        if is_timed {
            (self.untimed, self.last) = (0, now());
        }
        (self.last, is_timed)
    }
}
