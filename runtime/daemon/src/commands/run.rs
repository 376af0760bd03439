//! `synod run`.

use std::time::Instant;

use synod_config::{Config, LogFormat};

use super::files::{chosen, load};
use crate::cli::RunArgs;
use crate::exit::{Exit, SOFTWARE, USAGE};
use crate::lifecycle::Daemon;
use crate::reload::{Source, watch};
use crate::signals::Signals;
use crate::telemetry::{LogForm, install_logs};
use crate::topology::Extras;

/// Starts a daemon and serves until it is asked to end.
pub(super) fn run(args: &RunArgs) -> Result<u8, Exit> {
    let mut config = load(&args.file)?;
    if let Some(directory) = &args.data_dir {
        directory.clone_into(&mut config.runtime.data_dir);
    }
    let form = match config.log.format {
        LogFormat::Text => LogForm::Text,
        LogFormat::Json => LogForm::Json,
    };
    install_logs(form, &config.log.level)
        .map_err(|error| Exit::new(crate::exit::CONFIG, error.to_string()))?;
    let source = Source { file: chosen(&args.file), data_dir: args.data_dir.clone() };
    if args.watch && source.file.is_none() {
        return Err(Exit::new(USAGE, "--watch wants a file: a built-in topology does not change"));
    }
    runtime(&config)?.block_on(async {
        let mut signals = Signals::listen()?;
        let mut daemon = Daemon::start(&config, source, |_| Extras::default()).await?;
        if args.watch {
            daemon.beside(watch(daemon.surface.reloader.clone()));
        }
        let ending = if daemon.ready_unless(&mut signals).await {
            tracing::info!("ready");
            daemon.serve(&mut signals, None).await
        } else {
            daemon.serve(&mut signals, Some(Instant::now())).await
        };
        daemon.drain(&mut signals, ending).await
    })
}

/// The tokio runtime of a process.
pub(super) fn runtime(config: &Config) -> Result<tokio::runtime::Runtime, Exit> {
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    if let Some(threads) = config.runtime.worker_threads {
        builder.worker_threads(threads);
    }
    builder.enable_all().build().map_err(|error| Exit::new(SOFTWARE, error.to_string()))
}
