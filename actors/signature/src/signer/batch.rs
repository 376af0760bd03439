//! From requests to signatures, many at a time.
//!
//! ```text
//!   gathered ──one append──▶ journal ──commit──▶ recorded ──mark raised──▶ signed, in chunks
//!      ▲  while a commit is under way                ▲  while a mark is being raised
//! ```
//!
//! Nobody waits for a batch to fill: who finds the journal idle is written at once, and whoever
//! comes during a commit goes with the next.

use std::collections::VecDeque;
use std::mem;
use std::sync::Arc;
use std::time::Instant;

use synod_protocol::journal::Committed;
use synod_protocol::signature::SignerMsg;
use synod_signature_core::guard::{GuardRecord, Mark};
use synod_supervision::{Context, Failure, Panicked};
use synod_types::signature::{Digest, Duty};

use super::Signer;
use super::remote::Hand;

/// Signatures that one job makes: enough that its way to the thread and back costs little, few
/// enough that others get their turn.
const JOB: usize = 16;

/// Duties on their way to a signature. As many as wait, so at most `waiting_max`.
pub(super) struct Batches {
    /// Admitted, for the next commit.
    gathered: VecDeque<(Duty, GuardRecord)>,
    is_writing: bool,
    /// Durable, for the next mark.
    recorded: Vec<(Duty, Digest)>,
    /// Where the mark stands.
    marked: Mark,
    /// Where it is being raised to, and who is signed then.
    marking: Option<(Mark, Vec<(Duty, Digest)>)>,
}

impl Batches {
    pub(super) fn new(marked: Mark) -> Self {
        let (gathered, recorded) = (VecDeque::new(), Vec::new());
        Self { gathered, is_writing: false, recorded, marked, marking: None }
    }

    /// Takes a duty that must be put on record.
    pub(super) fn gather(&mut self, duty: Duty, record: GuardRecord) {
        self.gathered.push_back((duty, record));
    }

    /// Takes a duty that is on record.
    pub(super) fn recorded(&mut self, duty: Duty, digest: Digest) {
        self.recorded.push((duty, digest));
    }
}

impl Signer {
    /// Puts what was gathered on record, unless a commit is under way.
    pub(super) async fn write(&mut self, ctx: &Context<SignerMsg>) -> Result<(), Failure> {
        if self.batches.is_writing || self.batches.gathered.is_empty() {
            return Ok(());
        }
        let batch = self.limits.batch_max.clamp(1, self.batches.gathered.len());
        let batch = self.batches.gathered.drain(..batch);
        let (duties, records) = batch.map(|(duty, record)| (duty, record.encode().into())).unzip();
        self.batches.is_writing = true;
        self.metrics.committing();
        let written = self.pen.write(ctx, records, duties, SignerMsg::Journalled).await;
        written.inspect_err(|_| self.refuse_all()).map(drop)
    }

    /// A journal that refuses ends the incarnation: what its guard holds is not durable. Nobody
    /// waits in vain for that, and nothing was signed.
    pub(super) async fn journalled(
        &mut self,
        ctx: &Context<SignerMsg>,
        committed: Committed,
    ) -> Result<(), Failure> {
        let settled = self.pen.settle(ctx, committed, SignerMsg::Journalled).await;
        let durable = settled.inspect_err(|_| self.refuse_all())?;
        if durable.is_empty() {
            // Its answer was lost; it is sent again.
            return Ok(());
        }
        self.batches.is_writing = false;
        for duty in durable {
            if let Some(digest) = self.guard.committed(duty) {
                self.batches.recorded(duty, digest);
            }
        }
        self.write(ctx).await?;
        self.mark(ctx)
    }

    /// Raises the mark over what is on record, unless it is being raised, and then signs.
    pub(super) fn mark(&mut self, ctx: &Context<SignerMsg>) -> Result<(), Failure> {
        if self.batches.marking.is_some() || self.batches.recorded.is_empty() {
            return Ok(());
        }
        let due = mem::take(&mut self.batches.recorded);
        let (from, to) = (self.batches.marked, self.guard.mark());
        match self.marks.clone().filter(|_| from != to) {
            None => {
                self.batches.marked = to;
                self.begin(ctx, &due)
            }
            Some(marks) => {
                self.batches.marking = Some((to, due));
                let raise =
                    move || marks.raise(from, to).map_err(|error| Failure::from(error).chain());
                ctx.blocking(raise, SignerMsg::Marked)?;
                Ok(())
            }
        }
    }

    pub(super) fn marked(
        &mut self,
        ctx: &Context<SignerMsg>,
        outcome: Result<Result<(), String>, Panicked>,
    ) -> Result<(), Failure> {
        if let Err(why) = outcome? {
            self.refuse_all();
            return Err(Failure::because(format!("nothing is signed without a mark: {why}")));
        }
        if let Some((mark, due)) = self.batches.marking.take() {
            self.batches.marked = mark;
            self.begin(ctx, &due)?;
        }
        self.mark(ctx)
    }

    /// Makes signatures that the guard permits, or has them made.
    fn begin(&mut self, ctx: &Context<SignerMsg>, due: &[(Duty, Digest)]) -> Result<(), Failure> {
        let key = match &mut self.hand {
            Hand::Held(key) => Arc::clone(key),
            Hand::Remote(remote) => {
                remote.queue(due);
                return self.fetch(ctx);
            }
        };
        for some in due.chunks(JOB) {
            let (key, timer, some) = (Arc::clone(&key), self.metrics.timer(), some.to_vec());
            let sign = move |(duty, digest)| {
                let began = Instant::now();
                let signature = key.sign(digest);
                timer.record(began.elapsed());
                (duty, signature)
            };
            ctx.blocking(move || some.into_iter().map(sign).collect(), SignerMsg::Signed)?;
        }
        Ok(())
    }
}
