//! Kills a random actor now and then.

use std::time::Duration;

use rand_chacha::ChaCha8Rng;
use rand_core::{Rng, SeedableRng};
use synod_supervision::Runtime;
use synod_types::actor::ActorId;

/// Between two kills.
const PAUSE_MS: std::ops::Range<u64> = 1_500..4_000;

/// Kills one of `actors` at random moments until it is dropped. Same seed, same victims.
pub async fn kill_now_and_then(runtime: Runtime, actors: Vec<ActorId>, seed: u64) {
    let mut dice = ChaCha8Rng::seed_from_u64(seed);
    while !actors.is_empty() {
        let pause = PAUSE_MS.start + dice.next_u64() % (PAUSE_MS.end - PAUSE_MS.start);
        tokio::time::sleep(Duration::from_millis(pause)).await;
        let count = actors.len() as u64;
        let victim = usize::try_from(dice.next_u64() % count).unwrap_or_default();
        if let Err(error) = runtime.kill(&actors[victim]) {
            tracing::warn!(%error, "chaos found nobody to kill");
        }
    }
}
