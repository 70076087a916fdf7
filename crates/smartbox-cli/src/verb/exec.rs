//! `smartbox exec`.

mod detached;
mod escape;
mod once;
mod session;

use std::collections::BTreeMap;
use std::time::Duration;

use clap::Args;
use smartbox_api::{ExecOutcome, ExecStreamStart};

use super::BoxFlag;
use crate::Outcome;
use crate::args::duration;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::terminal::{self, RawMode};

/// Flags of `exec`.
#[derive(Debug, Args)]
#[command(
    after_help = "Standard input goes to the command, also if it is a pipe; in a loop that reads, use --no-stdin. \
    On a terminal, a line that begins with `~.` leaves a command that no longer answers."
)]
pub struct ExecArgs {
    #[command(flatten)]
    smartbox: BoxFlag,
    /// Give the command a terminal; so by itself if standard input and output are terminals
    #[arg(long, short, overrides_with = "no_tty")]
    tty: bool,
    /// Give it none
    #[arg(long, short = 'T', overrides_with = "tty")]
    no_tty: bool,
    /// Pass standard input on; so by itself, except with --json
    #[arg(long, short, overrides_with = "no_stdin")]
    interactive: bool,
    /// Pass no input on
    #[arg(long, short = 'n', overrides_with = "interactive")]
    no_stdin: bool,
    /// Add to its environment
    #[arg(long, short, value_name = "NAME=VALUE", value_parser = variable)]
    env: Vec<(String, String)>,
    /// Its working directory [default: the agent's home]
    #[arg(long, short = 'w', value_name = "DIR")]
    workdir: Option<String>,
    /// Leave it running by itself and print its id; `smartbox command` looks after it
    #[arg(long, short)]
    detach: bool,
    /// Longest time it may run: with --json at most 10m [default: 30s], with --detach at most 24h [default: 10m]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    timeout: Option<Duration>,
    /// Program and arguments; no shell reads them
    #[arg(last = true, required = true, value_name = "ARGV")]
    argv: Vec<String>,
}

/// Runs a command in a box. Its exit code becomes ours.
pub(super) async fn run(client: &Client, args: ExecArgs, console: &mut Console) -> Outcome {
    if args.detach {
        return detached::run(client, args, console).await;
    }
    if console.wants_json() {
        return once::run(client, args, console).await;
    }
    if args.timeout.is_some() {
        return Err(Failure::new(
            Exit::Usage,
            "`--timeout` needs `--json` or `--detach`: a stream has no time limit.",
        ));
    }
    let terminals = console.terminals();
    let has_tty = !args.no_tty && (args.tty || (terminals.stdin && terminals.stdout && !args.no_stdin));
    let start = ExecStreamStart {
        argv: args.argv,
        env: environment(args.env),
        cwd: args.workdir,
        tty: has_tty.then(terminal::size),
    };
    let reference = args.smartbox.reference();
    let route = ["boxes", reference.as_str(), "exec:stream"];
    let socket = client.socket(Route::v1(&route)).await?;
    // Caught before raw mode is set: a signal in between would end us and leave the terminal raw.
    let interrupts = console.interrupts().listen().map_err(|error| Failure::output(&error))?;
    // From here on every key belongs to the command. The guard gives the terminal back, however this ends.
    let raw = (has_tty && terminals.stdin).then(RawMode::set).transpose();
    let raw = raw.map_err(|error| {
        Failure::new(Exit::Failed, "The terminal could not be set up.").detail(error.to_string())
    })?;
    let settings = session::Settings { has_tty, has_keys: raw.is_some(), has_stdin: !args.no_stdin };
    let ended = session::run(client, socket, &start, settings, interrupts, console).await;
    drop(raw);
    exit(&ended?)
}

/// The exit code for the way a command ended.
fn exit(outcome: &ExecOutcome) -> Outcome {
    match outcome {
        // A process has eight bits to say; whatever does not fit is a failure all the same.
        ExecOutcome::Exited { code } => Ok(Exit::Remote(u8::try_from(*code).unwrap_or(u8::MAX))),
        ExecOutcome::Signalled { signal } => Ok(signal_number(signal).map_or(Exit::Failed, Exit::Signal)),
        ExecOutcome::TimedOut => {
            Err(Failure::new(Exit::Unavailable, "The command ran longer than allowed and was killed."))
        }
        ExecOutcome::Lost => Err(Failure::new(Exit::Unavailable, "The connection to the box was lost.")
            .detail("Whether the command still runs is unknown.")),
    }
}

/// Number of a signal on Linux (signal(7)), by its name without `SIG`.
fn signal_number(name: &str) -> Option<u8> {
    const NUMBERS: [(&str, u8); 17] = [
        ("HUP", 1),
        ("INT", 2),
        ("QUIT", 3),
        ("ILL", 4),
        ("TRAP", 5),
        ("ABRT", 6),
        ("BUS", 7),
        ("FPE", 8),
        ("KILL", 9),
        ("USR1", 10),
        ("SEGV", 11),
        ("USR2", 12),
        ("PIPE", 13),
        ("ALRM", 14),
        ("TERM", 15),
        ("XCPU", 24),
        ("SYS", 31),
    ];
    NUMBERS.iter().find(|(known, _)| *known == name).map(|(_, number)| *number)
}

/// Parses `NAME=VALUE`.
fn variable(text: &str) -> Result<(String, String), &'static str> {
    match text.split_once('=') {
        Some((name, value)) if !name.is_empty() => Ok((name.to_owned(), value.to_owned())),
        _ => Err("write it like NAME=VALUE"),
    }
}

fn environment(variables: Vec<(String, String)>) -> BTreeMap<String, String> {
    variables.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_remote_end_becomes_ours() {
        let code = |outcome| exit(&outcome).unwrap().code();
        assert_eq!(code(ExecOutcome::Exited { code: 0 }), 0);
        assert_eq!(code(ExecOutcome::Exited { code: 127 }), 127);
        assert_eq!(code(ExecOutcome::Exited { code: 256 }), 255);
        assert_eq!(code(ExecOutcome::Exited { code: -1 }), 255);
        assert_eq!(code(ExecOutcome::Signalled { signal: "KILL".into() }), 137);
        assert_eq!(code(ExecOutcome::Signalled { signal: "NEW".into() }), 1);
    }

    #[test]
    fn a_lost_command_is_never_a_success() {
        for outcome in [ExecOutcome::Lost, ExecOutcome::TimedOut] {
            assert_eq!(exit(&outcome).unwrap_err().exit().code(), 7);
        }
    }

    #[test]
    fn a_variable_has_a_name() {
        assert_eq!(variable("A=b=c"), Ok(("A".to_owned(), "b=c".to_owned())));
        assert!(variable("=b").is_err() && variable("A").is_err());
    }
}
