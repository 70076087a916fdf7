//! `smartbox route list`.

use smartbox_api::{RouteList, RouteView};

use super::rule;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table;

/// Lists both routes.
pub(super) async fn run(client: &Client, console: &mut Console) -> Outcome {
    let routes: RouteList = client.get(Route::v1(&["routes"])).await?;
    if console.wants_json() {
        console.json(&routes).await?;
        return Ok(Exit::Success);
    }
    let rows: Vec<[String; 5]> = routes.items.iter().map(row).collect();
    let header = ["ROUTE", "PRIMARY", "CANDIDATE", "MOVED", "GIVEN UP AT"];
    console.text(&table::columns(header, &rows)).await?;
    Ok(Exit::Success)
}

fn row(route: &RouteView) -> [String; 5] {
    let mark = if route.rolled_back.is_some() { " (rolled back)" } else { "" };
    [
        route.name.clone(),
        route.primary.clone(),
        route.candidate.clone(),
        format!("{} %{mark}", route.percentage),
        rule(route),
    ]
}
