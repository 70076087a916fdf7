//! Starts programs as the agent.

use std::ffi::{OsStr, OsString};
use std::io;
use std::os::fd::OwnedFd;
use std::os::unix::process::CommandExt as _;
use std::path::PathBuf;
use std::process::{ChildStderr, ChildStdin, ChildStdout, Command, Stdio};

use rustix::fs::{Gid, Uid};

use super::gateway_log::GatewayOutput;
use super::reaper::{Child, Group, Reaper};
use super::settings::RunAs;
use crate::AGENT_ID;

/// A program to start. Nothing is inherited from boxd.
pub(crate) struct Launch {
    /// Program and arguments.
    pub(crate) argv: Vec<OsString>,
    /// The whole environment; the later of two equal names wins.
    pub(crate) env: Vec<(String, String)>,
    /// Working directory, entered as the agent.
    pub(crate) cwd: PathBuf,
}

/// Rows and columns of a terminal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct TerminalSize {
    /// Rows.
    pub(crate) rows: u16,
    /// Columns.
    pub(crate) columns: u16,
}

impl From<TerminalSize> for pty_process::Size {
    fn from(size: TerminalSize) -> Self {
        Self::new(size.rows, size.columns)
    }
}

/// A program with pipes.
pub(crate) struct Piped {
    /// The process.
    pub(crate) child: Child,
    /// Its three streams.
    pub(crate) stdin: ChildStdin,
    /// See [`Self::stdin`].
    pub(crate) stdout: ChildStdout,
    /// See [`Self::stdin`].
    pub(crate) stderr: ChildStderr,
}

/// Starts programs.
#[derive(Clone)]
pub(crate) struct Launcher {
    reaper: Reaper,
    run_as: RunAs,
}

impl Launcher {
    /// Programs run as `run_as` and are waited for by `reaper`.
    pub(crate) const fn new(reaper: Reaper, run_as: RunAs) -> Self {
        Self { reaper, run_as }
    }

    /// Starts the gateway: no input, both outputs into its log.
    pub(crate) fn gateway(&self, launch: &Launch, output: &GatewayOutput) -> io::Result<Child> {
        let mut command = self.command(launch)?;
        command.stdin(Stdio::null()).stdout(output.handle()?).stderr(output.handle()?);
        let (child, _) = self.reaper.start(Group::EndsWithLeader, || command.spawn())?;
        Ok(child)
    }

    /// Starts a program with pipes to its three streams.
    pub(crate) fn piped(&self, launch: &Launch) -> io::Result<Piped> {
        let mut command = self.command(launch)?;
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let (child, mut spawned) = self.reaper.start(Group::LivesOn, || command.spawn())?;
        match (spawned.stdin.take(), spawned.stdout.take(), spawned.stderr.take()) {
            (Some(stdin), Some(stdout), Some(stderr)) => Ok(Piped { child, stdin, stdout, stderr }),
            _ => Err(io::Error::other("a pipe is missing")),
        }
    }

    /// Starts a program as the leader of a session on a new terminal; returns the terminal's other end.
    pub(crate) fn on_terminal(&self, launch: &Launch, size: TerminalSize) -> io::Result<(Child, OwnedFd)> {
        let (pty, pts) = pty_process::blocking::open().map_err(io::Error::other)?;
        pty.resize(size.into()).map_err(io::Error::other)?;
        let (program, arguments) = program(launch)?;
        let mut command = pty_process::blocking::Command::new(program)
            .args(arguments)
            .env_clear()
            .envs(launch.env.iter().map(|(name, value)| (name, value)))
            .current_dir(&launch.cwd);
        if self.run_as == RunAs::Agent {
            // As any SSH server does: programs open their terminal by name, and others may not.
            rustix::fs::fchown(&pts, Some(Uid::from_raw(AGENT_ID)), Some(Gid::from_raw(AGENT_ID)))?;
            command = command.uid(AGENT_ID).gid(AGENT_ID);
        }
        let (child, _) = self.reaper.start(Group::LivesOn, || command.spawn(pts).map_err(io_error))?;
        Ok((child, pty.into()))
    }

    fn command(&self, launch: &Launch) -> io::Result<Command> {
        let (program, arguments) = program(launch)?;
        let mut command = Command::new(program);
        command
            .args(arguments)
            .env_clear()
            .envs(launch.env.iter().map(|(name, value)| (name, value)))
            .current_dir(&launch.cwd)
            .process_group(0);
        if self.run_as == RunAs::Agent {
            // With a new user id and no groups named, the standard library drops the supplementary groups.
            command.uid(AGENT_ID).gid(AGENT_ID);
        }
        Ok(command)
    }
}

fn program(launch: &Launch) -> io::Result<(&OsStr, &[OsString])> {
    let (program, arguments) = launch
        .argv
        .split_first()
        .filter(|(program, _)| !program.is_empty())
        .ok_or_else(|| io::Error::new(io::ErrorKind::InvalidInput, "no program is named"))?;
    Ok((program, arguments))
}

fn io_error(error: pty_process::Error) -> io::Error {
    match error {
        pty_process::Error::Io(error) => error,
        other => io::Error::other(other),
    }
}
