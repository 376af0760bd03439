//! `synod run`.

use std::time::Instant;

use synod_config::{Config, LogFormat};

use super::files::load;
use crate::cli::RunArgs;
use crate::exit::{Exit, SOFTWARE};
use crate::lifecycle::Daemon;
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
    let file = args.file.config.clone();
    runtime(&config)?.block_on(async {
        let mut signals = Signals::listen()?;
        let mut daemon = Daemon::start(&config, file, |_| Extras::default()).await?;
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
