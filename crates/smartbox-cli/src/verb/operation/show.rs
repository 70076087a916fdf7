//! `smartbox operation show`.

use smartbox_api::OperationView;

use super::OperationArgs;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table::{facts, moment};

/// Shows an operation.
pub(super) async fn run(client: &Client, args: &OperationArgs, console: &mut Console) -> Outcome {
    let operation: OperationView = client.get(Route::v1(&["operations", &args.operation])).await?;
    if console.wants_json() {
        console.json(&operation).await?;
        return Ok(Exit::Success);
    }
    let mut lines = vec![
        ("id", operation.id.clone()),
        ("kind", operation.kind.clone()),
        ("box", operation.box_id.clone()),
        ("state", operation.state.clone()),
        ("created", moment(&operation.created_at)),
    ];
    lines.extend(operation.step.clone().map(|step| ("step", step)));
    lines.extend(operation.finished_at.as_deref().map(|at| ("ended", moment(at))));
    lines.extend(operation.error.map(|error| ("error", error.detail)));
    console.text(&facts(&lines)).await?;
    Ok(Exit::Success)
}
