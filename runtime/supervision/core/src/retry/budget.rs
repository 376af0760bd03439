//! How many repeats all callers of a dependency may make together: a share of the calls they make
//! for the first time. When everything fails, a share more is all that is asked.

use std::time::Duration;

use synod_types::time::Moment;

/// Repeats within one window that a policy may allow.
pub const RETRIES_MAX: u32 = 1_000_000;

/// A window moves by so many parts of it.
const SLICES: u64 = 10;

/// What repeats are paid from.
///
/// A first call is worth `percent` hundredths of a repeat for as long as it is in the window. At
/// any moment, the repeats of the last nine tenths of the window are no more than `retries_max`,
/// and no more than the floor and that share of the first calls of the last window.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BudgetPolicy {
    /// How long a call counts; to within a tenth of it.
    pub window: Duration,
    /// How many repeats a hundred first calls pay for, at most 100.
    pub percent: u8,
    /// The floor: so many repeats a second are free, so that who calls rarely may repeat too.
    /// Those of the whole window may be made at once.
    pub per_second_min: u32,
    /// Repeats within the window, however many calls there were; 1 to [`RETRIES_MAX`].
    pub retries_max: u32,
}

impl Default for BudgetPolicy {
    fn default() -> Self {
        Self::DEFAULT
    }
}

impl BudgetPolicy {
    /// A fifth of the calls and one a second, in ten seconds no more than a hundred.
    pub const DEFAULT: Self =
        Self { window: Duration::from_secs(10), percent: 20, per_second_min: 1, retries_max: 100 };

    pub(super) fn bounded(self) -> Self {
        Self {
            window: self.window.max(Duration::from_millis(1)),
            percent: self.percent.min(100),
            retries_max: self.retries_max.clamp(1, RETRIES_MAX),
            ..self
        }
    }

    /// Repeats that so many first calls in the window and the floor allow.
    fn allows(&self, firsts: u64) -> u64 {
        let free = u128::from(self.per_second_min) * self.window.as_nanos() / 1_000_000_000;
        let free = u64::try_from(free).unwrap_or(u64::MAX);
        let earned = firsts.saturating_mul(u64::from(self.percent)) / 100;
        free.saturating_add(earned).min(u64::from(self.retries_max))
    }
}

#[derive(Clone, Copy, Debug, Default)]
struct Slice {
    firsts: u64,
    repeats: u64,
}

/// First calls and repeats of the last window.
#[derive(Clone, Debug)]
pub struct RetryBudget {
    policy: BudgetPolicy,
    /// Of a ring; a slice's place is its number modulo their number.
    slices: [Slice; SLICES as usize],
    /// The number of the newest slice.
    newest: u64,
}

impl RetryBudget {
    /// Nothing was called.
    pub fn new(policy: BudgetPolicy) -> Self {
        Self { policy: policy.bounded(), slices: [Slice::default(); SLICES as usize], newest: 0 }
    }

    /// A call was made for the first time.
    pub fn deposit(&mut self, now: Moment) {
        self.slice(now).firsts += 1;
    }

    /// Pays for one repeat. Whether there was enough.
    pub fn withdraw(&mut self, now: Moment) -> bool {
        let is_enough = 0 < self.left(now);
        self.slice(now).repeats += u64::from(is_enough);
        is_enough
    }

    /// Repeats that may be made now.
    pub fn left(&mut self, now: Moment) -> u32 {
        self.slice(now);
        let firsts = self.slices.iter().map(|slice| slice.firsts).sum();
        let repeats: u64 = self.slices.iter().map(|slice| slice.repeats).sum();
        let left = self.policy.allows(firsts).saturating_sub(repeats);
        u32::try_from(left).unwrap_or(u32::MAX)
    }

    /// The slice of `now`, once those are forgotten that are too old. Time does not go back.
    fn slice(&mut self, now: Moment) -> &mut Slice {
        let width = u64::try_from(self.policy.window.as_nanos()).unwrap_or(u64::MAX) / SLICES;
        let number = (now.unix_nanos() / width).max(self.newest);
        for new in (self.newest..number).take(SLICES as usize) {
            self.slices[((new + 1) % SLICES) as usize] = Slice::default();
        }
        self.newest = number;
        &mut self.slices[(number % SLICES) as usize]
    }
}
