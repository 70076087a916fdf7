//! `smartbox audit …`.

mod chain;
mod export;
mod file;
mod pages;
mod verify;

use clap::Subcommand;

use crate::Outcome;
use crate::args::GlobalArgs;
use crate::console::Console;

/// Commands about the audit log.
#[derive(Debug, Subcommand)]
pub enum AuditCommand {
    /// Print the whole audit log, oldest first, one JSON document a line
    Export(export::ExportArgs),
    /// Check that no line of the audit log was changed, removed or moved
    Verify(verify::VerifyArgs),
}

/// Carries out a command about the audit log.
pub(super) async fn run(global: &GlobalArgs, command: AuditCommand, console: &mut Console) -> Outcome {
    match command {
        AuditCommand::Export(args) => {
            export::run(&super::connect(global, console).await?, &args, console).await
        }
        AuditCommand::Verify(args) => verify::run(global, &args, console).await,
    }
}
