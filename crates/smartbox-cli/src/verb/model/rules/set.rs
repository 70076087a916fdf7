//! `smartbox model rules set`.

use clap::{ArgAction, Args};
use smartbox_api::{ModelRulesView, SetModelRules};

use super::ScopeArgs;
use super::show::{fetch, tell};
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;

/// Flags of `model rules set`.
#[derive(Debug, Args)]
pub struct SetArgs {
    /// The models that may be asked for: ids, or beginnings with `*` at their end; several times, or with commas. `*` alone: all
    #[arg(long, value_name = "MODEL", value_delimiter = ',')]
    allow: Vec<String>,
    /// Where to go on when a model fails: `MODEL=OTHER,ANOTHER`; several times. `MODEL=` takes one away, `*` is any model
    #[arg(long = "fallback", value_name = "MODEL=OTHERS")]
    fallbacks: Vec<String>,
    /// Most requests of each box a minute; 0: no limit
    #[arg(long, value_name = "N")]
    requests_per_minute: Option<u32>,
    /// Most tokens of each box a minute; 0: no limit
    #[arg(long, value_name = "N")]
    tokens_per_minute: Option<u32>,
    /// Keep the beginning of what was said with each call, without what looks like a secret
    #[arg(long, value_name = "BOOL", action = ArgAction::Set)]
    keep_prompts: Option<bool>,
    /// Answer an identical request from memory for so many seconds, within the org; 0: never
    #[arg(long, value_name = "SECONDS")]
    cache_secs: Option<u32>,
    #[command(flatten)]
    scope: ScopeArgs,
}

/// Changes what is named, against the version that was read.
pub(super) async fn run(client: &Client, args: SetArgs, console: &mut Console) -> Outcome {
    let before = fetch(client, &args.scope).await?;
    let rules = changed(before.rules.clone(), &args).map_err(|problem| Failure::new(Exit::Usage, problem))?;
    if rules == before.rules {
        return Err(Failure::new(Exit::Usage, "Nothing of this changes the rules.")
            .help("`smartbox model rules show` shows them as they are."));
    }
    let query = args.scope.query();
    let route = Route::v1(&["models", "rules"]).query(&query);
    let after: ModelRulesView = client.replace(route, &rules, before.version).await?;
    tell(&after, console).await
}

fn changed(mut rules: SetModelRules, args: &SetArgs) -> Result<SetModelRules, String> {
    if !args.allow.is_empty() {
        let is_all = args.allow.iter().any(|pattern| pattern == "*");
        rules.allow = (!is_all).then(|| args.allow.clone());
    }
    for text in &args.fallbacks {
        let (of, others) = text
            .split_once('=')
            .ok_or_else(|| format!("`{text}` is no fallback: write MODEL=OTHER,ANOTHER"))?;
        let others: Vec<String> =
            others.split(',').map(str::trim).filter(|id| !id.is_empty()).map(str::to_owned).collect();
        match others.is_empty() {
            true => rules.fallbacks.remove(of),
            false => rules.fallbacks.insert(of.to_owned(), others),
        };
    }
    let limit = |now: Option<u32>, wish: Option<u32>| wish.map_or(now, |wish| (wish > 0).then_some(wish));
    rules.requests_per_minute = limit(rules.requests_per_minute, args.requests_per_minute);
    rules.tokens_per_minute = limit(rules.tokens_per_minute, args.tokens_per_minute);
    rules.cache_secs = limit(rules.cache_secs, args.cache_secs);
    rules.keep_prompts = args.keep_prompts.unwrap_or(rules.keep_prompts);
    Ok(rules)
}
