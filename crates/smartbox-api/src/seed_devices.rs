//! Shapes of an older API: devices of people, and the gateway of the default box.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Devices that wait, and those that are approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeedDevices {
    /// Those that wait.
    pub pending: Vec<SeedDevice>,
    /// Those that are approved.
    pub paired: Vec<SeedDevice>,
}

/// A device.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedDevice {
    /// What it is approved by.
    pub request_id: String,
    /// The same.
    pub device_id: String,
    /// What it calls itself.
    pub display_name: String,
    /// Whose it is.
    pub user_id: String,
    /// What two people can read to each other: the beginning of its key's hash.
    pub fingerprint: String,
    /// Where it came from, if that is known.
    pub remote_ip: Option<String>,
    /// When it came, in milliseconds of the Unix epoch.
    pub ts: i64,
}

/// A device was approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub struct SeedApproved {
    /// `true`.
    pub success: bool,
    /// What it was approved by.
    pub request_id: String,
    /// In words.
    pub message: String,
}

/// Devices were approved.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeedApprovedAll {
    /// What they were approved by.
    pub approved: Vec<String>,
    /// Always empty: one that fails fails the request.
    pub failed: Vec<String>,
    /// In words.
    pub message: String,
}

/// A gateway starts again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct SeedGatewayRestarted {
    /// `true`.
    pub success: bool,
    /// In words.
    pub message: String,
}
