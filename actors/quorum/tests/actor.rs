//! The quorum actor on paused time, told by and telling an actor of the test.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use synod_protocol::quorum::{QuorumEvent, QuorumMsg};
use synod_quorum::{Args, Limits, Quorum};
use synod_supervision::{Actor, Address, Capacity, Context, Failure, Message, Running, Runtime};
use synod_tests::stage::{SECOND, Stage, clock_at, id, pass};
use synod_types::actor::Incarnation;
use synod_types::operator::{OperatorId, Stake};
use synod_types::quorum::{
    BallotId, Equivocation, Question, Refusal, ThresholdRule, Verdict, Vote,
};
use synod_types::signature::Digest;
use synod_types::time::Moment;

const ID: BallotId = BallotId(synod_types::B256::repeat_byte(7));
const YES: Digest = Digest(synod_types::B256::repeat_byte(1));
const NO: Digest = Digest(synod_types::B256::repeat_byte(2));
const START: Moment = Moment::from_unix_seconds(1_000);

#[derive(Debug)]
struct Heard(QuorumEvent);

impl From<QuorumEvent> for Heard {
    fn from(event: QuorumEvent) -> Self {
        Self(event)
    }
}

impl Message for Heard {
    fn kind(&self) -> &'static str {
        "heard"
    }
}

type Notes = Arc<Mutex<Vec<QuorumEvent>>>;

struct Listener(Notes);

impl Actor for Listener {
    type Msg = Heard;
    type Args = Notes;

    async fn start(_: &Context<Heard>, notes: Notes) -> Result<Self, Failure> {
        Ok(Self(notes))
    }

    async fn handle(&mut self, _: &Context<Heard>, Heard(event): Heard) -> Result<(), Failure> {
        self.0.lock().push(event);
        Ok(())
    }
}

struct House {
    runtime: Runtime,
    quorum: Address<QuorumMsg>,
    notes: Notes,
    _running: Running,
}

impl House {
    /// A listener whose mailbox holds `room` events.
    async fn new(room: usize) -> Self {
        let mut stage = Stage::new(clock_at(1_000));
        let quorum = stage.address("quorum", Capacity::default());
        let room = Capacity { control: 1, high: 1, normal: room };
        let listener = stage.address::<Heard>("listener", room);
        let notes = Notes::default();
        let limits = Limits { open_max: 8, decided_max: 8, members_max: 8, evidence_max: 8 };
        let events = listener.clone().outlet();
        let retry_after = Duration::from_millis(20);
        let args = Args { limits, events, untold_max: 8, retry_after };
        stage.add::<Quorum>(&quorum, args);
        stage.add::<Listener>(&listener, notes.clone());
        let running = stage.start_ready().await;
        Self { runtime: stage.runtime, quorum, notes, _running: running }
    }

    async fn open(&self, closes_at: Moment) -> Result<(), Refusal> {
        let member = |n| (operator(n), vec![Stake::from(1)]);
        let rule = ThresholdRule::percent(67).unwrap();
        let members = (0..3).map(member).collect();
        let question = Question { ballot: ID, members, rule, closes_at };
        self.quorum.call(SECOND, |reply| QuorumMsg::Open(question, reply)).await.unwrap()
    }

    async fn cast(&self, n: u8, digest: Digest) -> Result<(), Refusal> {
        let vote = Vote { ballot: ID, operator: operator(n), digest };
        self.quorum.call(SECOND, |reply| QuorumMsg::Cast(vote, reply)).await.unwrap()
    }

    async fn heard(&self) -> Vec<QuorumEvent> {
        pass(SECOND).await;
        std::mem::take(&mut *self.notes.lock())
    }
}

const fn operator(n: u8) -> OperatorId {
    OperatorId(synod_types::Address::repeat_byte(n))
}

fn started(life: u64) -> QuorumEvent {
    QuorumEvent::Started(Incarnation(life))
}

#[tokio::test(start_paused = true)]
async fn verdicts_and_offences_are_told() {
    let house = House::new(16).await;
    assert_eq!(house.open(START + 60 * SECOND).await, Ok(()));
    for n in 0..3 {
        assert_eq!(house.cast(n, YES).await, Ok(()));
    }
    assert_eq!(house.cast(0, NO).await, Ok(()));
    let stranger = Refusal::Stranger { ballot: ID, operator: operator(9) };
    assert_eq!(house.cast(9, YES).await, Err(stranger));
    let offence = Equivocation { ballot: ID, operator: operator(0), first: YES, second: NO };
    let agreed = QuorumEvent::Settled(Verdict::Agreed(ID, YES));
    let expected = [started(1), agreed, QuorumEvent::Equivocated(offence)];
    assert_eq!(house.heard().await, expected);
    let evidence = house.quorum.call(SECOND, QuorumMsg::Evidence).await.unwrap();
    assert_eq!(evidence, [offence]);
    assert_eq!(house.open(START + 60 * SECOND).await, Ok(()));
    assert_eq!(house.heard().await, [agreed], "put again, told again");
}

#[tokio::test(start_paused = true)]
async fn the_window_closes_by_itself() {
    let house = House::new(16).await;
    house.open(START + 30 * SECOND).await.unwrap();
    pass(29 * SECOND).await;
    assert_eq!(house.heard().await, [started(1)]);
    let expired = QuorumEvent::Settled(Verdict::Expired(ID));
    assert_eq!(house.heard().await, [expired]);
}

#[tokio::test(start_paused = true)]
async fn a_new_life_says_so_and_knows_nothing() {
    let house = House::new(16).await;
    house.open(START + 60 * SECOND).await.unwrap();
    house.runtime.kill(&id("quorum")).unwrap();
    assert_eq!(house.heard().await, [started(1), started(2)]);
    assert_eq!(house.cast(0, YES).await, Err(Refusal::NotOpen(ID)));
}

#[tokio::test(start_paused = true)]
async fn a_listener_without_room_is_told_later() {
    let house = House::new(1).await;
    for closes in [1, 2, 3] {
        let closes_at = START + closes * SECOND;
        let question = Question {
            ballot: BallotId(synod_types::B256::repeat_byte(u8::try_from(closes).unwrap())),
            members: vec![(operator(0), vec![Stake::from(1)])],
            rule: ThresholdRule::percent(67).unwrap(),
            closes_at,
        };
        let ask = |reply| QuorumMsg::Open(question, reply);
        house.quorum.call(SECOND, ask).await.unwrap().unwrap();
    }
    pass(5 * SECOND).await;
    assert_eq!(house.heard().await.len(), 4);
}
