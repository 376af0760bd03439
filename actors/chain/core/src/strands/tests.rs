mod world;

use proptest::prelude::*;
use synod_types::chain::{BackfillRefusal, Trouble};

use world::World;

#[derive(Clone, Debug)]
enum Step {
    Mine(u64),
    /// Depth, and how many blocks come instead.
    Reorg(u64, u64),
    /// The branch of before the last reorg comes back.
    Return,
    Look(Option<Trouble>),
    Write(usize),
    Deliver(usize, bool),
    Pass,
    /// What of the live strand's records and of the others' is kept.
    Kill(usize, usize),
    Join,
    Order(usize, u64),
}

fn step() -> impl Strategy<Value = Step> {
    let trouble = prop::option::weighted(0.1, prop::sample::select(Trouble::ALL.to_vec()));
    prop_oneof![
        3 => (1_u64..12).prop_map(Step::Mine),
        3 => (1_u64..=20, 0_u64..24).prop_map(|(depth, count)| Step::Reorg(depth, count)),
        2 => Just(Step::Return),
        10 => trouble.prop_map(Step::Look),
        8 => (0_usize..3).prop_map(Step::Write),
        10 => (0_usize..4, prop::bool::weighted(0.8)).prop_map(|(which, is)| Step::Deliver(which, is)),
        6 => Just(Step::Pass),
        1 => (0_usize..3, 0_usize..3).prop_map(|(live, past)| Step::Kill(live, past)),
        1 => Just(Step::Join),
        2 => (0_usize..2, 0_u64..40).prop_map(|(who, from)| Step::Order(who, from)),
    ]
}

fn perform(world: &mut World, step: Step) {
    match step {
        Step::Mine(count) => world.node.mine(count),
        Step::Reorg(depth, count) => world.reorg(depth, count),
        Step::Return => world.flip_back(),
        Step::Look(trouble) => world.look(trouble),
        Step::Write(which) => world.write(which),
        Step::Deliver(which, is_answered) => world.deliver(which, is_answered),
        Step::Pass => world.pass(),
        Step::Kill(live, past) => world.kill(live, past),
        Step::Join => world.join(),
        Step::Order(who, from) => drop(world.order(who, from)),
    }
}

/// `SYNOD_SCRIPTS=10000` asks for so many.
fn scripts() -> u32 {
    std::env::var("SYNOD_SCRIPTS").map_or(512, |text| text.parse().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(scripts()))]

    /// Whoever comes when, whatever it is to be told of the past and however the chain turns
    /// meanwhile: nothing is committed twice to anybody, and everybody ends up with exactly the
    /// node's chain from the first block that it was told.
    #[test]
    fn past_and_present_make_one_chain(
        script in prop::collection::vec(step(), 0..250),
        length in 0_u64..60,
        start in prop::option::of(0_u64..50),
        confirmations in 0_u64..3,
        fetch_blocks_max in prop::sample::select(vec![1_u32, 5, 200]),
        undelivered_max in prop::sample::select(vec![3_usize, 4_096]),
    ) {
        let mut world = World::new(length, start, |rules| {
            rules.limits.confirmations = confirmations;
            rules.limits.fetch_blocks_max = fetch_blocks_max;
            rules.limits.undelivered_max = undelivered_max;
        });
        script.into_iter().for_each(|step| perform(&mut world, step));
        world.node.mine(120);
        world.arrive();
        world.assert_canonical();
    }
}

#[test]
fn a_late_consumer_is_told_the_past_while_the_chain_goes_on() {
    let mut world = World::new(1_000, Some(900), |_| ());
    world.arrive();
    world.join();
    world.order(1, 10).unwrap();
    world.node.mine(20);
    world.arrive();
    world.assert_canonical();
    assert_eq!(world.first_held(1), Some(10));
    assert_eq!(world.first_held(0), Some(900));
}

#[test]
fn orders_that_make_no_sense_are_refused_by_name() {
    let mut world = World::new(100, Some(50), |_| ());
    assert_eq!(world.order(0, 10), Err(BackfillRefusal::NotBegun));
    world.arrive();
    let missing = BackfillRefusal::NothingMissing { consumer: "a".to_owned(), floor: 50 };
    assert_eq!(world.order(0, 50), Err(missing));
    let unknown = BackfillRefusal::UnknownConsumer { consumer: "b".to_owned(), known: "a".into() };
    assert_eq!(world.order(1, 10), Err(unknown));
    world.order(0, 10).unwrap();
    let under_way = BackfillRefusal::UnderWay { consumer: "a".to_owned(), from: 10 };
    assert_eq!(world.order(0, 5), Err(under_way));
    world.arrive();
    let missing = BackfillRefusal::NothingMissing { consumer: "a".to_owned(), floor: 10 };
    assert_eq!(world.order(0, 10), Err(missing));
    world.order(0, 5).unwrap();
    world.arrive();
    world.assert_canonical();
    assert_eq!(world.first_held(0), Some(5));
}

/// The first live block stays, the block below it is another: the seam is looked at again.
#[test]
fn a_reorg_at_the_seam_is_followed() {
    for depth in [1, 2, 19, 20, 21, 25] {
        let mut world = World::new(100, Some(80), |_| ());
        world.arrive();
        world.order(0, 10).unwrap();
        for _ in 0..6 {
            world.turn();
            world.reorg(depth, depth + 1);
        }
        world.node.mine(40);
        world.arrive();
        world.assert_canonical();
    }
}
