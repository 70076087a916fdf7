//! `smartbox route show`.

use smartbox_api::RouteView;

use super::rule;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table::{facts, moment};

/// Shows a route.
pub(super) async fn run(client: &Client, name: &str, console: &mut Console) -> Outcome {
    let route: RouteView = client.get(Route::v1(&["routes", name])).await?;
    if console.wants_json() {
        console.json(&route).await?;
        return Ok(Exit::Success);
    }
    console.text(&describe(&route)).await?;
    Ok(Exit::Success)
}

fn describe(route: &RouteView) -> String {
    let mut lines = vec![
        ("Route", route.name.clone()),
        ("Primary", route.primary.clone()),
        ("Candidate", route.candidate.clone()),
        ("Moved", format!("{} %", route.percentage)),
        ("Given up at", rule(route)),
        ("Version", route.version.to_string()),
    ];
    if let (Some(at), Some(by)) = (&route.changed_at, &route.changed_by) {
        lines.push(("Changed", format!("{} by {by}", moment(at))));
    }
    if let Some(back) = &route.rolled_back {
        lines.push(("Rolled back", format!("{}: {}", moment(&back.at), back.reason)));
    }
    facts(&lines)
}
