//! `smartbox user show`.

use smartbox_api::UserView;

use crate::Outcome;
use crate::args::UserReference;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table::{facts, moment};

/// Shows a person.
pub(super) async fn run(client: &Client, user: &UserReference, console: &mut Console) -> Outcome {
    let user: UserView = client.get(Route::v1(&["users", user.as_str()])).await?;
    if console.wants_json() {
        console.json(&user).await?;
        return Ok(Exit::Success);
    }
    console.text(&describe(&user)).await?;
    Ok(Exit::Success)
}

fn describe(user: &UserView) -> String {
    let mut lines = vec![("Name", user.name.clone()), ("Id", user.id.clone()), ("Org", user.org.clone())];
    lines.extend(user.email.clone().map(|email| ("E-mail", email)));
    lines.push(("Role", user.role.clone()));
    lines.push(("Status", user.status.clone()));
    lines.push(("Password", if user.has_password { "set" } else { "none" }.to_owned()));
    lines.push(("Added", moment(&user.created_at)));
    facts(&lines)
}
