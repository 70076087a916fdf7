//! What a box may reach.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The rules that count for a box, one layer after the other. In each the first rule that matches counts; what one layer
/// denies no other allows; what no rule mentions is open on ports 80 and 443.
///
/// A rule is a line: `allow` or `deny`, a host (`name`, `*.domain`, an address, `*`), then as wanted `ports=22,8000-8080`,
/// `methods=GET,HEAD` and `inside`, which opens addresses that are not public under this name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EgressView {
    /// The box's id.
    pub box_id: String,
    /// What the platform says of every box.
    pub platform_rules: Vec<String>,
    /// What the platform says of the boxes of its tier.
    #[serde(default)]
    pub tier_rules: Vec<String>,
    /// What its org says of all its boxes.
    pub org_rules: Vec<String>,
    /// What is said of this box.
    #[schema(example = json!(["allow *.github.com ports=22,443", "deny *.ads.example"]))]
    pub rules: Vec<String>,
    /// Raised by every change of the box's own rules; 0 where there never were any. For `If-Match`.
    pub version: i64,
    /// When they were last changed (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<String>,
    /// Who changed them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<String>,
}

/// Replaces the rules of a box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "rules": ["allow api.github.com", "deny *"] }))]
pub struct SetEgress {
    /// All of them, at most 256, in their order.
    #[schema(max_items = 256)]
    pub rules: Vec<String>,
}

/// The rules of an org, of a tier, or of the platform, for many boxes at once. See `EgressView` for how a rule is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct EgressLayerView {
    /// The rules.
    pub rules: Vec<String>,
    /// Rules of the platform's settings, which come before. Of the platform alone.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub settings_rules: Vec<String>,
    /// Raised by every change; 0 where there never were any. For `If-Match`.
    pub version: i64,
    /// When they were last changed (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<String>,
    /// Who changed them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<String>,
}
