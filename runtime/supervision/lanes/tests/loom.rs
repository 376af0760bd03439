//! The promises of the lanes under the interleavings of their threads. A wake-up that is lost is
//! a deadlock, which loom reports. Only built with `--cfg loom`:
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p synod-supervision-lanes --release --target-dir target/loom`
#![cfg(loom)]
#![allow(clippy::unwrap_used, missing_docs)]

use std::collections::VecDeque;
use std::task::Poll;

use loom::future::block_on;
use loom::sync::Arc;
use loom::sync::atomic::{AtomicUsize, Ordering};
use loom::thread;
use synod_supervision_lanes::{Lanes as Generic, Next, Order, Queue, Reader, Shut};

type Lanes = Generic<u32, &'static str>;

/// `LOOM_MAX_PREEMPTIONS` says otherwise.
const PREEMPTIONS: usize = 3;
const CONTROL: usize = 0;
const NORMAL: usize = 2;

struct Hand {
    life: u64,
    letters: VecDeque<u32>,
    share: usize,
    in_flight: Arc<AtomicUsize>,
}

impl Reader<u32> for Hand {
    fn life(&self) -> u64 {
        self.life
    }

    fn is_empty(&self) -> bool {
        self.letters.is_empty()
    }

    fn fill(&mut self, queue: &mut Queue<u32>) {
        if queue.len() <= self.share {
            queue.take_block(&mut self.letters);
        }
        for _ in self.letters.len()..self.share {
            self.letters.extend(queue.pop_front());
        }
    }

    fn is_expecting(&self) -> bool {
        0 < self.in_flight.load(Ordering::Relaxed)
    }
}

impl Hand {
    fn of(life: u64, share: usize) -> Self {
        Self { life, letters: VecDeque::new(), share, in_flight: Arc::new(AtomicUsize::new(0)) }
    }

    /// As the runtime's mailbox does it: what is in hand first, unless something is urgent.
    async fn next(&mut self, lanes: &Lanes) -> Next<u32, &'static str> {
        std::future::poll_fn(|cx| {
            loop {
                let is_urgent = lanes.is_urgent(self.life);
                if let Some(letter) = if is_urgent { None } else { self.letters.pop_front() } {
                    return Poll::Ready(Next::Letter(letter));
                }
                match lanes.poll_next(cx, self) {
                    Poll::Ready(Next::Hand) => (),
                    other => return other,
                }
            }
        })
        .await
    }

    fn letter(&mut self, lanes: &Lanes) -> u32 {
        match block_on(self.next(lanes)) {
            Next::Letter(letter) => letter,
            other => panic!("no letter but {other:?}"),
        }
    }

    /// All letters until nothing is left to drain.
    fn drained(&mut self, lanes: &Lanes) -> Vec<u32> {
        let mut read = Vec::new();
        loop {
            match block_on(self.next(lanes)) {
                Next::Letter(letter) => read.push(letter),
                Next::Drain | Next::Hand => (),
                Next::Drained => return read,
                other => panic!("not drained but {other:?}"),
            }
        }
    }
}

/// Of three threads, every interleaving in which no more than [`PREEMPTIONS`] times a thread is
/// made to stop where it could go on. Of two, all: then it is `loom::model`.
fn three(scene: impl Fn() + Send + Sync + 'static) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = model.preemption_bound.or(Some(PREEMPTIONS));
    model.check(scene);
}

fn put(lanes: &Lanes, lane: usize, letter: u32) -> Result<(), Shut> {
    lanes.admit().map(|admission| admission.accept(lane, letter))
}

/// Waits for room in the normal lane, which holds one.
fn put_waiting(lanes: &Lanes, letter: u32) -> Result<(), Shut> {
    let mut place = lanes.place(NORMAL, 1);
    let admitted = block_on(std::future::poll_fn(|cx| match place.poll_admit(cx) {
        Poll::Ready(Ok(admission)) => {
            admission.accept(NORMAL, letter);
            Poll::Ready(Ok(()))
        }
        Poll::Ready(Err(shut)) => Poll::Ready(Err(shut)),
        Poll::Pending => Poll::Pending,
    }));
    drop(place);
    admitted
}

fn lanes() -> (Arc<Lanes>, Hand) {
    let lanes = Arc::new(Lanes::new());
    let hand = Hand::of(lanes.begin(), 2);
    (lanes, hand)
}

#[test]
fn every_letter_is_read_and_those_of_one_sender_in_order() {
    three(|| {
        let (lanes, mut hand) = lanes();
        let senders = [vec![1, 2], vec![11]].map(|letters| {
            let lanes = Arc::clone(&lanes);
            thread::spawn(move || {
                letters.into_iter().for_each(|letter| put(&lanes, NORMAL, letter).unwrap());
            })
        });
        let mut read: Vec<u32> = (0..3).map(|_| hand.letter(&lanes)).collect();
        senders.into_iter().for_each(|sender| sender.join().unwrap());
        read.retain(|&letter| letter != 11);
        assert_eq!(read, [1, 2]);
    });
}

#[test]
fn an_urgent_letter_reaches_a_reader_that_has_others_in_hand_or_waits() {
    loom::model(|| {
        let (lanes, mut hand) = lanes();
        put(&lanes, NORMAL, 1).unwrap();
        put(&lanes, NORMAL, 2).unwrap();
        let sender = {
            let lanes = Arc::clone(&lanes);
            thread::spawn(move || put(&lanes, CONTROL, 3).unwrap())
        };
        let mut read: Vec<u32> = (0..3).map(|_| hand.letter(&lanes)).collect();
        sender.join().unwrap();
        read.retain(|&letter| letter != 3);
        assert_eq!(read, [1, 2]);
    });
}

#[test]
fn what_was_accepted_before_the_close_is_read_and_nothing_is_accepted_after() {
    three(|| {
        let (lanes, mut hand) = lanes();
        let sender = {
            let lanes = Arc::clone(&lanes);
            thread::spawn(move || {
                let letters = [1, 2].into_iter();
                letters.filter(|&letter| put(&lanes, NORMAL, letter).is_ok()).collect::<Vec<_>>()
            })
        };
        let stopper = {
            let (lanes, life) = (Arc::clone(&lanes), hand.life);
            thread::spawn(move || {
                lanes.close();
                lanes.order(life, Order::Drain);
            })
        };
        let read = hand.drained(&lanes);
        stopper.join().unwrap();
        assert_eq!(read, sender.join().unwrap());
    });
}

#[test]
fn room_wakes_every_sender_that_waits_for_it() {
    three(|| {
        let (lanes, mut hand) = lanes();
        put(&lanes, NORMAL, 1).unwrap();
        let senders = [2, 3].map(|letter| {
            let lanes = Arc::clone(&lanes);
            thread::spawn(move || put_waiting(&lanes, letter).unwrap())
        });
        let mut read: Vec<u32> = (0..3).map(|_| hand.letter(&lanes)).collect();
        senders.into_iter().for_each(|sender| sender.join().unwrap());
        read.sort_unstable();
        assert_eq!(read, [1, 2, 3]);
    });
}

#[test]
fn a_sender_that_was_woken_and_went_away_passes_its_place_on() {
    three(|| {
        let (lanes, mut hand) = lanes();
        put(&lanes, NORMAL, 1).unwrap();
        let fickle = {
            let lanes = Arc::clone(&lanes);
            thread::spawn(move || {
                let mut place = lanes.place(NORMAL, 1);
                block_on(std::future::poll_fn(|cx| {
                    drop(place.poll_admit(cx));
                    Poll::Ready(())
                }));
            })
        };
        let patient = {
            let lanes = Arc::clone(&lanes);
            thread::spawn(move || put_waiting(&lanes, 2).unwrap())
        };
        assert_eq!([hand.letter(&lanes), hand.letter(&lanes)], [1, 2]);
        fickle.join().unwrap();
        patient.join().unwrap();
    });
}

#[test]
fn a_sender_that_waits_is_told_of_the_close() {
    loom::model(|| {
        let (lanes, _hand) = lanes();
        put(&lanes, NORMAL, 1).unwrap();
        let sender = {
            let lanes = Arc::clone(&lanes);
            thread::spawn(move || put_waiting(&lanes, 2))
        };
        lanes.close();
        assert_eq!(sender.join().unwrap(), Err(Shut));
        assert_eq!(lanes.abandon().collect::<Vec<_>>(), [1]);
    });
}

#[test]
fn a_drain_waits_for_the_result_of_work_under_way() {
    three(|| {
        let (lanes, mut hand) = lanes();
        hand.in_flight.store(1, Ordering::Relaxed);
        let work = {
            let (lanes, life) = (Arc::clone(&lanes), hand.life);
            let in_flight = Arc::clone(&hand.in_flight);
            thread::spawn(move || {
                lanes.admit_own().unwrap().accept(NORMAL, 1);
                in_flight.store(0, Ordering::Relaxed);
                lanes.order(life, Order::Look);
            })
        };
        let stopper = {
            let (lanes, life) = (Arc::clone(&lanes), hand.life);
            thread::spawn(move || {
                lanes.close();
                lanes.order(life, Order::Drain);
            })
        };
        assert_eq!(hand.drained(&lanes), [1]);
        work.join().unwrap();
        stopper.join().unwrap();
    });
}

#[test]
fn an_order_ends_its_own_life_only() {
    three(|| {
        let (lanes, mut first) = lanes();
        let superior = {
            let (lanes, life) = (Arc::clone(&lanes), first.life);
            thread::spawn(move || lanes.order(life, Order::End("first")))
        };
        let reader = {
            let lanes = Arc::clone(&lanes);
            thread::spawn(move || {
                let next = block_on(first.next(&lanes));
                assert!(matches!(next, Next::End("first") | Next::Over), "{next:?}");
            })
        };
        let mut second = Hand::of(lanes.begin(), 2);
        put(&lanes, NORMAL, 1).unwrap();
        assert_eq!(second.letter(&lanes), 1);
        superior.join().unwrap();
        reader.join().unwrap();
    });
}

#[test]
fn what_the_dead_had_in_hand_comes_first_in_the_next_life() {
    loom::model(|| {
        let (lanes, mut first) = lanes();
        put(&lanes, NORMAL, 1).unwrap();
        put(&lanes, NORMAL, 2).unwrap();
        let sender = {
            let lanes = Arc::clone(&lanes);
            thread::spawn(move || put(&lanes, NORMAL, 3).unwrap())
        };
        assert_eq!(first.letter(&lanes), 1);
        assert!(lanes.put_back(first.letters.drain(..)).is_empty());
        lanes.detach(first.life);
        assert_eq!(lanes.put_first(NORMAL, 1), None);
        let mut second = Hand::of(lanes.begin(), 2);
        let letters = [(); 3].map(|()| second.letter(&lanes));
        assert_eq!(letters, [1, 2, 3]);
        sender.join().unwrap();
    });
}
