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
use crate::port::{KeySource, KeySourceError};

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

/// Who waits for one signature.
#[derive(Default)]
struct Waiting {
    answers: Vec<Answer>,
    /// Whether the duty came on record for them, and is signed for the first time.
    is_first: bool,
}

/// The actor. What it knows is one incarnation's.
pub struct Signer {
    key: Arc<SecretKey>,
    /// Keeps the mark; none if it cannot.
    marks: Option<Arc<dyn KeySource>>,
    public: PublicKey,
    guard: Guard,
    /// Records of the guard that are durable.
    durable: u64,
    /// Holds duties back until their records are durable.
    pen: Pen<Duty>,
    /// Who waits for which signature. Invariant: a duty is here exactly while its record or its
    /// signature is being made.
    waiting: BTreeMap<Duty, Waiting>,
    waiting_len: usize,
    waiting_max: usize,
    metrics: SignerMetrics,
}

impl Actor for Signer {
    type Msg = SignerMsg;
    type Args = SignerArgs;

    async fn start(ctx: &Context<SignerMsg>, args: SignerArgs) -> Result<Self, Failure> {
        let source = Arc::clone(&args.key);
        let loaded = tokio::task::spawn_blocking(move || {
            let key = source.load()?;
            Ok::<_, KeySourceError>((key.public(), Arc::new(key), source.mark()?))
        });
        let (public, key, mark) = loaded.await??;
        let mut guard = Guard::new(&public, args.limits.duties_max);
        let pen = Pen::open(args.store, guard_stream(&public), |past| match past {
            Past::Snapshot(_) => Err(Failure::because("a guard keeps no snapshots")),
            Past::Record(record) => Ok(guard.replay(GuardRecord::decode(record)?)?),
        });
        let pen = pen.await?;
        let durable = pen.version().0;
        check_mark(ctx, durable, mark)?;
        let metrics = SignerMetrics::register(ctx.id());
        metrics.duties(guard.duties_len());
        Ok(Self {
            key,
            marks: mark.map(|_| args.key),
            public,
            guard,
            durable,
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
        let waiting = self.waiting.entry(duty).or_default();
        waiting.answers.push(reply);
        self.waiting_len += 1;
        match admission {
            Admission::Record(record) => {
                waiting.is_first = true;
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
            // Every record permits one duty.
            self.durable += 1;
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
        let (marks, durable) = (self.marks.clone(), self.durable);
        let work = move || {
            let raised = marks.map_or(Ok(()), |marks| marks.raise(durable));
            raised.map_err(|error| Failure::from(error).chain())?;
            let began = Instant::now();
            let signature = key.sign(digest);
            timer.record(began.elapsed());
            Ok(signature)
        };
        ctx.blocking(work, move |outcome| SignerMsg::Signed(duty, outcome))?;
        Ok(())
    }

    fn signed(
        &mut self,
        duty: Duty,
        outcome: Result<Result<Signature, String>, Panicked>,
    ) -> Result<(), Failure> {
        let signature = match outcome? {
            Ok(signature) => signature,
            Err(why) => {
                self.refuse_all();
                return Err(Failure::because(format!("nothing is signed without a mark: {why}")));
            }
        };
        let Waiting { answers, mut is_first } = self.taken(duty);
        for reply in answers {
            self.metrics.signed(std::mem::take(&mut is_first));
            reply.answer(Ok(signature.clone()));
        }
        Ok(())
    }

    /// Those who wait for the signature of a duty, who now wait no more.
    fn taken(&mut self, duty: Duty) -> Waiting {
        let waiting = self.waiting.remove(&duty).unwrap_or_default();
        self.waiting_len -= waiting.answers.len();
        waiting
    }

    fn refuse(&self, reply: Answer, refusal: SignRefusal) {
        self.metrics.refused(&refusal);
        reply.answer(Err(refusal));
    }

    fn refuse_all(&mut self) {
        self.waiting_len = 0;
        let waiting = std::mem::take(&mut self.waiting).into_values();
        for reply in waiting.flat_map(|waiting| waiting.answers) {
            self.refuse(reply, SignRefusal::NotDurable);
        }
    }
}

/// A guard that holds fewer records than it did when it last signed may permit what it refused.
fn check_mark(ctx: &Context<SignerMsg>, records: u64, mark: Option<u64>) -> Result<(), Failure> {
    match mark {
        Some(mark) if records < mark => Err(Failure::because(format!(
            "the journal is older than the key's mark: the guard holds {records} records of \
             {mark}; nothing is signed until the newest data directory is back"
        ))),
        Some(_) => Ok(()),
        None => {
            let signer = ctx.id();
            tracing::warn!(%signer, "no mark can be kept: an older journal will not be noticed");
            Ok(())
        }
    }
}

#[cfg(test)]
mod tests;
