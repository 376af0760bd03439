//! The quorum actor on paused time, told by and telling an actor of the test.
#![allow(clippy::unwrap_used, missing_docs)]

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use synod_protocol::quorum::{QuorumEvent, QuorumMsg};
use synod_quorum::{Args, Limits, Quorum};
use synod_supervision::core::{
    Backoff, ChildPolicy, Intensity, Restart, Strategy, SupervisorPolicy,
};
use synod_supervision::{
    Actor, Address, Capacity, ChildSpec, Clock, Context, Failure, Message, Running, Runtime,
    RuntimeLimits, SupervisorSpec,
};
use synod_types::actor::{ActorId, Incarnation};
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
const SECOND: Duration = Duration::from_secs(1);

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

struct Stage {
    runtime: Runtime,
    quorum: Address<QuorumMsg>,
    notes: Notes,
    _running: Running,
}

impl Stage {
    /// A listener whose mailbox holds `room` events.
    async fn new(room: usize) -> Self {
        let runtime = Runtime::new(Clock::starting_at(START), RuntimeLimits::default());
        let quorum = runtime.address(id("quorum"), Capacity::default());
        let room = Capacity { control: 1, high: 1, normal: room };
        let listener = runtime.address::<Heard>(id("listener"), room);
        let notes = Notes::default();
        let limits = Limits { open_max: 8, decided_max: 8, members_max: 8, evidence_max: 8 };
        let events = listener.clone().outlet();
        let retry_after = Duration::from_millis(20);
        let args = Args { limits, events, untold_max: 8, retry_after };
        let children = vec![
            ChildSpec::worker::<Quorum>(policy("quorum"), &quorum, args),
            ChildSpec::worker::<Listener>(policy("listener"), &listener, notes.clone()),
        ];
        let root = SupervisorSpec { id: id("root"), policy: one_for_one(), children };
        let mut running = runtime.start(root).await.unwrap();
        assert!(running.ready().await);
        Self { runtime, quorum, notes, _running: running }
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
        tokio::time::sleep(SECOND).await;
        std::mem::take(&mut *self.notes.lock())
    }
}

const fn operator(n: u8) -> OperatorId {
    OperatorId(synod_types::Address::repeat_byte(n))
}

fn id(name: &str) -> ActorId {
    ActorId::new(name).unwrap()
}

fn policy(name: &str) -> ChildPolicy {
    ChildPolicy {
        id: id(name),
        restart: Restart::Permanent,
        start_timeout: Duration::from_secs(10),
        stop_timeout: Duration::from_secs(5),
    }
}

fn one_for_one() -> SupervisorPolicy {
    SupervisorPolicy {
        strategy: Strategy::OneForOne,
        intensity: Intensity { restarts_max: 100, period: SECOND },
        backoff: Backoff {
            first: Duration::from_millis(10),
            max: Duration::from_millis(100),
            jitter_percent: 0,
            reset_after: SECOND,
        },
        seed: 1,
    }
}

fn started(life: u64) -> QuorumEvent {
    QuorumEvent::Started(Incarnation(life))
}

#[tokio::test(start_paused = true)]
async fn verdicts_and_offences_are_told() {
    let stage = Stage::new(16).await;
    assert_eq!(stage.open(START + 60 * SECOND).await, Ok(()));
    for n in 0..3 {
        assert_eq!(stage.cast(n, YES).await, Ok(()));
    }
    assert_eq!(stage.cast(0, NO).await, Ok(()));
    let stranger = Refusal::Stranger { ballot: ID, operator: operator(9) };
    assert_eq!(stage.cast(9, YES).await, Err(stranger));
    let offence = Equivocation { ballot: ID, operator: operator(0), first: YES, second: NO };
    let agreed = QuorumEvent::Settled(Verdict::Agreed(ID, YES));
    let expected = [started(1), agreed, QuorumEvent::Equivocated(offence)];
    assert_eq!(stage.heard().await, expected);
    let evidence = stage.quorum.call(SECOND, QuorumMsg::Evidence).await.unwrap();
    assert_eq!(evidence, [offence]);
    assert_eq!(stage.open(START + 60 * SECOND).await, Ok(()));
    assert_eq!(stage.heard().await, [agreed], "put again, told again");
}

#[tokio::test(start_paused = true)]
async fn the_window_closes_by_itself() {
    let stage = Stage::new(16).await;
    stage.open(START + 30 * SECOND).await.unwrap();
    tokio::time::sleep(29 * SECOND).await;
    assert_eq!(stage.heard().await, [started(1)]);
    let expired = QuorumEvent::Settled(Verdict::Expired(ID));
    assert_eq!(stage.heard().await, [expired]);
}

#[tokio::test(start_paused = true)]
async fn a_new_life_says_so_and_knows_nothing() {
    let stage = Stage::new(16).await;
    stage.open(START + 60 * SECOND).await.unwrap();
    stage.runtime.kill(&id("quorum")).unwrap();
    assert_eq!(stage.heard().await, [started(1), started(2)]);
    assert_eq!(stage.cast(0, YES).await, Err(Refusal::NotOpen(ID)));
}

#[tokio::test(start_paused = true)]
async fn a_listener_without_room_is_told_later() {
    let stage = Stage::new(1).await;
    for closes in [1, 2, 3] {
        let closes_at = START + closes * SECOND;
        let question = Question {
            ballot: BallotId(synod_types::B256::repeat_byte(u8::try_from(closes).unwrap())),
            members: vec![(operator(0), vec![Stake::from(1)])],
            rule: ThresholdRule::percent(67).unwrap(),
            closes_at,
        };
        let ask = |reply| QuorumMsg::Open(question, reply);
        stage.quorum.call(SECOND, ask).await.unwrap().unwrap();
    }
    tokio::time::sleep(5 * SECOND).await;
    assert_eq!(stage.heard().await.len(), 4);
}
