//! Who serves models, what may be asked for, and what was asked.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Whose providers and rules a request is about: those of the caller's org, unless a box or the platform is named.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct ModelScopeQuery {
    /// The box, by id or name.
    #[serde(rename = "box", skip_serializing_if = "Option::is_none")]
    #[param(rename = "box")]
    pub box_reference: Option<String>,
    /// The org, by id or name; only the platform's admin may name one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
    /// The platform, for everybody; only its admin may say `true`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub platform: Option<bool>,
}

/// A model that a provider has.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderModel {
    /// Its id, as it goes over the wire.
    #[schema(example = "claude-sonnet-5")]
    pub id: String,
    /// Tokens that fit into a request and its answer together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub context_window: Option<u32>,
    /// Most tokens of an answer.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_tokens_max: Option<u32>,
}

/// What a million tokens cost, in US dollars: decimal texts, because money is no floating point.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ProviderPrice {
    /// Read anew.
    #[schema(example = "2.50")]
    pub input: String,
    /// Written.
    #[schema(example = "10")]
    pub output: String,
    /// Read from the provider's cache; as `input` if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read: Option<String>,
    /// Put into it; as `input` if it is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<String>,
}

/// A provider of models. Its key is never shown again, only what it ends in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProviderView {
    /// Its name.
    pub name: String,
    /// Whose it is: `box`, `org` or `platform`. The nearest that has a model answers.
    pub scope: String,
    /// What it speaks: `anthropic` or `openai`.
    pub dialect: String,
    /// Where it is; absent: the vendor's own server.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// The end of its key; absent: it has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key_hint: Option<String>,
    /// What it has; with none named, every model is taken to be there.
    pub models: Vec<ProviderModel>,
    /// What it costs, where that is not the vendor's list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<ProviderPrice>,
    /// Whether it may be at an address that is not public.
    pub inside: bool,
    /// Whether it is one of the platform's settings, which the API does not change.
    pub in_settings: bool,
    /// Raised by every change. For `If-Match`.
    pub version: i64,
    /// When it was last changed (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<String>,
    /// Who changed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<String>,
}

/// Providers, the nearest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ProviderList {
    /// All of them.
    pub items: Vec<ProviderView>,
}

/// Makes or replaces a provider.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "dialect": "openai", "base_url": "https://models.example.com/v1", "key": "sk-example" }))]
pub struct SetProvider {
    /// What it speaks: `anthropic` or `openai`.
    #[schema(example = "openai")]
    pub dialect: String,
    /// Any server that speaks it, with or without `/v1` at its end; without one, the vendor's own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_url: Option<String>,
    /// Its key; without one, the key stays as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<String>,
    /// Takes the key away.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub no_key: bool,
    /// What it has, at most 100; with none named, every model is taken to be there.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub models: Vec<ProviderModel>,
    /// What it costs, where that is not the vendor's list.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<ProviderPrice>,
    /// Lets it be at an address that is not public, and be spoken to without TLS. Only the platform's admin may.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub inside: bool,
}

/// Rules about models. The strictest limits of box, org and platform count, and each list of what is allowed has to allow a model.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "allow": ["claude-*", "gpt-6-luna"], "fallbacks": { "claude-opus-5-5": ["claude-sonnet-5"] }, "requests_per_minute": 600 }))]
pub struct SetModelRules {
    /// The models that may be asked for: ids, or beginnings of ids with `*` at their end. Absent: all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(example = json!(["claude-*", "gpt-6-luna"]))]
    pub allow: Option<Vec<String>>,
    /// Where to go on when a model fails: for an id (or `*`), up to three other ids in order.
    #[serde(default)]
    #[schema(example = json!({ "claude-opus-5-5": ["claude-sonnet-5"] }))]
    pub fallbacks: BTreeMap<String, Vec<String>>,
    /// Most requests of each box a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_minute: Option<u32>,
    /// Most tokens of each box a minute.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokens_per_minute: Option<u32>,
    /// Keeps the beginning of what was said with each call, without what looks like a secret.
    #[serde(default)]
    pub keep_prompts: bool,
    /// Answers an identical request from memory for so many seconds, within the org.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_secs: Option<u32>,
}

/// Rules about models as they are.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ModelRulesView {
    /// Whose they are: `box`, `org` or `platform`.
    pub scope: String,
    /// What they say.
    pub rules: SetModelRules,
    /// Raised by every change; 0 where there never were any. For `If-Match`.
    pub version: i64,
    /// When they were last changed (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<String>,
    /// Who changed them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<String>,
}

/// One call of a model.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ModelCallView {
    /// When it arrived (RFC 3339).
    pub at: String,
    /// The service token it came with; absent: it came from inside the box.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<String>,
    /// `anthropic` or `openai`.
    pub dialect: String,
    /// Path of the gateway.
    pub path: String,
    /// The model that was asked for.
    pub model: String,
    /// Who answered; absent: nobody was asked.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub provider: Option<String>,
    /// The status that was answered; absent: nobody waited for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// `complete`, `refused`, `broken` or `abandoned`.
    pub outcome: String,
    /// Why, if it was refused or broke.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// Tokens read anew.
    pub input_tokens: u64,
    /// Tokens written.
    pub output_tokens: u64,
    /// Tokens read from the provider's cache.
    pub cache_read_tokens: u64,
    /// Tokens put into it.
    pub cache_write_tokens: u64,
    /// What it cost, in nano-dollars (10⁻⁹ USD).
    pub nanos: u64,
    /// Whether the tokens are an estimate, because the provider did not count them, or not so that it can be.
    pub estimated: bool,
    /// Whether an earlier answer was given again.
    pub cached: bool,
    /// From its arrival to the end of the answer.
    pub duration_ms: u64,
    /// The beginning of what was said last, if that is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prompt: Option<String>,
}

/// A page of calls, newest first.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct ModelCallList {
    /// The calls.
    pub items: Vec<ModelCallView>,
    /// Give this as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
