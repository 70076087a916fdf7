//! `smartbox box channels`.

use clap::{Args, ValueEnum};
use smartbox_api::{ChannelsWord, Launched, SetChannels};

use super::BoxArgument;
use super::change::{WaitFlags, settle};
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// Whether they run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Switch {
    /// They run
    On,
    /// They do not
    Off,
}

/// Flags of `box channels`.
#[derive(Debug, Args)]
pub struct ChannelsArgs {
    /// Whether they run
    #[arg(value_name = "STATE")]
    switch: Switch,
    #[command(flatten)]
    smartbox: BoxArgument,
    #[command(flatten)]
    waiting: WaitFlags,
}

/// Lets channels and jobs run or not, and waits until it is so.
pub(super) async fn run(client: &Client, args: &ChannelsArgs, console: &mut Console) -> Outcome {
    let reference = args.smartbox.reference();
    let (channels, word) = match args.switch {
        Switch::On => (ChannelsWord::On, "on"),
        Switch::Off => (ChannelsWord::Off, "off"),
    };
    let route = ["boxes", reference.as_str(), "channels"];
    let mut launched: Launched = client.put_json(Route::v1(&route), &SetChannels { channels }).await?;
    let is_done =
        settle(client, console, args.waiting, &mut launched.smartbox, &mut launched.operation).await?;
    if is_done {
        console.say(&format!("Channels and jobs of box `{}` are {word}.", launched.smartbox.name)).await;
    }
    if console.wants_json() {
        console.json(&launched).await?;
    }
    Ok(Exit::Success)
}
