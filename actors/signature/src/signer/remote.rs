//! A key that is elsewhere: who has it is asked, and not believed.
//!
//! ```text
//!   permitted by the guard ──▶ queue ──at most calls_max──▶ breaker ──▶ remote signer
//!                                                              │ bytes, verified
//!                                                              ▼
//!                                                    signature, or a refusal that names why
//! ```
//!
//! Nothing is repeated here: who was refused asks again, and the guard sees to it that it is for
//! the same digest. A remote signer need not be deterministic (ECDSA with random nonces): two
//! signatures of one digest may differ after a restart, two digests of one duty are never signed.

use std::collections::VecDeque;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use synod_protocol::signature::{RemoteError, SignerMsg};
use synod_signature_core::ecdsa::EcdsaError;
use synod_signature_core::{Fault, SecretKey, verified};
use synod_supervision::{BreakerError, Context, Failure};
use synod_types::Bytes;
use synod_types::signature::{Digest, Duty, RemoteRefusal, Signature, SignerStatus};

use super::Signer;
use crate::port::RemoteKey;

/// What makes signatures.
pub(super) enum Hand {
    /// A secret in this process.
    Held(Arc<SecretKey>),
    /// Somebody else.
    Remote(Box<Remote>),
}

/// A remote signer, as one incarnation sees it.
pub(super) struct Remote {
    key: RemoteKey,
    /// Duties whose turn has not come.
    queued: VecDeque<(Duty, Digest)>,
    under_way: usize,
    /// What the last look found; none before the first.
    looked: Option<Result<(), RemoteError>>,
    /// What the last signature failed of.
    failed: Option<RemoteError>,
}

impl Hand {
    pub(super) fn held(key: SecretKey) -> Self {
        Self::Held(Arc::new(key))
    }

    pub(super) fn remote(key: RemoteKey) -> Self {
        let queued = VecDeque::new();
        Self::Remote(Box::new(Remote { key, queued, under_way: 0, looked: None, failed: None }))
    }

    pub(super) fn status(&self) -> SignerStatus {
        match self {
            Self::Held(_) => SignerStatus::default(),
            Self::Remote(remote) => remote.status(),
        }
    }
}

impl Remote {
    /// Takes duties that may be signed.
    pub(super) fn queue(&mut self, due: &[(Duty, Digest)]) {
        self.queued.extend(due);
    }

    fn next(&mut self) -> Option<(Duty, Digest)> {
        if self.key.terms.calls_max <= self.under_way {
            return None;
        }
        let next = self.queued.pop_front()?;
        self.under_way += 1;
        Some(next)
    }

    fn trouble(&self) -> Option<&RemoteError> {
        self.failed.as_ref().or_else(|| self.looked.as_ref()?.as_ref().err())
    }

    fn status(&self) -> SignerStatus {
        let unseen =
            self.looked.is_none().then(|| format!("{}: not seen yet", self.key.signer.place()));
        let mut status = SignerStatus { degraded: unseen.map(Arc::from), halted: None };
        if let Some(trouble) = self.trouble() {
            let place =
                if trouble.kind.may_pass() { &mut status.degraded } else { &mut status.halted };
            *place = Some(Arc::clone(&trouble.why));
        }
        status
    }

    /// What a look found.
    fn seen(&mut self, outcome: Result<(), RemoteError>) {
        // A breaker that holds a call back says less than what opened it.
        if !(is_withheld(&outcome) && self.trouble().is_some()) {
            if outcome.is_ok() && self.failed.as_ref().is_some_and(|failed| failed.kind.may_pass())
            {
                self.failed = None;
            }
            self.looked = Some(outcome);
        }
    }

    /// What came of asking for a signature.
    fn answered<T>(&mut self, outcome: &Result<T, RemoteError>) {
        match outcome {
            Ok(_) => (self.looked, self.failed) = (Some(Ok(())), None),
            // This request's fault alone.
            Err(error) if error.kind == RemoteRefusal::NoPreimage => {}
            Err(_) if is_withheld(outcome) && self.trouble().is_some() => {}
            Err(error) => self.failed = Some(error.clone()),
        }
    }
}

fn is_withheld<T>(outcome: &Result<T, RemoteError>) -> bool {
    outcome.as_ref().is_err_and(|error| error.kind == RemoteRefusal::Withheld)
}

impl Signer {
    /// Asks for the signatures whose turn has come.
    pub(super) fn fetch(&mut self, ctx: &Context<SignerMsg>) -> Result<(), Failure> {
        let Hand::Remote(remote) = &mut self.hand else { return Ok(()) };
        while let Some((duty, digest)) = remote.next() {
            let preimage = self.waiting.get(&duty).and_then(|waiting| waiting.preimage.clone());
            let (key, timer, clock) = (remote.key.clone(), self.metrics.timer(), ctx.clock());
            let asked = async move {
                let began = clock.now();
                let outcome = key.signature(digest, preimage).await;
                timer.record(clock.now().since(began));
                outcome
            };
            ctx.pipe(asked, move |outcome| SignerMsg::Fetched(duty, outcome))?;
        }
        Ok(())
    }

    pub(super) fn fetched(
        &mut self,
        ctx: &Context<SignerMsg>,
        duty: Duty,
        outcome: Result<Signature, RemoteError>,
    ) -> Result<(), Failure> {
        if let Hand::Remote(remote) = &mut self.hand {
            remote.under_way -= 1;
        }
        self.regard(ctx, |remote| remote.answered(&outcome));
        self.metrics.fetched(&outcome);
        match outcome {
            Ok(signature) => self.hand_out(duty, &signature),
            Err(error) => {
                for reply in self.taken(duty).answers {
                    self.refuse(reply, error.kind.into());
                }
            }
        }
        self.fetch(ctx)
    }

    /// Looks whether the remote signer is there and has the key.
    pub(super) fn check(&self, ctx: &Context<SignerMsg>) -> Result<(), Failure> {
        let Hand::Remote(remote) = &self.hand else { return Ok(()) };
        let key = remote.key.clone();
        let looked = async move { key.call(key.signer.check()).await };
        ctx.pipe(looked, SignerMsg::Checked)?;
        Ok(())
    }

    pub(super) fn checked(&mut self, ctx: &Context<SignerMsg>, outcome: Result<(), RemoteError>) {
        self.regard(ctx, |remote| remote.seen(outcome));
        if let Hand::Remote(remote) = &self.hand {
            ctx.wake_at(ctx.now() + remote.key.terms.check_every, SignerMsg::Check);
        }
    }

    /// Takes in news of the remote signer; says so if it is other than before.
    fn regard(&mut self, ctx: &Context<SignerMsg>, news: impl FnOnce(&mut Remote)) {
        let Hand::Remote(remote) = &mut self.hand else { return };
        let (was_seen, before) =
            (remote.looked.is_some(), remote.trouble().map(|trouble| trouble.kind));
        news(remote);
        let signer = ctx.id();
        let trouble = remote.trouble();
        self.metrics.remote(trouble.is_none());
        match trouble {
            Some(now) if before == Some(now.kind) => {}
            Some(now) if now.kind.may_pass() => {
                tracing::warn!(%signer, reason = now.kind.reason(), why = %now.why, "the remote signer does not sign");
            }
            Some(now) => {
                tracing::error!(%signer, reason = now.kind.reason(), why = %now.why, "the remote signer does not sign");
            }
            None if was_seen && before.is_none() => {}
            None => {
                let place = remote.key.signer.place();
                tracing::info!(%signer, place, "the remote signer is there and has the key");
            }
        }
    }
}

impl RemoteKey {
    /// Whether the remote signer is there and has the key. Not through the breaker: for whoever
    /// wants to know before anything starts.
    ///
    /// # Errors
    /// [`RemoteError`].
    pub async fn look(&self) -> Result<(), RemoteError> {
        within(self.terms.timeout, self.signer.place(), self.signer.check()).await
    }

    /// The key's signature of `digest`. What is none never leaves here.
    async fn signature(
        self,
        digest: Digest,
        preimage: Option<Bytes>,
    ) -> Result<Signature, RemoteError> {
        let public = self.public;
        let asked = async {
            let bytes = self.signer.sign(digest, preimage).await?;
            let judged = tokio::task::spawn_blocking(move || verified(&public, digest, &bytes));
            let failed = |kind, why: &str| error(kind, self.signer.place(), why);
            match judged.await {
                Ok(Ok(signature)) => Ok(signature),
                Ok(Err(fault)) => Err(failed(kind_of(fault), &fault.to_string())),
                Err(_) => Err(failed(RemoteRefusal::Garbage, "its answer could not be checked")),
            }
        };
        self.call(asked).await
    }

    /// One call: through the breaker, and not for ever.
    async fn call<T>(
        &self,
        asked: impl Future<Output = Result<T, RemoteError>>,
    ) -> Result<T, RemoteError> {
        let place = self.signer.place();
        let asked = within(self.terms.timeout, place, asked);
        let outcome = self.breaker.call_judged(asked, |error| is_fault(error.kind)).await;
        outcome.map_err(|failure| match failure {
            BreakerError::Inner(inner) => inner,
            BreakerError::Timeout(_) => too_slow(place),
            BreakerError::Refused { .. } => {
                error(RemoteRefusal::Withheld, place, &failure.to_string())
            }
        })
    }
}

async fn within<T>(
    limit: Duration,
    place: &str,
    asked: impl Future<Output = Result<T, RemoteError>>,
) -> Result<T, RemoteError> {
    let outcome = tokio::time::timeout(limit, asked).await;
    outcome.unwrap_or_else(|_| Err(too_slow(place)))
}

fn too_slow(place: &str) -> RemoteError {
    error(RemoteRefusal::Timeout, place, "no answer in time")
}

fn error(kind: RemoteRefusal, place: &str, why: &str) -> RemoteError {
    RemoteError { kind, why: format!("{place}: {why}").into() }
}

/// Whether it speaks against the remote signer, rather than against what it was asked.
const fn is_fault(kind: RemoteRefusal) -> bool {
    match kind {
        RemoteRefusal::Refused | RemoteRefusal::UnknownKey | RemoteRefusal::NoPreimage => false,
        RemoteRefusal::Unreachable
        | RemoteRefusal::Timeout
        | RemoteRefusal::Withheld
        | RemoteRefusal::Failing
        | RemoteRefusal::Garbage
        | RemoteRefusal::WrongSignature => true,
    }
}

const fn kind_of(fault: Fault) -> RemoteRefusal {
    match fault {
        Fault::Length(_) | Fault::Ecdsa(EcdsaError::Length(_)) => RemoteRefusal::Garbage,
        Fault::Scheme(_)
        | Fault::Point(_)
        | Fault::Bls12381(_)
        | Fault::Ecdsa(_)
        | Fault::Key(_)
        | Fault::Mismatch => RemoteRefusal::WrongSignature,
    }
}
