//! A message that its actor dies of is tried again, then kept apart; nothing else is lost.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};
use std::time::Duration;

use common::{Diary, child, id, pass, policy};
use synod_supervision::core::{Fingerprint, OnStuck, Strategy, Watch, WatchPolicy};
use synod_supervision::{
    Actor, Address, CallError, Capacity, ChildSpec, Clock, Context, DeadFilter, DeadLetter,
    DeadReason, Failure, Message, RejectReason, ReplayError, Reply, Running, Runtime, RuntimeEvent,
    RuntimeLimits, SupervisorSpec, fingerprint,
};
use synod_types::time::Moment;

const SECOND: Duration = Duration::from_secs(1);

/// Told to an actor that dies of much.
#[derive(Debug)]
enum Fate {
    /// Harmless. Cannot be copied.
    Note(u32),
    /// Kills until the actor is cured. Can be copied and is known again.
    Toxin(u32),
    /// As [`Fate::Toxin`], but is not known again.
    Unmarked(u32),
    /// Fails so often, then is harmless.
    Fails(Arc<AtomicU32>),
    /// Takes its time, each time.
    Dwell(Duration),
    /// Tells itself a [`Fate::Toxin`] so much later.
    Sow(Duration),
    /// Fails until the actor is cured. Cannot be copied, is known again.
    Need(Reply<()>),
    /// Kills if it asks about an odd number. Cannot be copied, is known again.
    Ask(u32, Reply<u32>),
}

impl Message for Fate {
    fn kind(&self) -> &'static str {
        match self {
            Self::Note(_) => "note",
            Self::Toxin(_) => "toxin",
            Self::Unmarked(_) => "unmarked",
            Self::Fails(_) => "fails",
            Self::Dwell(_) => "dwell",
            Self::Sow(_) => "sow",
            Self::Need(_) => "need",
            Self::Ask(..) => "ask",
        }
    }

    fn again(&self) -> Option<Self> {
        match self {
            Self::Toxin(n) => Some(Self::Toxin(*n)),
            Self::Unmarked(n) => Some(Self::Unmarked(*n)),
            Self::Fails(left) => Some(Self::Fails(Arc::clone(left))),
            Self::Dwell(time) => Some(Self::Dwell(*time)),
            Self::Note(_) | Self::Sow(_) | Self::Need(_) | Self::Ask(..) => None,
        }
    }

    fn digest(&self) -> Option<Fingerprint> {
        match self {
            Self::Toxin(n) | Self::Ask(n, _) => Some(fingerprint(self.kind(), n)),
            Self::Need(_) => Some(fingerprint(self.kind(), &())),
            Self::Note(_) | Self::Unmarked(_) | Self::Fails(_) | Self::Dwell(_) | Self::Sow(_) => {
                None
            }
        }
    }
}

#[derive(Clone, Default)]
struct Body {
    diary: Diary,
    is_cured: Arc<AtomicBool>,
}

struct Mortal(Body);

impl Actor for Mortal {
    type Msg = Fate;
    type Args = Body;

    async fn start(_: &Context<Fate>, body: Body) -> Result<Self, Failure> {
        Ok(Self(body))
    }

    async fn handle(&mut self, ctx: &Context<Fate>, msg: Fate) -> Result<(), Failure> {
        let is_cured = self.0.is_cured.load(Ordering::SeqCst);
        match msg {
            Fate::Note(n) => self.0.diary.note(n.to_string()),
            Fate::Toxin(n) | Fate::Unmarked(n) if is_cured => self.0.diary.note(format!("ate {n}")),
            Fate::Toxin(n) | Fate::Unmarked(n) => panic!("cannot bear {n}"),
            Fate::Fails(left) => {
                if 0 < left.load(Ordering::SeqCst) {
                    left.fetch_sub(1, Ordering::SeqCst);
                    return Err(Failure::because("not yet"));
                }
                self.0.diary.note("at last");
            }
            Fate::Dwell(time) => {
                tokio::time::sleep(time).await;
                self.0.diary.note("dwelt");
            }
            Fate::Sow(after) => ctx.pipe(tokio::time::sleep(after), |()| Fate::Toxin(0))?,
            Fate::Need(reply) if is_cured => reply.answer(()),
            Fate::Need(_) => return Err(Failure::because("not without what I need")),
            Fate::Ask(n, _) if n % 2 == 1 => panic!("cannot answer {n}"),
            Fate::Ask(n, reply) => reply.answer(n),
        }
        Ok(())
    }
}

struct Ward {
    runtime: Runtime,
    address: Address<Fate>,
    body: Body,
    _running: Running,
}

impl Ward {
    async fn open(limits: RuntimeLimits, room: usize) -> Self {
        let clock = Clock::starting_at(Moment::from_unix_seconds(1_000));
        let runtime = Runtime::new(clock, limits);
        let capacity = Capacity { control: room, high: room, normal: room };
        let address = runtime.address(id("m"), capacity);
        let body = Body::default();
        let children = vec![ChildSpec::worker::<Mortal>(child("m"), &address, body.clone())];
        let policy = policy(Strategy::OneForOne, 100);
        let root = SupervisorSpec { id: id("root"), policy, children };
        let mut running = runtime.start(root).await.unwrap();
        assert!(running.ready().await);
        Self { runtime, address, body, _running: running }
    }

    async fn tell(&self, msgs: impl IntoIterator<Item = Fate>) {
        msgs.into_iter().for_each(|msg| self.address.tell(msg).unwrap());
        pass(60 * SECOND).await;
    }

    fn life(&self) -> u64 {
        self.runtime.tree(&id("root")).children[0].node.incarnation.0
    }

    fn dead(&self) -> Vec<(&'static str, DeadReason)> {
        self.runtime.dead_letters().iter().map(|dead| (dead.kind, dead.reason)).collect()
    }

    fn last(&self) -> DeadLetter {
        self.runtime.dead_letters().pop().unwrap()
    }
}

async fn ward() -> Ward {
    Ward::open(RuntimeLimits::default(), 2_048).await
}

fn numbers(lines: &[String]) -> Vec<u32> {
    lines.iter().map(|line| line.parse().unwrap()).collect()
}

#[tokio::test(start_paused = true)]
async fn of_a_thousand_messages_only_the_one_that_kills_is_not_delivered() {
    let ward = ward().await;
    let mut events = ward.runtime.watch();
    let msgs = (0..1_000).map(|n| if n == 100 { Fate::Toxin(n) } else { Fate::Note(n) });
    ward.tell(msgs).await;
    let others: Vec<u32> = (0..1_000).filter(|n| *n != 100).collect();
    assert_eq!(numbers(&ward.body.diary.lines()), others, "999 of 999, in order, once");
    assert_eq!((ward.life(), ward.dead()), (4, vec![("toxin", DeadReason::Quarantined)]));
    let letter = ward.last();
    assert_eq!(letter.lives.iter().map(|life| life.0).collect::<Vec<_>>(), [1, 2, 3]);
    assert_eq!(letter.cause.as_deref(), Some("panicked: cannot bear 100"));
    assert!(letter.can_replay && letter.digest.is_some() && letter.bytes == Some(4));
    let mut told = Vec::new();
    while let Ok(event) = events.try_recv() {
        if let RuntimeEvent::Quarantined { kind, deaths, id, .. } = event {
            told.push((kind, deaths, id));
        }
    }
    assert_eq!(told, [("toxin", 3, letter.id)]);
}

#[tokio::test(start_paused = true)]
async fn it_dies_as_often_as_it_is_set_to() {
    for deaths in [1, 2, 5] {
        let ward = ward().await;
        ward.runtime.quarantine_after(&id("m"), deaths).unwrap();
        ward.tell([Fate::Unmarked(7), Fate::Note(8)]).await;
        assert_eq!((ward.life(), ward.last().lives.len()), (deaths as u64 + 1, deaths));
        assert_eq!(ward.body.diary.lines(), ["8"]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_message_that_fails_its_actor_less_often_is_delivered_in_its_turn() {
    let ward = ward().await;
    let twice = Arc::new(AtomicU32::new(2));
    ward.tell([Fate::Note(1), Fate::Fails(twice), Fate::Note(2)]).await;
    assert_eq!(ward.body.diary.lines(), ["1", "at last", "2"]);
    assert_eq!((ward.life(), ward.dead()), (3, vec![]));
}

/// A full disk, say, fails whoever asks; nobody is kept out for it.
#[tokio::test(start_paused = true)]
async fn a_question_that_fails_for_want_of_something_may_always_be_asked_again() {
    let ward = ward().await;
    for _ in 0..10 {
        let answer = ward.address.call(SECOND, Fate::Need).await;
        assert_eq!(answer, Err(CallError::Dropped));
        pass(2 * SECOND).await;
    }
    ward.body.is_cured.store(true, Ordering::SeqCst);
    assert_eq!(ward.address.call(SECOND, Fate::Need).await, Ok(()));
}

#[tokio::test(start_paused = true)]
async fn a_kill_from_outside_is_no_fault_of_the_message_in_hand() {
    let ward = ward().await;
    ward.address.tell(Fate::Dwell(10 * SECOND)).unwrap();
    for _ in 0..7 {
        pass(5 * SECOND).await;
        ward.runtime.kill(&id("m")).unwrap();
    }
    pass(60 * SECOND).await;
    assert_eq!(ward.body.diary.lines(), ["dwelt"]);
    assert_eq!((ward.life(), ward.dead()), (8, vec![]));
}

#[tokio::test(start_paused = true)]
async fn a_message_that_its_actor_sticks_at_is_poison_too() {
    let ward = ward().await;
    let policy = WatchPolicy { stuck_after: 8 * SECOND, on_stuck: OnStuck::Restart };
    ward.runtime.watch_over(&id("m"), policy).unwrap();
    let mut watch = Watch::new();
    ward.address.tell(Fate::Dwell(20 * SECOND)).unwrap();
    ward.address.tell(Fate::Note(1)).unwrap();
    for _ in 0..60 {
        pass(watch.pause()).await;
        ward.runtime.look(&mut watch);
    }
    assert_eq!(ward.body.diary.lines(), ["1"]);
    assert_eq!(ward.dead(), [("dwell", DeadReason::Quarantined)]);
    assert_eq!(ward.last().cause.as_deref(), Some("was stuck and was killed"));
}

#[tokio::test(start_paused = true)]
async fn a_question_that_kills_again_and_again_is_refused() {
    let ward = ward().await;
    let ask = async |n| ward.address.call(60 * SECOND, |reply| Fate::Ask(n, reply)).await;
    // The first death makes the actor look at what it is asked; three more are then known.
    for _ in 0..4 {
        assert_eq!(ask(13).await, Err(CallError::Dropped));
        assert_eq!(ask(14).await, Ok(14));
    }
    assert_eq!((ask(13).await, ask(14).await), (Err(CallError::Quarantined), Ok(14)));
    assert_eq!((ask(15).await, ward.life()), (Err(CallError::Dropped), 5));
    let dead = [DeadReason::InHand; 3].into_iter().chain([DeadReason::Quarantined]);
    let dead: Vec<_> = dead.chain([DeadReason::InHand]).map(|reason| ("ask", reason)).collect();
    pass(SECOND).await;
    assert_eq!(ward.dead(), dead);

    let letter = ward.runtime.dead_letters()[3].id;
    assert_eq!(ward.runtime.replay_dead_letter(letter), Err(ReplayError::NotKept(letter)));
    assert!(ward.runtime.purge_dead_letter(letter), "its quarantine ends with it");
    assert_eq!(ask(13).await, Err(CallError::Dropped));
}

/// What an actor tells itself may kill it too. Nobody else is to blame, least of all a question
/// that came too late to be handled.
#[tokio::test(start_paused = true)]
async fn a_question_that_was_never_handled_is_not_blamed() {
    let ward = ward().await;
    let ask = async |within, n| ward.address.call(within, |reply| Fate::Ask(n, reply)).await;
    assert_eq!(ask(60 * SECOND, 13).await, Err(CallError::Dropped));
    for _ in 0..4 {
        ward.address.tell(Fate::Sow(5 * SECOND)).unwrap();
        ward.address.tell(Fate::Dwell(10 * SECOND)).unwrap();
        assert_eq!(ask(SECOND, 14).await, Err(CallError::Timeout));
        pass(60 * SECOND).await;
    }
    assert_eq!(ward.life(), 6, "it died of what it told itself, each time");
    assert_eq!(ask(SECOND, 14).await, Ok(14));
}

#[tokio::test(start_paused = true)]
async fn what_says_the_same_and_waits_already_is_kept_out_too() {
    let ward = ward().await;
    ward.tell((0..5).map(|_| Fate::Toxin(1)).chain([Fate::Toxin(2), Fate::Note(3)])).await;
    let (toxin, note) = ("toxin", "3");
    let kept_out = (toxin, DeadReason::KeptOut);
    let quarantined = (toxin, DeadReason::Quarantined);
    assert_eq!(ward.dead(), [quarantined, kept_out, kept_out, kept_out, kept_out, quarantined]);
    assert_eq!((ward.body.diary.lines(), ward.life()), (vec![note.to_owned()], 7));
    let refused = ward.address.tell(Fate::Toxin(1)).unwrap_err();
    assert_eq!(refused.reason, RejectReason::Quarantined);
    assert!(matches!(refused.msg, Fate::Toxin(1)), "it is given back");
}

#[tokio::test(start_paused = true)]
async fn once_the_actor_bears_it_a_quarantined_message_is_sent_again() {
    let ward = ward().await;
    ward.tell([Fate::Toxin(1), Fate::Unmarked(2)]).await;
    let ids: Vec<u64> = ward.runtime.dead_letters().iter().map(|letter| letter.id).collect();
    ward.body.is_cured.store(true, Ordering::SeqCst);
    for id in &ids {
        ward.runtime.replay_dead_letter(*id).unwrap();
    }
    ward.tell([Fate::Toxin(1)]).await;
    assert_eq!(ward.body.diary.lines(), ["ate 1", "ate 2", "ate 1"]);
    assert_eq!(ward.dead(), []);
    assert_eq!(ward.runtime.replay_dead_letter(ids[0]), Err(ReplayError::Unknown(ids[0])));
}

#[tokio::test(start_paused = true)]
async fn a_dead_letter_that_is_refused_stays_and_so_does_its_quarantine() {
    let ward = Ward::open(RuntimeLimits::default(), 2).await;
    ward.tell([Fate::Toxin(1)]).await;
    let id = ward.last().id;
    ward.address.tell(Fate::Dwell(10 * SECOND)).unwrap();
    pass(SECOND).await;
    (0..2).for_each(|n| ward.address.tell(Fate::Note(n)).unwrap());
    let full = ReplayError::Refused(id, RejectReason::Full);
    assert_eq!(ward.runtime.replay_dead_letter(id), Err(full));
    pass(60 * SECOND).await;
    assert_eq!(ward.address.tell(Fate::Toxin(1)).unwrap_err().reason, RejectReason::Quarantined);
    assert!(ward.runtime.dead_letter(id).unwrap().can_replay);
    ward.runtime.replay_dead_letter(id).unwrap();
}

#[tokio::test(start_paused = true)]
async fn dead_letters_are_purged_by_actor_and_reason_and_counted() {
    let ward = ward().await;
    ward.tell([Fate::Toxin(1), Fate::Toxin(1), Fate::Unmarked(2)]).await;
    let only = |actor: &str, reason| DeadFilter { actor: Some(id(actor)), reason };
    let quarantined = only("m", Some(DeadReason::Quarantined));
    assert_eq!(ward.runtime.find_dead_letters(&quarantined).len(), 2);
    assert_eq!(ward.runtime.purge_dead_letters(&only("nobody", None)), 0);
    assert_eq!(ward.runtime.purge_dead_letters(&quarantined), 2);
    assert_eq!(ward.dead(), [("toxin", DeadReason::KeptOut)]);
    ward.address.tell(Fate::Toxin(1)).unwrap();
    assert_eq!(ward.runtime.purge_dead_letters(&DeadFilter::default()), 1);
    assert_eq!(ward.dead(), []);
}

#[tokio::test(start_paused = true)]
async fn what_is_remembered_is_bounded() {
    let limits = RuntimeLimits {
        dead_letters_max: 3,
        dead_letters_kept_max: 2,
        quarantined_max: 1,
        ..RuntimeLimits::default()
    };
    let ward = Ward::open(limits, 2_048).await;
    ward.runtime.quarantine_after(&id("m"), 1).unwrap();
    ward.tell((0..6).map(|_| Fate::Toxin(1))).await;
    let can_replay = || -> Vec<_> {
        ward.runtime.dead_letters().iter().map(|letter| letter.can_replay).collect()
    };
    assert_eq!(can_replay(), [true, false, true, true], "one in quarantine, two of three kept");
    ward.tell([Fate::Toxin(2)]).await;
    assert_eq!(ward.dead().len(), 4);
    ward.address.tell(Fate::Toxin(1)).unwrap();
    assert!(ward.address.tell(Fate::Toxin(2)).is_err(), "the newest quarantine lasts");
}

#[tokio::test(start_paused = true)]
async fn what_nobody_will_try_again_is_buried() {
    let ward = ward().await;
    ward.address.tell(Fate::Dwell(60 * SECOND)).unwrap();
    pass(SECOND).await;
    ward._running.abandon();
    pass(SECOND).await;
    assert_eq!(ward.dead(), [("dwell", DeadReason::Abandoned)]);
}
