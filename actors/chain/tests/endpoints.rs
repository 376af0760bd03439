//! Several ways to one chain, on paused time: whichever fails or lies, consumers are told what
//! the chain does, once and in order.
#![allow(clippy::unwrap_used, missing_docs)]

mod common;

use common::{Lie, Process, World};
use synod_chain::Source;
use synod_tests::stage::{SECOND, pass};
use synod_types::chain::{Block, ChainPhase, Demotion, EndpointState, Trouble};

async fn canonical(world: &World) -> Vec<Block> {
    world.source.chain.headers(1, u64::MAX).await.unwrap()
}

async fn states(process: &Process) -> Vec<EndpointState> {
    process.status().await.endpoints.into_iter().map(|endpoint| endpoint.state).collect()
}

/// Follows for a while, through the first; then something happens to it.
async fn check(world: World, happens: impl FnOnce(&World), expected: Demotion) {
    let process = world.start().await;
    pass(20 * SECOND).await;
    let before = process.status().await.endpoints;
    assert_eq!(
        before[0].state,
        EndpointState::Serving,
        "before it is to be {expected:?}: {before:?}"
    );
    happens(&world);
    pass(9 * SECOND).await;
    let states = states(&process).await;
    assert_eq!(states[0], EndpointState::Demoted(expected), "{states:?}");
    assert_eq!(states[1], EndpointState::Serving);
    world.assert_followed(&canonical(&world).await);
    assert_eq!(world.notes[0].retracted(), 0, "no reorg was seen where there was none");
}

#[tokio::test(start_paused = true)]
async fn another_takes_over_from_one_that_fails() {
    for (trouble, demotion) in [
        (Trouble::Unavailable, Demotion::Unavailable),
        (Trouble::Timeout, Demotion::Timeout),
        (Trouble::RateLimited, Demotion::RateLimited),
        (Trouble::Refused, Demotion::Refused),
        (Trouble::False, Demotion::False),
        (Trouble::Torn, Demotion::Incoherent),
    ] {
        check(World::of_many(2, 1), |world| world.source.fail(Some(trouble)), demotion).await;
    }
}

#[tokio::test(start_paused = true)]
async fn another_takes_over_from_one_whose_chain_has_ended() {
    let ends = |world: &World| {
        let committed = world.notes[0].blocks().last().unwrap().id.number;
        world.source.lie(Lie::EndsAt(committed - 4));
    };
    check(World::of_many(2, 1), ends, Demotion::Stale).await;
}

#[tokio::test(start_paused = true)]
async fn what_a_quorum_does_not_have_is_never_told() {
    let branch = |world: &World| {
        let committed = world.notes[0].blocks().last().unwrap().id.number;
        world.source.lie(Lie::OwnBranch(committed + 1));
    };
    check(World::of_many(3, 2), branch, Demotion::Outvoted).await;
    // One of three that fails, and one that lies: no two agree, so nothing counts; but nothing
    // is lost.
    let world = World::of_many(3, 2);
    let process = world.start().await;
    pass(20 * SECOND).await;
    world.others[0].fail(Some(Trouble::Unavailable));
    let before = world.notes[0].blocks();
    world.source.lie(Lie::OwnBranch(before.last().unwrap().id.number + 2));
    pass(20 * SECOND).await;
    let told = world.notes[0].blocks();
    let canonical_now = canonical(&world).await;
    assert!(told.len() <= before.len() + 2 && canonical_now.starts_with(&told));
    world.others[0].fail(None);
    pass(60 * SECOND).await;
    world.assert_followed(&canonical(&world).await);
    assert_eq!(world.notes[0].retracted(), 0);
    assert_eq!(process.phase().await, ChainPhase::Following);
}

#[tokio::test(start_paused = true)]
async fn an_endpoint_of_another_chain_is_passed_over_and_all_of_them_halt() {
    let world = World::of_many(2, 1);
    world.source.lie(Lie::OtherChain);
    world.others[0].fail(Some(Trouble::Unavailable));
    let process = world.start().await;
    pass(2 * SECOND).await;
    // The first to answer says which chain it is: there is nothing to hold it against yet.
    assert_eq!(states(&process).await[0], EndpointState::Serving);
    drop(process);

    let world = World::of_many(2, 1);
    let process = world.start().await;
    pass(10 * SECOND).await;
    world.others[0].lie(Lie::OtherChain);
    pass(10 * SECOND).await;
    assert_eq!(states(&process).await[1], EndpointState::Demoted(Demotion::WrongChain));
    world.source.fail(Some(Trouble::Unavailable));
    pass(10 * SECOND).await;
    world.source.fail(None);
    pass(60 * SECOND).await;
    world.assert_followed(&canonical(&world).await);
    world.source.lie(Lie::OtherChain);
    world.source.fail(Some(Trouble::Unavailable));
    pass(5 * SECOND).await;
    world.source.fail(None);
    pass(120 * SECOND).await;
    assert!(matches!(process.phase().await, ChainPhase::Halted(_)));
}

#[tokio::test(start_paused = true)]
async fn whichever_fails_in_turn_nothing_is_missed_and_nothing_told_twice() {
    let world = World::of_many(3, 1);
    let _process = world.start().await;
    for round in 0..60_usize {
        let ways: Vec<_> = std::iter::once(&world.source).chain(&world.others).collect();
        for (index, way) in ways.iter().enumerate() {
            let trouble = Trouble::ALL[(round + index) % Trouble::ALL.len()];
            way.fail((index != round % 3).then_some(trouble));
        }
        if round % 7 == 0 {
            drop(world.source.chain.reorg(1 + round as u64 / 4));
        }
        pass(3 * SECOND).await;
    }
    world.source.fail(None);
    world.others.iter().for_each(|way| way.fail(None));
    pass(60 * SECOND).await;
    world.assert_followed(&canonical(&world).await);
    assert_eq!((world.notes[0].repeated(), world.notes[1].repeated()), (0, 0));
}
