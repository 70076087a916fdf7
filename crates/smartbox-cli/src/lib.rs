//! The command line. It parses every command of the program and carries out those that talk to a running platform,
//! over the HTTP API and nothing else.
//!
//! Data goes to standard output, talk to standard error; exit codes are in [`exit`]. Nothing here reads the
//! environment except the parser's named variables, and no secret is printed, put in a URL, or handed to another
//! program.

mod args;
mod client;
mod console;
mod device;
mod exit;
mod failure;
mod operation;
mod platform;
mod table;
mod terminal;
mod verb;

use std::process::ExitCode;

pub use args::{Cli, Command, DoctorArgs, GlobalArgs, SetupArgs, UpArgs, command, parse, parse_from};
pub use console::{Console, Interrupts, Terminals};
pub use verb::ClientCommand;

use console::Settings;
use exit::Exit;

/// Carries out a command against the platform, with the process's own streams.
///
/// # Errors
/// Only if the runtime cannot be built; everything else is told on standard error and in the exit code.
pub fn run(global: &GlobalArgs, command: ClientCommand) -> anyhow::Result<ExitCode> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let code = runtime.block_on(run_on(global, command, Console::of_process()));
    // A read of standard input may still wait for a key; the process must not.
    runtime.shutdown_background();
    Ok(ExitCode::from(code))
}

/// Carries out a command against the platform, with these streams. Answers the exit code.
pub async fn run_on(global: &GlobalArgs, command: ClientCommand, mut console: Console) -> u8 {
    console.set(Settings { json: global.json, quiet: global.quiet, plain: global.is_plain() });
    let exit = match Box::pin(verb::run(global, command, &mut console)).await {
        Ok(exit) => exit,
        Err(failure) => {
            console.fail(&failure).await;
            failure.exit()
        }
    };
    exit.code()
}

/// What every verb answers.
type Outcome = Result<Exit, failure::Failure>;
