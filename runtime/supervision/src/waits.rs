//! Who waits for whom: which calls hold up the actor that makes them, and when that would never end.
//!
//! An actor that awaits a call in its handler (or while it starts or stops) takes no message until
//! the answer is there: it **waits for** the actor it asked. The wait ends when the question is
//! answered or dropped, when the asker gives up, or when the handling of the question ends and the
//! answer is still owed: from then on nobody can tell from whom it will come. A call that would
//! close a cycle of waits, a call to itself among them, is answered [`CallError::Deadlock`] at
//! once, and the question is not sent: none of those in the cycle could take it up or go on before
//! one of them gave up.
//!
//! What is no deadlock, and is never taken for one:
//! - A call awaited in piped work. It does not hold up its actor, which can take up whatever the
//!   others ask. (A handler that awaits an answer which hangs on such a call that comes back to it
//!   does wait in vain; it is the deadline, which the piped call has inherited, that ends it.)
//! - A question whose reply was handed on, once its handling has ended. A handler that hands the
//!   reply on to *another* actor, or to piped work that answers by itself, and then makes a call
//!   says so before with [`Reply::hand_on`](crate::Reply::hand_on).
//! - A question that waits for whichever worker of a pool is free. Once a worker has it in hand,
//!   its asker waits for that worker.
//! - [`request`](crate::Address::request) and a message that waits for room: they are not calls.
//!
//! A wait that ends only because its time is over is a wait until then. Who closes one cycle at the
//! same moment from several ends may all be told.

use std::fmt;
use std::sync::Arc;

use synod_supervision_waits::{SeatId, Waits};
use synod_types::actor::ActorId;

use crate::call::CallError;

/// Of all runtimes of this process.
static WAITS: Waits<ActorId> = Waits::new();

/// An actor's seat, as long as its mailbox lives.
#[derive(Debug)]
pub(crate) struct Chair(Option<SeatId>);

/// Who asked, and with which call.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asker {
    seat: SeatId,
    call: u64,
}

/// How an actor waits for the answers of its calls.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Waiting {
    /// It takes no message until then.
    Held(SeatId),
    /// Beside its work.
    Beside(SeatId),
}

/// A wait that stands as long as this.
#[derive(Debug)]
pub(crate) struct Wait {
    who: Waiting,
    call: u64,
}

/// Actors of which each would wait for the next, and the last for the first.
#[derive(Clone, PartialEq, Eq, Hash)]
pub struct Cycle(Arc<[ActorId]>);

/// For whom an actor waits.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct WaitView {
    /// Whose answers it awaits.
    pub actor: ActorId,
    /// Whether it takes no message until then; otherwise they are awaited in piped work.
    pub is_held: bool,
    /// How many answers.
    pub calls: usize,
}

impl Waiting {
    /// The same actor, beside its work.
    pub(crate) const fn beside(self) -> Self {
        let (Self::Held(seat) | Self::Beside(seat)) = self;
        Self::Beside(seat)
    }
}

impl Chair {
    pub(crate) fn of(actor: &ActorId) -> Self {
        Self(WAITS.sit(actor.clone()))
    }

    pub(crate) const fn seat(&self) -> Option<SeatId> {
        self.0
    }

    /// For whom the actor waits, by name; those that hold it up come first.
    pub(crate) fn views(&self) -> Vec<WaitView> {
        let Some(seat) = self.0 else { return Vec::new() };
        let mut views = Vec::new();
        for (mut asked, is_held) in [(WAITS.of(seat), true), (WAITS.beside(seat), false)] {
            asked.sort_unstable();
            for same in asked.chunk_by(|a, b| a == b) {
                views.push(WaitView { actor: same[0].clone(), is_held, calls: same.len() });
            }
        }
        views
    }
}

impl Drop for Chair {
    fn drop(&mut self) {
        if let Some(seat) = self.0 {
            WAITS.leave(seat);
        }
    }
}

impl Wait {
    /// # Errors
    /// [`CallError::Deadlock`].
    pub(crate) fn begin(who: Waiting, asked: SeatId, call: u64) -> Result<Self, CallError> {
        match who {
            Waiting::Beside(asker) => WAITS.begin_beside(asker, asked, call),
            Waiting::Held(asker) => WAITS.begin(asker, asked, call).map_err(|cycle| {
                let cycle = Cycle(cycle.0.into());
                cycle.report();
                CallError::Deadlock(cycle)
            })?,
        }
        Ok(Self { who, call })
    }

    /// Who waits so that a cycle may close.
    pub(crate) const fn asker(&self) -> Option<Asker> {
        match self.who {
            Waiting::Held(seat) => Some(Asker { seat, call: self.call }),
            Waiting::Beside(_) => None,
        }
    }
}

impl Drop for Wait {
    fn drop(&mut self) {
        match self.who {
            Waiting::Held(seat) => WAITS.end(seat, self.call),
            Waiting::Beside(seat) => WAITS.end_beside(seat, self.call),
        }
    }
}

impl Asker {
    pub(crate) const fn new(seat: SeatId, call: u64) -> Self {
        Self { seat, call }
    }

    pub(crate) const fn seat(self) -> SeatId {
        self.seat
    }

    /// It does not wait any more, or nobody knows for whom.
    pub(crate) fn released(self) {
        WAITS.end(self.seat, self.call);
    }

    /// Its question is in this one's hand.
    pub(crate) fn waits_for(self, asked: SeatId) {
        WAITS.pass(self.seat, self.call, asked);
    }
}

impl Cycle {
    /// Who asked first of all, whom that asked, and so on.
    pub fn actors(&self) -> &[ActorId] {
        &self.0
    }

    fn report(&self) {
        let Some(actor) = self.0.first() else { return };
        crate::metrics::deadlock(actor);
        tracing::error!(%actor, cycle = %self, "a call would wait for itself: not made");
    }
}

/// `a → b → a`.
impl fmt::Display for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for actor in self.0.iter() {
            write!(f, "{actor} → ")?;
        }
        self.0.first().map_or(Ok(()), |first| first.fmt(f))
    }
}

impl fmt::Debug for Cycle {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}
