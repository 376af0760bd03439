//! Very many entities in little memory. `SYNOD_SHARD_KEYS` says how many: 1,000,000 take a minute.

use super::*;

const SHARDS: usize = 4;
const LIVE_MAX: usize = 256;
const ROUNDS: u64 = 3;

#[tokio::test(start_paused = true)]
async fn of_many_entities_few_are_in_memory_and_all_are_right() {
    let told = std::env::var("SYNOD_SHARD_KEYS").ok();
    let keys: u64 = told.map_or(20_000, |keys| keys.parse().unwrap());
    let stage = Stage::start(spec(SHARDS, LIVE_MAX), Rows::default()).await;
    // A step that has no divisor in common with the number of keys comes to each of them.
    let step = (keys / 3..).find(|step| common_divisor(*step, keys) == 1).unwrap();
    for coin in 1..=ROUNDS {
        let mut key = 0;
        for n in 0..keys {
            stage.purses.send(PurseMsg::Drop(key, coin)).await.unwrap();
            key = (key + step) % keys;
            if n % (keys / 4) == keys / 8 {
                // A crash now and then; what waits is handled by the next life.
                stage.purses.tell(PurseMsg::Panic(key)).ok();
            }
        }
        pass(SECOND).await;
    }
    pass(10 * SECOND).await;
    stage.rows.see(|seen| {
        assert_eq!(seen.coins.len() as u64, keys);
        let wrong = seen.coins.iter().find(|(_, coins)| **coins != ROUNDS);
        assert_eq!(wrong, None);
        assert!(seen.live_most <= SHARDS * LIVE_MAX, "{}", seen.live_most);
        assert!(SHARDS * LIVE_MAX / 2 <= seen.live_most, "all of them were in use");
        assert!(keys * (ROUNDS - 1) <= seen.loads as u64, "hardly any was still in memory");
    });
    pass(2 * IDLE).await;
    stage.rows.see(|seen| assert_eq!(seen.live, 0));
}

const fn common_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
