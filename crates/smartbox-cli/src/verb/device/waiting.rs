//! Waiting for the approval of a device.

use std::time::Duration;

use smartbox_api::DeviceView;
use tokio::time::{Instant, sleep, timeout_at};

use super::{PENDING, shown_name};
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// How long the server is asked to hold one question.
const HOLD_SECS: u64 = 30;
/// Longest time for the answer to such a question.
const HOLD_TIMEOUT: Duration = Duration::from_secs(HOLD_SECS + 15);
/// How long the platform may be away in the middle of a wait: long enough for it to restart.
const AWAY_MAX: Duration = Duration::from_secs(60);
/// Pause before it is asked again, also by a server that does not hold questions.
const PAUSE: Duration = Duration::from_millis(500);

/// Waits until a device is approved, at most `limit`.
///
/// Ctrl-C ends the waiting; the device stays pending.
///
/// # Errors
/// The device was refused or is forgotten; the time is over; the platform stayed away; Ctrl-C.
pub(super) async fn wait(
    client: &Client,
    console: &mut Console,
    device: &DeviceView,
    limit: Duration,
) -> Result<DeviceView, Failure> {
    let mut interrupts = console.interrupts().listen().map_err(|error| Failure::output(&error))?;
    let deadline = Instant::now() + limit;
    let name = shown_name(device);
    let waited = {
        let mut progress = console.progress();
        progress.show(console, &format!("{name}: waits for approval ({})", device.fingerprint)).await;
        tokio::select! {
            waited = timeout_at(deadline, approved(client, &device.id, &name)) => Ok(waited),
            interrupt = interrupts.next() => Err(interrupt),
        }
    };
    let how_on =
        "`smartbox device pair` waits on; the device can be approved for an hour after it came first.";
    match waited {
        Ok(Ok(approved)) => approved,
        Ok(Err(_elapsed)) => {
            let title = format!("Nobody approved `{name}` within {} s.", limit.as_secs());
            Err(Failure::new(Exit::Unavailable, title).detail("It is still pending.").help(how_on))
        }
        Err(interrupt) => {
            let title = format!("Stopped waiting; `{name}` is still pending.");
            Err(Failure::new(interrupt.exit(), title).help(how_on))
        }
    }
}

async fn approved(client: &Client, id: &str, name: &str) -> Result<DeviceView, Failure> {
    let hold = format!("{HOLD_SECS}s");
    let query = [("wait", hold.as_str())];
    let segments = ["devices", id];
    let route = Route::v1(&segments).query(&query);
    let mut away_since = None;
    loop {
        match client.get_within::<DeviceView>(route, HOLD_TIMEOUT).await {
            Ok(device) if device.status != PENDING => return Ok(device),
            Ok(_) => away_since = None,
            Err(failure) if failure.is_passing() => {
                let since: Instant = *away_since.get_or_insert_with(Instant::now);
                if since.elapsed() > AWAY_MAX {
                    return Err(failure);
                }
            }
            Err(failure) if failure.exit() == Exit::NotFound => {
                return Err(Failure::new(Exit::Refused, format!("`{name}` was not approved."))
                    .detail("Somebody revoked it, or nobody approved it in time, and it is forgotten.")
                    .help("Ask whoever runs your org, then run `smartbox device pair` again."));
            }
            Err(failure) => return Err(failure),
        }
        sleep(PAUSE).await;
    }
}
