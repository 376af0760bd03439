mod batch;
mod remote;

use std::collections::BTreeMap;
use std::sync::Arc;

use synod_protocol::journal::{Past, Pen};
use synod_protocol::signature::SignerMsg;
use synod_protocol::store::StoreMsg;
use synod_signature_core::guard::{Admission, Guard, GuardRecord, Mark, fingerprint};
use synod_supervision::{Actor, Context, Failure, Outlet, Panicked, Reply};
use synod_types::Bytes;
use synod_types::signature::{Digest, Duty, PublicKey, SignRefusal, Signature, SignerStatus};
use synod_types::store::StreamId;

use crate::metrics::SignerMetrics;
use crate::port::{Key, KeySource, KeySourceError};

use batch::Batches;
use remote::Hand;

/// How much a signer holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignerLimits {
    /// Duties remembered, each for ever.
    pub duties_max: usize,
    /// Requests that wait for the journal or for their signature.
    pub waiting_max: usize,
    /// Duties put on record by one commit; at least one.
    pub batch_max: usize,
}

impl Default for SignerLimits {
    fn default() -> Self {
        Self { duties_max: 1_000_000, waiting_max: 1_024, batch_max: 1_024 }
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
    /// What the digest is the hash of, if one of them said so.
    preimage: Option<Bytes>,
}

/// One request.
struct Request {
    duty: Duty,
    digest: Digest,
    preimage: Option<Bytes>,
    reply: Answer,
}

/// The actor. What it knows is one incarnation's.
pub struct Signer {
    hand: Hand,
    /// Keeps the mark; none if it cannot.
    marks: Option<Arc<dyn KeySource>>,
    public: PublicKey,
    guard: Guard,
    /// Holds duties back until their records are durable.
    pen: Pen<Duty>,
    batches: Batches,
    /// Who waits for which signature. Invariant: a duty is here exactly while its record or its
    /// signature is being made.
    waiting: BTreeMap<Duty, Waiting>,
    waiting_len: usize,
    limits: SignerLimits,
    metrics: SignerMetrics,
}

impl Actor for Signer {
    /// One key, one guard, one mark.
    const IS_EXCLUSIVE: bool = true;
    type Msg = SignerMsg;
    type Args = SignerArgs;

    async fn start(ctx: &Context<SignerMsg>, args: SignerArgs) -> Result<Self, Failure> {
        let source = Arc::clone(&args.key);
        let loaded = tokio::task::spawn_blocking(move || {
            let (public, hand) = match source.load()? {
                Key::Held(key) => (key.public(), Hand::held(key)),
                Key::Remote(key) => (key.public, Hand::remote(key)),
            };
            Ok::<_, KeySourceError>((public, hand, source.mark()?))
        });
        let (public, hand, mark) = loaded.await??;
        let mut guard = Guard::new(&public, args.limits.duties_max);
        let mut has_passed = mark == Some(guard.mark());
        let pen = Pen::open(args.store, guard_stream(&public), |past| match past {
            Past::Snapshot(_) => Err(Failure::because("a guard keeps no snapshots")),
            Past::Record(record) => {
                guard.replay(GuardRecord::decode(record)?)?;
                has_passed |= mark == Some(guard.mark());
                Ok(())
            }
        });
        let pen = pen.await?;
        check_mark(ctx, &guard, mark, has_passed)?;
        let metrics = SignerMetrics::register(ctx.id());
        metrics.duties(guard.duties_len());
        let signer = Self {
            hand,
            marks: mark.map(|_| args.key),
            public,
            batches: Batches::new(mark.unwrap_or_else(|| guard.mark())),
            guard,
            pen,
            waiting: BTreeMap::new(),
            waiting_len: 0,
            limits: args.limits,
            metrics,
        };
        signer.check(ctx)?;
        Ok(signer)
    }

    async fn handle(&mut self, ctx: &Context<SignerMsg>, msg: SignerMsg) -> Result<(), Failure> {
        match msg {
            SignerMsg::Sign { duty, digest, preimage, reply } => {
                self.sign(ctx, Request { duty, digest, preimage, reply }).await
            }
            SignerMsg::PublicKey(reply) => {
                reply.answer(self.public);
                Ok(())
            }
            SignerMsg::Journalled(committed) => self.journalled(ctx, committed).await,
            SignerMsg::Marked(outcome) => self.marked(ctx, outcome),
            SignerMsg::Signed(outcome) => self.signed(outcome),
            SignerMsg::Status(reply) => {
                reply.answer(self.status());
                Ok(())
            }
            SignerMsg::Fetched(duty, outcome) => self.fetched(ctx, duty, outcome),
            SignerMsg::Checked(outcome) => {
                self.checked(ctx, outcome);
                Ok(())
            }
            SignerMsg::Check => self.check(ctx),
        }
    }
}

impl Signer {
    /// The guard first, then the journal, then the mark, then the signature.
    async fn sign(&mut self, ctx: &Context<SignerMsg>, request: Request) -> Result<(), Failure> {
        let Request { duty, digest, preimage, reply } = request;
        if self.limits.waiting_max <= self.waiting_len {
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
        waiting.preimage = waiting.preimage.take().or(preimage);
        self.waiting_len += 1;
        match admission {
            Admission::Record(record) => {
                waiting.is_first = true;
                self.batches.gather(duty, record);
                self.write(ctx).await
            }
            Admission::Recorded if !is_under_way => {
                self.batches.recorded(duty, digest);
                self.mark(ctx)
            }
            Admission::Recorded | Admission::Pending => Ok(()),
        }
    }

    fn signed(&mut self, outcome: Result<Vec<(Duty, Signature)>, Panicked>) -> Result<(), Failure> {
        for (duty, signature) in outcome? {
            self.hand_out(duty, &signature);
        }
        Ok(())
    }

    fn hand_out(&mut self, duty: Duty, signature: &Signature) {
        let Waiting { answers, mut is_first, .. } = self.taken(duty);
        for reply in answers {
            self.metrics.signed(std::mem::take(&mut is_first));
            reply.answer(Ok(signature.clone()));
        }
    }

    fn status(&self) -> SignerStatus {
        self.hand.status()
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

/// A guard that did not pass through its key's mark may permit what it refused.
fn check_mark(
    ctx: &Context<SignerMsg>,
    guard: &Guard,
    mark: Option<Mark>,
    has_passed: bool,
) -> Result<(), Failure> {
    let records = guard.mark().records;
    match mark {
        Some(mark) if records < mark.records => Err(Failure::because(format!(
            "the journal is older than the key's mark: the guard holds {records} records of {}; \
             nothing is signed until the newest data directory is back",
            mark.records
        ))),
        Some(mark) if !has_passed => Err(Failure::because(format!(
            "the journal is not the one of the key's mark: the guard holds {records} records, and \
             the first {} are not those that the key signed by; nothing is signed until the newest \
             data directory is back",
            mark.records
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
