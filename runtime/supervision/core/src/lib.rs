//! Supervision without a clock, a task or a thread: who restarts whom, when, and when to give up.
//!
//! ```text
//!   Event ──▶ Supervisor::step ──▶ Effect*        children: start, stop, restart, park, escalate
//!   Wish  ──▶ Supervisor::ask  ──▶ Effect*        children: add, terminate, delete; new policies
//!   call  ──▶ BreakerCore::admit / report         one outside dependency: let through or refuse
//!             Retries::again                      whether and when a call is made again
//!             Crew::call, worker_of               which worker of a pool has a message
//!             Residents                           which entities of a shard are in memory
//!   stamps ──▶ Watch::look ──▶ Finding*           who is stuck
//! ```
//!
//! The shell around this core owns tasks, timers and mailboxes. It hands in what happened and
//! when, and carries out what comes back, in order.

mod breaker;
mod crew;
mod event;
mod jitter;
mod poison;
mod policy;
mod residents;
mod retry;
mod supervisor;
mod watch;
mod wish;

pub use breaker::{
    BreakerCore, BreakerPolicy, BreakerState, CALLS_MAX, CallOutcome, Counts, Lease, OpensOn,
    Permit, Reason, Rejection, SlowCalls, Span, Transition, WINDOW_CALLS_MAX, WindowPolicy,
};
pub use crew::{Crew, InvalidSize, WORKERS_MAX, worker_of};
pub use event::{
    AlarmToken, Effect, Event, ExitReason, Generation, Outcome, ParkReason, Report, StopHow,
};
pub use poison::{Fingerprint, Mark, Suspects, Verdict};
pub use policy::{
    AutoShutdown, Backoff, CHILDREN_MAX, ChildPolicy, FENCED_MAX, Fencing, Intensity, InvalidTree,
    KILL_GRACE, NEEDS_MAX, OPEN_MAX, OnExceeded, RESTARTS_MAX, Recovery, Restart, Strategy,
    SupervisorPolicy,
};
pub use residents::{InvalidResidents, LIVE_MAX, Residents};
pub use retry::{
    ATTEMPTS_MAX, BudgetPolicy, Failed, Fault, NoRetry, RETRIES_MAX, Retries, RetryBudget,
    RetryPolicy,
};
pub use supervisor::{ChildState, ChildView, Parking, Supervisor};
pub use watch::{Finding, OnStuck, Stamp, Watch, WatchPolicy, Work};
pub use wish::{Refusal, Stay, Wish};
