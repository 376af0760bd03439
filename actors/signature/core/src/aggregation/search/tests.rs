use proptest::prelude::*;

use super::*;

/// A prime: values are integers below it, products are sums.
const ORDER: u64 = (1 << 61) - 1;

/// The group of pairing values without the pairing: a value is its logarithm.
struct Model {
    members: Vec<usize>,
    /// By position; nought is right.
    values: Vec<u64>,
}

fn multiple(value: u64, times: usize) -> u64 {
    (u128::from(value) * times as u128 % u128::from(ORDER)) as u64
}

impl Judge for Model {
    type Value = u64;

    fn members(&self) -> &[usize] {
        &self.members
    }

    fn plain(&self, node: Node, named: &BTreeSet<usize>) -> u64 {
        let members = within(&self.members, node).iter().filter(|member| !named.contains(member));
        members.fold(0, |sum, &member| (sum + self.values[member]) % ORDER)
    }

    fn weighted(&self, node: Node, named: &BTreeSet<usize>) -> u64 {
        let members = within(&self.members, node).iter().filter(|member| !named.contains(member));
        members.fold(0, |sum, &member| {
            (sum + multiple(self.values[member], member - node.start)) % ORDER
        })
    }

    fn one() -> u64 {
        0
    }

    fn times(a: &u64, b: &u64) -> u64 {
        (a + b) % ORDER
    }

    fn inverse(value: &u64) -> u64 {
        (ORDER - value) % ORDER
    }

    fn mark(value: &u64) -> [u8; 32] {
        let mut mark = [0; 32];
        mark[..8].copy_from_slice(&value.to_be_bytes());
        mark
    }
}

/// Who is found, with the check that found the whole wrong; nobody where it is right.
fn found(model: &Model) -> Found {
    let root = Node::root(model.members.last().map_or(0, |last| last + 1));
    let whole = model.plain(root, &BTreeSet::new());
    let mut found = if whole == 0 {
        Found { culprits: BTreeSet::new(), checks: 0 }
    } else {
        culprits(model, whole)
    };
    found.checks += 1;
    found
}

/// Repeatable numbers without a crate (Steele, Lea, Flood 2014).
struct Dice(u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// So many different positions.
    fn some(&mut self, count: usize, of: usize) -> BTreeSet<usize> {
        let mut some = BTreeSet::new();
        while some.len() < count {
            some.insert(self.below(of));
        }
        some
    }
}

/// `count` members of a table with one absent in `absent_in`; `bad` of the members at random.
fn placed(dice: &mut Dice, count: usize, bad: usize, absent_in: usize) -> Model {
    let mut members = Vec::with_capacity(count);
    let mut position = 0;
    while members.len() < count {
        if absent_in == 0 || dice.below(absent_in) != 0 {
            members.push(position);
        }
        position += 1;
    }
    let mut values = vec![0; position];
    for place in dice.some(bad, count) {
        values[members[place]] = 1 + dice.next() % (ORDER - 1);
    }
    Model { members, values }
}

/// Averaged over placements: who is named is who is bad, for at most so many checks.
#[track_caller]
fn check(count: usize, bad: usize, placements: u32) {
    let mut dice = Dice(count as u64 * 100_003 + bad as u64);
    let mut checks = 0;
    for placement in 0..placements {
        let absent_in = [0, 0, 3][placement as usize % 3];
        let model = placed(&mut dice, count, bad, absent_in);
        let found = found(&model);
        let expected: BTreeSet<usize> =
            (0..model.values.len()).filter(|&member| model.values[member] != 0).collect();
        assert_eq!(found.culprits, expected, "{bad} of {count}");
        checks += found.checks;
        assert!(bad != 1 || found.checks <= 3 || count < ROOT_MEMBERS_MIN, "{}", found.checks);
    }
    let average = f64::from(checks) / f64::from(placements);
    let bound = (count + 2).min(5 * bad.max(1)) as f64;
    eprintln!("{bad} of {count}: {average:.1} checks, of {bound} allowed");
    assert!(average <= bound, "{bad} of {count} took {average} checks, more than {bound}");
}

/// 10,000 placements and more.
#[test]
fn exactly_the_culprits_are_named_and_it_takes_few_checks() {
    for count in [1, 2, 3, 5, 7, 8, 10, 16, 20, 24, 33, 50, 64] {
        for bad in (0..=count).step_by((count / 6).max(1)) {
            check(count, bad, 120);
        }
    }
    for (count, bad) in [(100, 0), (100, 1), (100, 2), (100, 5), (100, 10), (100, 40), (100, 99)] {
        check(count, bad, 120);
    }
    for (count, bad) in [(1_000, 1), (1_000, 2), (1_000, 5), (1_000, 10), (1_000, 200)] {
        check(count, bad, 60);
    }
    for (count, bad) in [(10_000, 1), (10_000, 3), (10_000, 10)] {
        check(count, bad, 12);
    }
}

/// min(n + 2, 5k) checks on average, for every k up to a fifth of the members.
#[test]
fn few_culprits_of_a_hundred_cost_five_checks_each_at_most() {
    for bad in 1..=20 {
        check(100, bad, 300);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Culprits who know everything: values that cancel in sums, in weighted sums, in both, or
    /// point at somebody who is honest.
    #[test]
    fn nobody_honest_is_named(
        count in 2_usize..70,
        seed in any::<u64>(),
        conspiracies in prop::collection::vec((0_u8..5, any::<u64>(), any::<u64>()), 1..6),
    ) {
        let mut dice = Dice(seed);
        let mut model = placed(&mut dice, count, 0, 4);
        let mut conspirators = BTreeSet::new();
        for (kind, first, second) in conspiracies {
            let size = [1, 2, 3, 2, 4][usize::from(kind)].min(count);
            let places: Vec<usize> =
                dice.some(size, count).into_iter().map(|place| model.members[place]).collect();
            let (a, b) = (first % ORDER, second % ORDER);
            let values = match kind {
                // Cancel in the sum.
                1 => vec![a, Model::inverse(&a)],
                2 => vec![a, b, Model::inverse(&Model::times(&a, &b))],
                // Their weighted sum is that of a third: (x + d)·a + (x − e)·b with d·a = e·b.
                3 => vec![multiple(a, 3), multiple(a, 2)],
                4 => vec![a, Model::inverse(&a), Model::inverse(&a), a],
                _ => vec![a],
            };
            for (&place, value) in places.iter().zip(values) {
                model.values[place] = Model::times(&model.values[place], &value);
            }
            conspirators.extend(places);
        }
        let found = found(&model);
        for culprit in &found.culprits {
            prop_assert_ne!(model.values[*culprit], 0, "framed: {}", culprit);
            prop_assert!(conspirators.contains(culprit));
        }
        // What is left is right as a whole.
        let left = model.plain(Node::root(model.values.len()), &found.culprits);
        prop_assert_eq!(left, 0);
        prop_assert!(found.checks as usize <= 3 * count + 3);
    }

    /// A single exponent test cannot be made to lie: two whose weighted product points at an
    /// honest third are both found, and the third is not.
    #[test]
    fn a_finger_that_points_at_another_is_not_believed(count in 8_usize..200, seed in any::<u64>()) {
        let mut dice = Dice(seed);
        let mut model = placed(&mut dice, count, 0, 0);
        let three: Vec<usize> = dice.some(3, count).into_iter().collect();
        let [low, framed, high] = three[..] else { panic!("three") };
        // a·low + b·high = framed·(a + b) ⇔ a·(framed − low) = b·(high − framed).
        let unit = 1 + dice.next() % 1_000_000;
        model.values[low] = unit * (high - framed) as u64;
        model.values[high] = unit * (framed - low) as u64;
        let found = found(&model);
        prop_assert_eq!(found.culprits, BTreeSet::from([low, high]));
    }
}
