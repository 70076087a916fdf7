//! Devices of people.

use serde::{Deserialize, Serialize};
use utoipa::{IntoParams, ToSchema};

/// Shows a device. Its key is in the header `DPoP`.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct PairDevice {
    /// What its owner calls it; 1 to 100 characters.
    #[schema(example = "Firefox on Linux")]
    pub name: String,
}

/// A device: a browser or program of a person, known by its key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeviceView {
    /// `dev_…`.
    pub id: String,
    /// Whose it is.
    pub user: String,
    /// What they call it.
    pub name: String,
    /// `pending` or `approved`.
    pub status: String,
    /// The first half of the key's SHA-256, to compare with what the device shows.
    #[schema(example = "3f2a-91bc-07d4-5e16")]
    pub fingerprint: String,
    /// From which address it came first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// When it came first (RFC 3339).
    pub created_at: String,
    /// When it is forgotten if nobody approves it (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<String>,
    /// When it was approved (RFC 3339).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_at: Option<String>,
    /// By whom: `admin`, an id, or `sign-in` where signing in approves.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub approved_by: Option<String>,
}

/// Devices.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct DeviceList {
    /// The newest first, at most 1000.
    pub items: Vec<DeviceView>,
}

/// Query of one device.
#[derive(Clone, Debug, Default, Serialize, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub struct DeviceQuery {
    /// Answers when the device is approved, or after this time, such as `30s`; at most a minute.
    pub wait: Option<String>,
}
