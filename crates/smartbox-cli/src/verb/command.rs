//! `smartbox command …`: commands that run by themselves. They are begun with `smartbox exec --detach`.

mod kill;
mod list;
mod show;
mod signal;

use clap::{Args, Subcommand};
use smartbox_api::ExecView;

use super::BoxFlag;
use crate::Outcome;
use crate::client::Client;
use crate::console::Console;
use crate::table::cell;

/// Commands about commands that run by themselves.
#[derive(Debug, Subcommand)]
pub enum CommandCommand {
    /// List those of a box: the ones that run, and the ones that ended within a day
    List(list::ListArgs),
    /// Show how it goes with one, and print what it said
    Show(show::ShowArgs),
    /// Send one a signal
    Signal(signal::SignalArgs),
    /// Kill one
    Kill(kill::KillArgs),
}

/// Which command.
#[derive(Debug, Args)]
struct CommandFlag {
    /// Id of the command (`exe_…`)
    #[arg(value_name = "COMMAND", value_parser = command_id)]
    command: String,
    #[command(flatten)]
    smartbox: BoxFlag,
}

/// Carries one out.
pub(super) async fn run(client: &Client, command: &CommandCommand, console: &mut Console) -> Outcome {
    match command {
        CommandCommand::List(args) => list::run(client, args, console).await,
        CommandCommand::Show(args) => show::run(client, args, console).await,
        CommandCommand::Signal(args) => signal::run(client, args, console).await,
        CommandCommand::Kill(args) => kill::run(client, args, console).await,
    }
}

/// Parses an id: it becomes a segment of a path.
fn command_id(text: &str) -> Result<String, &'static str> {
    let is_id = text.strip_prefix("exe_").is_some_and(|rest| {
        !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
    });
    if is_id { Ok(text.to_owned()) } else { Err("write it as `smartbox command list` shows it: exe_…") }
}

/// How it goes with it, in words.
fn state(exec: &ExecView) -> String {
    match (exec.state.as_str(), exec.code, &exec.signal, &exec.why) {
        ("exited", Some(code), ..) => format!("exited with {code}"),
        ("signalled", _, Some(signal), _) => format!("ended by SIG{}", cell(signal, 20)),
        ("timed_out", ..) => "killed after its time".to_owned(),
        ("lost" | "failed", _, _, Some(why)) => format!("{}: {}", exec.state, cell(why, 100)),
        (state, ..) => state.to_owned(),
    }
}
