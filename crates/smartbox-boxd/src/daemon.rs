//! The daemon: first process of a box.
//!
//! It is one thread. `supervisor` keeps the gateway running, `ssh` lets the platform in, `reaper` waits
//! for everything that ends. Programs run as the agent; boxd itself cannot be traced or read by them.

mod drain;
mod epoch;
mod exit;
mod gateway_log;
mod http;
mod launch;
mod own_log;
mod readiness;
mod reaper;
mod restart;
mod rotating_log;
pub mod settings;
mod ssh;
mod status;
mod stop;
mod supervisor;

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::Context as _;
use rustix::process::{DumpableBehavior, Pid, Signal};
use tokio::net::TcpListener;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use self::launch::Launcher;
use self::reaper::Reaper;
use self::rotating_log::RotatingLog;
use self::settings::{Paths, Settings};
use self::status::StatusBoard;
use self::stop::{Stop, StopSignals};
use self::supervisor::Supervisor;
use crate::redact::Redactor;
use crate::{BoxdConfig, GatewayStatus};

/// What is left in the box after the gateway may take this long to end by itself.
const LEFTOVERS_GRACE: Duration = Duration::from_secs(1);
/// Killed processes are gone by then.
const LEFTOVERS_KILL: Duration = Duration::from_secs(3);
/// The last log lines and the last status are written by then.
const WRITERS_TIME_OUT: Duration = Duration::from_secs(2);

/// The configuration is missing or wrong; starting again changes nothing.
#[derive(Debug, thiserror::Error)]
#[error("boxd's configuration is not usable")]
pub struct BadConfig(#[source] anyhow::Error);

/// Runs the box until it is asked to stop.
///
/// # Errors
/// [`BadConfig`], or the operating system refuses what the daemon cannot do without.
pub async fn run(settings: Settings) -> anyhow::Result<()> {
    let signals = StopSignals::listen().context("cannot listen for signals")?;
    harden()?;
    let config = read_config(&settings.paths).map_err(BadConfig)?;
    epoch::check(&settings.paths).map_err(BadConfig)?;
    let log = |path: &Path| RotatingLog::new(path, config.log_file_bytes_max, config.log_files_max);
    own_log::install(log(&settings.paths.boxd_log), Redactor::new(config.secrets()))?;
    tracing::info!(version = env!("CARGO_PKG_VERSION"), generation = config.generation, "boxd starts");

    let access = ssh::Access::new(&settings.paths, &config).map_err(BadConfig)?;
    let listener = TcpListener::bind(settings.ssh).await.context("cannot listen for SSH")?;
    let (reaper, reap_loop) = Reaper::new().context("cannot listen for ended processes")?;
    let launcher = Launcher::new(reaper.clone(), settings.run_as);
    let (output, gateway_log) =
        gateway_log::open(log(&settings.paths.gateway_log), Redactor::new(config.secrets()))
            .context("cannot open a pipe")?;
    let (board, mut status_file) = status::open(&settings.paths.status, config.generation);
    status_file.write().context("cannot write the status")?;

    let stop = Stop::default();
    let writers_stop = CancellationToken::new();
    let mut services = JoinSet::new();
    let mut writers = JoinSet::new();
    services.spawn(reap_loop.run());
    services.spawn(signals.run(stop.clone()));
    services.spawn(ssh::serve(listener, access, launcher.clone()));
    writers.spawn(gateway_log.run(writers_stop.clone()));
    writers.spawn(status_file.run(writers_stop.clone()));

    let supervisor = Supervisor {
        config: &config,
        gateway: settings.gateway,
        probe_time_out: settings.probe_time_out,
        launcher,
        output,
        board: &board,
        stop: stop.clone(),
    };
    tokio::select! {
        () = supervisor.run() => {}
        ended = services.join_next() => {
            tracing::error!(?ended, "a part of boxd has failed: ending the box");
            anyhow::bail!("a part of boxd has failed: {ended:?}");
        }
    }
    finish(&reaper, &board, &stop).await;
    writers_stop.cancel();
    if tokio::time::timeout(WRITERS_TIME_OUT, writers.join_all()).await.is_err() {
        tracing::warn!("the last lines of the logs may be missing");
    }
    Ok(())
}

/// Makes boxd unreadable for the agent, and the parent of every orphan.
fn harden() -> anyhow::Result<()> {
    rustix::process::set_dumpable_behavior(DumpableBehavior::NotDumpable)
        .context("cannot make itself unreadable")?;
    if !rustix::process::getpid().is_init() {
        rustix::process::set_child_subreaper(Some(rustix::process::getpid()))
            .context("cannot become the parent of orphans")?;
    }
    Ok(())
}

fn read_config(paths: &Paths) -> anyhow::Result<BoxdConfig> {
    let text = fs::read(&paths.config).with_context(|| format!("cannot read {}", paths.config.display()))?;
    // The cause names a line and a field, not a value.
    serde_json::from_slice(&text).with_context(|| format!("{} is malformed", paths.config.display()))
}

/// Ends everything that still runs in the box.
async fn finish(reaper: &Reaper, board: &StatusBoard, stop: &Stop) {
    if !stop.forced.is_cancelled() {
        signal_everything(reaper, Signal::TERM);
        tokio::select! {
            () = reaper.childless() => {}
            () = stop.forced.cancelled() => {}
            () = tokio::time::sleep(LEFTOVERS_GRACE) => {}
        }
    }
    signal_everything(reaper, Signal::KILL);
    if tokio::time::timeout(LEFTOVERS_KILL, reaper.childless()).await.is_err() {
        tracing::warn!("some processes outlived SIGKILL");
    }
    board.gateway(GatewayStatus::Stopped);
    tracing::info!("boxd ends");
}

fn signal_everything(reaper: &Reaper, signal: Signal) {
    if rustix::process::getpid().is_init() {
        // The "group" of the first process means: every process of the box but itself.
        if let Err(error) = rustix::process::kill_process_group(Pid::INIT, signal)
            && error != rustix::io::Errno::SRCH
        {
            tracing::warn!(%error, "cannot signal the processes of the box");
        }
    } else {
        // On an ordinary host, in a test: only what boxd has started.
        reaper.signal_all(signal);
    }
}
