//! `smartbox backup policy show`.

use clap::Args;
use smartbox_api::{BackupPolicyView, BackupRuleView};

use super::Scope;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::table::columns;

/// Flags of `backup policy show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    #[command(flatten)]
    scope: Scope,
}

/// Shows a policy.
pub(super) async fn run(client: &Client, args: &ShowArgs, console: &mut Console) -> Outcome {
    let view = fetch(client, &args.scope).await?;
    tell(&view, console).await
}

/// The policy.
pub(super) async fn fetch(client: &Client, scope: &Scope) -> Result<BackupPolicyView, Failure> {
    let path = scope.path();
    client.get(Route::v1(&path.each_ref().map(String::as_str))).await
}

/// Prints it.
pub(super) async fn tell(view: &BackupPolicyView, console: &mut Console) -> Outcome {
    if console.wants_json() {
        console.json(view).await?;
        return Ok(Exit::Success);
    }
    let row = |said: &BackupRuleView| [said.name.clone(), said.value.clone(), said.from.clone()];
    let rows: Vec<[String; 3]> = view.effective.iter().map(row).collect();
    console.text(&columns(["WHAT", "VALUE", "FROM"], &rows)).await?;
    Ok(Exit::Success)
}
