//! Who waits for whom, and which wait would never end.
//!
//! ```text
//!   asker ── begin ──▶ is written down ──▶ is the asked one waiting? ── no ──▶ ask
//!                                                   └ yes: follow the waits ──▶ back at the asker?
//! ```
//!
//! Every actor has a seat, and at its seat stands for whom it waits: for most, one word that is
//! compared and swapped. There is no lock on the way of a wait that closes no cycle.
//!
//! **Every cycle is found.** A wait is written down before its asker looks. Of those who close a
//! cycle together, take the one whose wait is written down last: all others stand there when it
//! looks. More than one may find it, if they looked at the same time.
//!
//! **Nothing else is found.** Waits come and go while someone looks, so a path of waits that were
//! read one after another may never have stood there at one time. It is read twice: every wait has
//! a number of its own and never comes back, so if all are there the second time, all were there
//! between the first reading and the second.
//!
//! Both are checked by `tests/loom.rs`: for two at once, under every interleaving; for three, under
//! those that interrupt each twice at most. With random waits, one after another, against a plain
//! graph: `tests/model.rs`.

mod seat;

use std::collections::BTreeSet;
use std::num::NonZeroU32;
use std::sync::OnceLock;

use seat::{Seat, Wait};
use synod_supervision_sync::Mutex;

/// Seats on the first shelf; each further one has twice as many.
#[cfg(not(loom))]
const FIRST_SHELF: u32 = 64;
#[cfg(loom)]
const FIRST_SHELF: u32 = 4;
const SHELVES: usize = 18;
/// Actors that a search looks at before it takes the wait for harmless.
const SEARCHED_MAX: usize = 4_096;
/// Searches that find a path which is gone when it is read again, before the wait is taken for
/// harmless.
const SEARCHES_MAX: usize = 64;

/// All seats of a process.
#[derive(Debug)]
pub struct Waits<N> {
    /// Made when the one before is full; never moved and never freed.
    shelves: [OnceLock<Box<[Seat<N>]>>; SHELVES],
    free: Mutex<Free>,
}

/// An actor's seat.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SeatId(NonZeroU32);

#[derive(Debug)]
struct Free {
    /// How many seats were ever taken.
    taken: u32,
    left: Vec<SeatId>,
}

/// A wait that would never end: each waits for the next, and the last for the first, who asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cycle<N>(pub Vec<N>);

impl<N: Clone> Waits<N> {
    /// How many actors have a seat at once: 16,777,152.
    pub const SEATS_MAX: u32 = FIRST_SHELF * ((1 << SHELVES) - 1);

    /// Nobody waits.
    #[cfg(not(loom))]
    pub const fn new() -> Self {
        let free = Mutex::new(Free { taken: 0, left: Vec::new() });
        Self { shelves: [const { OnceLock::new() }; SHELVES], free }
    }

    /// Nobody waits.
    #[cfg(loom)]
    pub fn new() -> Self {
        let free = Mutex::new(Free { taken: 0, left: Vec::new() });
        Self { shelves: [const { OnceLock::new() }; SHELVES], free }
    }

    /// A seat, if one is free: without one, an actor's waits are not seen.
    pub fn sit(&self, name: N) -> Option<SeatId> {
        let mut free = self.free.lock();
        let seat = match free.left.pop() {
            Some(seat) => seat,
            None if free.taken < Self::SEATS_MAX => {
                free.taken += 1;
                SeatId(NonZeroU32::new(free.taken)?)
            }
            None => return None,
        };
        drop(free);
        let (shelf, _) = seat.place();
        self.shelves[shelf]
            .get_or_init(|| (0..FIRST_SHELF << shelf).map(|_| Seat::new()).collect());
        self.seat(seat).set_name(Some(name));
        Some(seat)
    }

    /// Gives a seat back. Nobody waits for it any more, and it for nobody.
    pub fn leave(&self, seat: SeatId) {
        self.seat(seat).set_name(None);
        self.free.lock().left.push(seat);
    }

    /// `asker` begins to wait for the answer of `asked` to `call`: a number that no other wait of
    /// the last 2⁴⁰ had.
    ///
    /// # Errors
    /// The [`Cycle`] it would close. Then it does not wait.
    pub fn begin(&self, asker: SeatId, asked: SeatId, call: u64) -> Result<(), Cycle<N>> {
        if asker == asked {
            return Err(self.named(&[asker]));
        }
        if !self.seat(asker).put(Wait::new(asked, call)) {
            return Ok(());
        }
        synod_supervision_sync::fence_for_loom();
        if !self.seat(asked).is_waiting() {
            return Ok(());
        }
        let Some(cycle) = self.search(asker, asked) else { return Ok(()) };
        self.end(asker, call);
        Err(self.named(&cycle))
    }

    /// `asker` waits no longer for `call`; nothing happens if it does not.
    pub fn end(&self, asker: SeatId, call: u64) {
        self.seat(asker).turn(call, None);
    }

    /// It is `to` who answers `call`. Nothing happens if nobody waits for that.
    pub fn pass(&self, asker: SeatId, call: u64, to: SeatId) {
        self.seat(asker).turn(call, Some(Wait::new(to, call)));
    }

    /// `asker` awaits the answer of `asked` to `call` beside its work: to be looked at only, for
    /// such a wait holds up nobody and closes no cycle.
    pub fn begin_beside(&self, asker: SeatId, asked: SeatId, call: u64) {
        self.seat(asker).put_beside(call, asked);
    }

    /// `asker` awaits that answer no longer.
    pub fn end_beside(&self, asker: SeatId, call: u64) {
        self.seat(asker).take_beside(call);
    }

    /// Whose answers it awaits beside its work.
    pub fn beside(&self, asker: SeatId) -> Vec<N> {
        let asked = self.seat(asker).beside();
        asked.into_iter().filter_map(|asked| self.seat(asked).name()).collect()
    }

    /// For whom it waits.
    pub fn of(&self, asker: SeatId) -> Vec<N> {
        let waits = self.seat(asker).waits();
        waits.into_iter().filter_map(|wait| self.seat(wait.whom()).name()).collect()
    }

    fn search(&self, asker: SeatId, asked: SeatId) -> Option<Vec<SeatId>> {
        for _ in 0..SEARCHES_MAX {
            let path = self.path(asked, asker)?;
            if path.iter().all(|&(seat, wait)| self.seat(seat).holds(wait)) {
                let rest = path.into_iter().map(|(seat, _)| seat);
                return Some(std::iter::once(asker).chain(rest).collect());
            }
        }
        None
    }

    /// Waits that lead from one to the other, each with whose it is, as they were read.
    fn path(&self, from: SeatId, to: SeatId) -> Option<Vec<(SeatId, Wait)>> {
        let mut seen = BTreeSet::from([from]);
        let mut path: Vec<(SeatId, Wait)> = Vec::new();
        let mut untried = vec![self.seat(from).waits()];
        while let Some(waits) = untried.last_mut() {
            let Some(wait) = waits.pop() else {
                untried.pop();
                path.pop();
                continue;
            };
            path.push((path.last().map_or(from, |(_, last)| last.whom()), wait));
            if wait.whom() == to {
                return Some(path);
            }
            if seen.len() < SEARCHED_MAX && seen.insert(wait.whom()) {
                untried.push(self.seat(wait.whom()).waits());
            } else {
                path.pop();
            }
        }
        None
    }

    fn named(&self, seats: &[SeatId]) -> Cycle<N> {
        Cycle(seats.iter().filter_map(|&seat| self.seat(seat).name()).collect())
    }

    #[expect(clippy::expect_used, reason = "a shelf is made before its first seat is taken")]
    fn seat(&self, id: SeatId) -> &Seat<N> {
        let (shelf, place) = id.place();
        &self.shelves[shelf].get().expect("the shelf is there")[place]
    }
}

impl<N: Clone> Default for Waits<N> {
    fn default() -> Self {
        Self::new()
    }
}

impl SeatId {
    /// Its number: never zero, and below 2²⁴.
    pub const fn number(self) -> u32 {
        self.0.get()
    }

    /// The seat of that number, which one has been told by [`Self::number`].
    pub fn numbered(number: u32) -> Option<Self> {
        NonZeroU32::new(number).map(Self)
    }

    /// On which shelf it stands, and where.
    const fn place(self) -> (usize, usize) {
        let number = self.0.get() - 1;
        let shelf = (number / FIRST_SHELF + 1).ilog2();
        let before = FIRST_SHELF * ((1 << shelf) - 1);
        (shelf as usize, (number - before) as usize)
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
