//! How long a call may take: as long as it says, and no longer than who asked its actor waits.

use std::future::poll_fn;
use std::pin::pin;
use std::time::Duration;

use tokio::time::{Instant, timeout_at};

use crate::call::CallError;
use crate::carried::{Asking, Carried, number};
use crate::clock::Clock;
use crate::matter::Matter;

/// A call that has not been made yet.
pub(crate) struct Call {
    carried: Option<Carried>,
    number: u64,
    until: Instant,
}

impl Call {
    /// # Errors
    /// [`CallError::Expired`]: who asked the present actor waits no longer.
    pub(crate) fn within(timeout: Duration, clock: &Clock) -> Result<Self, CallError> {
        let now = Instant::now();
        let (mut until, mut deadline) = clock.later(now, timeout);
        let inherited = Matter::present(Matter::deadline);
        if let Some(inherited) = inherited.filter(|&inherited| inherited < deadline) {
            (until, deadline) = (clock.instant(inherited), inherited);
            if until <= now {
                return Err(CallError::Expired);
            }
        }
        let number = number();
        Ok(Self { carried: Some(Carried::question(number, deadline)), number, until })
    }

    /// Tells it from other calls.
    pub(crate) const fn number(&self) -> u64 {
        self.number
    }

    /// Sends the question and waits for the answer, as `asked` does.
    pub(crate) async fn make<T>(
        mut self,
        asked: impl Future<Output = Result<T, CallError>>,
    ) -> Result<T, CallError> {
        let mut asked = pin!(asked);
        let made = poll_fn(|cx| {
            let _asking = self.carried.is_some().then(|| Asking::begin(&mut self.carried));
            asked.as_mut().poll(cx)
        });
        timeout_at(self.until, made).await.unwrap_or(Err(CallError::Timeout))
    }
}
