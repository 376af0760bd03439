//! A call: how long it may take, namely as long as it says and no longer than who asked its actor
//! waits; and for whom its actor waits meanwhile.

use std::future::poll_fn;
use std::pin::pin;
use std::time::Duration;

use synod_supervision_waits::SeatId;
use tokio::time::{Instant, timeout_at};

use crate::call::{CallError, Pending, Reply};
use crate::carried::{Asking, Carried, number};
use crate::clock::Clock;
use crate::matter::Matter;
use crate::waits::{Asker, Wait};

/// A call that has not been made yet.
pub(crate) struct Call {
    carried: Option<Carried>,
    number: u64,
    until: Instant,
    wait: Option<Wait>,
}

impl Call {
    /// # Errors
    /// [`CallError::Expired`]: who asked the present actor waits no longer.
    /// [`CallError::Deadlock`]: that actor would wait for itself.
    pub(crate) fn begin(
        timeout: Duration,
        clock: &Clock,
        asked: Option<SeatId>,
    ) -> Result<Self, CallError> {
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
        let waiting = Matter::present(Matter::waiting).flatten().zip(asked);
        let wait = waiting.map(|(who, asked)| Wait::begin(who, asked, number)).transpose()?;
        let asker = wait.as_ref().and_then(Wait::asker).map(Asker::seat);
        let carried = Some(Carried::question(number, deadline, asker.zip(asked)));
        Ok(Self { carried, number, until, wait })
    }

    /// Where its answer goes, and where it arrives.
    pub(crate) fn channel<T: Send + 'static>(&self) -> (Reply<T>, Pending<T>) {
        Reply::of_call(self.number, self.wait.as_ref().and_then(Wait::asker))
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
