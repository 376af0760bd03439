use super::*;

const AT: Moment = Moment::from_unix_seconds(1_000);

const fn print(hash: u64) -> Fingerprint {
    Fingerprint { hash, bytes: 8 }
}

/// One mark after another kills, a life each, a second apart: which are quarantined, after which
/// lives.
#[track_caller]
fn check(deaths_max: usize, marks: &[Mark], expected: &[(Mark, &[u64])]) {
    let mut suspects = Suspects::default();
    let mut quarantined = Vec::new();
    for (life, mark) in (1..).zip(marks) {
        let now = AT + Duration::from_secs(life);
        match suspects.struck(now, *mark, Incarnation(life), deaths_max) {
            Verdict::Again => (),
            Verdict::Quarantine(lives) => quarantined.push((*mark, lives)),
        }
    }
    let expected: Vec<_> = expected
        .iter()
        .map(|(mark, lives)| (*mark, lives.iter().copied().map(Incarnation).collect::<Vec<_>>()))
        .collect();
    assert_eq!(quarantined, expected);
}

const A: Mark = Mark::Print(print(1));
const B: Mark = Mark::Print(print(2));
const C: Mark = Mark::Letter(1);

#[test]
fn who_kills_as_often_as_may_be_is_quarantined() {
    check(3, &[A, A, A], &[(A, &[1, 2, 3])]);
    check(3, &[A, A], &[]);
    check(1, &[A, B], &[(A, &[1]), (B, &[2])]);
    check(2, &[C, C], &[(C, &[1, 2])]);
}

#[test]
fn each_is_judged_by_its_own_deeds() {
    check(3, &[A, B, A, B, C, A, C], &[(A, &[1, 3, 6])]);
}

#[test]
fn after_its_quarantine_it_would_begin_anew() {
    check(2, &[A, A, A, A], &[(A, &[1, 2]), (A, &[3, 4])]);
}

fn banned(prints: u64) -> Suspects {
    let mut suspects = Suspects::default();
    for hash in 0..prints {
        suspects.struck(AT, Mark::Print(print(hash)), Incarnation(1), 1);
    }
    suspects
}

#[test]
fn the_quarantined_are_banned_until_the_ban_is_lifted() {
    let mut suspects = banned(1);
    assert!(suspects.is_banned(print(0)) && suspects.has_bans());
    assert!(!suspects.is_banned(print(1)));
    assert!(!suspects.is_banned(Fingerprint { hash: 0, bytes: 9 }));
    suspects.lift(print(0));
    assert!(!suspects.is_banned(print(0)) && !suspects.has_bans());
}

#[test]
fn a_letter_without_a_fingerprint_is_not_banned() {
    let mut suspects = Suspects::default();
    suspects.struck(AT, C, Incarnation(1), 1);
    assert!(!suspects.has_bans());
}

#[test]
fn bans_and_suspects_are_bounded_the_oldest_go() {
    let max = Suspects::BANS_MAX as u64;
    let suspects = banned(max + 2);
    assert_eq!(suspects.bans.len(), Suspects::BANS_MAX);
    assert!(!suspects.is_banned(print(1)) && suspects.is_banned(print(2)));
    assert!(suspects.is_banned(print(max + 1)));

    let mut suspects = Suspects::default();
    for hash in 0..200 {
        let now = AT + Duration::from_secs(hash);
        suspects.struck(now, Mark::Print(print(hash)), Incarnation(1), 3);
    }
    assert_eq!(suspects.suspects.len(), Suspects::SUSPECTS_MAX);
    assert!(suspects.suspects.contains_key(&Mark::Print(print(199))));
    assert!(!suspects.suspects.contains_key(&Mark::Print(print(100))));
}

#[test]
fn who_was_handled_or_has_not_killed_for_long_is_no_suspect() {
    let mut suspects = Suspects::default();
    suspects.struck(AT, A, Incarnation(1), 3);
    suspects.struck(AT, B, Incarnation(2), 3);
    suspects.cleared(A);
    assert_eq!(suspects.suspects.len(), 1);
    let almost = Suspects::FORGOTTEN_AFTER - Duration::from_nanos(1);
    suspects.forget(AT + almost);
    assert!(!suspects.is_calm() && suspects.suspects.len() == 1);
    suspects.forget(AT + Suspects::FORGOTTEN_AFTER);
    assert!(suspects.is_calm() && suspects.suspects.is_empty());
}

#[test]
fn a_death_nobody_can_be_blamed_for_is_remembered_as_long() {
    let mut suspects = Suspects::default();
    assert!(suspects.is_calm());
    suspects.died(AT);
    suspects.forget(AT + Duration::from_secs(3_599));
    assert!(!suspects.is_calm());
    suspects.forget(AT + Suspects::FORGOTTEN_AFTER);
    assert!(suspects.is_calm());
}
