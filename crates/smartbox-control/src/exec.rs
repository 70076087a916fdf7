//! Commands in a box, over boxd's SSH.

mod kept;
mod live;
mod read;
mod run;
pub(crate) mod runner;
mod slots;
mod start;
mod timed;

use std::collections::BTreeMap;

use bytes::Bytes;
use smartbox_core::Permission;
use smartbox_store::SystemActor;
use smartbox_tunnel::{ExecEvent, ExecInput, ExecOutput, ExecRequest, ExecSession, PtySize};

use crate::boxes::Need;
use crate::uses::Use;
use crate::{Control, Error, Op};

pub use kept::CommandKept;
pub(crate) use live::Execs;
pub use runner::CommandRunner;
use slots::Slot;
pub use start::NewExec;
use timed::Timed;

/// Most arguments of a command.
const ARGS_MAX: usize = 1000;
/// Most bytes of its arguments and environment together. Linux allows 2 MiB; SSH packets are smaller.
const BYTES_MAX: usize = 128 * 1024;

/// Letters of a program's name that are put down.
const PROGRAM_CHARS_MAX: usize = 200;

/// A command to run.
#[derive(Clone, Debug, Default)]
pub struct NewCommand {
    /// Program and arguments; no shell reads them.
    pub argv: Vec<String>,
    /// Added to the environment.
    pub env: BTreeMap<String, String>,
    /// Working directory; the agent's home by default.
    pub cwd: Option<String>,
    /// Columns and rows of a terminal, if it gets one.
    pub tty: Option<(u16, u16)>,
}

/// What a running command says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum CommandEvent {
    /// Output; with a terminal, everything.
    Stdout(Bytes),
    /// Error output.
    Stderr(Bytes),
    /// It ended with this code. Nothing follows.
    Exited(i32),
    /// It was ended by this signal, a name without `SIG`. Nothing follows.
    Signalled(String),
}

/// What keeps the box awake, counts and tells the time, while a command runs in it.
type Held = (Use, Slot, Timed);

/// A running command. Dropping its output kills it.
pub struct CommandSession(ExecSession, Held);

/// The direction towards a command.
pub struct CommandInput(ExecInput);

/// The direction from a command. Dropping it kills the command.
pub struct CommandOutput(
    ExecOutput,
    #[expect(dead_code, reason = "the box does not fall asleep while it lasts")] Held,
);

impl Control {
    /// Starts a command in a box that somebody stays with, waking the box if need be. It is put down who and which program first.
    ///
    /// # Errors
    /// [`Error::TooManyCommands`] when as many run in the box as may.
    pub async fn start_command(
        &self,
        op: &Op,
        reference: &str,
        command: &NewCommand,
    ) -> Result<CommandSession, Error> {
        check(command)?;
        let smartbox = self.resolve(op, Permission::BoxesExec, reference).await?;
        self.require_wakeable(&smartbox).await?;
        // Arguments may hold a credential; the name of a program does not.
        let program: String = command
            .argv
            .first()
            .map(|name| name.chars().take(PROGRAM_CHARS_MAX).collect())
            .unwrap_or_default();
        let detail = serde_json::json!({ "program": program, "terminal": command.tty.is_some() });
        let event = self.event_of(op, "box.exec-opened", "asked for", detail);
        let fleet = self.inner.store.fleet(SystemActor::new("commands"));
        fleet.append_event(Some(smartbox.org), Some(smartbox.id), event, self.inner.clock.now()).await?;
        self.open_command(op, reference, command).await
    }

    /// The same, of which it is put down already.
    pub(crate) async fn open_command(
        &self,
        op: &Op,
        reference: &str,
        command: &NewCommand,
    ) -> Result<CommandSession, Error> {
        check(command)?;
        let (smartbox, in_use) =
            self.ready_box(op, (Permission::BoxesExec, reference), Need::Alive, "a command", |_| {}).await?;
        let slot = self.inner.execs.slots.take(smartbox.id)?;
        let timed = Timed::begin(self, smartbox.id);
        let connection = self.ssh(&smartbox).await?;
        let request = ExecRequest {
            argv: command.argv.clone(),
            env: command.env.clone().into_iter().collect(),
            cwd: command.cwd.clone(),
            tty: command.tty.map(|(columns, rows)| PtySize { rows, columns }),
        };
        let session = connection.exec(request).await.map_err(|error| crate::ssh::unavailable(&error))?;
        Ok(CommandSession(session, (in_use, slot, timed.running())))
    }
}

fn check(command: &NewCommand) -> Result<(), Error> {
    if command.argv.first().is_none_or(String::is_empty) {
        return Err(Error::field("argv", "must name a program"));
    }
    let env_bytes: usize = command.env.iter().map(|(name, value)| name.len() + value.len()).sum();
    let bytes = command.argv.iter().map(String::len).sum::<usize>() + env_bytes;
    if command.argv.len() > ARGS_MAX || bytes > BYTES_MAX {
        return Err(Error::field("argv", format!("at most {ARGS_MAX} arguments and {BYTES_MAX} bytes")));
    }
    let has_nul = |text: &str| text.contains('\0');
    if command.argv.iter().any(|arg| has_nul(arg)) || command.cwd.as_deref().is_some_and(has_nul) {
        return Err(Error::field("argv", "must not contain NUL"));
    }
    let bad_name = |name: &str| name.is_empty() || name.contains(['=', '\0']);
    if command.env.iter().any(|(name, value)| bad_name(name) || has_nul(value)) {
        return Err(Error::field(
            "env",
            "names must not be empty nor contain `=`, and nothing may contain NUL",
        ));
    }
    Ok(())
}

impl CommandSession {
    /// Separates the two directions, for two tasks.
    pub fn split(self) -> (CommandInput, CommandOutput) {
        let (input, output) = self.0.split();
        (CommandInput(input), CommandOutput(output, self.1))
    }
}

impl CommandOutput {
    /// The next thing it says; `None` when the connection is gone before its end is known. A command that is not
    /// listened to waits.
    pub async fn next(&mut self) -> Option<CommandEvent> {
        // Why the connection is gone is in the tunnel's log; for the caller it is gone.
        Some(match self.0.next().await.ok().flatten()? {
            ExecEvent::Stdout(bytes) => CommandEvent::Stdout(bytes),
            ExecEvent::Stderr(bytes) => CommandEvent::Stderr(bytes),
            ExecEvent::Exit { code } => CommandEvent::Exited(i32::try_from(code).unwrap_or(i32::MAX)),
            ExecEvent::Signal { name } => CommandEvent::Signalled(name),
        })
    }
}

impl CommandInput {
    /// Gives it input, waiting while it does not read.
    pub async fn write(&self, bytes: &[u8]) -> std::io::Result<()> {
        self.0.write(Bytes::copy_from_slice(bytes)).await.map_err(std::io::Error::other)
    }

    /// Ends its input.
    pub async fn close(&self) -> std::io::Result<()> {
        self.0.finish().await.map_err(std::io::Error::other)
    }

    /// Tells it the new size of its terminal.
    pub async fn resize(&self, columns: u16, rows: u16) -> std::io::Result<()> {
        self.0.resize(PtySize { rows, columns }).await.map_err(std::io::Error::other)
    }

    /// Sends it a signal, by its name without `SIG`.
    pub async fn signal(&self, name: &str) -> std::io::Result<()> {
        self.0.signal(name).await.map_err(std::io::Error::other)
    }
}
