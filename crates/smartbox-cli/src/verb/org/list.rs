//! `smartbox org list`.

use smartbox_api::OrgList;

use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table;

/// Lists every org.
pub(super) async fn run(client: &Client, console: &mut Console) -> Outcome {
    let orgs: OrgList = client.get(Route::v1(&["orgs"])).await?;
    if console.wants_json() {
        console.json(&orgs).await?;
        return Ok(Exit::Success);
    }
    let row = |org: &smartbox_api::OrgView| {
        let at = table::moment(&org.created_at);
        [org.name.clone(), org.pairing.clone(), org.id.clone(), org.owner.clone(), at]
    };
    let rows: Vec<[String; 5]> = orgs.items.iter().map(row).collect();
    console.text(&table::columns(["NAME", "PAIRING", "ID", "OWNER", "CREATED"], &rows)).await?;
    Ok(Exit::Success)
}
