//! Rows of origins: boxes that begin with a state that was not theirs.

use std::fmt;
use std::str::FromStr;

use smartbox_core::state::BadState;
use smartbox_core::{BackupId, BoxId};

use crate::Error;
use crate::database::Connection;
use crate::row::parsed;

/// Where the first state of a box comes from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OriginKind {
    /// A backup of another box.
    Clone,
    /// An archive from elsewhere.
    Import,
}

impl OriginKind {
    /// The word used in the store.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Clone => "clone",
            Self::Import => "import",
        }
    }
}

impl fmt::Display for OriginKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for OriginKind {
    type Err = BadState;

    fn from_str(text: &str) -> Result<Self, BadState> {
        [Self::Clone, Self::Import].into_iter().find(|kind| kind.as_str() == text).ok_or(BadState)
    }
}

/// What a box begins with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Origin {
    /// Where it comes from.
    pub kind: OriginKind,
    /// The box whose state it is; `None`: it came from elsewhere.
    pub source: Option<BoxId>,
    /// The saved state; `None` while it is still being taken in.
    pub backup: Option<BackupId>,
}

#[derive(sqlx::FromRow)]
struct OriginRow {
    kind: String,
    source_id: Option<String>,
    backup_id: Option<String>,
}

impl TryFrom<OriginRow> for Origin {
    type Error = Error;

    fn try_from(row: OriginRow) -> Result<Self, Error> {
        Ok(Self {
            kind: parsed(&row.kind)?,
            source: row.source_id.as_deref().map(parsed).transpose()?,
            backup: row.backup_id.as_deref().map(parsed).transpose()?,
        })
    }
}

/// The origin of a box, if it has another one than itself.
pub(crate) async fn of_box(connection: &mut Connection, id: BoxId) -> Result<Option<Origin>, Error> {
    let row: Option<OriginRow> =
        sqlx::query_as("select kind, source_id, backup_id from origins where box_id = $1")
            .bind(id.to_string())
            .fetch_optional(connection)
            .await?;
    row.map(Origin::try_from).transpose()
}

pub(crate) async fn insert(tx: &mut Connection, id: BoxId, new: &Origin) -> Result<(), Error> {
    sqlx::query("insert into origins (box_id, kind, source_id, backup_id) values ($1, $2, $3, $4)")
        .bind(id.to_string())
        .bind(new.kind.as_str())
        .bind(new.source.map(|id| id.to_string()))
        .bind(new.backup.map(|id| id.to_string()))
        .execute(tx)
        .await?;
    Ok(())
}
