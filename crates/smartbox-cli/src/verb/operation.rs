//! `smartbox operation …`.

mod cancel;
mod show;

use clap::{Args, Subcommand};

use crate::Outcome;
use crate::client::Client;
use crate::console::Console;

/// Commands about operations: changes of boxes that take a while.
#[derive(Debug, Subcommand)]
pub enum OperationCommand {
    /// Show how far an operation is, or how it ended
    Show(OperationArgs),
    /// Take back what is under way: a start or a creation is stopped, a box that is to fall asleep stays awake
    Cancel(OperationArgs),
}

/// Which operation.
#[derive(Debug, Args)]
pub struct OperationArgs {
    /// Id of the operation (`op_…`)
    #[arg(value_name = "OPERATION", value_parser = operation_id)]
    operation: String,
}

/// Carries out a command about operations.
pub(super) async fn run(client: &Client, command: OperationCommand, console: &mut Console) -> Outcome {
    match command {
        OperationCommand::Show(args) => show::run(client, &args, console).await,
        OperationCommand::Cancel(args) => cancel::run(client, &args, console).await,
    }
}

/// The operation an argument names. An id is checked before anything is sent: it stands in a path.
fn operation_id(text: &str) -> Result<String, String> {
    text.parse::<smartbox_core::OperationId>()
        .map(|id| id.to_string())
        .map_err(|_error| "not the id of an operation (op_…)".to_owned())
}
