//! Reload: the file is read again and the running tree becomes what it says.
//!
//! ```text
//!   SIGHUP, HTTP, a changed file ──▶ read ─▶ plan ─▶ rebuild ─▶ reform ─▶ report
//!                                     └───────┴────────┘         │
//!                                     nothing has changed        undone if a step fails
//! ```

mod metrics;
mod watch;

use std::path::PathBuf;
use std::sync::Arc;

use parking_lot::RwLock;
use serde::Serialize;
use synod_config::{Config, ConfigErrors, Plan, Refused};
use synod_supervision::{ReformError, Runtime, TreeDigest};
use tokio::runtime::RuntimeFlavor;
use tokio::sync::Mutex;

pub use metrics::describe;
pub use watch::watch;

use crate::http::Edges;
use crate::topology::{self, Desks, House, TopologyError};

/// Whom the surfaces ask, as of now.
#[derive(Clone)]
pub struct Reception(Arc<RwLock<Arc<Desks>>>);

impl Reception {
    /// With these for a start.
    pub fn new(desks: Desks) -> Self {
        Self(Arc::new(RwLock::new(Arc::new(desks))))
    }

    /// Those who are to be asked now.
    pub fn desks(&self) -> Arc<Desks> {
        Arc::clone(&self.0.read())
    }

    fn replace(&self, desks: Desks) {
        *self.0.write() = Arc::new(desks);
    }
}

/// Who wants the file to be read again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trigger {
    /// SIGHUP.
    Signal,
    /// `POST /v1/reload`.
    Request,
    /// The file is another one.
    Watch,
}

impl Trigger {
    const fn name(self) -> &'static str {
        match self {
            Self::Signal => "signal",
            Self::Request => "request",
            Self::Watch => "watch",
        }
    }
}

/// Whether something is to be done.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Resolve {
    /// It is.
    Apply,
    /// Only said.
    DryRun,
}

/// What came of it.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    /// `applied`, `unchanged`, or `planned`.
    pub outcome: &'static str,
    /// What was to become of everyone.
    pub plan: Plan,
    /// The same in words.
    pub words: String,
    /// The tree as one number, afterwards.
    pub tree: String,
}

/// Why nothing came of it. But for [`Self::Torn`], the tree is as it was.
#[derive(Debug, thiserror::Error)]
pub enum ReloadError {
    /// A built-in topology has no file.
    #[error("this topology came from no file: there is nothing to read again")]
    NoFile,
    /// One at a time.
    #[error("another reload is under way: try again when it has ended")]
    Busy,
    /// The file breaks rules.
    #[error("the file is not valid; the running topology is unchanged\n{0}")]
    Invalid(ConfigErrors),
    /// Something in it takes a restart.
    #[error("restart needed; the running topology is unchanged\n{}", lines(.0))]
    RestartNeeded(Vec<Refused>),
    /// It cannot be run on this machine.
    #[error("cannot be run here; the running topology is unchanged: {0}")]
    Topology(#[from] TopologyError),
    /// A step failed and the others were undone.
    #[error("undone, the running topology is as before: {0}")]
    Undone(ReformError),
    /// A step failed and not all could be undone.
    #[error("the running topology is neither the old nor the new one; restart the daemon: {0}")]
    Torn(ReformError),
    /// The daemon is ending.
    #[error("the daemon is ending")]
    Ending,
}

impl ReloadError {
    /// A label of few values.
    pub const fn outcome(&self) -> &'static str {
        match self {
            Self::NoFile | Self::Busy | Self::Ending => "not_begun",
            Self::Invalid(_) => "invalid",
            Self::RestartNeeded(_) => "restart_needed",
            Self::Topology(_) | Self::Undone(_) => "failed",
            Self::Torn(_) => "torn",
        }
    }
}

fn lines(refused: &[Refused]) -> String {
    let lines = refused.iter().map(|Refused { key, why }| format!("{key}: {why}"));
    lines.collect::<Vec<_>>().join("\n")
}

/// Where the topology is read from, and what the command line says instead.
#[derive(Clone, Debug, Default)]
pub struct Source {
    /// The file; none for a built-in topology.
    pub file: Option<PathBuf>,
    /// Instead of `runtime.data_dir`.
    pub data_dir: Option<PathBuf>,
}

/// Reloads, one at a time. Clones are the same.
#[derive(Clone)]
pub struct Reloader(Arc<Inner>);

struct Inner {
    source: Source,
    runtime: Runtime,
    reception: Reception,
    edges: Arc<Edges>,
    standing: Mutex<Standing>,
    metrics: metrics::Metrics,
}

/// What runs.
struct Standing {
    config: Config,
    house: House,
}

impl Reloader {
    /// Of a tree that has been started from this.
    pub fn new(
        source: Source,
        runtime: Runtime,
        (reception, edges): (Reception, Arc<Edges>),
        (config, house): (Config, House),
    ) -> Self {
        let (standing, metrics) =
            (Mutex::new(Standing { config, house }), metrics::Metrics::register());
        Self(Arc::new(Inner { source, runtime, reception, edges, standing, metrics }))
    }

    /// The file that is read.
    pub fn file(&self) -> Option<&std::path::Path> {
        self.0.source.file.as_deref()
    }

    /// Reads the file again and does what it says. Once begun it is carried through, whether or
    /// not somebody waits for it. A request is refused while another reload is under way; signals
    /// and watches wait.
    ///
    /// # Errors
    /// [`ReloadError`].
    pub async fn reload(&self, trigger: Trigger, resolve: Resolve) -> Result<Report, ReloadError> {
        let inner = Arc::clone(&self.0);
        #[expect(
            clippy::disallowed_methods,
            reason = "awaited right here; who asked may leave, and it goes on all the same"
        )]
        let done = tokio::spawn(async move {
            let mut standing = match trigger {
                Trigger::Request => inner.standing.try_lock().map_err(|_| ReloadError::Busy)?,
                Trigger::Signal | Trigger::Watch => inner.standing.lock().await,
            };
            let done = inner.reload(&mut standing, resolve).await;
            inner.told(trigger, &done);
            done
        });
        done.await.unwrap_or(Err(ReloadError::Ending))
    }
}

impl Inner {
    async fn reload(
        &self,
        standing: &mut Standing,
        resolve: Resolve,
    ) -> Result<Report, ReloadError> {
        let config = self.read()?;
        let plan = Plan::between(&standing.config, &config);
        if resolve == Resolve::DryRun {
            return Ok(self.report("planned", standing, plan));
        }
        if !plan.refused.is_empty() {
            return Err(ReloadError::RestartNeeded(plan.refused));
        }
        if plan.is_empty() {
            standing.config = config;
            return Ok(self.report("unchanged", standing, plan));
        }
        // Opens files, and keystores that are new: other tasks go elsewhere meanwhile.
        let rebuild = || topology::rebuild(&config, &self.runtime, &standing.house, &plan);
        let house = match tokio::runtime::Handle::current().runtime_flavor() {
            RuntimeFlavor::MultiThread => tokio::task::block_in_place(rebuild)?,
            _ => rebuild()?,
        };
        self.runtime.list_breakers(house.breakers().cloned());
        let reformed = self.runtime.reform(house.root.clone()).await;
        if let Err(error) = reformed {
            self.runtime.list_breakers(standing.house.breakers().cloned());
            let is_torn = matches!(error, ReformError::Torn { .. });
            return Err(if is_torn { ReloadError::Torn } else { ReloadError::Undone }(error));
        }
        self.reception.replace(house.desks());
        self.edges.set(&config);
        if let Err(error) = house.watch_over(&self.runtime) {
            // It has ended for good in the meantime.
            tracing::warn!(%error, "not watched over");
        }
        *standing = Standing { config, house };
        Ok(self.report("applied", standing, plan))
    }

    fn read(&self) -> Result<Config, ReloadError> {
        let file = self.source.file.as_ref().ok_or(ReloadError::NoFile)?;
        let mut config = Config::load(file).map_err(ReloadError::Invalid)?;
        if let Some(directory) = &self.source.data_dir {
            directory.clone_into(&mut config.runtime.data_dir);
        }
        Ok(config)
    }

    fn report(&self, outcome: &'static str, standing: &Standing, plan: Plan) -> Report {
        let root = &standing.config.topology.root;
        let TreeDigest(digest) = self.runtime.tree_digest(root, &Default::default());
        let words = plan.to_string();
        Report { outcome, plan, words, tree: format!("{digest:016x}") }
    }

    /// In the log and in the metrics.
    fn told(&self, trigger: Trigger, done: &Result<Report, ReloadError>) {
        let trigger = trigger.name();
        match done {
            Ok(report) => {
                self.metrics.counted(report.outcome, self.runtime.clock().now());
                let plan = &report.words;
                tracing::info!(trigger, outcome = report.outcome, %plan, "reload");
            }
            Err(error) => {
                self.metrics.counted(error.outcome(), self.runtime.clock().now());
                tracing::error!(trigger, outcome = error.outcome(), errors = %error, "reload");
            }
        }
    }
}
