//! Runs the machine's npm.

use std::collections::VecDeque;
use std::convert::Infallible;
use std::ffi::{OsStr, OsString};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use smartbox_core::Progress;
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::process::Command;
use tokio::time::MissedTickBehavior;

use super::RuntimeError;

/// Longest installation. Half a minute where the registry is near.
const INSTALL_TIME_MAX: Duration = Duration::from_mins(20);
/// Longest run of OpenClaw's own completion of an installation. A second.
const FINISH_TIME_MAX: Duration = Duration::from_mins(2);
/// Lines of a failed command that are shown.
const OUTPUT_LINES_MAX: usize = 12;
/// How often progress is told.
const PROGRESS_INTERVAL: Duration = Duration::from_secs(1);
/// Exactly what the lockfile says; no scripts of 300 packages as root; nothing that asks or reports.
const CI_ARGUMENTS: &[&str] = &[
    "ci",
    "--ignore-scripts",
    "--omit=dev",
    "--no-audit",
    "--no-fund",
    "--no-update-notifier",
    "--loglevel=error",
];

/// The machine's npm.
pub(super) struct Npm {
    program: PathBuf,
}

impl Npm {
    /// Looks through `PATH`.
    pub(super) fn find() -> Result<Self, RuntimeError> {
        let path = std::env::var_os("PATH").unwrap_or_default();
        let found = find_program("npm", &path).ok_or(RuntimeError::NpmMissing)?;
        Ok(Self { program: found })
    }

    /// Installs the Node.js package that `dir` pins.
    pub(super) async fn install_node(&self, dir: &Path, progress: &dyn Progress) -> Result<(), RuntimeError> {
        let mut command = Command::new(&self.program);
        command.args(CI_ARGUMENTS).current_dir(dir);
        run(
            "npm, installing Node.js,",
            command,
            INSTALL_TIME_MAX,
            || count(&dir.join("node_modules")),
            progress,
        )
        .await
    }

    /// Installs the OpenClaw that `dir` pins, with npm running on `node`: under an older Node.js npm would leave out
    /// optional native packages.
    pub(super) async fn install_openclaw(
        &self,
        dir: &Path,
        node: &Path,
        progress: &dyn Progress,
    ) -> Result<(), RuntimeError> {
        let script =
            std::fs::canonicalize(&self.program).map_err(RuntimeError::io("cannot find", &self.program))?;
        let mut command = Command::new(node);
        command.arg(script).args(CI_ARGUMENTS).current_dir(dir).env("PATH", path_with(node));
        run(
            "npm, installing OpenClaw,",
            command,
            INSTALL_TIME_MAX,
            || count(&dir.join("node_modules")),
            progress,
        )
        .await
    }

    /// Runs the one install script that is needed: OpenClaw's own, which completes its directory.
    pub(super) async fn finish_openclaw(&self, dir: &Path, node: &Path) -> Result<(), RuntimeError> {
        let package = dir.join("node_modules/openclaw");
        let mut command = Command::new(node);
        command
            .arg("scripts/postinstall-bundled-plugins.mjs")
            .current_dir(package)
            .env("PATH", path_with(node));
        run("OpenClaw's own set-up", command, FINISH_TIME_MAX, || 0, &smartbox_core::progress::Silent).await
    }
}

/// `PATH` with the pinned Node.js first.
fn path_with(node: &Path) -> OsString {
    let mut path = node.parent().map(OsString::from).unwrap_or_default();
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    path
}

pub(super) fn find_program(name: &str, path: &OsStr) -> Option<PathBuf> {
    let is_program = |file: &PathBuf| {
        std::fs::metadata(file).is_ok_and(|meta| meta.is_file() && meta.permissions().mode() & 0o111 != 0)
    };
    std::env::split_paths(path).map(|dir| dir.join(name)).find(is_program)
}

/// Packages in a `node_modules` directory, to show that something moves.
fn count(dir: &Path) -> usize {
    let names = |dir: &Path| -> Vec<PathBuf> {
        std::fs::read_dir(dir).into_iter().flatten().flatten().map(|entry| entry.path()).collect()
    };
    let is_scope =
        |path: &Path| path.file_name().is_some_and(|name| name.as_encoded_bytes().starts_with(b"@"));
    names(dir).iter().map(|path| if is_scope(path) { names(path).len() } else { 1 }).sum()
}

async fn run(
    what: &'static str,
    mut command: Command,
    limit: Duration,
    count: impl Fn() -> usize,
    progress: &dyn Progress,
) -> Result<(), RuntimeError> {
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).kill_on_drop(true);
    let failed = |error: std::io::Error| RuntimeError::Step { what, output: error.to_string() };
    let mut child = command.spawn().map_err(failed)?;
    let stdout = last_lines(child.stdout.take());
    let stderr = last_lines(child.stderr.take());
    let work = async { tokio::join!(child.wait(), stdout, stderr) };
    let ended = tokio::select! {
        ended = tokio::time::timeout(limit, work) => ended,
        never = watch(count, progress) => match never {},
    };
    let (status, stdout, stderr) = ended.map_err(|_elapsed| RuntimeError::Slow { what, limit })?;
    if status.map_err(failed)?.success() {
        return Ok(());
    }
    Err(RuntimeError::Step { what, output: if stderr.is_empty() { stdout } else { stderr } })
}

async fn watch(count: impl Fn() -> usize, progress: &dyn Progress) -> Infallible {
    let mut ticks = tokio::time::interval(PROGRESS_INTERVAL);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        ticks.tick().await;
        match count() {
            0 => {}
            packages => progress.detail(&format!("{packages} packages")),
        }
    }
}

/// The last lines of a stream, read to its end.
async fn last_lines(stream: Option<impl AsyncRead + Unpin>) -> String {
    let mut last = VecDeque::new();
    if let Some(stream) = stream {
        let mut lines = BufReader::new(stream).lines();
        while let Ok(Some(line)) = lines.next_line().await {
            if last.len() == OUTPUT_LINES_MAX {
                last.pop_front();
            }
            last.push_back(line);
        }
    }
    Vec::from(last).join("\n")
}
