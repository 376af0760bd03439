//! Purses: entities with a count of coins, and rows that see all that is done.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use synod_supervision::{Entity, Failure, Keep, Message, Overflow, Reply, Step};
use synod_types::time::Moment;

/// Told to a purse.
#[derive(Debug)]
pub(crate) enum PurseMsg {
    /// One coin more; answered once it is safe.
    Put(u64, Reply<u64>),
    /// One coin more, the n-th: whoever sends it counts.
    Drop(u64, u64),
    /// One coin more, in no hurry to be safe.
    Lend(u64),
    /// How many there are.
    Count(u64, Reply<u64>),
    /// The shard dies of it.
    Panic(u64),
}

impl Message for PurseMsg {
    fn kind(&self) -> &'static str {
        match self {
            Self::Put(..) => "put",
            Self::Drop(..) => "drop",
            Self::Lend(_) => "lend",
            Self::Count(..) => "count",
            Self::Panic(_) => "panic",
        }
    }

    /// A second time it is the same coin.
    fn again(&self) -> Option<Self> {
        match self {
            Self::Drop(purse, coin) => Some(Self::Drop(*purse, *coin)),
            Self::Put(..) | Self::Lend(_) | Self::Count(..) | Self::Panic(_) => None,
        }
    }

    fn overflow(&self) -> Overflow {
        if matches!(self, Self::Drop(..)) { Overflow::Wait } else { Overflow::Refuse }
    }
}

/// What the rows hold and have seen.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) coins: BTreeMap<u64, u64>,
    pub(crate) live: usize,
    pub(crate) live_most: usize,
    pub(crate) loads: usize,
    pub(crate) saves: usize,
    /// Loads, then saves, that fail before one succeeds.
    pub(crate) loads_failing: usize,
    pub(crate) saves_failing: usize,
    /// How long a load takes.
    pub(crate) slow: Duration,
}

/// Where purses are kept.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows(Arc<Mutex<Seen>>);

impl Rows {
    pub(crate) fn see<T>(&self, look: impl FnOnce(&mut Seen) -> T) -> T {
        look(&mut self.0.lock())
    }
}

/// A purse in memory.
pub(crate) struct Purse {
    coins: u64,
    rows: Rows,
}

impl Drop for Purse {
    fn drop(&mut self) {
        self.rows.see(|seen| seen.live -= 1);
    }
}

impl Entity for Purse {
    type Key = u64;
    type Msg = PurseMsg;
    type Rows = Rows;

    fn key(msg: &PurseMsg) -> &u64 {
        match msg {
            PurseMsg::Put(purse, _)
            | PurseMsg::Drop(purse, _)
            | PurseMsg::Lend(purse)
            | PurseMsg::Count(purse, _)
            | PurseMsg::Panic(purse) => purse,
        }
    }

    async fn load(rows: &Rows, key: &u64) -> Result<Self, Failure> {
        let slow = rows.see(|seen| seen.slow);
        if !slow.is_zero() {
            tokio::time::sleep(slow).await;
        }
        rows.see(|seen| {
            if let Some(left) = seen.loads_failing.checked_sub(1) {
                seen.loads_failing = left;
                return Err(Failure::because("no row can be read"));
            }
            seen.loads += 1;
            seen.live += 1;
            seen.live_most = seen.live_most.max(seen.live);
            let coins = seen.coins.get(key).copied().unwrap_or_default();
            Ok(Self { coins, rows: rows.clone() })
        })
    }

    async fn save(&mut self, rows: &Rows, key: &u64) -> Result<(), Failure> {
        rows.see(|seen| {
            if let Some(left) = seen.saves_failing.checked_sub(1) {
                seen.saves_failing = left;
                return Err(Failure::because("no row can be written"));
            }
            seen.saves += 1;
            seen.coins.insert(*key, self.coins);
            Ok(())
        })
    }

    fn handle(&mut self, _: Moment, msg: PurseMsg) -> Step {
        match msg {
            PurseMsg::Put(_, reply) => {
                self.coins += 1;
                let coins = self.coins;
                Step::tell(Keep::Now, move || reply.answer(coins))
            }
            PurseMsg::Drop(_, coin) => {
                assert!(
                    coin <= self.coins + 1,
                    "coin {coin} comes before one that was sent earlier"
                );
                let is_new = coin == self.coins + 1;
                self.coins = self.coins.max(coin);
                Step::new(if is_new { Keep::Now } else { Keep::Unchanged })
            }
            PurseMsg::Lend(_) => {
                self.coins += 1;
                Step::new(Keep::Later)
            }
            PurseMsg::Count(_, reply) => {
                let coins = self.coins;
                Step::tell(Keep::Unchanged, move || reply.answer(coins))
            }
            PurseMsg::Panic(_) => panic!("told to"),
        }
    }
}
