//! Health and status.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The router is alive.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Health {
    /// Always `ok`.
    pub status: String,
    /// Version of Smartbox.
    pub version: String,
    /// How many of a hundred callers each route sends to its candidate, by the route's name.
    #[serde(default)]
    pub flags: BTreeMap<String, u8>,
}

/// Whether the platform can do its work.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct Readiness {
    /// `ready` or `not-ready`.
    pub status: String,
    /// What is missing.
    pub reasons: Vec<String>,
}

/// The platform and the default box.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlatformStatus {
    /// `ok`.
    pub status: String,
    /// Version of Smartbox.
    pub version: String,
    /// The default box, for a caller who may see it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_box: Option<DefaultBoxStatus>,
}

/// State of the default box in short.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DefaultBoxStatus {
    /// Its id.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Its phase.
    pub phase: String,
}
