//! `smartbox user add`.

use clap::Args;
use serde::Serialize;
use smartbox_api::{CreateSignInLink, CreateUser, UserView};

use super::super::link::{self, Link};
use super::roles;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// Flags of `user add`.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// What others call them, unique in the org
    #[arg(value_name = "NAME")]
    name: String,
    /// What they may do [default: operator]
    #[arg(long, value_parser = roles())]
    role: Option<String>,
    /// The address they sign in with
    #[arg(long, value_name = "ADDRESS")]
    email: Option<String>,
    /// Their org, by id or name (admins of the platform only) [default: the first org]
    #[arg(long)]
    org: Option<String>,
    /// Also print a one-time link that signs them in
    #[arg(long)]
    link: bool,
}

/// The person, and their link if one was asked for.
#[derive(Serialize)]
struct Added<'a> {
    #[serde(flatten)]
    user: &'a UserView,
    #[serde(skip_serializing_if = "Option::is_none")]
    sign_in_link: Option<&'a Link>,
}

/// Adds a person. Their id goes to standard output, and their link on the line after it.
pub(super) async fn run(client: &Client, args: AddArgs, console: &mut Console) -> Outcome {
    let body = CreateUser { name: args.name, role: args.role, email: args.email, org: args.org };
    let user: UserView = client.create(Route::v1(&["users"]), &body).await?;
    // The id is data: whoever reads it can go on with the person even if no link comes.
    if !console.wants_json() {
        console.text(&format!("{}\n", user.id)).await?;
    }
    let link = if args.link {
        let body = CreateSignInLink { org: None, user: Some(user.id.clone()) };
        Some(link::get(client, &body).await)
    } else {
        None
    };
    if console.wants_json() {
        let sign_in_link = link.as_ref().and_then(|link| link.as_ref().ok());
        console.json(&Added { user: &user, sign_in_link }).await?;
    }
    console.say(&format!("`{}` is there, as {}.", user.name, user.role)).await;
    match link {
        Some(Ok(link)) if !console.wants_json() => link.print(console).await?,
        Some(Err(failure)) => {
            return Err(failure.help_if_none("The person was added all the same; only the link is missing."));
        }
        _ => {}
    }
    Ok(Exit::Success)
}
