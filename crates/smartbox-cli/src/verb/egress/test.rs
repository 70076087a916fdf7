//! `smartbox egress test`.

use std::sync::Arc;

use clap::Args;
use smartbox_api::EgressView;
use smartbox_core::egress_policy::{BadRules, Host, Policy, Rules, Target, decide};

use super::BoxFlag;
use super::show::fetch;
use crate::Outcome;
use crate::client::Client;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// The port where none is said.
const USUAL_PORT: u16 = 443;

/// Flags of `egress test`.
#[derive(Debug, Args)]
pub struct TestArgs {
    /// Host, or host and port; 443 if none is said
    #[arg(value_name = "HOST[:PORT]")]
    target: String,
    /// The method; a tunnel, as for https, has the method CONNECT
    #[arg(long, value_name = "METHOD", default_value = "CONNECT")]
    method: String,
    #[command(flatten)]
    smartbox: BoxFlag,
}

/// Decides as the proxy would, by name. What the name leads to is looked at by the proxy alone.
pub(super) async fn run(client: &Client, args: &TestArgs, console: &mut Console) -> Outcome {
    let (host, port) = Host::parse_authority(&args.target, Some(USUAL_PORT))
        .map_err(|bad| Failure::new(Exit::Usage, format!("the target cannot be used: {bad}")))?;
    let view = fetch(client, &args.smartbox).await?;
    let policy = policy(&view).map_err(|bad| {
        Failure::new(Exit::Usage, format!("the platform has rules of another version: {bad}"))
    })?;
    let method = args.method.to_ascii_uppercase();
    let (told, exit) = match decide(&policy, &Target { host: &host, port, method: &method }) {
        Ok(grant) => {
            let reach = if grant.inside { "public addresses and others" } else { "public addresses" };
            (format!("{host}:{port} may be reached, at {reach}.\n"), Exit::Success)
        }
        Err(refused) => (format!("{host}:{port} may not be reached: {refused}.\n"), Exit::Failed),
    };
    console.text(&told).await?;
    Ok(exit)
}

fn policy(view: &EgressView) -> Result<Policy, BadRules> {
    let rules = |lines: &[String]| Rules::from_lines(lines.iter().map(String::as_str)).map(Arc::new);
    Ok(Policy::new([
        rules(&view.platform_rules)?,
        rules(&view.tier_rules)?,
        rules(&view.org_rules)?,
        rules(&view.rules)?,
    ]))
}
