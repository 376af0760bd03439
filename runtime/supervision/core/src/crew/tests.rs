use proptest::prelude::*;

use super::*;

fn crew(workers: usize, size: usize) -> Crew {
    Crew::new(workers, size).unwrap()
}

#[test]
fn who_rested_last_is_called_first_and_once() {
    let mut crew = crew(3, 3);
    for worker in [0, 2, 1, 2] {
        crew.rest(worker);
    }
    let called: Vec<_> = std::iter::from_fn(|| crew.call()).collect();
    assert_eq!(called, [1, 2, 0]);
}

#[test]
fn who_is_up_or_gone_is_not_called() {
    let mut crew = crew(2, 2);
    crew.rest(0);
    crew.rest(1);
    crew.rise(1);
    assert_eq!((crew.call(), crew.call()), (Some(0), None));
}

#[test]
fn the_dismissed_neither_rest_nor_take() {
    let mut crew = crew(4, 4);
    (0..4).for_each(|worker| crew.rest(worker));
    assert_eq!(crew.resize(2), Ok(4..4), "nobody is new");
    crew.rest(3);
    assert_eq!(crew.resting(), 2);
    assert!(crew.employs(1) && !crew.employs(2));
    assert_eq!(crew.resize(3), Ok(2..3));
}

#[test]
fn sizes_have_bounds() {
    let too_many = |workers, max| Err(InvalidSize::TooMany { workers, max });
    assert_eq!(Crew::new(4, 0), Err(InvalidSize::None));
    assert_eq!(Crew::new(4, 5), too_many(5, 4));
    assert_eq!(Crew::new(WORKERS_MAX + 1, 1), too_many(WORKERS_MAX + 1, WORKERS_MAX));
    let mut crew = crew(4, 2);
    assert_eq!(crew.resize(5), Err(InvalidSize::TooMany { workers: 5, max: 4 }));
    assert_eq!(crew.resize(0), Err(InvalidSize::None));
    assert_eq!(crew.size(), 2, "a refusal changes nothing");
}

#[test]
fn a_crew_says_how_many_it_may_employ() {
    let crew = crew(4, 2);
    assert_eq!((crew.workers(), crew.size()), (4, 2));
}

/// As the paper has it, in floating point, beside ours in integers.
fn jump_of_the_paper(mut seed: u64, workers: usize) -> usize {
    let (mut worker, mut next) = (-1_i64, 0_i64);
    while next < workers as i64 {
        worker = next;
        seed = seed.wrapping_mul(2_862_933_555_777_941_757).wrapping_add(1);
        let draw = (1_u64 << 31) as f64 / ((seed >> 33) + 1) as f64;
        next = ((worker + 1) as f64 * draw) as i64;
    }
    worker as usize
}

#[test]
fn a_key_goes_where_the_paper_sends_it() {
    for key in 0..10_000 {
        for workers in [2, 3, 10, 64, 500] {
            let expected = jump_of_the_paper(crate::jitter::splitmix64(key), workers);
            assert_eq!(worker_of(key, workers), expected, "key {key}, {workers} workers");
        }
    }
}

#[test]
fn keys_are_spread_evenly() {
    for workers in [2, 7, 64] {
        let mut counts = vec![0_u64; workers];
        (0..10_000 * workers as u64).for_each(|key| counts[worker_of(key, workers)] += 1);
        // Six standard deviations of 10,000.
        assert!(counts.iter().all(|count| (9_400..=10_600).contains(count)), "{counts:?}");
    }
}

#[test]
fn of_nobody_the_first_is_asked() {
    assert_eq!((worker_of(7, 0), worker_of(7, 1)), (0, 0));
}

proptest! {
    #[test]
    fn one_worker_more_takes_keys_from_the_others_and_moves_no_other(key: u64, workers in 1..512_usize) {
        let (before, after) = (worker_of(key, workers), worker_of(key, workers + 1));
        prop_assert!(after == before || after == workers);
        prop_assert!(before < workers);
    }

    /// Beside the slow and obvious: a list of all workers with what each does.
    #[test]
    fn a_crew_is_what_its_list_of_workers_says(
        steps in prop::collection::vec((0..5_u8, 0..6_usize), 0..200),
    ) {
        let (mut crew, mut size, mut order) = (crew(6, 6), 6, Vec::<usize>::new());
        for (what, worker) in steps {
            match what {
                0 | 1 => {
                    crew.rest(worker);
                    if worker < size && !order.contains(&worker) {
                        order.push(worker);
                    }
                }
                2 => {
                    crew.rise(worker);
                    order.retain(|&other| other != worker);
                }
                3 => prop_assert_eq!(crew.call(), order.pop()),
                _ => {
                    let is_valid = (1..=6).contains(&worker);
                    prop_assert_eq!(crew.resize(worker).is_ok(), is_valid);
                    if is_valid {
                        size = worker;
                        order.retain(|&other| other < size);
                    }
                }
            }
            prop_assert_eq!((crew.size(), crew.resting()), (size, order.len()));
        }
    }
}
