use std::sync::Arc;
use std::thread::ThreadId;

use parking_lot::{Condvar, Mutex};
use synod_protocol::signature::AggregationEvent as Event;
use synod_signature_core::SecretKey;
use synod_signature_core::aggregation::Seed;
use synod_supervision::{Address, Lane, Message, Reply, Running};
use synod_tests::stage::{Stage, clock_at, id, room};
use synod_types::actor::Incarnation;
use synod_types::aggregation::{AnswerRefusal, CertificateOrder, OrderRefusal, Rejection};
use synod_types::certificate::{CertificateRule, OperatorTable, TableMember};
use synod_types::operator::{OperatorId, Stake};
use synod_types::quorum::ThresholdRule;
use synod_types::signature::{Digest, Scheme};
use synod_types::task::{Answer, TaskId};
use synod_types::{Address as Account, B256, Bytes};

use super::*;

const PATIENCE: Duration = Duration::from_secs(5);

/// Listens to aggregation and keeps what it hears until it is asked.
struct Listener(Vec<Event>);

enum ListenerMsg {
    Event(Event),
    Heard(Reply<Vec<Event>>),
}

impl From<Event> for ListenerMsg {
    fn from(event: Event) -> Self {
        Self::Event(event)
    }
}

impl Message for ListenerMsg {
    fn kind(&self) -> &'static str {
        match self {
            Self::Event(_) => "event",
            Self::Heard(_) => "heard",
        }
    }

    fn lane(&self) -> Lane {
        match self {
            Self::Event(_) => Lane::Normal,
            Self::Heard(_) => Lane::Control,
        }
    }
}

impl Actor for Listener {
    type Msg = ListenerMsg;
    type Args = ();

    async fn start(_: &Context<ListenerMsg>, (): ()) -> Result<Self, Failure> {
        Ok(Self(Vec::new()))
    }

    async fn handle(&mut self, _: &Context<ListenerMsg>, msg: ListenerMsg) -> Result<(), Failure> {
        match msg {
            ListenerMsg::Event(event) => self.0.push(event),
            ListenerMsg::Heard(reply) => reply.answer(std::mem::take(&mut self.0)),
        }
        Ok(())
    }
}

/// Randomness that is none, and which threads asked for it: all pairings are theirs. They wait
/// at the gate while it is closed.
#[derive(Default)]
struct Dice {
    threads: Mutex<Vec<ThreadId>>,
    is_closed: Mutex<bool>,
    opened: Condvar,
}

impl Dice {
    fn close(&self, is_closed: bool) {
        *self.is_closed.lock() = is_closed;
        self.opened.notify_all();
    }
}

impl Entropy for Dice {
    fn seed(&self) -> Option<Seed> {
        self.threads.lock().push(std::thread::current().id());
        let mut is_closed = self.is_closed.lock();
        while *is_closed {
            self.opened.wait(&mut is_closed);
        }
        Some(Seed([4; 32]))
    }
}

struct Collecting {
    stage: Stage,
    aggregation: Address<AggregationMail>,
    listener: Address<ListenerMsg>,
    dice: Arc<Dice>,
    _running: Running,
}

impl Collecting {
    /// A listener whose mailbox holds so many events.
    async fn begin(events: usize) -> Self {
        let mut stage = Stage::new(clock_at(1_000));
        let listener = stage.address("listener", room(events));
        let aggregation = stage.address("aggregation", room(64));
        stage.add::<Listener>(&listener, ());
        let events = listener.outlet();
        let dice = Arc::new(Dice::default());
        let args = AggregationArgs {
            events,
            limits: AggregationLimits { jobs_max: 1, ..AggregationLimits::default() },
            arithmetic: Arithmetic::CrossCheck,
            entropy: Arc::clone(&dice) as Arc<dyn Entropy>,
        };
        stage.add::<Aggregation>(&aggregation, args);
        let running = stage.start().await;
        Self { stage, aggregation, listener, dice, _running: running }
    }

    async fn open(&self, task: u8) -> Result<(), OrderRefusal> {
        let order = order(task);
        let outlet = self.aggregation.outlet::<AggregationMsg>();
        outlet.call(PATIENCE, |reply| AggregationMsg::Open(order, reply)).await.unwrap()
    }

    async fn submit(&self, answer: Answer) -> Result<(), AnswerRefusal> {
        let outlet = self.aggregation.outlet::<AggregationMsg>();
        outlet.call(PATIENCE, |reply| AggregationMsg::Submit(answer, reply)).await.unwrap()
    }

    /// What the listener has heard since it was last asked, once nothing is under way.
    async fn heard(&self) -> Vec<Event> {
        tokio::time::sleep(Duration::from_secs(1)).await;
        self.listener.call(PATIENCE, ListenerMsg::Heard).await.unwrap()
    }
}

fn secret(n: u8) -> SecretKey {
    SecretKey::from_bytes(Scheme::Bn254, &[n + 1; 32]).unwrap()
}

fn task(n: u8) -> TaskId {
    TaskId(B256::repeat_byte(n))
}

fn operator(n: u8) -> OperatorId {
    OperatorId(Account::repeat_byte(n))
}

/// Four members of equal weight, three of whom must agree.
fn order(n: u8) -> CertificateOrder {
    let member = |n: u8| TableMember {
        operator: operator(n),
        key: secret(n).public(),
        weights: vec![Stake::from(1)],
    };
    let table = OperatorTable { reference_timestamp: 1, members: (0..4).map(member).collect() };
    CertificateOrder {
        task: task(n),
        table: Arc::new(table),
        rule: CertificateRule::Bn254,
        threshold: ThresholdRule::bips(7_500).unwrap(),
    }
}

fn answer(of: u8, n: u8) -> Answer {
    let output = Bytes::from_static(b"yes");
    let digest = CertificateRule::Bn254.digest(1, task(of), &output);
    let signature = secret(n).sign(digest);
    Answer { task: task(of), operator: operator(n), output, digest, signature }
}

#[tokio::test(start_paused = true)]
async fn answers_become_a_certificate_and_a_forger_is_named() {
    let collecting = Collecting::begin(64).await;
    assert_eq!(collecting.heard().await, [Event::Started(Incarnation(1))]);
    assert_eq!(collecting.submit(answer(1, 0)).await, Err(AnswerRefusal::NotOpen(task(1))));
    assert_eq!(collecting.open(1).await, Ok(()));
    let forged = Answer { signature: secret(2).sign(Digest(B256::ZERO)), ..answer(1, 2) };
    for one in [forged, answer(1, 0), answer(1, 1), answer(1, 3)] {
        assert_eq!(collecting.submit(one).await, Ok(()));
    }
    let heard = collecting.heard().await;
    let [Event::Rejected { operator: culprit, reason, .. }, Event::Proven(result)] =
        heard.as_slice()
    else {
        panic!("{heard:?}")
    };
    assert_eq!((*culprit, *reason), (operator(2), Rejection::Mismatch));
    assert_eq!(result.signers, [0, 1, 3].map(operator));

    // The same order again is answered and told again.
    assert_eq!(collecting.open(1).await, Ok(()));
    assert_eq!(collecting.heard().await, [Event::Proven(result.clone())]);
}

#[tokio::test(start_paused = true)]
async fn a_new_incarnation_says_that_it_knows_nothing() {
    let collecting = Collecting::begin(64).await;
    collecting.open(1).await.unwrap();
    collecting.submit(answer(1, 0)).await.unwrap();
    collecting.stage.runtime.kill(&id("aggregation")).unwrap();
    let heard = collecting.heard().await;
    assert_eq!(heard, [1, 2].map(|n| Event::Started(Incarnation(n))));
    assert_eq!(collecting.submit(answer(1, 0)).await, Err(AnswerRefusal::NotOpen(task(1))));
}

#[tokio::test(start_paused = true)]
async fn a_slow_listener_hears_everything_in_the_end() {
    let collecting = Collecting::begin(1).await;
    for n in 1..=6 {
        collecting.open(n).await.unwrap();
        for member in 0..3 {
            collecting.submit(answer(n, member)).await.unwrap();
        }
    }
    let heard = collecting.heard().await;
    let proven = heard.iter().filter(|event| matches!(event, Event::Proven(_)));
    assert_eq!(proven.count(), 6, "{heard:?}");
}

#[tokio::test(start_paused = true)]
async fn a_closed_task_is_forgotten() {
    let collecting = Collecting::begin(64).await;
    collecting.open(1).await.unwrap();
    collecting.aggregation.send(AggregationMsg::Close(task(1)).into()).await.unwrap();
    assert_eq!(collecting.submit(answer(1, 0)).await, Err(AnswerRefusal::NotOpen(task(1))));
}

/// Everything runs on one thread but what is handed to the pool, and only there is it known what
/// to verify with.
#[tokio::test(start_paused = true)]
async fn no_pairing_runs_on_a_thread_of_the_actors() {
    let collecting = Collecting::begin(64).await;
    collecting.open(1).await.unwrap();
    collecting.heard().await;
    for one in [Answer { signature: answer(2, 0).signature, ..answer(1, 0) }, answer(1, 1)] {
        collecting.submit(one).await.unwrap();
    }
    for n in 2..4 {
        collecting.submit(answer(1, n)).await.unwrap();
    }
    let heard = collecting.heard().await;
    assert!(matches!(heard.last(), Some(Event::Proven(_))), "{heard:?}");
    let threads = collecting.dice.threads.lock();
    assert_eq!(threads.len(), 3, "the keys, the first three answers, the fourth");
    assert!(!threads.contains(&std::thread::current().id()));
}

/// While the only thread is busy the others' answers gather, and are decided together.
#[tokio::test(start_paused = true)]
async fn tasks_that_wait_share_a_check() {
    let collecting = Collecting::begin(64).await;
    for of in 1..=5 {
        collecting.open(of).await.unwrap();
    }
    collecting.heard().await;
    collecting.dice.close(true);
    for of in 1..=5 {
        for n in 0..3 {
            collecting.submit(answer(of, n)).await.unwrap();
        }
    }
    collecting.dice.close(false);
    let heard = collecting.heard().await;
    let proven = heard.iter().filter(|event| matches!(event, Event::Proven(_)));
    assert_eq!(proven.count(), 5);
    let jobs = collecting.dice.threads.lock().len();
    assert_eq!(jobs, 3, "the keys, the first task, the four others");
}
