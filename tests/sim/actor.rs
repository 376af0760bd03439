//! An actor that does what the parcel it is handed says, and a ledger of what became of each.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use parking_lot::Mutex;
use synod_supervision::{Actor, Address, Context, Failure, Lane, Message, Overflow, Reply};

use crate::dice::Dice;
use crate::trace::Trace;

pub(crate) const TOLD_TO: &str = "told to";
pub(crate) const IN_PIPE: &str = "in a pipe";

/// What all actors of one world share.
pub(crate) struct Shared {
    pub(crate) seed: u64,
    pub(crate) trace: Trace,
    pub(crate) addresses: OnceLock<Vec<Address<Play>>>,
    /// One for each parcel, by its number.
    pub(crate) fates: Mutex<Vec<Fate>>,
    /// States and pieces of work that exist, by actor.
    pub(crate) alive: Vec<AtomicUsize>,
    pub(crate) is_cruel: AtomicBool,
    pub(crate) violations: Mutex<Vec<String>>,
}

/// What became of a parcel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Fate {
    pub(crate) target: usize,
    pub(crate) is_accepted: bool,
    pub(crate) begun: u8,
    pub(crate) ended: u8,
    /// Gone before anyone looked at it.
    pub(crate) dropped: u8,
}

#[derive(Debug)]
pub(crate) enum Play {
    Parcel(Parcel),
    /// What an actor tells itself: an alarm, work that is done, an answer.
    Echo(u64),
}

#[derive(Debug)]
pub(crate) struct Parcel {
    pub(crate) lane: Lane,
    pub(crate) overflow: Overflow,
    pub(crate) deed: Deed,
    ticket: Ticket,
}

#[derive(Debug)]
pub(crate) enum Deed {
    Nothing,
    Dwell(Duration),
    Pipe(Duration),
    Wake(Duration),
    /// Hand one like it to another, if there is room.
    Forward(usize),
    /// Ask another, and hear the answer as a message.
    Ask(usize),
    Answer(Reply<u64>),
    Panic,
    Fail,
    Hang,
    PanicInPipe,
}

/// Knows whether its parcel was ever looked at.
struct Ticket {
    number: u64,
    is_begun: bool,
    shared: Arc<Shared>,
}

impl std::fmt::Debug for Ticket {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.number.fmt(f)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.is_begun {
            self.shared.fates.lock()[self.number as usize].dropped += 1;
        }
    }
}

impl Message for Play {
    fn kind(&self) -> &'static str {
        if matches!(self, Self::Echo(_)) { "echo" } else { "parcel" }
    }

    fn lane(&self) -> Lane {
        if let Self::Parcel(parcel) = self { parcel.lane } else { Lane::High }
    }

    fn overflow(&self) -> Overflow {
        if let Self::Parcel(parcel) = self { parcel.overflow } else { Overflow::Refuse }
    }
}

impl Shared {
    /// A parcel nobody has accepted yet, and its number.
    pub(crate) fn parcel(
        self: &Arc<Self>,
        target: usize,
        (lane, overflow): (Lane, Overflow),
        deed: Deed,
    ) -> (u64, Play) {
        let mut fates = self.fates.lock();
        let number = fates.len() as u64;
        fates.push(Fate { target, ..Fate::default() });
        let ticket = Ticket { number, is_begun: false, shared: Arc::clone(self) };
        (number, Play::Parcel(Parcel { lane, overflow, deed, ticket }))
    }

    pub(crate) fn address(&self, target: usize) -> &Address<Play> {
        &self.addresses.get().unwrap()[target]
    }

    pub(crate) fn accepted(&self, number: u64) {
        let mut fates = self.fates.lock();
        let fate = &mut fates[number as usize];
        fate.is_accepted = true;
        self.trace.write(format_args!("{number} for {}", fate.target));
    }
}

/// Counted as long as it exists.
struct Alive(Arc<Shared>, usize);

impl Alive {
    fn enter(shared: &Arc<Shared>, who: usize) -> (Self, usize) {
        let before = shared.alive[who].fetch_add(1, Ordering::SeqCst);
        (Self(Arc::clone(shared), who), before)
    }
}

impl Drop for Alive {
    fn drop(&mut self) {
        self.0.alive[self.1].fetch_sub(1, Ordering::SeqCst);
        self.0.trace.write(format_args!("{} lets go", self.1));
    }
}

#[derive(Clone)]
pub(crate) struct PlayerArgs {
    pub(crate) shared: Arc<Shared>,
    pub(crate) who: usize,
}

pub(crate) struct Player {
    shared: Arc<Shared>,
    who: usize,
    _alive: Alive,
}

impl Actor for Player {
    type Msg = Play;
    type Args = PlayerArgs;

    async fn start(ctx: &Context<Play>, args: PlayerArgs) -> Result<Self, Failure> {
        let PlayerArgs { shared, who } = args;
        let life = ctx.incarnation().0;
        let (alive, others) = Alive::enter(&shared, who);
        if 0 < others {
            let text = format!("life {life} of {who} overlaps {others} pieces of the last");
            shared.violations.lock().push(text);
        }
        if shared.is_cruel.load(Ordering::SeqCst) {
            let mut dice = Dice::new(shared.seed).for_the(who as u64).for_the(life);
            match dice.roll(24) {
                0 => return Err(Failure::because("stillborn")),
                1 => panic!("{TOLD_TO}"),
                // Longer than a start may take.
                2 => tokio::time::sleep(Duration::from_secs(3)).await,
                3..8 => tokio::time::sleep(dice.time(Duration::from_millis(300))).await,
                _ => (),
            }
        }
        shared.trace.write(format_args!("{who} starts life {life}"));
        Ok(Self { shared, who, _alive: alive })
    }

    async fn handle(&mut self, ctx: &Context<Play>, msg: Play) -> Result<(), Failure> {
        let mut parcel = match msg {
            Play::Parcel(parcel) => parcel,
            Play::Echo(number) => {
                self.shared.trace.write(format_args!("{} hears of {number}", self.who));
                return Ok(());
            }
        };
        let number = parcel.ticket.number;
        parcel.ticket.is_begun = true;
        self.shared.fates.lock()[number as usize].begun += 1;
        self.shared.trace.write(format_args!("{} begins {number}", self.who));
        let how = (parcel.lane, parcel.overflow);
        self.carry_out(ctx, number, how, parcel.deed).await?;
        self.shared.fates.lock()[number as usize].ended += 1;
        self.shared.trace.write(format_args!("{} ends {number}", self.who));
        Ok(())
    }

    async fn stop(&mut self, _: &Context<Play>) {
        self.shared.trace.write(format_args!("{} stops", self.who));
    }
}

impl Player {
    async fn carry_out(
        &self,
        ctx: &Context<Play>,
        number: u64,
        how: (Lane, Overflow),
        deed: Deed,
    ) -> Result<(), Failure> {
        let shared = &self.shared;
        match deed {
            Deed::Nothing => (),
            Deed::Dwell(time) => tokio::time::sleep(time).await,
            Deed::Pipe(time) => {
                let (alive, _) = Alive::enter(shared, self.who);
                let work = async move {
                    let _alive = alive;
                    tokio::time::sleep(time).await;
                };
                ctx.pipe(work, move |()| Play::Echo(number))?;
            }
            Deed::Wake(time) => ctx.wake_at(ctx.now() + time, Play::Echo(number)),
            Deed::Forward(to) => {
                let (number, parcel) = shared.parcel(to, how, Deed::Nothing);
                if shared.address(to).tell(parcel).is_ok() {
                    shared.accepted(number);
                }
            }
            Deed::Ask(whom) => {
                let asked = ask(Arc::clone(shared), whom);
                ctx.pipe(asked, move |()| Play::Echo(number))?;
            }
            Deed::Answer(reply) => reply.answer(number),
            Deed::Panic => panic!("{TOLD_TO}"),
            Deed::Fail => return Err(Failure::because(TOLD_TO)),
            Deed::Hang => std::future::pending().await,
            Deed::PanicInPipe => ctx.pipe(async { panic!("{IN_PIPE}") }, |()| Play::Echo(0))?,
        }
        Ok(())
    }
}

async fn ask(shared: Arc<Shared>, whom: usize) {
    let mut asked = 0;
    let question = |reply| {
        let how = (Lane::Normal, Overflow::Refuse);
        let (number, parcel) = shared.parcel(whom, how, Deed::Answer(reply));
        asked = number;
        parcel
    };
    // What is refused when there is no room is accepted or refused at once.
    if let Ok(pending) = shared.address(whom).request(question).await {
        shared.accepted(asked);
        let told = pending.within(Duration::from_secs(5)).await;
        shared.trace.write(format_args!("{asked} is told {told:?}"));
    }
}
