//! Every interleaving of those who begin and end waits at the same time.
//!
//! `RUSTFLAGS="--cfg loom" cargo test -p synod-supervision-waits --release`
#![allow(missing_docs)]
#![cfg(loom)]

use loom::sync::Arc;
use loom::thread;
use synod_supervision_waits::{Cycle, SeatId, Waits};

type Found = Result<(), Cycle<usize>>;

fn house(actors: usize) -> (Arc<Waits<usize>>, Vec<SeatId>) {
    let waits = Waits::new();
    let seats = (0..actors).filter_map(|name| waits.sit(name)).collect();
    (Arc::new(waits), seats)
}

/// Each waits for the next, all at once; those in `before` waited already. `switches`: how often a
/// thread is interrupted at most, where all there is would take hours.
fn close(actors: usize, before: usize, switches: Option<usize>) {
    let mut model = loom::model::Builder::new();
    model.preemption_bound = switches;
    model.check(move || {
        let (waits, seats) = house(actors);
        let begin = move |waits: &Waits<usize>, seats: &[SeatId], who: usize| -> Found {
            waits.begin(seats[who], seats[(who + 1) % actors], who as u64 + 1)
        };
        for who in 0..before {
            assert_eq!(begin(&waits, &seats, who), Ok(()));
        }
        let others: Vec<_> = (before + 1..actors)
            .map(|who| {
                let (waits, seats) = (Arc::clone(&waits), seats.clone());
                thread::spawn(move || begin(&waits, &seats, who))
            })
            .collect();
        let mut found = vec![begin(&waits, &seats, before)];
        found.extend(others.into_iter().map(|other| other.join().unwrap()));
        let who = found.iter().position(Result::is_err).expect("nobody saw the cycle");
        let Err(Cycle(cycle)) = &found[who] else { unreachable!() };
        let around: Vec<usize> = (0..actors).map(|n| (before + who + n) % actors).collect();
        assert_eq!(cycle, &around);
    });
}

#[test]
fn of_two_who_ask_one_another_one_sees_it() {
    close(2, 0, None);
}

#[test]
fn of_three_in_a_circle_one_sees_it() {
    close(3, 0, Some(2));
}

#[test]
fn of_the_last_two_of_four_one_sees_it() {
    close(4, 2, None);
}

/// The first waits for the second, and for a third besides, who waits for nobody.
#[test]
fn who_waits_for_several_is_seen_too() {
    loom::model(|| {
        let (waits, seats) = house(3);
        waits.begin(seats[0], seats[2], 1).unwrap();
        let (other, place) = (Arc::clone(&waits), seats.clone());
        let other = thread::spawn(move || other.begin(place[1], place[0], 2));
        let first = waits.begin(seats[0], seats[1], 3);
        assert!(first.is_err() || other.join().unwrap().is_err(), "nobody saw the cycle");
    });
}

/// The first waits for the second, is answered, and only then does the second ask the third, who
/// asks the first at the same time: each wait is there at some time, but never all.
#[test]
fn waits_that_never_stood_at_one_time_are_no_cycle() {
    loom::model(|| {
        let (waits, seats) = house(3);
        waits.begin(seats[0], seats[1], 1).unwrap();
        let (third, place) = (Arc::clone(&waits), seats.clone());
        let third = thread::spawn(move || third.begin(place[2], place[0], 3));
        waits.end(seats[0], 1);
        assert_eq!(waits.begin(seats[1], seats[2], 2), Ok(()));
        assert_eq!(third.join().unwrap(), Ok(()));
    });
}

/// A call is taken over by another while someone looks.
#[test]
fn a_call_that_is_passed_on_is_seen_where_it_is() {
    loom::model(|| {
        let (waits, seats) = house(3);
        waits.begin(seats[0], seats[1], 1).unwrap();
        let (third, place) = (Arc::clone(&waits), seats.clone());
        // The third takes the call over, and then asks the first.
        let third = thread::spawn(move || {
            third.pass(place[0], 1, place[2]);
            third.begin(place[2], place[0], 2)
        });
        // Nobody waits for the second by then, so it closes nothing.
        assert_eq!(waits.begin(seats[1], seats[2], 3), Ok(()));
        assert_eq!(third.join().unwrap(), Err(Cycle(vec![2, 0])));
    });
}
