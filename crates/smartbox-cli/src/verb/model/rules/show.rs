//! `smartbox model rules show`.

use clap::Args;
use smartbox_api::ModelRulesView;

use super::ScopeArgs;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::failure::Failure;
use crate::table;

/// Flags of `model rules show`.
#[derive(Debug, Args)]
pub struct ShowArgs {
    #[command(flatten)]
    scope: ScopeArgs,
}

/// Shows the rules.
pub(super) async fn run(client: &Client, args: &ShowArgs, console: &mut Console) -> Outcome {
    let view = fetch(client, &args.scope).await?;
    tell(&view, console).await
}

/// The rules of a scope.
pub(super) async fn fetch(client: &Client, scope: &ScopeArgs) -> Result<ModelRulesView, Failure> {
    client.get(Route::v1(&["models", "rules"]).query(&scope.query())).await
}

/// Prints them.
pub(super) async fn tell(view: &ModelRulesView, console: &mut Console) -> Outcome {
    if console.wants_json() {
        console.json(view).await?;
        return Ok(Exit::Success);
    }
    let rules = &view.rules;
    let limit = |limit: Option<u32>| limit.map_or_else(|| "no limit".to_owned(), |limit| limit.to_string());
    let fallbacks: Vec<String> =
        rules.fallbacks.iter().map(|(of, others)| format!("{of} → {}", others.join(" → "))).collect();
    let or_none = |texts: &[String]| if texts.is_empty() { "none".to_owned() } else { texts.join(", ") };
    let facts = [
        ("rules of the", view.scope.clone()),
        ("models", rules.allow.as_deref().map_or_else(|| "all".to_owned(), or_none)),
        ("fallbacks", or_none(&fallbacks)),
        ("requests a minute", limit(rules.requests_per_minute)),
        ("tokens a minute", limit(rules.tokens_per_minute)),
        ("prompts", if rules.keep_prompts { "kept" } else { "not kept" }.to_owned()),
        ("answers again", rules.cache_secs.map_or_else(|| "no".to_owned(), |secs| format!("for {secs} s"))),
    ];
    console.text(&table::facts(&facts)).await?;
    Ok(Exit::Success)
}
