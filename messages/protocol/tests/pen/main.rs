//! What the pen promises, held against a store that loses, delays, dies and refuses: effects
//! leave in order and only when everything written before them is durable; nothing that was acted
//! upon is missing after a restart; what was lost on its way is written after all, once.
#![allow(clippy::unwrap_used, missing_docs, unreachable_pub)]

mod writer;

use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use proptest::prelude::*;
use synod_supervision::{Address, Capacity, Running, Runtime};
use synod_tests::stage::{SECOND, Stage, clock_at, id, pass};
use synod_tests::store::{Disk, Fate, Store};
use writer::{Act, Writer, WriterArgs, WriterMsg};

const STREAM: &str = "writer";

struct Desk {
    runtime: Runtime,
    running: Running,
    writer: Address<WriterMsg>,
    disk: Disk,
    acts: Arc<Mutex<Vec<Act>>>,
    pasts: Arc<Mutex<Vec<Vec<u32>>>>,
}

impl Desk {
    /// The store's mailbox holds `room` messages.
    async fn new(room: usize, fates: Vec<Fate>) -> Self {
        let mut stage = Stage::new(clock_at(1_000));
        stage.restart_after(Duration::from_millis(1));
        let store = stage.address("store", Capacity { control: 64, high: 64, normal: room });
        let writer = stage.address("writer", Capacity::default());
        let disk = Disk::default();
        disk.next(fates);
        let (acts, pasts) = (Arc::default(), Arc::default());
        let args = WriterArgs {
            store: store.outlet(),
            disk: disk.clone(),
            acts: Arc::clone(&acts),
            pasts: Arc::clone(&pasts),
            stream: STREAM.into(),
        };
        stage.add::<Store>(&store, disk.clone());
        stage.add::<Writer>(&writer, args);
        let running = stage.start_ready().await;
        Self { runtime: stage.runtime, running, writer, disk, acts, pasts }
    }

    fn numbers(&self) -> Vec<u32> {
        self.acts.lock().iter().map(|act| act.number).collect()
    }

    fn durable(&self) -> Vec<u32> {
        let records = self.disk.records(STREAM);
        records.iter().map(|r| String::from_utf8_lossy(r).parse().unwrap()).collect()
    }

    fn lives(&self) -> usize {
        self.pasts.lock().len()
    }

    /// Lets everything come to rest and holds it against the promises.
    async fn judge(mut self) {
        pass(600 * SECOND).await;
        let lives_before = self.lives();
        self.disk.recover();
        self.writer.tell(WriterMsg::Write(u32::MAX, 1)).unwrap();
        pass(600 * SECOND).await;
        assert_eq!(self.numbers().last(), Some(&u32::MAX), "the pen still writes");
        assert_eq!(self.lives(), lives_before);

        let durable = self.durable();
        let mut last = None;
        for act in &*self.acts.lock() {
            assert!(act.needs <= act.durable, "{act:?} was seen before it was durable");
            let place = (act.incarnation, act.number);
            assert!(last < Some(place), "{act:?} after {last:?}");
            last = Some(place);
        }
        assert!(durable.is_sorted(), "written twice, or out of order: {durable:?}");
        for past in &*self.pasts.lock() {
            assert!(durable.starts_with(past), "a past that was not: {past:?}");
        }
        self.writer.tell(WriterMsg::Die).unwrap();
        pass(SECOND).await;
        assert_eq!(self.pasts.lock().last(), Some(&durable));
        self.running.stop();
        self.running.ended().await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_to_an_earlier_incarnation_settles_nothing() {
    let slow = Fate::Late(10 * SECOND);
    let desk = Desk::new(64, vec![Fate::Late(SECOND), slow]).await;
    let sent = [
        WriterMsg::Write(1, 1),
        WriterMsg::Dwell(5 * SECOND),
        WriterMsg::Die,
        // The answer to the first write arrives behind this one, and the pen that asked is gone.
        WriterMsg::Write(2, 1),
    ];
    for msg in sent {
        desk.writer.tell(msg).unwrap();
    }
    pass(7 * SECOND).await;
    assert_eq!(desk.numbers(), [], "nothing was answered to this incarnation yet");
    pass(10 * SECOND).await;
    assert_eq!(desk.numbers(), [2]);
    assert_eq!(desk.durable(), [1, 2]);
    desk.judge().await;
}

async fn check(fates: Vec<Fate>, writes: u32, durable: &[u32]) {
    let desk = Desk::new(64, fates).await;
    for number in 1..=writes {
        desk.writer.tell(WriterMsg::Write(number, 1)).unwrap();
    }
    pass(600 * SECOND).await;
    assert_eq!(desk.durable(), durable);
    assert_eq!(desk.numbers(), durable);
    assert_eq!(desk.lives(), 1, "no answer that is lost or late costs a life");
    desk.judge().await;
}

const AT_ONCE: Fate = Fate::Answered;

#[tokio::test(start_paused = true)]
async fn a_lost_append_is_written_after_all_and_those_behind_it_after_it() {
    check(vec![Fate::Unwritten], 5, &[1, 2, 3, 4, 5]).await;
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_asked_for_and_nothing_is_written_twice() {
    check(vec![Fate::Unheard, AT_ONCE, Fate::Unheard, Fate::Unheard], 5, &[1, 2, 3, 4, 5]).await;
}

#[tokio::test(start_paused = true)]
async fn a_refusal_that_comes_after_its_cause_is_mended_costs_no_life() {
    // The second is refused because the first was lost; the word comes when the first, sent
    // again, is long durable.
    check(vec![Fate::Unwritten, Fate::Late(20 * SECOND)], 3, &[1, 2, 3]).await;
}

#[tokio::test(start_paused = true)]
async fn a_store_that_dies_is_asked_again() {
    let fates = vec![AT_ONCE, Fate::FatalBefore, AT_ONCE, Fate::FatalAfter, Fate::FatalBefore];
    check(fates, 6, &[1, 2, 3, 4, 5, 6]).await;
}

#[tokio::test(start_paused = true)]
async fn a_store_that_dies_of_the_same_append_again_and_again_is_asked_again() {
    let mut fates = vec![Fate::FatalBefore; 12];
    fates.push(AT_ONCE);
    let desk = Desk::new(8, fates).await;
    desk.writer.tell(WriterMsg::Write(1, 1)).unwrap();
    pass(600 * SECOND).await;
    assert_eq!((desk.lives(), desk.numbers()), (1, vec![1]));
    desk.judge().await;
}

#[tokio::test(start_paused = true)]
async fn a_full_mailbox_of_the_store_slows_the_pen_and_stops_nothing() {
    let desk = Desk::new(1, vec![Fate::Late(SECOND); 200]).await;
    for number in 0..200 {
        desk.writer.tell(WriterMsg::Write(number, 2)).unwrap();
    }
    desk.judge().await;
}

#[tokio::test(start_paused = true)]
async fn a_pen_that_gets_no_answers_ends_its_incarnation_in_time() {
    let desk = Desk::new(64, vec![Fate::Late(29 * SECOND); 6_000]).await;
    for number in 0..5_000 {
        while desk.writer.tell(WriterMsg::Write(number, 1)).is_err() {
            pass(Duration::from_millis(1)).await;
        }
    }
    pass(SECOND).await;
    assert!(1 < desk.lives(), "what waits for durability is bounded");
    desk.judge().await;
}

fn fate() -> impl proptest::strategy::Strategy<Value = Fate> {
    prop_oneof![
        6 => (0..50_u64).prop_map(|millis| Fate::Late(Duration::from_millis(millis))),
        1 => Just(Fate::Late(40 * SECOND)),
        2 => Just(Fate::Unheard),
        2 => Just(Fate::Unwritten),
        1 => Just(Fate::FatalBefore),
        1 => Just(Fate::FatalAfter),
    ]
}

#[derive(Clone, Copy, Debug)]
enum Step {
    Write(usize),
    Save,
    Pass(u64),
    Die,
    Kill(&'static str),
}

fn step() -> impl proptest::strategy::Strategy<Value = Step> {
    prop_oneof![
        12 => (0..4_usize).prop_map(Step::Write),
        2 => Just(Step::Save),
        4 => (0..60_u64).prop_map(Step::Pass),
        1 => Just(Step::Die),
        1 => Just(Step::Kill("writer")),
        1 => Just(Step::Kill("store")),
    ]
}

fn run(room: usize, fates: Vec<Fate>, steps: Vec<Step>) {
    let mut builder = tokio::runtime::Builder::new_current_thread();
    let paused = builder.enable_time().start_paused(true).build().unwrap();
    paused.block_on(async move {
        let is_peaceful =
            !steps.iter().any(|step| matches!(step, Step::Die | Step::Kill("writer")))
                && !fates.iter().any(|fate| matches!(fate, Fate::Refused));
        let desk = Desk::new(room, fates).await;
        let mut number = 0;
        for step in steps {
            match step {
                Step::Write(records) => {
                    number += 1;
                    desk.writer.tell(WriterMsg::Write(number, records)).unwrap();
                }
                Step::Save => desk.writer.tell(WriterMsg::Save).unwrap(),
                Step::Pass(millis) => pass(Duration::from_millis(millis)).await,
                Step::Die => desk.writer.tell(WriterMsg::Die).unwrap(),
                Step::Kill(name) => desk.runtime.kill(&id(name)).unwrap(),
            }
        }
        pass(600 * SECOND).await;
        if is_peaceful {
            assert_eq!(desk.lives(), 1, "losses and delays cost no life");
            assert_eq!(desk.numbers(), (1..=number).collect::<Vec<_>>(), "and no effect");
        }
        desk.judge().await;
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn effects_are_durable_and_in_order_whatever_happens(
        room in 1..8_usize,
        fates in prop::collection::vec(fate(), 0..60),
        refusals in prop::collection::vec(0..60_usize, 0..2),
        steps in prop::collection::vec(step(), 1..80),
    ) {
        let mut fates = fates;
        for at in refusals {
            if let Some(fate) = fates.get_mut(at) {
                *fate = Fate::Refused;
            }
        }
        run(room, fates, steps);
    }

    #[test]
    fn losses_and_delays_alone_cost_nothing_but_time(
        room in 1..8_usize,
        fates in prop::collection::vec(fate(), 0..60),
        writes in prop::collection::vec((0..4_usize, 0..3_u64), 1..60),
    ) {
        let steps = writes.into_iter().flat_map(|(n, gap)| [Step::Write(n), Step::Pass(gap * 9)]);
        run(room, fates, steps.collect());
    }
}
