use proptest::prelude::*;

use super::*;

const IDLE: Duration = Duration::from_secs(10);

fn at(seconds: u64) -> Moment {
    Moment::from_unix_seconds(seconds)
}

fn table(live_max: usize) -> Residents<u8, &'static str> {
    Residents::new(live_max, IDLE).unwrap()
}

#[test]
fn sizes_and_times_have_bounds() {
    let refused = |live_max, idle_after| {
        Residents::<u8, ()>::new(live_max, idle_after).err().map(|error| error.to_string())
    };
    assert_eq!(refused(0, IDLE).unwrap(), "0 entities cannot be live: 1 to 10000000 can");
    assert!(refused(LIVE_MAX + 1, IDLE).is_some());
    assert!(refused(1, Duration::ZERO).unwrap().contains("longer than no time"));
    assert_eq!(refused(LIVE_MAX, Duration::from_nanos(1)), None);
}

#[test]
fn who_was_used_longest_ago_is_in_the_way() {
    let mut table = table(2);
    table.enter(at(1), 1, "one");
    assert_eq!(table.in_the_way(), None);
    table.enter(at(1), 2, "two");
    assert_eq!(table.touch(at(1), &1), Some(&mut "one"));
    assert_eq!(table.in_the_way(), Some(&2));
    assert_eq!((table.leave(&2), table.leave(&2)), (Some("two"), None));
    assert_eq!(table.in_the_way(), None);
}

#[test]
fn a_look_is_no_use() {
    let mut table = table(2);
    table.enter(at(1), 1, "one");
    table.enter(at(2), 2, "two");
    assert_eq!(table.get_mut(&1), Some(&mut "one"));
    assert_eq!(table.eldest(), Some(&1));
}

#[test]
fn idle_is_who_was_not_used_for_so_long() {
    let mut table = table(3);
    table.enter(at(0), 1, "one");
    table.enter(at(5), 2, "two");
    assert_eq!((table.idle(at(9)), table.idle(at(10))), (None, Some(&1)));
    table.touch(at(10), &1);
    assert_eq!((table.idle(at(14)), table.idle(at(15))), (None, Some(&2)));
}

#[test]
fn one_alarm_serves_many() {
    let mut table = table(3);
    assert_eq!(table.look_at(at(0)), None, "for whom?");
    table.enter(at(0), 1, "one");
    assert_eq!(table.look_at(at(0)), Some(at(10)));
    let soon = at(9) + IDLE / 8;
    assert_eq!(table.look_at(at(9)), Some(soon));
    assert_eq!(table.look_at(at(12)), Some(at(12)), "somebody is idle already");
}

#[test]
#[should_panic(expected = "more entities than may be live")]
fn nobody_enters_a_full_table() {
    let mut table = table(1);
    table.enter(at(1), 1, "one");
    table.enter(at(1), 2, "two");
}

#[test]
#[should_panic(expected = "live twice")]
fn nobody_is_live_twice() {
    let mut table = table(2);
    table.enter(at(1), 1, "one");
    table.enter(at(1), 1, "one");
}

/// What is done to a table.
#[derive(Clone, Debug)]
enum Deed {
    Pass(u64),
    Use(u8),
    Look(u8),
    Leave(u8),
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = prop_oneof![
        2 => (0_u64..12).prop_map(Deed::Pass),
        6 => (0_u8..12).prop_map(Deed::Use),
        1 => (0_u8..12).prop_map(Deed::Look),
        1 => (0_u8..12).prop_map(Deed::Leave),
    ];
    proptest::collection::vec(deed, 0..200)
}

/// The same, slowly: all entities in a list, in order of their last use.
struct Model {
    live_max: usize,
    list: Vec<(u8, Moment, u64)>,
}

impl Model {
    fn take(&mut self, key: u8) -> Option<(u8, Moment, u64)> {
        let place = self.list.iter().position(|(live, ..)| *live == key)?;
        Some(self.list.remove(place))
    }

    fn value(&self, key: u8) -> Option<u64> {
        self.list.iter().find(|(live, ..)| *live == key).map(|(.., value)| *value)
    }

    fn agrees(&self, table: &Residents<u8, u64>, now: Moment) {
        let first = self.list.first();
        let is_full = self.list.len() == self.live_max;
        assert_eq!(table.len(), self.list.len());
        assert_eq!(table.is_empty(), self.list.is_empty());
        assert_eq!(table.eldest(), first.map(|(key, ..)| key));
        assert_eq!(table.in_the_way(), first.filter(|_| is_full).map(|(key, ..)| key));
        let idle = self.list.iter().find(|(_, last, _)| *last + IDLE <= now);
        assert_eq!(table.idle(now), idle.map(|(key, ..)| key));
        let due = self.list.iter().map(|(_, last, _)| *last + IDLE).min();
        let look_at = due.map(|due| match due {
            due if due <= now => now,
            due => due.max(now + Duration::from_millis(1_250)),
        });
        assert_eq!(table.look_at(now), look_at);
    }
}

proptest! {
    #[test]
    fn it_does_what_a_list_does(live_max in 1_usize..6, deeds in deeds()) {
        let mut table = Residents::new(live_max, IDLE).unwrap();
        let mut model = Model { live_max, list: Vec::new() };
        let (mut now, mut made) = (at(0), 0);
        for deed in deeds {
            match deed {
                Deed::Pass(seconds) => now = now + Duration::from_secs(seconds),
                Deed::Use(key) => {
                    let known = table.touch(now, &key).copied();
                    prop_assert_eq!(known, model.value(key));
                    if known.is_none() {
                        while let Some(eldest) = table.in_the_way().copied() {
                            prop_assert_eq!(model.list[0].0, eldest);
                            let left = table.leave(&eldest);
                            prop_assert_eq!(left, model.take(eldest).map(|(.., value)| value));
                        }
                        made += 1;
                        table.enter(now, key, made);
                    }
                    let value = model.take(key).map_or(made, |(.., value)| value);
                    model.list.push((key, now, value));
                }
                Deed::Look(key) => {
                    prop_assert_eq!(table.get_mut(&key).copied(), model.value(key));
                }
                Deed::Leave(key) => {
                    let left = table.leave(&key);
                    prop_assert_eq!(left, model.take(key).map(|(.., value)| value));
                }
            }
            model.agrees(&table, now);
        }
    }
}
