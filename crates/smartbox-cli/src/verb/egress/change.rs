//! `smartbox egress allow`, `deny` and `remove`.

use clap::Args;
use smartbox_core::egress_policy::Rule;

use super::scope::ScopeFlags;
use crate::Outcome;
use crate::client::Client;
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// Flags of `egress allow` and `egress deny`.
#[derive(Debug, Args)]
pub struct AddArgs {
    /// `name`, `*.domain`, an address, or `*`
    #[arg(value_name = "HOST")]
    host: String,
    /// Only these ports, such as 22,8000-8080
    #[arg(long, value_name = "PORTS")]
    ports: Option<String>,
    /// Only these methods, such as GET,HEAD; a tunnel has the method CONNECT
    #[arg(long, value_name = "METHODS")]
    methods: Option<String>,
    /// Also addresses that are not public; the platform's admin alone may say so
    #[arg(long)]
    inside: bool,
    #[command(flatten)]
    scope: ScopeFlags,
}

/// Flags of `egress remove`.
#[derive(Debug, Args)]
pub struct RemoveArgs {
    /// Number of the rule, as `egress show` has it
    #[arg(value_name = "NUMBER")]
    number: usize,
    #[command(flatten)]
    scope: ScopeFlags,
}

/// Puts a rule before the others.
pub(super) async fn add(client: &Client, verdict: &str, args: &AddArgs, console: &mut Console) -> Outcome {
    let rule = rule(verdict, args).map_err(|problem| Failure::new(Exit::Usage, problem))?;
    let (before, version) = args.scope.fetch(client).await?.own();
    let rules = std::iter::once(rule.to_string()).chain(before).collect();
    args.scope.replace(client, rules, version).await?.show(console).await
}

/// Takes a rule away.
pub(super) async fn remove(client: &Client, args: &RemoveArgs, console: &mut Console) -> Outcome {
    let (mut rules, version) = args.scope.fetch(client).await?.own();
    if args.number == 0 || args.number > rules.len() {
        return Err(Failure::new(
            Exit::Usage,
            format!("there is no rule {}; `smartbox egress show` lists them", args.number),
        ));
    }
    rules.remove(args.number - 1);
    args.scope.replace(client, rules, version).await?.show(console).await
}

fn rule(verdict: &str, args: &AddArgs) -> Result<Rule, String> {
    let mut line = format!("{verdict} {}", args.host);
    let lists = [("ports", &args.ports), ("methods", &args.methods)];
    for (name, list) in lists.into_iter().filter_map(|(name, list)| Some((name, list.as_deref()?))) {
        line.push_str(&format!(" {name}={list}"));
    }
    if args.inside {
        line.push_str(" inside");
    }
    line.parse::<Rule>().map_err(|bad| bad.to_string())
}
