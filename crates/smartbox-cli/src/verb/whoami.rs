//! `smartbox whoami`.

use smartbox_api::Me;

use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table::{self, facts};

/// Id of whoever holds the admin secret.
const ADMIN: &str = "admin";
/// How much is shown of support access and of why it was opened, in characters.
const SUPPORT_CHARS_MAX: usize = 200;

/// Shows who the caller is.
pub(super) async fn run(client: &Client, console: &mut Console) -> Outcome {
    let me: Me = client.get(Route::v1(&["me"])).await?;
    if console.wants_json() {
        console.json(&me).await?;
        return Ok(Exit::Success);
    }
    console.text(&describe(&me, client.shown_base())).await?;
    Ok(Exit::Success)
}

fn describe(me: &Me, server: &str) -> String {
    let mut lines = Vec::new();
    if let Some(user) = &me.user {
        lines.push(("Name", user.name.clone()));
        lines.extend(user.email.clone().map(|email| ("E-mail", email)));
        lines.push(("Role", user.role.clone()));
        lines.push(("Status", user.status.clone()));
    }
    let is_admin = me.id == ADMIN && me.org.is_none();
    lines.push(("Id", if is_admin { "admin (of the platform)".to_owned() } else { me.id.clone() }));
    lines.push(("Org", me.org.clone().unwrap_or_else(|| "every org".to_owned())));
    lines.push(("May", me.permissions.join(", ")));
    lines.extend(device(me).map(|device| ("Device", device)));
    lines.extend(me.support.as_ref().map(|support| {
        let until = table::moment(&support.expires_at);
        let what = format!(
            "in the name of {} ({}) until {until}: {}",
            support.user_name, support.level, support.reason
        );
        ("Support", table::cell(&what, SUPPORT_CHARS_MAX))
    }));
    lines.push(("Platform", server.to_owned()));
    facts(&lines)
}

/// Which device is used; `None` where none is shown and none is asked for.
fn device(me: &Me) -> Option<String> {
    match (&me.device, me.is_paired) {
        (Some(device), true) => Some(format!("{device} (approved)")),
        (Some(device), false) => Some(format!("{device} (waits for approval)")),
        (None, false) => Some("none, and one is asked for: `smartbox device pair`".to_owned()),
        (None, true) => None,
    }
}
