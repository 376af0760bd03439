/// Workers that one pool may have.
pub const WORKERS_MAX: usize = 1000;

/// The workers of a pool: who rests, and whom to call for one more message.
///
/// A worker that found nothing to do rests and is called when something comes. Of those that rest
/// the one called is that which rests for the shortest time: what it uses is still warm, and of a
/// pool with little to do the others can sleep on. Workers from `size` on are dismissed: they take
/// nothing and are not called.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Crew {
    workers: usize,
    size: usize,
    /// Without duplicates, and all below `size`.
    resting: Vec<usize>,
}

/// Why a pool cannot have that many workers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidSize {
    /// Nobody would do the work.
    #[error("a pool needs at least one worker")]
    None,
    /// It has no more.
    #[error("{workers} workers are more than the {max} the pool may have")]
    TooMany {
        /// How many were wanted.
        workers: usize,
        /// The most.
        max: usize,
    },
    /// While a key moves from one worker to another, two would have messages of it.
    #[error("the workers of a keyed pool are fixed while it runs")]
    Keyed,
}

impl Crew {
    /// `workers` that may be employed, the first `size` of which are.
    ///
    /// # Errors
    /// [`InvalidSize`] unless 1 ≤ `size` ≤ `workers` ≤ [`WORKERS_MAX`].
    pub fn new(workers: usize, size: usize) -> Result<Self, InvalidSize> {
        if WORKERS_MAX < workers {
            return Err(InvalidSize::TooMany { workers, max: WORKERS_MAX });
        }
        check(size, workers)?;
        Ok(Self { workers, size, resting: Vec::new() })
    }

    /// Workers that may be employed.
    pub const fn workers(&self) -> usize {
        self.workers
    }

    /// Workers employed.
    pub const fn size(&self) -> usize {
        self.size
    }

    /// Employed workers that rest.
    pub const fn resting(&self) -> usize {
        self.resting.len()
    }

    /// Whether `worker` may take a message.
    pub const fn employs(&self, worker: usize) -> bool {
        worker < self.size
    }

    /// `worker` found nothing to do, and waits to be called.
    pub fn rest(&mut self, worker: usize) {
        if self.employs(worker) && !self.resting.contains(&worker) {
            self.resting.push(worker);
        }
    }

    /// `worker` is up, or gone: it is not to be called.
    pub fn rise(&mut self, worker: usize) {
        self.resting.retain(|&resting| resting != worker);
    }

    /// Whom to call for one more message. Nobody: all are at work and will come by themselves.
    pub fn call(&mut self) -> Option<usize> {
        self.resting.pop()
    }

    /// Employs the first `size` workers, and says which of them were not before: they do not know
    /// yet that there may be something to do.
    ///
    /// # Errors
    /// [`InvalidSize`], and nothing is changed.
    pub fn resize(&mut self, size: usize) -> Result<std::ops::Range<usize>, InvalidSize> {
        check(size, self.workers)?;
        let before = std::mem::replace(&mut self.size, size);
        self.resting.retain(|&worker| worker < size);
        Ok(before..size.max(before))
    }
}

const fn check(size: usize, max: usize) -> Result<(), InvalidSize> {
    match size {
        0 => Err(InvalidSize::None),
        _ if max < size => Err(InvalidSize::TooMany { workers: size, max }),
        _ => Ok(()),
    }
}

/// Which of `workers` has the messages of `key`: the same one each time, all alike often, and of
/// one worker more or fewer only as many keys move as must.
///
/// Jump consistent hashing (Lamping and Veach, 2014). Keys need not be spread: they are here.
pub fn worker_of(key: u64, workers: usize) -> usize {
    let mut seed = crate::jitter::splitmix64(key);
    let (mut worker, mut next) = (0, 0);
    while next < workers {
        worker = next;
        seed = seed.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(1);
        // (worker + 1) · 2³¹ / (the upper 31 bits + 1), in integers: the same on every machine.
        let jump = (worker as u128 + 1) << 31;
        next = usize::try_from(jump / (u128::from(seed >> 33) + 1)).unwrap_or(usize::MAX);
    }
    worker
}

#[cfg(test)]
mod tests;
