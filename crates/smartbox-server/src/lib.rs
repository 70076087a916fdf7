//! Composition root: settings → telemetry → wiring → lifecycle. Knows every crate and decides nothing.

mod adapters;
mod admin_secret;
mod console;
mod daemon;
mod data_dir;
mod doctor;
mod install;
mod lifecycle;
mod metrics;
mod open_files;
mod platform_backup;
mod platform_file;
mod roots;
mod sealing_keys;
mod settings;
mod signals;
mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
mod tls;
mod traces;

use std::process::ExitCode;

use anyhow::{Context, Result};

pub use doctor::{DoctorOptions, doctor};
pub use platform_backup::restore_platform;
pub use settings::{EXIT_BAD_SETTINGS, EdgeSettings, Flags, Settings};

use console::Console;
use daemon::Daemon;
use daemon::database::StoodBy;
use telemetry::Telemetry;

/// Of every program that this crate is part of. Measured: a request of the edge takes a tenth of its time from the C library's.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// Exit code when something needs root (`EX_NOPERM`).
const EXIT_NOT_PERMITTED: u8 = 77;
/// Threads that move bytes and run loops. Each costs memory; the work is waiting.
const WORKER_THREADS: usize = 2;

/// The process's environment; the one place that reads it.
pub fn environment() -> Vec<(String, String)> {
    // A variable that is no Unicode is none of ours.
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .collect()
}

/// Runs the platform until a signal ends it: `smartbox up`.
pub fn up(flags: &Flags, environment: &[(String, String)]) -> ExitCode {
    let console = Console::new();
    let settings = match Settings::read(flags, environment) {
        Ok(settings) => settings,
        Err(problems) => return refuse_settings(&console, &problems),
    };
    // The crypto provider is there first: a collector may be asked over TLS.
    let telemetry = match telemetry::start(&settings) {
        Ok(telemetry) => telemetry,
        Err(problem) => return refuse_settings(&console, &[problem]),
    };
    if !rustix::process::geteuid().is_root() {
        console.say(
            "smartbox needs root for: user, network and cgroup namespaces of the boxes (runc), their disks' \
             ownership, and building their root image.\nhelp: run it with sudo; `make run` asks for it",
        );
        return ExitCode::from(EXIT_NOT_PERMITTED);
    }
    open_files::allow(
        settings.edge.connections_max + smartbox_egress::ProxyLimits::default().all_connections_max,
    );
    match block_on(run(settings, telemetry, &console)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            console.say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

/// Installs what `up` needs and ends: `smartbox setup`.
pub fn setup(flags: &Flags, environment: &[(String, String)]) -> ExitCode {
    let console = Console::new();
    let settings = match Settings::read(flags, environment) {
        Ok(settings) => settings,
        Err(problems) => return refuse_settings(&console, &problems),
    };
    let installed = block_on(async {
        let data = data_dir::DataDir::open(&settings.data_dir, settings.owner, data_dir::With::Nobody)?;
        install::ensure_all(&settings, &data, &smartbox_control::SystemEntropy, &console).await.map(drop)
    });
    match installed {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            console.say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn run(settings: Settings, telemetry: Telemetry, console: &Console) -> Result<()> {
    let mut signals = signals::listen()?;
    match Daemon::build(settings, telemetry, &mut signals, console).await {
        Ok(daemon) => daemon.run(signals, console).await,
        Err(error) if error.is::<StoodBy>() => Ok(()),
        Err(error) => Err(error),
    }
}

fn block_on<T>(future: impl Future<Output = Result<T>>) -> Result<T> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(WORKER_THREADS)
        .enable_all()
        .build()
        .context("cannot start the runtime")?;
    runtime.block_on(future)
}

fn refuse_settings(console: &Console, problems: &[String]) -> ExitCode {
    console.say("the settings cannot be used:");
    for problem in problems {
        console.say(&format!("  - {problem}"));
    }
    ExitCode::from(EXIT_BAD_SETTINGS)
}
