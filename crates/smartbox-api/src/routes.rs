//! Routes: where the requests of the admin API and of boxes go.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A route with its two upstreams.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RouteView {
    /// `admin-api` or `container-gateway`.
    pub name: String,
    /// Where callers are who have not moved: `self`, which is this platform, or a base URL.
    #[schema(example = "http://old.example:8081")]
    pub primary: String,
    /// Where they move to: `self` or a base URL.
    #[schema(example = "self")]
    pub candidate: String,
    /// How many of a hundred callers have moved to the candidate.
    pub percentage: u8,
    /// The candidate is given up when so many of a hundred requests failed; 0 means never.
    pub rollback_at: u8,
    /// Fewer requests in the window decide nothing.
    pub min_requests: u32,
    /// Length of the window, in seconds.
    pub window_secs: u32,
    /// Raised by every change; for `If-Match`.
    pub version: i64,
    /// When it was last changed (RFC 3339); absent if it never was.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_at: Option<String>,
    /// Who changed it: `admin`, `settings`, or `platform` for a rollback.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub changed_by: Option<String>,
    /// Present while the platform itself has given the candidate up; the next change takes it away.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rolled_back: Option<RolledBackView>,
}

/// Why the platform gave a candidate up.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RolledBackView {
    /// When (RFC 3339).
    pub at: String,
    /// With numbers.
    pub reason: String,
}

/// Every route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct RouteList {
    /// By name.
    pub items: Vec<RouteView>,
}

/// Changes a route for whatever begins from now on. What is absent stays.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(example = json!({ "percentage": 10 }))]
pub struct UpdateRoute {
    /// `self`, or `http://host:port` or `https://host`: no path, no credentials, and not this platform's own address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub primary: Option<String>,
    /// The same.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub candidate: Option<String>,
    /// 0 to 100.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub percentage: Option<u32>,
    /// 0 to 100; 0 means never.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub rollback_at: Option<u32>,
    /// 1 to 100000.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub min_requests: Option<u32>,
    /// 1 to 3600.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub window_secs: Option<u32>,
}
