//! Platforms that share a database.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// A platform that lives.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlatformView {
    /// Its identity: one process.
    pub id: String,
    /// Where the others reach it.
    #[schema(example = "10.0.0.5:8090")]
    pub address: String,
    /// Its version.
    pub version: String,
    /// Identity of the data directory, where the disks of its boxes lie.
    pub place: String,
    /// When it joined, RFC 3339.
    pub joined_at: String,
    /// When it last said that it lives, by its own clock, RFC 3339.
    pub beat_at: String,
    /// How many boxes it keeps.
    pub boxes: u64,
    /// Whether it does what is done once for all of them.
    pub leads: bool,
    /// Whether it is the one that answers this request.
    pub is_own: bool,
}

/// Every platform.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
pub struct PlatformList {
    /// In the order in which they joined. None where one platform has the database to itself.
    pub items: Vec<PlatformView>,
}
