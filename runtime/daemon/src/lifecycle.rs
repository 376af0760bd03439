//! One run of the daemon: listen, start, serve, drain.

use std::future::Future;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};

use axum::Router;
use axum::extract::State;
use axum::http::header;
use axum::routing::get;
use metrics_exporter_prometheus::PrometheusHandle;
use synod_config::Config;
use synod_supervision::{Clock, Ended, Running, Runtime, RuntimeLimits, Watchdog};
use tokio::net::TcpListener;
use tokio::task::JoinSet;

use crate::exit::{CONFIG, DRAIN, Exit, OK, SOFTWARE, UNAVAILABLE};
use crate::http::{Edges, Surface, router};
use crate::reload::{Reception, Reloader, Resolve, Source, Trigger};
use crate::signals::{Signals, Wish};
use crate::topology::Extras;
use crate::{exposition, telemetry, topology};

/// How often histogram samples are folded into their buckets.
const UPKEEP: Duration = Duration::from_secs(5);

/// A daemon that listens and whose actors are starting.
pub struct Daemon {
    /// What requests are answered from.
    pub surface: Surface,
    /// Where Prometheus scrapes.
    pub metrics: SocketAddr,
    running: Running,
    _watchdog: Watchdog,
    drain_timeout: Duration,
    /// Servers and watchers of this run. None of them ends before the daemon does.
    beside: JoinSet<Result<(), Exit>>,
}

/// How a run ends.
pub enum Ending {
    /// Somebody asked for it.
    Asked(&'static str),
    /// The root supervisor gave up.
    GaveUp(String),
    /// A server or watcher failed.
    Failed(Exit),
}

impl Daemon {
    /// Listens and starts every actor. Nothing runs if any address is taken or the topology
    /// cannot be introduced.
    ///
    /// # Errors
    /// [`Exit`], with what to do.
    pub async fn start(
        config: &Config,
        source: Source,
        extras: impl FnOnce(&Runtime) -> Extras,
    ) -> Result<Self, Exit> {
        let metrics_handle = telemetry::install_metrics(&config.metrics.namespace)
            .map_err(|error| Exit::new(SOFTWARE, error.to_string()))?;
        let (http, listens) = listen(config.http.listen, "http.listen").await?;
        let (scrapes, metrics) = listen(config.metrics.listen, "metrics.listen").await?;
        let limits = RuntimeLimits {
            alarms_max: config.runtime.alarms_max,
            in_flight_max: config.runtime.in_flight_max,
            blocking_threads: config.runtime.blocking_threads_max,
            dead_letters_max: config.runtime.dead_letters_max,
            dead_letters_kept_max: config.runtime.dead_letters_kept_max,
            quarantined_max: config.runtime.quarantined_max,
            watch_backlog: config.runtime.watch_backlog_max,
        };
        let runtime = Runtime::new(Clock::unpaused(), limits);
        let extras = extras(&runtime);
        let house = topology::compile(config, &runtime, extras)
            .map_err(|error| Exit::new(CONFIG, error.to_string()))?;
        topology::look_at_remotes(config, &config.runtime.data_dir)
            .await
            .map_err(|error| Exit::new(CONFIG, error.to_string()))?;
        let watchdog = runtime
            .watchdog()
            .map_err(|error| Exit::new(SOFTWARE, format!("no thread for the watchdog: {error}")))?;
        let root = house.root.id.clone();
        let running = runtime
            .start(house.root.clone())
            .await
            .map_err(|failure| Exit::new(SOFTWARE, failure.chain()))?;
        let edges = Arc::new(Edges::default());
        edges.set(config);
        let reception = Reception::new(house.desks());
        let reloader = Reloader::new(
            source,
            runtime.clone(),
            (reception.clone(), Arc::clone(&edges)),
            (config.clone(), house),
        );
        let surface = Surface {
            runtime: runtime.clone(),
            root: root.clone(),
            reception,
            reloader,
            edges,
            draining: Arc::default(),
            rates: Arc::default(),
            listens,
        };
        let mut beside = JoinSet::new();
        beside.spawn(Arc::clone(&surface.rates).keep(runtime.clone(), root));
        beside.spawn(serve(http, router(surface.clone(), &config.http), "http"));
        beside.spawn(serve(scrapes, metrics_router(runtime, metrics_handle.clone()), "metrics"));
        beside.spawn(upkeep(metrics_handle));
        tracing::info!(http = %listens, %metrics, "listening");
        let drain_timeout = config.runtime.drain_timeout;
        let _watchdog = watchdog;
        Ok(Self { surface, metrics, running, _watchdog, drain_timeout, beside })
    }

    /// Waits until every actor has been ready once; false if the tree ended before, or somebody
    /// wants it to.
    pub async fn ready_unless(&mut self, signals: &mut Signals) -> bool {
        loop {
            tokio::select! {
                is_ready = self.running.ready() => return is_ready,
                wish = signals.next() => match wish {
                    Wish::End(_) => return false,
                    Wish::Reread => self.reread(),
                },
            }
        }
    }

    /// Runs `task` beside the actors. Its error ends the daemon; its end does not.
    pub fn beside(&mut self, task: impl Future<Output = Result<(), Exit>> + Send + 'static) {
        self.beside.spawn(task);
    }

    /// Serves until asked to end, or until it cannot go on.
    pub async fn serve(&mut self, signals: &mut Signals, until: Option<Instant>) -> Ending {
        let deadline = async {
            match until {
                Some(at) => tokio::time::sleep_until(at.into()).await,
                None => std::future::pending().await,
            }
        };
        tokio::pin!(deadline);
        loop {
            tokio::select! {
                biased;
                ended = self.running.ended() => return match ended {
                    Ended::Stopped => Ending::Asked("stopped"),
                    Ended::GaveUp(why) => Ending::GaveUp(why),
                },
                Some(done) = self.beside.join_next() => match done {
                    Ok(Ok(())) => (),
                    Ok(Err(exit)) => return Ending::Failed(exit),
                    Err(error) => {
                        return Ending::Failed(Exit::new(SOFTWARE, error.to_string()));
                    }
                },
                wish = signals.next() => match wish {
                    Wish::End(signal) => return Ending::Asked(signal),
                    Wish::Reread => self.reread(),
                },
                () = self.surface.draining.asked() => return Ending::Asked("drain over HTTP"),
                () = &mut deadline => return Ending::Asked("the time is over"),
            }
        }
    }

    /// Reads the file again and does what it says, while the daemon goes on. What came of it is in
    /// the log.
    fn reread(&mut self) {
        let reloader = self.surface.reloader.clone();
        self.beside(async move {
            drop(reloader.reload(Trigger::Signal, Resolve::Apply).await);
            Ok(())
        });
    }

    /// Stops every actor in order, each after what it has queued; a second signal ends at once.
    ///
    /// # Errors
    /// The root gave up, a server failed, or draining took too long.
    pub async fn drain(mut self, signals: &mut Signals, ending: Ending) -> Result<u8, Exit> {
        let outcome = match ending {
            Ending::Asked(why) => {
                tracing::info!(why, "draining");
                Ok(OK)
            }
            Ending::GaveUp(why) => return Err(Exit::new(SOFTWARE, why)),
            Ending::Failed(exit) => Err(exit),
        };
        let drain_timeout = self.surface.draining.begin(self.drain_timeout);
        self.running.stop();
        let drained = tokio::select! {
            ended = tokio::time::timeout(drain_timeout, self.running.ended()) => ended.is_ok(),
            () = signals.again() => false,
        };
        self.running.abandon();
        if !drained {
            let text = "draining was cut short; what was accepted is in the journal";
            return outcome.and(Err(Exit::new(DRAIN, text)));
        }
        tracing::info!("drained");
        outcome
    }
}

async fn listen(at: SocketAddr, key: &str) -> Result<(TcpListener, SocketAddr), Exit> {
    let failed = |error: std::io::Error| {
        let hint = "is another daemon running? change the address or stop it";
        Exit::new(UNAVAILABLE, format!("{key} = {at}: {error}; {hint}"))
    };
    let listener = TcpListener::bind(at).await.map_err(failed)?;
    let local = listener.local_addr().map_err(failed)?;
    Ok((listener, local))
}

async fn serve(listener: TcpListener, router: Router, what: &'static str) -> Result<(), Exit> {
    axum::serve(listener, router)
        .await
        .map_err(|error| Exit::new(UNAVAILABLE, format!("{what} server: {error}")))
}

fn metrics_router(runtime: Runtime, handle: PrometheusHandle) -> Router {
    let scrape = |State((runtime, handle)): State<(Runtime, PrometheusHandle)>| async move {
        runtime.publish_metrics();
        let kind = [(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")];
        (kind, exposition::ordered(&handle.render()))
    };
    Router::new().route("/metrics", get(scrape)).with_state((runtime, handle))
}

async fn upkeep(handle: PrometheusHandle) -> Result<(), Exit> {
    let mut every = tokio::time::interval(UPKEEP);
    loop {
        every.tick().await;
        handle.run_upkeep();
    }
}
