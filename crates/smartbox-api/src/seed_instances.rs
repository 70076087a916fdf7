//! Shapes of an older API: instances, and the settings that they share.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;
use utoipa::ToSchema;

/// Makes an instance. Its size is the smallest tier that has as much as `cpu_limit` and `memory_limit`.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeedCreateInstance {
    /// What it is called. Its name is `bot-` and this in lower case, with dashes.
    #[schema(example = "Alpha")]
    pub display_name: String,
    /// Taken and not used: a tier says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_request: Option<String>,
    /// Such as `2000m` or `2`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cpu_limit: Option<String>,
    /// Taken and not used: a tier says it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_request: Option<String>,
    /// Such as `4Gi`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub memory_limit: Option<String>,
    /// Taken and not used: there is one disk, bounded by the plan.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_homebrew: Option<String>,
    /// As `storage_homebrew`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_clawd: Option<String>,
    /// As `storage_homebrew`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub storage_chrome: Option<String>,
    /// A key of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anthropic_api_key: Option<String>,
    /// A key of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub openai_api_key: Option<String>,
    /// A key of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brave_api_key: Option<String>,
    /// Keys of its own by the names of their variables. They come before those of the settings.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub api_keys: BTreeMap<String, String>,
    /// The model that it thinks with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_model: Option<String>,
    /// Null, if it is given: every instance has the platform's image.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub container_image: Option<String>,
    /// Null, if it is given: there is no desktop.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vnc_resolution: Option<String>,
}

/// Changes an instance. What is left out stays.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeedUpdateInstance {
    /// Keys of its own by the names of their variables; null or nothing takes one away.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub api_keys: BTreeMap<String, Option<String>>,
    /// A key of its own; nothing takes it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brave_api_key: Option<String>,
    /// The model that it thinks with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_model: Option<String>,
}

/// An instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeedInstance {
    /// The box's id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its name: no other is kept.
    pub display_name: String,
    /// `creating`, `running` (also while it sleeps: a request wakes it), `stopping`, `stopped`, `restarting` or `error`.
    pub status: String,
    /// What its tier guarantees: the quota.
    pub cpu_request: String,
    /// What its tier allows.
    pub cpu_limit: String,
    /// What its tier guarantees.
    pub memory_request: String,
    /// What its tier allows.
    pub memory_limit: String,
    /// Whether it has a key of its own.
    pub has_anthropic_override: bool,
    /// Whether it has a key of its own.
    pub has_openai_override: bool,
    /// Whether it has a key of its own.
    pub has_brave_override: bool,
    /// Names of keys of its own.
    pub api_key_overrides: Vec<String>,
    /// Null: every instance has the platform's image.
    pub container_image: Option<String>,
    /// Always `false`.
    pub has_image_override: bool,
    /// Where its Control UI is.
    pub control_url: String,
    /// Empty: there is no desktop.
    pub vnc_chrome_url: String,
    /// Empty: it is shown to nobody, because nobody needs it.
    pub gateway_token: String,
    /// When it was made (RFC 3339).
    pub created_at: String,
    /// When it was last seen to change.
    pub updated_at: String,
}

/// What was begun.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeedInstanceStatus {
    /// `running`, `stopping` or `restarting`.
    pub status: String,
}

/// The configuration of an instance.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SeedInstanceConfig {
    /// A JSON document, as text: the owner's part.
    #[schema(example = "{\"tools\": {\"deny\": [\"exec\"]}}")]
    pub config: String,
}

/// The configuration of an instance after a change.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeedInstanceConfigSet {
    /// As it is now.
    pub config: String,
    /// Whether the gateway gets it now. One that does not run gets it when it starts.
    pub restarted: bool,
}

/// The settings that instances share: keys of their org, masked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeedSettings {
    /// `****` and what it ends in; empty without one.
    pub anthropic_api_key: String,
    /// As `anthropic_api_key`.
    pub openai_api_key: String,
    /// As `anthropic_api_key`.
    pub brave_api_key: String,
    /// Every key by the name of its variable, masked in the same way.
    pub api_keys: BTreeMap<String, String>,
    /// CPU of an instance about which nothing is said.
    pub default_cpu_limit: String,
    /// Memory of such an instance.
    pub default_memory_limit: String,
    /// The models that the org's providers and the platform's name.
    pub default_models: Vec<String>,
}

/// Changes settings. What is left out stays; an empty key is taken away.
#[derive(Clone, Default, Serialize, Deserialize, ToSchema)]
pub struct SeedSetSettings {
    /// A key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub anthropic_api_key: Option<String>,
    /// A key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub openai_api_key: Option<String>,
    /// A key.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub brave_api_key: Option<String>,
    /// Keys by the names of their variables.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub api_keys: BTreeMap<String, String>,
    /// Names of keys that are taken away.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub delete_api_keys: Vec<String>,
    /// Every other setting: refused with what decides it here.
    #[serde(flatten)]
    #[schema(ignore)]
    pub others: BTreeMap<String, Value>,
}
