mod looks;
pub(crate) mod node;
mod properties;
mod world;

use std::time::Duration;

use node::Node;
use synod_types::chain::ChainId;
use synod_types::chain::ChainPhase;
use world::{Fate, World, rules};

use super::*;
use crate::limits::WINDOW;

fn settled(length: u64) -> World {
    let mut node = Node::new();
    node.mine(length);
    let mut world = World::new(rules(2), node);
    world.settle();
    world.assert_canonical();
    world
}

/// A chain of `length` blocks above block 0 loses `depth` and gets `count` others.
#[track_caller]
fn check_reorg(length: u64, depth: u64, count: u64) {
    let mut world = settled(length);
    world.node.fork(length - depth, count);
    world.settle();
    world.assert_canonical();
    assert!(world.consumers.iter().all(|consumer| consumer.retracted as u64 == depth));
}

#[track_caller]
fn check_halt(mut world: World, expected: &Halt) {
    let before = world.consumers[0].chain.clone();
    world.settle();
    assert_eq!(world.halted.as_ref(), Some(expected));
    assert_eq!(world.follower.phase(), ChainPhase::Halted(expected.to_string()));
    assert_eq!(world.consumers[0].chain, before, "nobody was told anything");
    assert!(world.looks.is_empty(), "nothing is looked at any more");
}

#[test]
fn a_long_chain_is_caught_up_with() {
    let world = settled(1_500);
    assert_eq!(world.follower.phase(), ChainPhase::Following);
    assert_eq!(world.follower.status().lag(), 0);
}

#[test]
fn reorgs_up_to_the_limit_are_followed() {
    for depth in [1, 2, 8, 9, 32, 63, 64] {
        check_reorg(300, depth, depth + 1);
    }
}

#[test]
fn a_branch_of_the_same_height_is_seen() {
    check_reorg(100, 5, 5);
}

#[test]
fn a_shorter_branch_is_seen_at_once() {
    check_reorg(100, 20, 3);
}

#[test]
fn a_young_chain_may_turn_over_to_the_block_after_genesis() {
    check_reorg(3, 3, 9);
}

#[test]
fn a_rollback_is_believed_after_a_while() {
    let mut world = settled(100);
    world.node.fork(90, 0);
    for _ in 0..6 {
        world.look(None);
        world.pass();
    }
    assert_eq!(world.follower.phase(), ChainPhase::NodeBehind);
    assert_eq!(world.consumers[0].retracted, 0);
    world.settle();
    world.assert_canonical();
    assert_eq!(world.consumers[0].retracted, 10);
}

#[test]
fn a_node_that_lags_for_a_moment_takes_nothing_back() {
    let mut world = settled(100);
    let ahead = world.node.clone();
    world.node.fork(90, 0);
    for _ in 0..6 {
        world.look(None);
        world.pass();
    }
    world.node = ahead;
    world.node.mine(5);
    world.settle();
    world.assert_canonical();
    assert_eq!(world.consumers[0].retracted, 0);
}

#[test]
fn a_node_far_behind_is_waited_for() {
    let mut world = settled(400);
    let ahead = world.node.clone();
    world.node.fork(5, 0);
    world.settle();
    assert_eq!(world.follower.phase(), ChainPhase::NodeBehind);
    world.node = ahead;
    world.settle();
    world.assert_canonical();
    assert_eq!(world.consumers[0].retracted, 0);
}

#[test]
fn a_reorg_during_downtime_is_seen() {
    let mut world = settled(100);
    world.node.fork(60, 50);
    world.kill(0);
    world.settle();
    world.assert_canonical();
    assert_eq!(world.consumers[0].retracted, 40);
}

#[test]
fn one_block_deeper_than_the_limit_halts() {
    let mut world = settled(300);
    let tip = world.follower.status().committed.unwrap();
    world.node.fork(300 - 65, 80);
    check_halt(world, &Halt::ReorgTooDeep { tip, limit: 64 });
}

#[test]
fn an_actor_that_halted_goes_on_when_the_node_is_mended() {
    let mut world = settled(300);
    let good = world.node.clone();
    world.node.fork(100, 300);
    world.settle();
    assert!(world.halted.take().is_some());
    world.node = good;
    world.node.mine(10);
    world.kill(0);
    world.settle();
    world.assert_canonical();
    assert_eq!(world.consumers[0].retracted, 0);
}

#[test]
fn the_wrong_chain_halts_at_the_first_look() {
    let mut rules = rules(1);
    rules.chain = ChainId(1);
    let expected = Halt::WrongChain { expected: ChainId(1), found: node::CHAIN };
    check_halt(World::new(rules, Node::new()), &expected);
}

#[test]
fn a_wiped_chain_halts_even_while_running() {
    let mut world = settled(20);
    let began = world.node.identity();
    world.node.blocks.clear();
    world.node.fork(0, 40);
    let found = world.node.identity();
    check_halt(world, &Halt::OtherChain { began, found });
}

#[test]
fn a_block_with_too_many_logs_halts() {
    let mut world = settled(20);
    world.rules.limits.event_bytes_max = 95;
    world.kill(0);
    world.node.mine(1);
    let block = world.node.blocks[21].0.id;
    let bytes = weight(&ChainEvent::Committed {
        block: world.node.blocks[21].0,
        logs: world.node.canonical(21, 0)[0].1.clone(),
    });
    check_halt(world, &Halt::BlockTooLarge { block, bytes, max: 95 });
}

#[test]
fn fetching_pauses_while_a_consumer_is_slow() {
    let mut node = Node::new();
    node.mine(500);
    let mut rules = rules(2);
    rules.limits.undelivered_max = 100;
    let mut world = World::new(rules, node);
    for _ in 0..100 {
        world.look(None);
        world.write();
        world.deliver(Fate::AnswerLost);
        world.pass();
    }
    assert_eq!(world.follower.phase(), ChainPhase::Blocked);
    assert_eq!(world.follower.status().undelivered, 100);
    world.settle();
    world.assert_canonical();
}

#[test]
fn no_consumer_is_told_before_the_journal_has_it() {
    let mut node = Node::new();
    node.mine(10);
    let mut world = World::new(rules(1), node);
    for _ in 0..20 {
        world.look(None);
        world.deliver(Fate::Answered);
        world.pass();
    }
    assert_eq!(world.follower.status().last_event, EventNumber(11));
    assert!(world.consumers[0].chain.is_empty());
}

#[test]
fn with_no_consumer_events_count_as_answered_once_durable() {
    let mut node = Node::new();
    node.mine(10);
    let mut world = World::new(rules(0), node);
    world.settle();
    let status = world.follower.status();
    assert_eq!((status.answered, status.undelivered), (EventNumber(11), 0));
}

#[test]
fn an_empty_journal_without_a_start_begins_at_the_newest_confirmed_block() {
    let mut node = Node::new();
    node.mine(50);
    let mut rules = rules(1);
    rules.start_block = None;
    rules.limits.confirmations = 3;
    let mut world = World::new(rules, node);
    world.settle();
    assert_eq!(world.consumers[0].chain, world.node.canonical(47, 3));
}

#[test]
fn trouble_is_waited_out_longer_each_time_and_shrinks_what_is_asked() {
    let mut world = settled(10);
    let mut waits = Vec::new();
    world.node.mine(1_000);
    while waits.len() < 9 {
        if !world.looks.is_empty() {
            world.look(Some(Trouble::Timeout));
            waits.push(world.follower.pace.next_at().since(world.now));
        }
        world.pass();
    }
    let expected = [100, 200, 400, 800, 1_600, 3_200, 6_400, 10_000, 10_000];
    assert_eq!(waits, expected.map(Duration::from_millis));
    assert_eq!(world.follower.pace.blocks(), 1);
    world.settle();
    world.assert_canonical();
}

#[test]
fn stale_inputs_are_refused() {
    let mut follower = Follower::new(rules(1));
    let stale = follower.apply(Moment::default(), Input::Seen(7, Err(Trouble::Torn)));
    assert_eq!(stale, Err(Refusal::StaleLook(7)));
    for consumer in [0, 9] {
        let upto = EventNumber(1);
        let stale = follower.apply(Moment::default(), Input::Answered(consumer, upto));
        assert_eq!(stale, Err(Refusal::StaleAnswer { consumer, upto }));
    }
}

#[test]
fn a_hint_is_looked_into_at_once() {
    let mut world = settled(10);
    while !world.looks.is_empty() {
        world.look(None);
    }
    let due = world.follower.pace.next_at();
    assert!(world.looks.is_empty() && world.now < due, "nothing to do for a while");
    world.apply(Input::NewHead);
    assert_eq!(world.looks.len(), 1);
    // One that comes during a look is looked into after it.
    world.apply(Input::NewHead);
    assert_eq!(world.looks.len(), 1, "one look at a time");
    let (ticket, _) = world.looks[0];
    let other = world.follower.apply(world.now, Input::Seen(ticket + 1, Err(Trouble::Torn)));
    assert_eq!(other, Err(Refusal::StaleLook(ticket + 1)));
    world.look(None);
    assert_eq!(world.looks.len(), 1, "the hint");
    world.look(None);
    assert!(world.looks.is_empty(), "and no more");
}

#[test]
fn a_snapshot_restores_what_was_known() {
    let world = settled(100);
    let snapshot = world.follower.snapshot();
    assert!(snapshot.began.is_some());
    let again = Follower::restore(rules(2), snapshot.clone());
    assert_eq!(again.snapshot(), snapshot);
}

#[test]
fn a_segment_that_does_not_fit_together_is_not_taken() {
    let mut world = settled(10);
    world.node.mine(5);
    while world.looks.is_empty() {
        world.pass();
    }
    let (ticket, plan) = world.looks.pop_front().unwrap();
    let Ok(Sight::Segment { head, headers, mut logs }) = world.node.look(plan) else { panic!() };
    let stranger = world.node.blocks[3].0.id;
    logs.push(PlacedLog {
        block: stranger,
        log: world.node.blocks.iter().find_map(|(_, logs)| logs.first().cloned()).unwrap(),
    });
    world.apply(Input::Seen(ticket, Ok(Sight::Segment { head, headers, logs })));
    assert_eq!(world.follower.status().committed.map(|tip| tip.number), Some(10));
    world.settle();
    world.assert_canonical();
}

#[test]
fn the_window_forgets_the_oldest() {
    let world = settled(1_000);
    assert_eq!(world.follower.snapshot().window.len(), WINDOW);
}
