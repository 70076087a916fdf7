//! `smartbox device …`.

mod approve;
mod list;
mod pair;
mod revoke;
mod show;
mod waiting;

use clap::Subcommand;
use smartbox_api::DeviceView;
use smartbox_core::DeviceId;

use crate::Outcome;
use crate::args::GlobalArgs;
use crate::client::Client;
use crate::console::Console;
use crate::table;

/// Status of a device that waits, on the wire.
const PENDING: &str = "pending";
/// How much is shown of a device's name, in characters.
const NAME_CHARS_MAX: usize = 40;

/// Commands about devices, the browsers and programs that people come with.
#[derive(Debug, Subcommand)]
pub enum DeviceCommand {
    /// Pair this program as a device of yours, and wait until it is approved; its id is printed
    Pair(pair::PairArgs),
    /// List devices; those that wait for approval first
    List(list::ListArgs),
    /// Show a device
    Show(DeviceArgument),
    /// Approve a device, or every one that waits
    Approve(approve::ApproveArgs),
    /// Forget a device at once; sessions on it and connections over it end
    Revoke(DeviceArgument),
}

/// The device an argument names.
#[derive(Debug, clap::Args)]
pub struct DeviceArgument {
    /// Its id (dev_…)
    #[arg(value_name = "DEVICE")]
    device: DeviceId,
}

/// Carries out a command about devices.
pub(super) async fn run(
    global: &GlobalArgs,
    client: Client,
    command: DeviceCommand,
    console: &mut Console,
) -> Outcome {
    match command {
        DeviceCommand::Pair(args) => pair::run(global, client, args, console).await,
        DeviceCommand::List(args) => list::run(&client, &args, console).await,
        DeviceCommand::Show(args) => show::run(&client, args.device, console).await,
        DeviceCommand::Approve(args) => approve::run(&client, &args, console).await,
        DeviceCommand::Revoke(args) => revoke::run(&client, args.device, console).await,
    }
}

/// A device's name in a line of text. Its owner chose it.
fn shown_name(device: &DeviceView) -> String {
    table::cell(&device.name, NAME_CHARS_MAX)
}
