//! Waiting for an operation, and showing how far its box has come.

use std::time::Duration;

use smartbox_api::{BackupWorkView, BoxView, OperationView};
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout_at};

use crate::client::{Client, Route};
use crate::console::{Console, Progress};
use crate::exit::Exit;
use crate::failure::Failure;
use crate::verb::size;

/// How long the server is asked to hold one question.
const HOLD_SECS: u64 = 30;
/// Longest time for the answer to such a question.
const HOLD_TIMEOUT: Duration = Duration::from_secs(HOLD_SECS + 15);
/// How often the box is looked at for its stage.
const LOOK_PERIOD: Duration = Duration::from_millis(500);
/// Longest time for such a look.
const LOOK_TIMEOUT: Duration = Duration::from_secs(5);
/// How long the platform may be away in the middle of a wait: long enough for it to restart.
const AWAY_MAX: Duration = Duration::from_secs(60);
/// Pause before it is asked again.
const AWAY_PAUSE: Duration = Duration::from_millis(500);

/// Waits until an operation has ended, at most `limit`.
///
/// Ctrl-C ends the waiting, never the operation, and says so.
///
/// # Errors
/// The operation failed or was superseded; the time is over; the platform stayed away; Ctrl-C.
pub(crate) async fn wait(
    client: &Client,
    console: &mut Console,
    smartbox: &BoxView,
    operation: &OperationView,
    limit: Duration,
) -> Result<OperationView, Failure> {
    let mut interrupts = console.interrupts().listen().map_err(|error| Failure::output(&error))?;
    let deadline = Instant::now() + limit;
    let name = &smartbox.name;
    let waited = {
        let waiting = timeout_at(deadline, watch(client, console, smartbox, operation));
        tokio::select! {
            waited = waiting => Ok(waited),
            interrupt = interrupts.next() => Err(interrupt),
        }
    };
    let how_far = format!("`smartbox box show {name}` tells how far it is.");
    match waited {
        Ok(Ok(ended)) => verdict(name, ended?),
        Ok(Err(_elapsed)) => {
            let title = format!("Box `{name}` needs longer than {} s.", limit.as_secs());
            Err(Failure::new(Exit::Unavailable, title).detail("The platform goes on.").help(how_far))
        }
        Err(interrupt) => {
            let title = format!("Stopped waiting; the platform goes on to {} `{name}`.", operation.kind);
            Err(Failure::new(interrupt.exit(), title).help(how_far))
        }
    }
}

/// What the end of an operation means.
fn verdict(name: &str, operation: OperationView) -> Result<OperationView, Failure> {
    let kind = &operation.kind;
    match operation.state.as_str() {
        "succeeded" => Ok(operation),
        "superseded" => {
            Err(Failure::new(Exit::Conflict, format!("`{kind}` of box `{name}` was superseded."))
                .detail("A later command wants something else of the box.")
                .help(format!("`smartbox box timeline {name}` tells who asked for what.")))
        }
        "cancelled" => Err(Failure::new(Exit::Conflict, format!("`{kind}` of box `{name}` was cancelled."))
            .help(format!("`smartbox box timeline {name}` tells by whom."))),
        _ => {
            let title = format!("`{kind}` of box `{name}` failed.");
            let failure = match &operation.error {
                Some(error) => Failure::of_box(title, error),
                None => Failure::new(Exit::Failed, title),
            };
            Err(failure.help_if_none(format!(
                "`smartbox box timeline {name}` and `smartbox logs --box {name}` tell more."
            )))
        }
    }
}

/// Asks for the operation until it has ended, and meanwhile shows the box.
async fn watch(
    client: &Client,
    console: &mut Console,
    smartbox: &BoxView,
    operation: &OperationView,
) -> Result<OperationView, Failure> {
    let mut progress = console.progress();
    let shown = line(smartbox, progress.is_live());
    progress.show(console, &shown).await;
    if operation.is_finished() {
        return Ok(operation.clone());
    }
    let ended = ended(client, &operation.id);
    let mut ended = std::pin::pin!(ended);
    let mut looks = interval(LOOK_PERIOD);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            ended = &mut ended => return ended,
            _ = looks.tick() => show(client, console, &mut progress, &smartbox.id).await,
        }
    }
}

async fn show(client: &Client, console: &mut Console, progress: &mut Progress, id: &str) {
    // Only for show: the operation alone decides, and whoever asks for it deals with errors.
    if let Ok(seen) = client.get_within::<BoxView>(Route::v1(&["boxes", id]), LOOK_TIMEOUT).await {
        let shown = line(&seen, progress.is_live());
        progress.show(console, &shown).await;
    }
}

/// The end of an operation. The platform may be away for a while: it may be restarted in the middle of a wait.
async fn ended(client: &Client, id: &str) -> Result<OperationView, Failure> {
    let hold = format!("{HOLD_SECS}s");
    let query = [("wait", hold.as_str())];
    let segments = ["operations", id];
    let route = Route::v1(&segments).query(&query);
    let mut away_since = None;
    loop {
        match client.get_within::<OperationView>(route, HOLD_TIMEOUT).await {
            Ok(operation) if operation.is_finished() => return Ok(operation),
            Ok(_) => away_since = None,
            Err(failure) if failure.is_passing() => {
                let since: Instant = *away_since.get_or_insert_with(Instant::now);
                if since.elapsed() > AWAY_MAX {
                    return Err(failure);
                }
                sleep(AWAY_PAUSE).await;
            }
            Err(failure) => return Err(failure),
        }
    }
}

/// A box's state on one line.
fn line(smartbox: &BoxView, is_live: bool) -> String {
    let phase = match &smartbox.stage {
        Some(stage) => format!("{}: {} ({stage})", smartbox.name, smartbox.phase),
        None => format!("{}: {}", smartbox.name, smartbox.phase),
    };
    let phase = match &smartbox.upgrade {
        Some(stage) => format!("{phase}, upgrade: {stage}"),
        None => phase,
    };
    match smartbox.backup.as_ref().and_then(|backup| backup.under_way.first()) {
        Some(work) => format!("{phase}, {}", how_far(work, is_live)),
        None => phase,
    }
}

/// How far work on backups is. Where each change is a line of its own, in steps of a tenth.
pub(crate) fn how_far(work: &BackupWorkView, is_live: bool) -> String {
    let tenths = |of: u64, total: u64| of.saturating_mul(10).checked_div(total).unwrap_or(0).min(10);
    let name = &work.work;
    match (is_live, work.bytes_total) {
        (true, 0) => format!("{name} ({} files, {})", work.files, size(work.bytes)),
        (true, total) => format!(
            "{name} ({} of {} files, {} of {})",
            work.files,
            work.files_total,
            size(work.bytes),
            size(total)
        ),
        (false, 0) => name.clone(),
        (false, total) => format!("{name} ({} %)", tenths(work.bytes, total) * 10),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_exact_where_it_is_drawn_and_coarse_where_it_is_written() {
        let work = BackupWorkView {
            work: "restoring".to_owned(),
            files: 12,
            files_total: 400,
            bytes: 25 << 20,
            bytes_total: 210 << 20,
        };
        assert_eq!(how_far(&work, true), "restoring (12 of 400 files, 25.0 MiB of 210.0 MiB)");
        assert_eq!(how_far(&work, false), "restoring (10 %)");
        let unknown = BackupWorkView { files_total: 0, bytes_total: 0, ..work };
        assert_eq!(how_far(&unknown, true), "restoring (12 files, 25.0 MiB)");
        assert_eq!(how_far(&unknown, false), "restoring");
    }
}
