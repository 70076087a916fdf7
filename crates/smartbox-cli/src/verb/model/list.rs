//! `smartbox model list`.

use clap::Args;
use smartbox_api::{ProviderList, ProviderView};

use super::scope::ScopeArgs;
use crate::Outcome;
use crate::client::{Client, Route};
use crate::console::Console;
use crate::exit::Exit;
use crate::table;

/// Models of a provider that are shown in its line.
const MODELS_SHOWN: usize = 4;
/// Longest address that is shown.
const URL_CHARS_MAX: usize = 60;
/// Name of the built-in model, which no provider can have.
const DEMO: &str = "demo";

/// Flags of `model list`.
#[derive(Debug, Args)]
pub struct ListArgs {
    #[command(flatten)]
    scope: ScopeArgs,
}

/// Lists every provider that counts.
pub(super) async fn run(client: &Client, args: &ListArgs, console: &mut Console) -> Outcome {
    let query = args.scope.query();
    let list: ProviderList = client.get(Route::v1(&["models", "providers"]).query(&query)).await?;
    if console.wants_json() {
        console.json(&list).await?;
        return Ok(Exit::Success);
    }
    let rows: Vec<[String; 6]> = list.items.iter().map(row).collect();
    console.text(&table::columns(["NAME", "OF", "SPEAKS", "KEY", "MODELS", "ADDRESS"], &rows)).await?;
    Ok(Exit::Success)
}

fn row(provider: &ProviderView) -> [String; 6] {
    let mut models: Vec<&str> =
        provider.models.iter().take(MODELS_SHOWN).map(|model| model.id.as_str()).collect();
    if provider.models.len() > MODELS_SHOWN {
        models.push("…");
    }
    let of = if provider.in_settings { "settings" } else { &provider.scope };
    let (key, url) = (provider.key_hint.as_deref(), provider.base_url.as_deref());
    [
        provider.name.clone(),
        of.to_owned(),
        provider.dialect.clone(),
        key.unwrap_or(if provider.in_settings { "-" } else { "none" }).to_owned(),
        if models.is_empty() { "all".to_owned() } else { models.join(",") },
        match url {
            Some(url) => table::cell(url, URL_CHARS_MAX),
            None if provider.name == DEMO => "the platform itself".to_owned(),
            None => "the vendor's".to_owned(),
        },
    ]
}
