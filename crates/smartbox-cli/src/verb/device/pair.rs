//! `smartbox device pair`.

use std::time::Duration;

use clap::Args;
use smartbox_api::{DeviceView, PairDevice};

use super::{PENDING, shown_name, waiting};
use crate::Outcome;
use crate::args::{GlobalArgs, duration};
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// Longest time for the answer.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);
/// Longest name that is made here, in characters; the platform takes 100.
const NAME_CHARS_MAX: usize = 80;

/// Flags of `device pair`.
#[derive(Debug, Args)]
pub struct PairArgs {
    /// What you call it [default: smartbox on this machine's name]
    #[arg(long)]
    name: Option<String>,
    /// Show the device and do not wait for its approval
    #[arg(long, conflicts_with = "timeout")]
    no_wait: bool,
    /// Longest time to wait; the device can be approved after it too, for an hour in all
    #[arg(long, value_name = "TIME", default_value = "10m", value_parser = duration)]
    timeout: Duration,
}

/// Shows this program's key to the platform. The device's id goes to standard output, at once.
pub(super) async fn run(
    global: &GlobalArgs,
    client: Client,
    args: PairArgs,
    console: &mut Console,
) -> Outcome {
    if !client.is_of_person() {
        return Err(Failure::new(Exit::Usage, "Only people have devices.")
            .detail("The token at hand is none of a person: a service token, the admin secret, or nothing.")
            .help("Give the token (JWT) that your identity provider made for you, with SMARTBOX_TOKEN."));
    }
    let file = global.device_file().ok_or_else(|| {
        Failure::new(Exit::Usage, "There is no place to keep this device's key.")
            .help("Set HOME, or XDG_CONFIG_HOME, to a directory of yours.")
    })?;
    let client = client.with_device(file.read_or_create()?);
    let body = PairDevice { name: args.name.unwrap_or_else(default_name) };
    // Sent again it would be the same device: the key decides.
    let mut device: DeviceView = client.post_json(Route::v1(&["devices"]), &body, REQUEST_TIMEOUT).await?;
    if !console.wants_json() {
        console.text(&format!("{}\n", device.id)).await?;
    }
    let name = shown_name(&device);
    console.say(&format!("This device is `{name}`, with the fingerprint {}.", device.fingerprint)).await;
    if device.status == PENDING {
        console
            .say(&format!(
                "It waits for approval. Whoever runs your org compares the fingerprint and runs \
                 `smartbox device approve {}`.",
                device.id
            ))
            .await;
        if !args.no_wait {
            device = waiting::wait(&client, console, &device, args.timeout).await?;
        }
    }
    if device.status != PENDING {
        console.say("It is approved: your token works with it from here.").await;
    }
    if console.wants_json() {
        console.json(&device).await?;
    }
    Ok(Exit::Success)
}

/// What a device is called whose owner does not say.
fn default_name() -> String {
    let host = rustix::system::uname();
    let host: String = host.nodename().to_string_lossy().chars().filter(char::is_ascii_graphic).collect();
    let name = if host.is_empty() { "smartbox".to_owned() } else { format!("smartbox on {host}") };
    name.chars().take(NAME_CHARS_MAX).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_that_nobody_names_is_called_after_its_machine() {
        let name = default_name();
        assert!(name.starts_with("smartbox") && name.len() <= NAME_CHARS_MAX, "{name}");
        assert!(name.chars().all(|character| character.is_ascii_graphic() || character == ' '), "{name}");
    }
}
