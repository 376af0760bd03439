//! An actor that does what it is ordered, however bad, and a ledger of all it did.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use parking_lot::Mutex;
use synod_supervision::{Actor, Context, Failure, Lane, Message, Overflow, Reply};
use synod_types::actor::Incarnation;

/// Numbers from a seed (splitmix64).
#[derive(Clone, Debug)]
pub struct Dice(pub u64);

impl Dice {
    pub fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % sides
    }

    pub fn time(&mut self) -> Duration {
        Duration::from_micros(self.roll(3_000))
    }
}

#[derive(Debug)]
pub struct Order {
    pub number: u64,
    pub lane: Lane,
    pub deed: Deed,
}

#[derive(Debug)]
pub enum Deed {
    Nothing,
    Dwell(Duration),
    Panic,
    Fail,
    Hang,
    Pipe(Duration),
    Block(Duration),
    Wake(Duration),
    PanicInPipe,
    Ask(Reply<u64>),
    /// Answered never; the reply dies with the incarnation.
    Keep(Reply<u64>),
    /// What an order begun with this number led to.
    Done,
}

impl Message for Order {
    fn kind(&self) -> &'static str {
        if matches!(self.deed, Deed::Done) { "done" } else { "order" }
    }

    fn lane(&self) -> Lane {
        self.lane
    }

    fn overflow(&self) -> Overflow {
        Overflow::Wait
    }
}

/// What all incarnations of one soldier did.
#[derive(Default)]
pub struct Ledger {
    /// Orders whose handling began, in order.
    pub begun: Mutex<Vec<(Incarnation, Lane, u64)>>,
    pub ended: Mutex<BTreeSet<u64>>,
    /// Orders that began work beside the handler, and those whose work came back.
    pub started: Mutex<BTreeSet<u64>>,
    pub done: Mutex<BTreeSet<u64>>,
    pub violations: Mutex<Vec<String>>,
    pub alive: AtomicUsize,
    pub piped: AtomicUsize,
}

/// Counted as long as it is alive.
struct Counted(Arc<Ledger>, fn(&Ledger) -> &AtomicUsize);

impl Counted {
    fn enter(ledger: &Arc<Ledger>, which: fn(&Ledger) -> &AtomicUsize) -> (Self, usize) {
        let before = which(ledger).fetch_add(1, Ordering::SeqCst);
        (Self(Arc::clone(ledger), which), before)
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        (self.1)(&self.0).fetch_sub(1, Ordering::SeqCst);
    }
}

#[derive(Clone)]
pub struct SoldierArgs {
    pub ledger: Arc<Ledger>,
    /// For starts; without dice all succeed.
    pub dice: Option<Arc<Mutex<Dice>>>,
}

pub struct Soldier {
    ledger: Arc<Ledger>,
    kept: Vec<Reply<u64>>,
    _alive: Counted,
}

impl Actor for Soldier {
    type Msg = Order;
    type Args = SoldierArgs;

    async fn start(ctx: &Context<Order>, args: SoldierArgs) -> Result<Self, Failure> {
        let ledger = args.ledger;
        let (alive, others) = Counted::enter(&ledger, |ledger| &ledger.alive);
        let piped = ledger.piped.load(Ordering::SeqCst);
        if 0 < others + piped {
            let text = format!("{ctx:?} overlaps {others} states and {piped} pieces of work");
            ledger.violations.lock().push(text);
        }
        if let Some(dice) = args.dice {
            let (luck, time) = {
                let mut dice = dice.lock();
                (dice.roll(12), dice.time())
            };
            match luck {
                0 => return Err(Failure::because("stillborn")),
                1 => panic!("born badly"),
                2..=4 => tokio::time::sleep(time).await,
                5 => {
                    let (piped, _) = Counted::enter(&ledger, |ledger| &ledger.piped);
                    ctx.pipe(async move { drop(piped) }, |()| done(0))?;
                    tokio::time::sleep(time).await;
                }
                _ => (),
            }
        }
        Ok(Self { ledger, kept: Vec::new(), _alive: alive })
    }

    async fn handle(&mut self, ctx: &Context<Order>, order: Order) -> Result<(), Failure> {
        let Order { number, lane, deed } = order;
        if matches!(deed, Deed::Done) {
            if 0 < number && !self.ledger.done.lock().insert(number) {
                self.ledger.violations.lock().push(format!("{number} was done twice"));
            }
            return Ok(());
        }
        self.ledger.begun.lock().push((ctx.incarnation(), lane, number));
        self.carry_out(ctx, number, deed).await?;
        self.ledger.ended.lock().insert(number);
        Ok(())
    }
}

fn done(number: u64) -> Order {
    Order { number, lane: Lane::High, deed: Deed::Done }
}

impl Soldier {
    async fn carry_out(
        &mut self,
        ctx: &Context<Order>,
        number: u64,
        deed: Deed,
    ) -> Result<(), Failure> {
        let (piped, _) = Counted::enter(&self.ledger, |ledger| &ledger.piped);
        match deed {
            Deed::Nothing | Deed::Done => (),
            Deed::Dwell(time) => tokio::time::sleep(time).await,
            Deed::Panic => panic!("told to"),
            Deed::Fail => return Err(Failure::because("told to")),
            Deed::Hang => std::future::pending().await,
            Deed::Pipe(time) => {
                self.ledger.started.lock().insert(number);
                let work = async move {
                    let _piped = piped;
                    tokio::time::sleep(time).await;
                };
                ctx.pipe(work, move |()| done(number))?;
            }
            Deed::Block(time) => {
                self.ledger.started.lock().insert(number);
                let time = time.min(Duration::from_micros(200));
                ctx.blocking(move || std::thread::sleep(time), move |_| done(number))?;
            }
            Deed::Wake(time) => ctx.wake_at(ctx.now() + time, done(number)),
            Deed::PanicInPipe => ctx.pipe(async { panic!("in a pipe") }, |()| done(0))?,
            Deed::Ask(reply) => reply.answer(number),
            Deed::Keep(reply) => self.kept.push(reply),
        }
        Ok(())
    }
}
