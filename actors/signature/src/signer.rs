use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Instant;

use synod_protocol::journal::{Committed, Past, Pen};
use synod_protocol::signature::SignerMsg;
use synod_protocol::store::StoreMsg;
use synod_signature_core::SecretKey;
use synod_signature_core::guard::{Admission, Guard, GuardRecord, fingerprint};
use synod_supervision::{Actor, Context, Failure, Outlet, Panicked, Reply};
use synod_types::signature::{Digest, Duty, PublicKey, SignRefusal, Signature};
use synod_types::store::StreamId;

use crate::metrics::SignerMetrics;
use crate::port::KeySource;

/// How much a signer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignerLimits {
    /// Duties remembered, each for ever.
    pub duties_max: usize,
    /// Requests that wait for the journal or for their signature.
    pub waiting_max: usize,
}

impl Default for SignerLimits {
    fn default() -> Self {
        Self { duties_max: 1_000_000, waiting_max: 1_024 }
    }
}

/// What a supervisor makes each incarnation from.
#[derive(Clone)]
pub struct SignerArgs {
    /// Where the key comes from.
    pub key: Arc<dyn KeySource>,
    /// The journal of the guard.
    pub store: Outlet<StoreMsg>,
    /// How much is held.
    pub limits: SignerLimits,
}

/// The stream of a key's guard: named after the key, because it is the key that must never sign
/// two digests for a duty, whichever actor holds it.
pub fn guard_stream(key: &PublicKey) -> StreamId {
    StreamId(format!("guard/{}/{:x}", key.scheme(), fingerprint(key)).into())
}

type Answer = Reply<Result<Signature, SignRefusal>>;

/// The actor. What it knows is one incarnation's.
pub struct Signer {
    key: Arc<SecretKey>,
    public: PublicKey,
    guard: Guard,
    /// Holds duties back until their records are durable.
    pen: Pen<Duty>,
    /// Who waits for which signature. Invariant: a duty is here exactly while its record or its
    /// signature is being made.
    waiting: BTreeMap<Duty, Vec<Answer>>,
    waiting_len: usize,
    waiting_max: usize,
    metrics: SignerMetrics,
}

impl Actor for Signer {
    type Msg = SignerMsg;
    type Args = SignerArgs;

    async fn start(ctx: &Context<SignerMsg>, args: SignerArgs) -> Result<Self, Failure> {
        let source = args.key;
        let loaded = tokio::task::spawn_blocking(move || {
            source.load().map(|key| (key.public(), Arc::new(key)))
        });
        let (public, key) = loaded.await??;
        let mut guard = Guard::new(&public, args.limits.duties_max);
        let pen = Pen::open(args.store, guard_stream(&public), |past| match past {
            Past::Snapshot(_) => Err(Failure::because("a guard keeps no snapshots")),
            Past::Record(record) => Ok(guard.replay(GuardRecord::decode(record)?)?),
        });
        let pen = pen.await?;
        let metrics = SignerMetrics::register(ctx.id());
        metrics.duties(guard.duties_len());
        Ok(Self {
            key,
            public,
            guard,
            pen,
            waiting: BTreeMap::new(),
            waiting_len: 0,
            waiting_max: args.limits.waiting_max,
            metrics,
        })
    }

    async fn handle(&mut self, ctx: &Context<SignerMsg>, msg: SignerMsg) -> Result<(), Failure> {
        match msg {
            SignerMsg::Sign { duty, digest, reply } => self.sign(ctx, duty, digest, reply).await,
            SignerMsg::PublicKey(reply) => {
                reply.answer(self.public);
                Ok(())
            }
            SignerMsg::Journalled(committed) => self.journalled(ctx, committed).await,
            SignerMsg::Signed(duty, outcome) => self.signed(duty, outcome),
        }
    }
}

impl Signer {
    /// The guard first, then the journal, then the signature.
    async fn sign(
        &mut self,
        ctx: &Context<SignerMsg>,
        duty: Duty,
        digest: Digest,
        reply: Answer,
    ) -> Result<(), Failure> {
        if self.waiting_max <= self.waiting_len {
            self.refuse(reply, SignRefusal::Busy { waiting: self.waiting_len });
            return Ok(());
        }
        let admission = match self.guard.admit(duty, digest) {
            Ok(admission) => admission,
            Err(refusal) => {
                tracing::error!(%duty, %refusal, "the guard refuses to sign");
                self.refuse(reply, refusal.into());
                return Ok(());
            }
        };
        self.metrics.duties(self.guard.duties_len());
        let is_under_way = self.waiting.contains_key(&duty);
        self.waiting.entry(duty).or_default().push(reply);
        self.waiting_len += 1;
        match admission {
            Admission::Record(record) => {
                let records = vec![record.encode().into()];
                let written = self.pen.write(ctx, records, vec![duty], SignerMsg::Journalled).await;
                let released = written.inspect_err(|_| self.refuse_all())?;
                self.release(ctx, released)
            }
            Admission::Recorded if !is_under_way => self.begin(ctx, duty, digest),
            Admission::Recorded | Admission::Pending => Ok(()),
        }
    }

    /// A journal that refuses ends the incarnation: what its guard holds is not durable. Nobody
    /// waits in vain for that, and nothing was signed.
    async fn journalled(
        &mut self,
        ctx: &Context<SignerMsg>,
        committed: Committed,
    ) -> Result<(), Failure> {
        let settled = self.pen.settle(ctx, committed, SignerMsg::Journalled).await;
        let released = settled.inspect_err(|_| self.refuse_all())?;
        self.release(ctx, released)
    }

    /// Signs for duties whose records are durable.
    fn release(&mut self, ctx: &Context<SignerMsg>, duties: Vec<Duty>) -> Result<(), Failure> {
        for duty in duties {
            if let Some(digest) = self.guard.committed(duty) {
                self.begin(ctx, duty, digest)?;
            }
        }
        Ok(())
    }

    /// Makes a signature that the guard permits.
    fn begin(
        &mut self,
        ctx: &Context<SignerMsg>,
        duty: Duty,
        digest: Digest,
    ) -> Result<(), Failure> {
        let (key, timer) = (Arc::clone(&self.key), self.metrics.timer());
        let work = move || {
            let began = Instant::now();
            let signature = key.sign(digest);
            timer.record(began.elapsed());
            signature
        };
        ctx.blocking(work, move |outcome| SignerMsg::Signed(duty, outcome))?;
        Ok(())
    }

    fn signed(&mut self, duty: Duty, outcome: Result<Signature, Panicked>) -> Result<(), Failure> {
        let signature = outcome?;
        for reply in self.taken(duty) {
            self.metrics.signed();
            reply.answer(Ok(signature.clone()));
        }
        Ok(())
    }

    /// Those who wait for the signature of a duty, who now wait no more.
    fn taken(&mut self, duty: Duty) -> Vec<Answer> {
        let replies = self.waiting.remove(&duty).unwrap_or_default();
        self.waiting_len -= replies.len();
        replies
    }

    fn refuse(&self, reply: Answer, refusal: SignRefusal) {
        self.metrics.refused(&refusal);
        reply.answer(Err(refusal));
    }

    fn refuse_all(&mut self) {
        self.waiting_len = 0;
        for reply in std::mem::take(&mut self.waiting).into_values().flatten() {
            self.refuse(reply, SignRefusal::NotDurable);
        }
    }
}

#[cfg(test)]
mod tests;
