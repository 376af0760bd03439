//! For whom one actor waits.

use std::collections::BTreeMap;
use std::num::NonZeroU32;

use crate::SeatId;
use synod_supervision_sync::{AtomicU64, AtomicUsize, Mutex, Ordering};

/// For whom, and for the answer to which call: 24 and 40 bits. Never zero.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wait(u64);

impl Wait {
    const CALL_BITS: u32 = 40;
    const CALL: u64 = (1 << Self::CALL_BITS) - 1;

    pub(crate) const fn new(whom: SeatId, call: u64) -> Self {
        Self((whom.0.get() as u64) << Self::CALL_BITS | call & Self::CALL)
    }

    pub(crate) const fn whom(self) -> SeatId {
        match NonZeroU32::new((self.0 >> Self::CALL_BITS) as u32) {
            Some(seat) => SeatId(seat),
            None => panic!("a wait is for someone"),
        }
    }

    const fn is_for(self, call: u64) -> bool {
        self.0 & Self::CALL == call & Self::CALL
    }
}

/// Sequentially consistent where a wait is written down and where one is looked for: of two who
/// do both, one sees the other.
#[derive(Debug)]
#[repr(align(64))]
pub(crate) struct Seat<N> {
    /// A wait, or zero.
    first: AtomicU64,
    /// Waits beside the first, of handlers that wait for several at once.
    more: Mutex<Vec<Wait>>,
    more_len: AtomicUsize,
    /// Which calls it made beside its work, and to whom.
    beside: Mutex<BTreeMap<u64, SeatId>>,
    name: Mutex<Option<N>>,
}

/// Waits of one actor beside its first. Beyond that they are not seen.
const MORE_MAX: usize = 63;
/// Waits of one actor beside its work. Beyond that they are not seen.
const BESIDE_MAX: usize = 4_096;

impl<N: Clone> Seat<N> {
    pub(crate) fn new() -> Self {
        Self {
            first: AtomicU64::new(0),
            more: Mutex::new(Vec::new()),
            more_len: AtomicUsize::new(0),
            beside: Mutex::new(BTreeMap::new()),
            name: Mutex::new(None),
        }
    }

    pub(crate) fn set_name(&self, name: Option<N>) {
        *self.name.lock() = name;
    }

    pub(crate) fn name(&self) -> Option<N> {
        self.name.lock().clone()
    }

    pub(crate) fn put_beside(&self, call: u64, asked: SeatId) {
        let mut beside = self.beside.lock();
        if beside.len() < BESIDE_MAX {
            beside.insert(call, asked);
        }
    }

    pub(crate) fn take_beside(&self, call: u64) {
        self.beside.lock().remove(&call);
    }

    pub(crate) fn beside(&self) -> Vec<SeatId> {
        self.beside.lock().values().copied().collect()
    }

    /// Writes a wait down, if there is room.
    pub(crate) fn put(&self, wait: Wait) -> bool {
        let (order, failed) = (Ordering::SeqCst, Ordering::Relaxed);
        if self.first.compare_exchange(0, wait.0, order, failed).is_ok() {
            return true;
        }
        let mut more = self.more.lock();
        let has_room = more.len() < MORE_MAX;
        if has_room {
            more.push(wait);
            self.more_len.store(more.len(), Ordering::SeqCst);
        }
        has_room
    }

    pub(crate) fn is_waiting(&self) -> bool {
        self.first.load(Ordering::SeqCst) != 0 || self.more_len.load(Ordering::SeqCst) != 0
    }

    pub(crate) fn waits(&self) -> Vec<Wait> {
        let first = Some(self.first.load(Ordering::SeqCst)).filter(|&first| first != 0).map(Wait);
        let mut waits = Vec::from_iter(first);
        if self.more_len.load(Ordering::SeqCst) != 0 {
            waits.extend_from_slice(&self.more.lock());
        }
        waits
    }

    /// Whether it still stands there.
    pub(crate) fn holds(&self, wait: Wait) -> bool {
        self.first.load(Ordering::SeqCst) == wait.0
            || (self.more_len.load(Ordering::SeqCst) != 0 && self.more.lock().contains(&wait))
    }

    /// Puts another in the place of the wait for this call, or nothing.
    pub(crate) fn turn(&self, call: u64, other: Option<Wait>) {
        let other_bits = other.map_or(0, |wait| wait.0);
        let mut first = self.first.load(Ordering::SeqCst);
        while first != 0 && Wait(first).is_for(call) {
            let (order, failed) = (Ordering::SeqCst, Ordering::SeqCst);
            match self.first.compare_exchange(first, other_bits, order, failed) {
                Ok(_) => return,
                Err(now) => first = now,
            }
        }
        if self.more_len.load(Ordering::SeqCst) == 0 {
            return;
        }
        let mut more = self.more.lock();
        let Some(at) = more.iter().position(|wait| wait.is_for(call)) else { return };
        match other {
            Some(other) => more[at] = other,
            None => drop(more.swap_remove(at)),
        }
        self.more_len.store(more.len(), Ordering::SeqCst);
    }
}
