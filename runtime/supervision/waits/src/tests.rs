use super::*;

#[test]
fn shelves_hold_every_seat_once() {
    let place = |number| SeatId(NonZeroU32::new(number).unwrap()).place();
    assert_eq!(
        [place(1), place(64), place(65), place(192), place(193)],
        [(0, 0), (0, 63), (1, 0), (1, 127), (2, 0)]
    );
    let last = Waits::<u8>::SEATS_MAX;
    assert_eq!(place(last), (SHELVES - 1, (FIRST_SHELF << (SHELVES - 1)) as usize - 1));
    assert!(last < 1 << 24, "a seat has 24 bits");
}

#[test]
fn a_seat_that_is_left_is_taken_again() {
    let waits = Waits::new();
    let seats: Vec<SeatId> = (0..200).filter_map(|name| waits.sit(name)).collect();
    assert_eq!(seats.iter().collect::<BTreeSet<_>>().len(), 200);
    waits.leave(seats[130]);
    assert_eq!(waits.sit(7), Some(seats[130]));
    assert_eq!(waits.begin(seats[130], seats[130], 1), Err(Cycle(vec![7])));
}

#[test]
fn too_many_waits_of_one_are_let_be() {
    let waits = Waits::new();
    let [a, b] = ["a", "b"].map(|name| waits.sit(name).unwrap());
    for call in 1..=70 {
        assert_eq!(waits.begin(a, b, call), Ok(()));
    }
    assert_eq!(waits.of(a).len(), 64);
    assert_eq!(waits.begin(b, a, 71), Err(Cycle(vec!["b", "a"])));
    for call in 1..=70 {
        waits.end(a, call);
    }
    assert!(waits.of(a).is_empty());
    assert_eq!(waits.begin(b, a, 72), Ok(()));
}

#[test]
fn who_takes_a_call_over_is_waited_for() {
    let waits = Waits::new();
    let [asker, pool, worker] = ["asker", "pool", "worker"].map(|name| waits.sit(name).unwrap());
    waits.begin(asker, pool, 1).unwrap();
    assert_eq!(waits.begin(worker, asker, 2), Ok(()), "another worker may take it");
    waits.end(worker, 2);
    waits.pass(asker, 1, worker);
    assert_eq!(waits.of(asker), ["worker"]);
    assert_eq!(waits.begin(worker, asker, 3), Err(Cycle(vec!["worker", "asker"])));
    waits.end(asker, 1);
    waits.pass(asker, 1, worker);
    assert!(waits.of(asker).is_empty(), "what has ended does not come back");
}

#[test]
fn what_is_awaited_beside_work_is_seen_and_closes_nothing() {
    let waits = Waits::new();
    let [a, b] = ["a", "b"].map(|name| waits.sit(name).unwrap());
    for call in 1..=4_100 {
        waits.begin_beside(a, b, call);
    }
    assert_eq!(waits.beside(a).len(), 4_096);
    assert!(waits.of(a).is_empty());
    assert_eq!(waits.begin(b, a, 1), Ok(()));
    for call in 2..=4_100 {
        waits.end_beside(a, call);
    }
    assert_eq!(waits.beside(a), ["b"]);
}

#[test]
fn a_seat_is_found_by_its_number() {
    let seat = Waits::new().sit("a").unwrap();
    assert_eq!(SeatId::numbered(seat.number()), Some(seat));
    assert_eq!(SeatId::numbered(7).map(SeatId::number), Some(7));
    assert_eq!(SeatId::numbered(0), None);
}

/// So many wait in a circle but for the last, who begins.
#[track_caller]
fn check_circle(actors: usize, is_found: bool) {
    let waits = Waits::new();
    let seats: Vec<SeatId> = (0..actors).filter_map(|name| waits.sit(name)).collect();
    for (call, pair) in (1..).zip(seats.windows(2)) {
        assert_eq!(waits.begin(pair[0], pair[1], call), Ok(()));
    }
    let found = waits.begin(seats[actors - 1], seats[0], 0).err();
    assert_eq!(found.map(|Cycle(names)| names.len()), is_found.then_some(actors));
}

#[test]
fn a_circle_is_found_unless_too_many_are_in_it() {
    check_circle(2, true);
    check_circle(SEARCHED_MAX + 1, true);
    check_circle(SEARCHED_MAX + 2, false);
}
