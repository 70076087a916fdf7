//! What the ways to begin a run share.

use std::time::Duration;

use clap::Args;
use smartbox_api::{BulkActionWord, BulkRunView, CreateBulkRun};
use tokio::time::{Instant, sleep};

use super::boxes;
use crate::Outcome;
use crate::args::{BoxReference, duration};
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// How often it is looked at.
const LOOK_PERIOD: Duration = Duration::from_secs(2);

/// Which boxes, and how.
#[derive(Debug, Args)]
pub(super) struct StartFlags {
    /// Names or ids of boxes
    #[arg(value_name = "BOX", required_unless_present_any = ["all", "label"], conflicts_with = "all")]
    boxes: Vec<BoxReference>,
    /// Every box of the org; every box of the platform for its admin, without --org
    #[arg(long)]
    all: bool,
    /// Only boxes with these labels: `stage=test,team in (red,blue),!old`
    #[arg(long, value_name = "SELECTOR")]
    label: Option<String>,
    /// The org, by id or name (admins of the platform only)
    #[arg(long)]
    org: Option<String>,
    /// Time between the beginnings of two boxes [default: 5s]
    #[arg(long, value_name = "TIME", value_parser = duration)]
    delay: Option<Duration>,
    /// Begin no further box when so many have failed [default: 1]
    #[arg(long, value_name = "N")]
    stop_after: Option<u32>,
    /// Let so many boxes be well before the others are begun
    #[arg(long, value_name = "N")]
    canary: Option<u32>,
    /// Only say what would be done
    #[arg(long)]
    dry_run: bool,
    /// Ask for it and do not wait for it
    #[arg(long, conflicts_with = "timeout")]
    no_wait: bool,
    /// Longest time to wait; the platform goes on after it
    #[arg(long, value_name = "TIME", default_value = "2h", value_parser = duration)]
    timeout: Duration,
}

impl StartFlags {
    pub(super) fn body(&self, action: BulkActionWord) -> CreateBulkRun {
        CreateBulkRun {
            action,
            boxes: self.boxes.iter().map(|reference| reference.as_str().to_owned()).collect(),
            label: self.label.clone(),
            org: self.org.clone(),
            patch: None,
            delay_ms: self.delay.and_then(|delay| u64::try_from(delay.as_millis()).ok()),
            stop_after: self.stop_after,
            canary: self.canary,
            dry_run: self.dry_run,
        }
    }
}

/// Asks for a run, and waits until it is over. Its id goes to standard output.
pub(super) async fn start(
    client: &Client,
    body: &CreateBulkRun,
    flags: &StartFlags,
    console: &mut Console,
) -> Outcome {
    let mut run: BulkRunView = client.create(Route::v1(&["bulk-runs"]), body).await?;
    let id = run.id.clone().unwrap_or_default();
    if !console.wants_json() && !id.is_empty() {
        console.text(&format!("{id}\n")).await?;
    }
    let deadline = Instant::now() + flags.timeout;
    while run.state == "running" && !flags.no_wait {
        if Instant::now() >= deadline {
            let title = format!("The run needs longer than {} s.", flags.timeout.as_secs());
            return Err(Failure::new(Exit::Unavailable, title)
                .detail("The platform goes on.")
                .help(format!("`smartbox bulk show {id}` tells how far it is.")));
        }
        sleep(LOOK_PERIOD).await;
        run = client.get(Route::v1(&["bulk-runs", &id])).await?;
    }
    if console.wants_json() {
        console.json(&run).await?;
    } else if run.state != "running" {
        console.text(&boxes(&run)).await?;
    }
    let has_failed = run.boxes.iter().any(|one| one.state == "failed");
    Ok(if has_failed || run.state == "stopped" { Exit::Failed } else { Exit::Success })
}
