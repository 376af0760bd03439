//! Those who are told numbers and write them down.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use synod_supervision::{Actor, Context, Failure, Message, Overflow};

/// Who handled which number, and how often.
pub(super) type Handled = Arc<Mutex<BTreeMap<u64, u64>>>;

/// A number, for an actor of kind `KIND`.
#[derive(Debug)]
pub(super) struct Number<const KIND: u8>(pub(super) u64);

impl<const KIND: u8> Message for Number<KIND> {
    fn kind(&self) -> &'static str {
        "number"
    }

    fn overflow(&self) -> Overflow {
        Overflow::Refuse
    }
}

/// How an incarnation begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Begins {
    Well,
    WithAnError,
    WithAPanic,
    /// Later than it may.
    TooLate,
}

/// What an incarnation is made from.
#[derive(Clone)]
pub(super) struct Values {
    pub(super) begins: Begins,
    /// How long each number takes.
    pub(super) dwells: Duration,
    pub(super) handled: Handled,
}

pub(super) struct Writer<const KIND: u8>(Values);

impl<const KIND: u8> Actor for Writer<KIND> {
    type Msg = Number<KIND>;
    type Args = Values;

    async fn start(_: &Context<Number<KIND>>, values: Values) -> Result<Self, Failure> {
        match values.begins {
            Begins::Well => {}
            Begins::WithAnError => return Err(Failure::because("begins with an error")),
            Begins::WithAPanic => panic!("{}", crate::actor::TOLD_TO),
            Begins::TooLate => tokio::time::sleep(Duration::from_secs(3_600)).await,
        }
        Ok(Self(values))
    }

    async fn handle(
        &mut self,
        _: &Context<Number<KIND>>,
        Number(number): Number<KIND>,
    ) -> Result<(), Failure> {
        tokio::time::sleep(self.0.dwells).await;
        *self.0.handled.lock().entry(number).or_default() += 1;
        Ok(())
    }
}
