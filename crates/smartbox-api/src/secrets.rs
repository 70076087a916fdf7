//! Secrets of boxes and orgs, and where they are put in.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// What is known of a secret. Its value is never shown again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SecretView {
    /// Its name, which is also the name of the variable it has inside a box.
    #[schema(example = "GITHUB_TOKEN")]
    pub name: String,
    /// Whose it is: `box`, or `org` for all boxes of the org. A box's own comes before its org's.
    pub level: String,
    /// How it reaches a box: `injection` (it stays outside, and a placeholder stands for it) or `environment` (from the
    /// gateway's next start on, and the agent can read it).
    pub delivery: String,
    /// The end of its value; of values with 12 characters or more.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_four: Option<String>,
    /// What stands for it inside a box. It is no secret.
    #[schema(example = "sbx-placeholder-GITHUB_TOKEN")]
    pub placeholder: String,
    /// Raised by every change. For `If-Match`.
    pub version: i64,
    /// When it was last changed (RFC 3339).
    pub changed_at: String,
    /// Who changed it.
    pub changed_by: String,
}

/// Secrets, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SecretList {
    /// All of them: at most 32 of a box, and 32 of its org.
    pub items: Vec<SecretView>,
}

/// Sets a secret.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "value": "ghp_example" }))]
pub struct SetSecret {
    /// Its value, 1 to 16384 bytes.
    pub value: String,
    /// `injection` or `environment`; as before, or `injection`, if left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivery: Option<String>,
}

/// Where secrets are put in.
///
/// A rule is a line: `http://` or `https://`, one host, port and path if wanted, then `secret=NAME`, `header=NAME` or `path`, and
/// `methods=GET,POST` if wanted. With `https` the proxy ends the box's TLS for that host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct InjectionsView {
    /// The rules of the box, or of the org that was asked for.
    #[schema(example = json!(["https://api.github.com/ secret=GITHUB_TOKEN header=authorization"]))]
    pub rules: Vec<String>,
    /// What the org of the box says of all its boxes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub org_rules: Vec<String>,
    /// Whether rules with `https` wait until the box is started again, because its programs do not trust its authority yet.
    pub waits_for_restart: bool,
    /// Raised by every change; 0 where there never were any. For `If-Match`.
    pub version: i64,
    /// When they were last changed (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<String>,
    /// Who changed them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<String>,
}

/// Replaces where secrets are put in.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct SetInjections {
    /// All rules, at most 64.
    #[schema(max_items = 64)]
    pub rules: Vec<String>,
}

/// What a rotation of the sealing key has done.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct KeyRotationView {
    /// Secrets that were sealed with the new key.
    pub resealed: u64,
    /// Whether the old keys are gone. If not, whoever keeps the keys has to take them away.
    pub old_keys_gone: bool,
}
