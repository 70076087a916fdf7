//! Rows of platforms that share the database, and of who keeps which box.

use jiff::Timestamp;
use smartbox_core::BoxId;

use crate::Error;
use crate::row::{instant, parsed};

/// A platform that joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Platform {
    /// Its identity: one process.
    pub id: String,
    /// Grows from one to the next.
    pub joined: i64,
    /// Identity of the data directory, where the disks of its boxes lie.
    pub place: String,
    /// Where the others reach it: `host:port`.
    pub address: String,
    /// Its version.
    pub version: String,
    /// When it joined.
    pub joined_at: Timestamp,
    /// Grows while it lives.
    pub beat: i64,
    /// When it did last, by the platform's own clock.
    pub beat_at: Timestamp,
}

/// A platform that joins.
#[derive(Clone, Debug)]
pub struct NewPlatform {
    /// See [`Platform::id`].
    pub id: String,
    /// See [`Platform::place`].
    pub place: String,
    /// See [`Platform::address`].
    pub address: String,
    /// See [`Platform::version`].
    pub version: String,
}

/// Who keeps a box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Keeping {
    /// Which box.
    pub box_id: BoxId,
    /// The platform; `None` while nobody does.
    pub keeper: Option<String>,
    /// With which fencing number.
    pub epoch: i64,
    /// Where its disk lies; `None` while it was kept by nobody.
    pub place: Option<String>,
    /// Whether nothing of it runs, and nothing should.
    pub is_calm: bool,
}

#[derive(sqlx::FromRow)]
pub(crate) struct PlatformRow {
    id: String,
    joined: i64,
    place: String,
    address: String,
    version: String,
    joined_at_ms: i64,
    beat: i64,
    beat_at_ms: i64,
}

impl TryFrom<PlatformRow> for Platform {
    type Error = Error;

    fn try_from(row: PlatformRow) -> Result<Self, Error> {
        Ok(Self {
            id: row.id,
            joined: row.joined,
            place: row.place,
            address: row.address,
            version: row.version,
            joined_at: instant(row.joined_at_ms)?,
            beat: row.beat,
            beat_at: instant(row.beat_at_ms)?,
        })
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct KeepingRow {
    id: String,
    desired: String,
    observed: String,
    keeper: Option<String>,
    epoch: Option<i64>,
    place: Option<String>,
}

impl TryFrom<KeepingRow> for Keeping {
    type Error = Error;

    fn try_from(row: KeepingRow) -> Result<Self, Error> {
        let named = |text: Option<String>| text.filter(|text| !text.is_empty());
        let is_at_rest = matches!(row.observed.as_str(), "absent" | "stopped");
        Ok(Self {
            box_id: parsed(&row.id)?,
            keeper: named(row.keeper),
            epoch: row.epoch.unwrap_or(0),
            place: named(row.place),
            is_calm: is_at_rest && row.desired != "running",
        })
    }
}
