//! Webhooks: addresses to which an org's events are sent.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Asks for a webhook.
#[derive(Clone, Debug, Default, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "url": "https://example.com/smartbox", "types": ["box.*"] }))]
pub struct CreateWebhook {
    /// Where events are sent: `https://`, at a public address. It may have a key in it; it is sealed at rest.
    #[schema(example = "https://example.com/hooks/smartbox")]
    pub url: String,
    /// For people, up to 200 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Which events: `box.ready`, `box.*` or `*`; all by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub types: Option<Vec<String>>,
    /// Only events of this box, by id or name.
    #[serde(default, rename = "box", skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Whether anything is sent; true by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
    /// A key of signatures to use (`whsec_…`); one is made by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// The org, by id or name; only the platform's admin may name one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org: Option<String>,
}

/// What of a webhook changes; what is left out stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "types": ["box.ready"] }))]
pub struct UpdateWebhook {
    /// Where events are sent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// For people.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Which events.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub types: Option<Vec<String>>,
    /// Only events of this box, by id or name; an empty text: of all boxes, and of none.
    #[serde(default, rename = "box", skip_serializing_if = "Option::is_none")]
    pub about: Option<String>,
    /// Whether anything is sent. One that is switched on again is sent what happens from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub enabled: Option<bool>,
}

/// An address to which an org's events are sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookView {
    /// `whk_…`.
    pub id: String,
    /// Whose it is.
    pub org: String,
    /// Where events are sent.
    pub url: String,
    /// For people.
    pub description: String,
    /// Which events; empty: all.
    pub types: Vec<String>,
    /// Only events of this box.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub box_id: Option<String>,
    /// Whether anything is sent.
    pub enabled: bool,
    /// Why it was switched off by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub disabled_reason: Option<String>,
    /// Since when nothing was taken; absent when the last was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failing_since: Option<String>,
    /// When something was taken last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub delivered_at: Option<String>,
    /// Counts changes; for `If-Match`.
    pub version: i64,
    /// Who made it.
    pub created_by: String,
    /// When.
    pub created_at: String,
}

/// A webhook with the key of its signatures.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct CreatedWebhook {
    /// The webhook.
    pub webhook: WebhookView,
    /// The key (`whsec_…`). It is shown once.
    pub secret: String,
}

/// The webhooks of an org. There are at most 20.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookList {
    /// The oldest first.
    pub items: Vec<WebhookView>,
}

/// An event on its way to an address, and what came of it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeliveryView {
    /// The event (`evt_…`), by which a delivery is named; what is sent as `webhook-id`.
    pub event: String,
    /// Its type.
    #[serde(rename = "type")]
    pub kind: String,
    /// `waiting`, `delivered` or `failed` (given up after ten attempts).
    pub state: String,
    /// How often it was sent.
    pub attempts: u32,
    /// When it is sent next, while it waits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<String>,
    /// When it was sent last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_at: Option<String>,
    /// The status that was answered last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status: Option<u16>,
    /// Why it was not taken.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// When it was put down.
    pub created_at: String,
}

/// A page of deliveries.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeliveryList {
    /// The newest event first.
    pub items: Vec<DeliveryView>,
    /// Give this as `cursor` for the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Query of a list of deliveries.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DeliveryQuery {
    /// Only those that are `waiting`, `delivered` or `failed`.
    pub state: Option<String>,
    /// Items a page, 1 to 200; 50 by default.
    #[param(minimum = 1, maximum = 200)]
    pub limit: Option<u32>,
    /// The `next_cursor` of the page before.
    pub cursor: Option<String>,
}

/// Asks that what did not arrive is sent again.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct ReplayWebhook {
    /// Since when (RFC 3339), within the last 30 days.
    #[schema(example = "2026-01-31T09:00:00Z")]
    pub since: String,
}

/// What is sent again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct WebhookReplayed {
    /// Deliveries that were given up and are sent again. Events that were not sent at all follow, and are not counted.
    pub deliveries: u64,
}
