//! `smartbox secret inject` and `withdraw`.

use clap::Args;
use smartbox_api::{InjectionsView, SetInjections};
use smartbox_core::injection::Rule;

use super::rules::{fetch, show};
use super::{WhoseFlags, secret_name};
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// Flags of `secret inject`.
#[derive(Debug, Args)]
#[group(id = "injection_place", required = true, multiple = false, args = ["header", "path"])]
pub struct InjectArgs {
    /// Name of the secret
    #[arg(value_name = "NAME", value_parser = secret_name)]
    name: String,
    /// For requests to this host, such as https://api.github.com; with a path, only below it. With https the platform ends the
    /// box's TLS for this host
    #[arg(value_name = "URL")]
    url: String,
    /// Where the placeholder stands: in this header
    #[arg(long, value_name = "NAME")]
    header: Option<String>,
    /// Where the placeholder stands: in the path
    #[arg(long)]
    path: bool,
    /// Only with these methods, such as GET,POST
    #[arg(long, value_name = "METHODS")]
    methods: Option<String>,
    #[command(flatten)]
    whose: WhoseFlags,
}

/// Flags of `secret withdraw`.
#[derive(Debug, Args)]
pub struct WithdrawArgs {
    /// Number of the rule, as `secret rules` has it
    #[arg(value_name = "NUMBER")]
    number: usize,
    #[command(flatten)]
    whose: WhoseFlags,
}

/// Adds a rule.
pub(super) async fn inject(client: &Client, args: &InjectArgs, console: &mut Console) -> Outcome {
    let mut line = format!("{} secret={}", args.url, args.name);
    match &args.header {
        Some(header) => line.push_str(&format!(" header={header}")),
        None => line.push_str(" path"),
    }
    if let Some(methods) = &args.methods {
        line.push_str(&format!(" methods={methods}"));
    }
    let rule: Rule = line
        .parse()
        .map_err(|bad: smartbox_core::injection::BadRule| Failure::new(Exit::Usage, bad.to_string()))?;
    let before = fetch(client, &args.whose).await?;
    let rules = before.rules.into_iter().chain([rule.to_string()]).collect();
    replace(client, &args.whose, rules, before.version, console).await
}

/// Takes a rule away.
pub(super) async fn withdraw(client: &Client, args: &WithdrawArgs, console: &mut Console) -> Outcome {
    let InjectionsView { mut rules, version, .. } = fetch(client, &args.whose).await?;
    if args.number == 0 || args.number > rules.len() {
        let problem = format!("There is no rule {}; `smartbox secret rules` lists them.", args.number);
        return Err(Failure::new(Exit::Usage, problem));
    }
    rules.remove(args.number - 1);
    replace(client, &args.whose, rules, version, console).await
}

async fn replace(
    client: &Client,
    whose: &WhoseFlags,
    rules: Vec<String>,
    version: i64,
    console: &mut Console,
) -> Outcome {
    let [kind, reference] = whose.path();
    let route = [kind.as_str(), &reference, "injections"];
    let view: InjectionsView = client.replace(Route::v1(&route), &SetInjections { rules }, version).await?;
    show(&view, console).await
}
