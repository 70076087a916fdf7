//! One-time sign-in links.

use std::time::Duration;

use reqwest::Url;
use serde::{Serialize, Serializer};
use smartbox_api::{CreateSignInLink, SignInLink};

use crate::client::{Client, Route};
use crate::console::Console;
use crate::failure::Failure;
use crate::table;

/// Longest time for an answer of the API.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(30);

/// A link; like this with `--json`.
#[derive(Serialize)]
pub(super) struct Link {
    /// The whole address.
    #[serde(serialize_with = "as_text")]
    pub(super) url: Url,
    /// When it stops working (RFC 3339).
    pub(super) expires_at: String,
}

fn as_text<S: Serializer>(url: &Url, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(url.as_str())
}

/// Gets a link.
pub(super) async fn get(client: &Client, body: &CreateSignInLink) -> Result<Link, Failure> {
    let link: SignInLink = client.post_json(Route::v1(&["sign-in-links"]), body, REQUEST_TIMEOUT).await?;
    Ok(Link { url: client.address(&link.path)?, expires_at: link.expires_at })
}

impl Link {
    /// Prints it, and says what it is worth.
    pub(super) async fn print(&self, console: &mut Console) -> Result<(), Failure> {
        console.text(&format!("{}\n", self.url)).await?;
        let until = table::moment(&self.expires_at);
        console.say(&format!("It works once, until {until}. Whoever has it can sign in.")).await;
        Ok(())
    }
}
