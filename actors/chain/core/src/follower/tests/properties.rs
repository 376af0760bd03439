use proptest::prelude::*;
use synod_types::chain::Trouble;

use super::node::Node;
use super::world::{Fate, World, rules};

#[derive(Clone, Debug)]
enum Step {
    Mine(u64),
    /// Depth, and how many blocks come instead.
    Reorg(u64, u64),
    Look(Option<Trouble>),
    Write,
    Deliver(Fate),
    Pass,
    Kill(usize),
    Snapshot,
    NewHead,
}

fn step() -> impl Strategy<Value = Step> {
    let fate = prop::sample::select(vec![
        Fate::Answered,
        Fate::Answered,
        Fate::Answered,
        Fate::Twice,
        Fate::Lost,
        Fate::AnswerLost,
    ]);
    let trouble = prop::option::weighted(0.2, prop::sample::select(Trouble::ALL.to_vec()));
    prop_oneof![
        3 => (1_u64..40).prop_map(Step::Mine),
        // As long, longer and shorter branches; a pure rollback among them.
        3 => (1_u64..=64, 0_u64..70).prop_map(|(depth, count)| Step::Reorg(depth, count)),
        1 => (1_u64..=64).prop_map(|depth| Step::Reorg(depth, depth)),
        8 => trouble.prop_map(Step::Look),
        6 => Just(Step::Write),
        8 => fate.prop_map(Step::Deliver),
        8 => Just(Step::Pass),
        1 => (0_usize..3).prop_map(Step::Kill),
        1 => Just(Step::Snapshot),
        1 => Just(Step::NewHead),
    ]
}

fn perform(world: &mut World, step: Step) {
    match step {
        Step::Mine(count) => world.node.mine(count),
        Step::Reorg(depth, count) => {
            // Deeper ones halt, which is another test's business. What was retracted and then
            // forgotten in a kill counts.
            let head = world.node.head();
            let floor = world.highest.saturating_sub(world.rules.limits.reorg_depth_max as u64);
            world.node.fork(head.saturating_sub(depth).max(floor).min(head), count);
        }
        Step::Look(trouble) => world.look(trouble),
        Step::Write => world.write(),
        Step::Deliver(fate) => world.deliver(fate),
        Step::Pass => world.pass(),
        Step::Kill(kept) => world.kill(kept),
        Step::Snapshot => world.take_snapshot(),
        Step::NewHead => world.apply(crate::follower::Input::NewHead),
    }
}

/// `SYNOD_SCRIPTS=10000` asks for so many.
fn scripts() -> u32 {
    std::env::var("SYNOD_SCRIPTS").map_or(384, |text| text.parse().unwrap())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(scripts()))]

    /// Three chains, a script each: whatever is lost, repeated or killed, and however a chain
    /// turns, each consumer, in
    /// order and without a gap, arrives at exactly the node's chain.
    #[test]
    fn every_consumer_arrives_at_the_chain_of_the_node(
        scripts in prop::array::uniform3(prop::collection::vec(step(), 0..120)),
        consumers in 1_usize..4,
        confirmations in 0_u64..4,
        undelivered_max in prop::sample::select(vec![1_usize, 10, 4_096]),
        fetch_blocks_max in prop::sample::select(vec![1_u32, 7, 200]),
    ) {
        let mut rules = rules(consumers);
        rules.limits.confirmations = confirmations;
        rules.limits.undelivered_max = undelivered_max;
        rules.limits.fetch_blocks_max = fetch_blocks_max;
        rules.limits.batch_bytes_max = 4_000;
        let mut worlds = [(); 3].map(|()| World::new(rules.clone(), Node::new()));
        let longest = scripts.iter().map(Vec::len).max().unwrap_or(0);
        for turn in 0..longest {
            for (world, script) in worlds.iter_mut().zip(&scripts) {
                script.get(turn).into_iter().for_each(|step| perform(world, step.clone()));
            }
        }
        for mut world in worlds {
            world.node.mine(confirmations + 1);
            world.arrive();
            world.assert_canonical();
        }
    }
}
