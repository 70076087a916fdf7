//! What a start has to do for people: the first box, the address, the sign-in link.

use anyhow::Result;
use jiff::Timestamp;
use secrecy::ExposeSecret;
use smartbox_control::{Control, NewBox, Op};
use smartbox_core::Principal;

use crate::console::Console;
use crate::data_dir::DataDir;
use crate::settings::Settings;
use crate::tls::Expiry;

/// The org of a platform that has only one.
const FIRST_ORG: &str = "home";
/// The box that the first start creates.
const FIRST_BOX: &str = "home";

/// Makes the first org on the first start, and its first box unless that is not wanted.
pub(super) async fn first_start(settings: &Settings, control: &Control) -> Result<()> {
    let op = Op::new(Principal::Admin);
    if !control.list_orgs(&op).await?.is_empty() {
        return Ok(());
    }
    control.ensure_first_org(FIRST_ORG).await?;
    if settings.first_box {
        let new = NewBox { name: FIRST_BOX.to_owned(), ..NewBox::default() };
        control.create_box(&op, &new).await?;
    }
    Ok(())
}

/// Tells the person where to go.
pub(super) async fn greet(
    settings: &Settings,
    data: &DataDir,
    control: &Control,
    url: &str,
    expires_at: Option<Timestamp>,
    console: &Console,
) -> Result<()> {
    let op = Op::new(Principal::Admin);
    for advice in settings.models.advice() {
        console.say(&format!("  note: {advice}"));
    }
    if settings.edge.dev_mode {
        console.say("  DEV_MODE: everybody who reaches this address is the owner of the first org, without signing in");
    }
    if let Some(warning) = settings.edge.warning() {
        tracing::warn!("{warning}");
        console.say(&format!("  warning: {warning}"));
    }
    if let Some(acme) = &settings.edge.acme {
        console.say(&format!(
            "  note: {} issues the certificate; using it is agreeing to its terms",
            acme.directory
        ));
    } else if let Some(expires_at) = expires_at
        && Expiry::at(control.clock().now(), expires_at) != Expiry::Fine
    {
        console.say(&format!("  warning: the certificate is valid until {expires_at}; renew it"));
    }
    let code = control.create_sign_in_code(&op, None, None).await?;
    console.say(&format!("\n  Smartbox is running at {url}"));
    console.say(&format!("  Sign in (once, within 15 minutes): {url}/sign-in#{}", code.code.expose_secret()));
    console.say("  Another link: smartbox open --print      Stop: Ctrl-C");
    console.say(&format!("  Data: {}\n", data.path().display()));
    Ok(())
}
