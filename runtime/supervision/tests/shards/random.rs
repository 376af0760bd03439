//! Whatever fails: numbered coins arrive all, in order and once, and few purses are in memory.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::{Duration, IDLE, PurseMsg, Rows, SECOND, Stage, id, pass, spec};

const PURSES: u64 = 12;
const LIVE_MAX: usize = 2;

/// What happens to a house of purses.
#[derive(Clone, Debug)]
enum Deed {
    /// So many messages at once, of purses in turn.
    Drop(u64, usize),
    Count(u64),
    /// Saves, and loads, that fail next.
    Fail(usize, usize),
    Panic(u64),
    Kill(u8),
    Pass(u64),
}

fn deeds() -> impl Strategy<Value = Vec<Deed>> {
    let deed = prop_oneof![
        8 => (0..PURSES, 1_usize..20).prop_map(|(purse, count)| Deed::Drop(purse, count)),
        2 => (0..PURSES).prop_map(Deed::Count),
        1 => (0_usize..2, 0_usize..2).prop_map(|(saves, loads)| Deed::Fail(saves, loads)),
        1 => (0..PURSES).prop_map(Deed::Panic),
        1 => (1_u8..=2).prop_map(Deed::Kill),
        2 => (0_u64..100).prop_map(Deed::Pass),
    ];
    proptest::collection::vec(deed, 1..40)
}

async fn play(deeds: Vec<Deed>) {
    let stage = Stage::start(spec(2, LIVE_MAX), Rows::default()).await;
    let mut sent: BTreeMap<u64, u64> = BTreeMap::new();
    for deed in deeds {
        match deed {
            Deed::Drop(first, count) => {
                for purse in (first..).take(count).map(|purse| purse % PURSES) {
                    let coin = sent.entry(purse).or_default();
                    *coin += 1;
                    stage.purses.send(PurseMsg::Drop(purse, *coin)).await.unwrap();
                }
            }
            Deed::Count(purse) => {
                // Who is down for longer than one waits gives no answer, but no wrong one either.
                let asked = stage.purses.call(SECOND, |reply| PurseMsg::Count(purse, reply)).await;
                let known = sent.get(&purse).copied().unwrap_or_default();
                assert!(asked.is_err() || asked == Ok(known), "{asked:?} of {known}");
            }
            Deed::Fail(saves, loads) => {
                // One after another: three in a row would be held against the message in hand.
                pass(10 * SECOND).await;
                stage.rows.see(|seen| (seen.saves_failing, seen.loads_failing) = (saves, loads));
            }
            Deed::Panic(purse) => stage.purses.tell(PurseMsg::Panic(purse)).unwrap(),
            Deed::Kill(shard) => {
                // It may not run just now.
                stage.runtime.kill(&id(&format!("purses-{shard}"))).ok();
            }
            Deed::Pass(seconds) => pass(Duration::from_secs(seconds)).await,
        }
        stage.rows.see(|seen| assert!(seen.live <= 2 * LIVE_MAX));
    }
    stage.rows.see(|seen| (seen.saves_failing, seen.loads_failing) = (0, 0));
    pass(100 * SECOND).await;
    stage.rows.see(|seen| {
        assert_eq!(seen.coins, sent);
        assert!(seen.live_most <= 2 * LIVE_MAX);
    });
    pass(2 * IDLE).await;
    stage.rows.see(|seen| assert_eq!(seen.live, 0));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn numbered_coins_arrive_all_in_order_and_once(deeds in deeds()) {
        let tokio = tokio::runtime::Builder::new_current_thread();
        let tokio = { tokio }.enable_all().start_paused(true).build().unwrap();
        tokio.block_on(play(deeds));
    }
}
