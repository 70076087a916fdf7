//! `smartbox org create`.

use clap::Args;
use smartbox_api::{CreateOrg, OrgView};

use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// Flags of `org create`.
#[derive(Debug, Args)]
pub struct CreateArgs {
    /// Its name, unique on the platform
    #[arg(value_name = "NAME")]
    name: String,
}

/// Creates an org. Its id goes to standard output.
pub(super) async fn run(client: &Client, args: CreateArgs, console: &mut Console) -> Outcome {
    let org: OrgView = client.create(Route::v1(&["orgs"]), &CreateOrg { name: args.name }).await?;
    if console.wants_json() {
        console.json(&org).await?;
        return Ok(Exit::Success);
    }
    console.text(&format!("{}\n", org.id)).await?;
    console
        .say(&format!(
            "Org `{}` is there. Give it a box: `smartbox box create NAME --org {}`.",
            org.name, org.id
        ))
        .await;
    Ok(Exit::Success)
}
