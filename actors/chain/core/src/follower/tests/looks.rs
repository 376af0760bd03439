//! What one look leads to, and what it does not.

use synod_types::chain::PlacedLog;

use super::*;

/// What the follower would see now, if it looked.
fn sight(world: &mut World) -> (u64, Sight) {
    while world.looks.is_empty() {
        world.pass();
    }
    let (ticket, plan) = world.looks.pop_front().unwrap();
    (ticket, world.node.look(plan).unwrap())
}

fn pause(world: &World) -> Duration {
    world.follower.pace.next_at().since(world.now)
}

fn committed(world: &World) -> Option<u64> {
    world.follower.status().committed.map(|tip| tip.number)
}

/// A sight that is changed on its way leads to nothing but another look, after a while.
#[track_caller]
fn check_torn(change: impl FnOnce(&Node, &mut u64, &mut Vec<Block>, &mut Vec<PlacedLog>)) {
    let mut node = Node::new();
    node.mine(20);
    let mut rules = rules(1);
    rules.limits.confirmations = 3;
    let mut world = World::new(rules, node);
    world.settle();
    world.node.mine(10);
    let (ticket, seen) = sight(&mut world);
    let Sight::Segment { mut head, mut headers, mut logs } = seen else { panic!("{seen:?}") };
    change(&world.node, &mut head, &mut headers, &mut logs);
    world.apply(Input::Seen(ticket, Ok(Sight::Segment { head, headers, logs })));
    assert_eq!(committed(&world), Some(17));
    assert_eq!(world.follower.aim, Aim::Extend);
    assert_eq!(pause(&world), world.rules.limits.retry_min);
    world.settle();
    world.assert_canonical();
}

#[test]
fn a_torn_sight_is_looked_at_again() {
    check_torn(|_, _, headers, _| headers.clear());
    check_torn(|_, _, headers, _| headers.swap(2, 3));
    check_torn(|_, head, _, _| *head -= 1);
    check_torn(|node, _, headers, _| headers.push(node.blocks[28].0));
}

#[test]
fn the_first_block_is_the_one_to_begin_with() {
    let mut node = Node::new();
    node.mine(9);
    let mut world = World::new(rules(1), node);
    world.look(None);
    let (ticket, seen) = sight(&mut world);
    let Sight::Segment { head, mut headers, .. } = seen else { panic!("{seen:?}") };
    headers.remove(0);
    world.apply(Input::Seen(ticket, Ok(Sight::Segment { head, headers, logs: vec![] })));
    assert_eq!(committed(&world), None);
    world.settle();
    world.assert_canonical();
}

#[test]
fn the_next_look_is_at_once_only_if_this_one_led_on_and_there_is_more() {
    let mut world = settled(10);
    let poll = world.rules.limits.poll;
    let (ticket, seen) = sight(&mut world);
    world.apply(Input::Seen(ticket, Ok(seen)));
    assert_eq!((world.follower.aim, pause(&world)), (Aim::Extend, poll), "nothing new");
    world.node.mine(1);
    let (ticket, seen) = sight(&mut world);
    world.apply(Input::Seen(ticket, Ok(seen)));
    assert_eq!((committed(&world), pause(&world)), (Some(11), poll), "all there is");
    world.node.mine(500);
    let (ticket, seen) = sight(&mut world);
    let Sight::Segment { head, headers, .. } = &seen else { panic!("{seen:?}") };
    let (head, headers) = (*head, headers[..1].to_vec());
    world.apply(Input::Seen(ticket, Ok(Sight::Segment { head, headers, logs: vec![] })));
    assert_eq!((committed(&world), pause(&world)), (Some(11), poll), "no headers yet");
    assert_eq!(world.follower.phase(), ChainPhase::CatchingUp);
    let (ticket, seen) = sight(&mut world);
    world.apply(Input::Seen(ticket, Ok(seen)));
    assert_eq!((committed(&world), pause(&world)), (Some(211), Duration::ZERO), "more");
    assert_eq!(world.looks.len(), 1);
}

#[test]
fn a_block_as_large_as_may_be_is_taken() {
    let mut world = settled(20);
    world.node.mine(1);
    let logs = world.node.canonical(21, 0)[0].1.clone();
    let event = ChainEvent::Committed { block: world.node.blocks[21].0, logs };
    world.rules.limits.event_bytes_max = weight(&event);
    world.kill(0);
    world.settle();
    world.assert_canonical();
}

#[test]
fn a_look_that_was_given_up_shows_nothing() {
    let mut world = settled(10);
    let (first, seen) = sight(&mut world);
    world.apply(Input::Seen(first, Err(Trouble::Timeout)));
    while world.looks.is_empty() {
        world.pass();
    }
    assert_ne!(world.looks[0].0, first, "each look has a ticket of its own");
    let late = world.follower.apply(world.now, Input::Seen(first, Ok(seen)));
    assert_eq!(late, Err(Refusal::StaleLook(first)));
}

#[test]
fn the_same_alarm_is_set_once() {
    let mut world = settled(10);
    let (ticket, seen) = sight(&mut world);
    let set = world.follower.apply(world.now, Input::Seen(ticket, Ok(seen))).unwrap();
    let due = world.now + world.rules.limits.poll;
    assert_eq!(set, [Effect::WakeAt(due)]);
    let last = world.follower.status().last_event;
    assert_eq!(world.follower.apply(world.now, Input::Durable(last)), Ok(vec![]));
    let early = world.follower.apply(world.now, Input::Tick);
    assert_eq!(early, Ok(vec![]), "it is still to ring");
    let ticket = ticket + 1;
    let rung = world.follower.apply(due, Input::Tick).unwrap();
    assert!(matches!(rung[..], [Effect::Look(found, _)] if found == ticket), "{rung:?}");
}

#[test]
fn fetching_pauses_while_too_many_bytes_wait() {
    let mut node = Node::new();
    node.mine(50);
    let mut rules = rules(1);
    rules.limits.undelivered_bytes_max = 1;
    rules.limits.fetch_blocks_max = 5;
    let mut world = World::new(rules, node);
    for _ in 0..9 {
        world.look(None);
        world.pass();
    }
    assert_eq!(world.follower.phase(), ChainPhase::Blocked);
    assert_eq!(committed(&world), Some(4));
    world.settle();
    world.assert_canonical();
    assert_eq!(world.follower.identity(), Some(world.node.identity()));
}

#[test]
fn a_rollback_is_believed_once_patience_has_run_out() {
    let mut world = settled(20);
    world.node.fork(15, 0);
    world.rules.limits.poll = world.rules.limits.rollback_patience;
    world.kill(0);
    while world.follower.short_since.is_none() {
        world.look(None);
        world.pass();
    }
    let since = world.follower.short_since.unwrap();
    while world.follower.short_since.is_some() {
        assert!(world.now.since(since) <= world.rules.limits.rollback_patience);
        world.look(None);
        if world.looks.is_empty() {
            world.pass();
        }
    }
    assert_eq!(committed(&world), Some(15));
}

#[test]
fn a_record_must_follow_from_those_before() {
    let node = {
        let mut node = Node::new();
        node.mine(3);
        node
    };
    let told = |first, event| {
        let answered = EventNumber(0);
        Record::Told { first: EventNumber(first), events: vec![event], answered }
    };
    let block = |number: usize| node.blocks[number].0;
    let commit = |block| ChainEvent::Committed { block, logs: vec![] };
    let mut follower = Follower::new(rules(1));
    follower.replay(told(1, commit(block(0)))).unwrap();
    let (found, expected) = (EventNumber(3), EventNumber(2));
    let gap = follower.replay(told(3, commit(block(1))));
    assert_eq!(gap, Err(RecordError::OutOfOrder { found, expected }));
    let other = |block: Block| Block { parent: block.id.hash, ..block };
    let renumbered = |block: Block| Block { id: BlockId { number: 7, ..block.id }, ..block };
    for bad in [block(2), other(block(1)), renumbered(block(1))] {
        let misplaced = follower.replay(told(2, commit(bad)));
        assert_eq!(misplaced, Err(RecordError::Misplaced(bad.id)));
    }
    let retracted = ChainEvent::Retracted { block: block(1).id };
    let misplaced = follower.replay(told(2, retracted));
    assert_eq!(misplaced, Err(RecordError::Misplaced(block(1).id)));
    follower.replay(told(2, commit(block(1)))).unwrap();
}
