//! `smartbox bulk show`.

use smartbox_api::BulkRunView;

use super::{BulkArgument, boxes};
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table::{facts, moment};

/// Shows a run.
pub(super) async fn run(client: &Client, args: &BulkArgument, console: &mut Console) -> Outcome {
    let run: BulkRunView = client.get(Route::v1(&["bulk-runs", &args.id.to_string()])).await?;
    if console.wants_json() {
        console.json(&run).await?;
        return Ok(Exit::Success);
    }
    let mut lines = vec![
        ("Id", run.id.clone().unwrap_or_default()),
        ("What", run.action.clone()),
        ("State", run.state.clone()),
        ("Between two", format!("{} ms", run.delay_ms)),
        ("Stops after", format!("{} failed", run.stop_after)),
        ("Asked by", run.asked_by.clone()),
        ("Began", moment(&run.created_at)),
    ];
    lines.extend(run.finished_at.as_deref().map(|at| ("Ended", moment(at))));
    console.text(&format!("{}{}", facts(&lines), boxes(&run))).await?;
    Ok(Exit::Success)
}
