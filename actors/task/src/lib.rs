//! The two actors through which a task passes.
//!
//! ```text
//!   chain ──ChainBatch──▶ task ──Submit──▶ executor ──▶ Performer
//!                         │  ▲                  └──Sign──▶ signer
//!                         │  └── Proven, Settled
//!                         └──Open, Submit──▶ aggregation;  Open, Cast──▶ quorum
//! ```
//!
//! Both journal before they tell anybody. What dies with an incarnation of [`Aggregator`]:
//! submissions under way, who was asked how often, proofs and verdicts of unfinished tasks; all
//! are asked for again. Read back from the store: accepted tasks, answers, certificates, how far
//! each chain is applied.
//!
//! What dies with an incarnation of [`Executor`]: runs of the performer and requests to the
//! signer, which are begun again, and who waits for an answer, who asks again. Read back:
//! accepted tasks, outputs, signed answers, refusals. A task whose performer had ended without its
//! output being journalled is performed once more.

mod aggregator;
mod executor;
mod journal;
mod metrics;
mod performer;

pub use aggregator::{Aggregator, AggregatorArgs};
pub use executor::{Executor, ExecutorArgs};
pub use metrics::describe;
pub use performer::{Performance, Performer, Square};
pub use synod_task_core::executor::Settings as ExecutorSettings;
pub use synod_task_core::{Backoff, aggregator::Settings as AggregatorSettings};
