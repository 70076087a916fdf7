//! `smartbox open`.

use std::ffi::OsString;
use std::io::Write as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

use clap::Args;
use reqwest::Url;
use smartbox_api::{BoxView, CreateSignInLink};
use tokio::process::Command;

use super::{BoxFlag, link};
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;

/// The program that opens what it is given in the user's browser (freedesktop.org).
const OPENER: &str = "xdg-open";
/// Longest time it may take to say that it failed. Some openers stay for as long as the browser.
const OPENER_TIMEOUT: Duration = Duration::from_secs(5);

/// Flags of `open`.
#[derive(Debug, Args)]
pub struct OpenArgs {
    #[command(flatten)]
    smartbox: BoxFlag,
    /// Print the sign-in link and open nothing
    #[arg(long)]
    print: bool,
    /// Sign in the owner of this org (admins only)
    #[arg(long)]
    org: Option<String>,
    /// Sign in this person, by id or name; others than oneself need `people:manage`
    #[arg(long, conflicts_with = "org")]
    user: Option<String>,
    #[command(flatten)]
    desktop: Desktop,
}

/// What tells that there is a desktop.
#[derive(Debug, Args)]
struct Desktop {
    #[arg(long, env = "DISPLAY", hide = true)]
    display: Option<OsString>,
    #[arg(long, env = "WAYLAND_DISPLAY", hide = true)]
    wayland_display: Option<OsString>,
    #[arg(long, env = "XDG_RUNTIME_DIR", hide = true)]
    runtime_dir: Option<OsString>,
}

impl Desktop {
    fn is_there(&self) -> bool {
        [&self.display, &self.wayland_display].into_iter().flatten().any(|display| !display.is_empty())
    }
}

/// Gets a sign-in link and opens it, or prints it where there is no desktop.
pub(super) async fn run(client: &Client, args: &OpenArgs, console: &mut Console) -> Outcome {
    // The box is looked up first: a mistyped name must not end on the page of another box.
    let smartbox: Option<BoxView> = match &args.smartbox.reference {
        Some(reference) => Some(client.get(Route::v1(&["boxes", reference.as_str()])).await?),
        None => None,
    };
    let link =
        link::get(client, &CreateSignInLink { org: args.org.clone(), user: args.user.clone() }).await?;
    if !args.print && !console.wants_json() && args.desktop.is_there() {
        if open(&link.url, args.desktop.runtime_dir.as_deref().map(Path::new)).await.is_ok() {
            console.say("Opened in the browser. If no page comes: `smartbox open --print`.").await;
            return tell_box(client, smartbox.as_ref(), console).await;
        }
        console.say("No browser could be opened. Open this link yourself:").await;
    }
    if console.wants_json() {
        console.json(&link).await?;
        return Ok(Exit::Success);
    }
    link.print(console).await?;
    tell_box(client, smartbox.as_ref(), console).await
}

/// Tells where a box that was named is to be found after signing in.
async fn tell_box(client: &Client, smartbox: Option<&BoxView>, console: &mut Console) -> Outcome {
    if let Some(smartbox) = smartbox {
        let address = client.address(&smartbox.path)?;
        console.say(&format!("Signed in, find box `{}` at {address}", smartbox.name)).await;
    }
    Ok(Exit::Success)
}

/// Opens a link in the user's browser.
///
/// The link signs in whoever has it, and every user of a machine can read its command lines. So the opener gets the
/// name of a page that only this user can read, and that page leads to the link.
async fn open(url: &Url, runtime_dir: Option<&Path>) -> std::io::Result<()> {
    let page = write_page(url, runtime_dir)?;
    let mut opener = std::process::Command::new(OPENER);
    opener.arg(&page).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    // A group of its own: Ctrl-C in this terminal must not close the browser.
    opener.process_group(0);
    let mut child = Command::from(opener).spawn()?;
    match tokio::time::timeout(OPENER_TIMEOUT, child.wait()).await {
        Ok(Ok(status)) if status.success() => Ok(()),
        Ok(Ok(_)) => Err(std::io::Error::other("the opener failed")),
        Ok(Err(error)) => Err(error),
        Err(_still_open) => Ok(()),
    }
}

/// Writes the page, mode 0600. It stays: the browser reads it after we are gone, and its link works only once.
fn write_page(url: &Url, runtime_dir: Option<&Path>) -> std::io::Result<PathBuf> {
    let mut builder = tempfile::Builder::new();
    builder.prefix("smartbox-sign-in-").suffix(".html");
    let mut file = match runtime_dir.filter(|dir| dir.is_dir()) {
        Some(dir) => builder.tempfile_in(dir)?,
        None => builder.tempfile()?,
    };
    // A URL has no quotes, angle brackets or white space left: its parser encodes them. `&` is the exception.
    let link = url.as_str().replace('&', "&amp;").replace('\'', "&#39;");
    writeln!(
        file,
        "<!doctype html><meta charset=utf-8><meta name=referrer content=no-referrer>\
         <meta http-equiv=refresh content=\"0;url={link}\"><title>Smartbox</title><a href=\"{link}\">Sign in</a>"
    )?;
    let (_file, path) = file.keep()?;
    Ok(path)
}
