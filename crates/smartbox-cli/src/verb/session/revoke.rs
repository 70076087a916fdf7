//! `smartbox session revoke`.

use clap::Args;
use smartbox_core::SessionId;

use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// Flags of `session revoke`.
#[derive(Debug, Args)]
pub struct RevokeArgs {
    /// Its id (ses_…)
    #[arg(value_name = "SESSION")]
    session: SessionId,
}

/// Ends a session.
pub(super) async fn run(client: &Client, args: &RevokeArgs, console: &mut Console) -> Outcome {
    let id = args.session.to_string();
    client.remove(Route::v1(&["sessions", &id])).await?;
    console.say(&format!("Session `{id}` has ended.")).await;
    Ok(Exit::Success)
}
