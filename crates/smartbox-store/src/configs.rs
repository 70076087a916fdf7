//! Rows of what owners add to the configurations of their boxes.

use jiff::Timestamp;
use secrecy::SecretString;
use smartbox_core::config_change::{ConfigStage, ConfigStanding};
use smartbox_core::{BoxId, OperationId, OrgId};

use crate::Error;
use crate::database::Connection;
use crate::row::{instant, parsed};
use crate::sealing::{Place, Sealed, Sealer};

/// Versions of one box that are kept, beside the last one that was well.
pub const CONFIG_VERSIONS_MAX: i64 = 30;

/// What is known of a version. What it says is sealed, and read on its own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigVersion {
    /// Counted from 1, for each box.
    pub version: i64,
    /// Whether a gateway was well with it.
    pub standing: ConfigStanding,
    /// Why not.
    pub why: Option<String>,
    /// What made it: `set`, `patch`, `rollback`, `bulk` or `way-back`.
    pub origin: String,
    /// When.
    pub created_at: Timestamp,
    /// Who.
    pub created_by: String,
}

/// Which version a box should have, and how far it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConfigState {
    /// Which box.
    pub box_id: BoxId,
    /// Whose it is.
    pub org: OrgId,
    /// The version it should have.
    pub version: i64,
    /// How far it is; `None`: nothing is under way.
    pub stage: Option<ConfigStage>,
    /// Since when.
    pub since: Timestamp,
    /// What people wait for.
    pub operation: Option<OperationId>,
    /// On the way back: which version failed.
    pub failed_version: Option<i64>,
    /// And why.
    pub why: Option<String>,
    /// What the gateway was given last, and in which incarnation.
    pub rendered: Option<(i64, i64)>,
}

/// A version to be put down.
#[derive(Clone, Copy, Debug)]
pub struct NewConfig<'a> {
    /// What it says, as JSON.
    pub text: &'a SecretString,
    /// See [`ConfigVersion::origin`].
    pub origin: &'static str,
}

#[derive(sqlx::FromRow)]
struct VersionRow {
    version: i64,
    standing: String,
    why: Option<String>,
    origin: String,
    created_at_ms: i64,
    created_by: String,
}

impl TryFrom<VersionRow> for ConfigVersion {
    type Error = Error;

    fn try_from(row: VersionRow) -> Result<Self, Error> {
        Ok(Self {
            version: row.version,
            standing: parsed(&row.standing)?,
            why: row.why,
            origin: row.origin,
            created_at: instant(row.created_at_ms)?,
            created_by: row.created_by,
        })
    }
}

#[derive(sqlx::FromRow)]
pub(crate) struct StateRow {
    box_id: String,
    org_id: String,
    version: i64,
    stage: Option<String>,
    since_ms: i64,
    operation_id: Option<String>,
    failed_version: Option<i64>,
    why: Option<String>,
    rendered_version: Option<i64>,
    rendered_generation: Option<i64>,
}

impl TryFrom<StateRow> for ConfigState {
    type Error = Error;

    fn try_from(row: StateRow) -> Result<Self, Error> {
        Ok(Self {
            box_id: parsed(&row.box_id)?,
            org: parsed(&row.org_id)?,
            version: row.version,
            stage: row.stage.as_deref().map(parsed).transpose()?,
            since: instant(row.since_ms)?,
            operation: row.operation_id.as_deref().map(parsed).transpose()?,
            failed_version: row.failed_version,
            why: row.why,
            rendered: row.rendered_version.zip(row.rendered_generation),
        })
    }
}

macro_rules! select_states {
    ($tail:literal) => {
        concat!(
            "select box_id, org_id, version, stage, since_ms, operation_id, failed_version, why, rendered_version,
                    rendered_generation from config_states ",
            $tail
        )
    };
}
pub(crate) use select_states;

/// Where a version belongs. Moved to another row it cannot be opened.
pub(crate) fn place<'a>(box_id: &'a str, version: &'a str) -> Place<'a> {
    Place { table: "box_configs", row: box_id, name: version }
}

pub(crate) async fn state(connection: &mut Connection, id: BoxId) -> Result<Option<ConfigState>, Error> {
    let row: Option<StateRow> = sqlx::query_as(select_states!("where box_id = $1"))
        .bind(id.to_string())
        .fetch_optional(connection)
        .await?;
    row.map(ConfigState::try_from).transpose()
}

/// Versions of a box, the newest first.
pub(crate) async fn versions(connection: &mut Connection, id: BoxId) -> Result<Vec<ConfigVersion>, Error> {
    let rows: Vec<VersionRow> = sqlx::query_as(
        "select version, standing, why, origin, created_at_ms, created_by from box_configs where box_id = $1
         order by version desc",
    )
    .bind(id.to_string())
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(ConfigVersion::try_from).collect()
}

/// What a version says.
pub(crate) async fn text(
    connection: &mut Connection,
    sealer: &Sealer,
    (id, version): (BoxId, i64),
) -> Result<Option<SecretString>, Error> {
    let id = id.to_string();
    let sealed: Option<Sealed> = sqlx::query_as(
        "select key_id, nonce, ciphertext from box_configs where box_id = $1 and version = $2",
    )
    .bind(&id)
    .bind(version)
    .fetch_optional(connection)
    .await?;
    sealed.map(|sealed| sealer.open(place(&id, &version.to_string()), &sealed)).transpose()
}

/// Puts a version down and lets the oldest go.
pub(crate) async fn insert(
    tx: &mut Connection,
    sealer: &Sealer,
    (org, id, version): (OrgId, BoxId, i64),
    new: NewConfig<'_>,
    (actor, now): (&str, Timestamp),
) -> Result<(), Error> {
    let id = id.to_string();
    let Sealed { key_id, nonce, ciphertext } = sealer.seal(place(&id, &version.to_string()), new.text)?;
    sqlx::query(
        "insert into box_configs (box_id, org_id, version, key_id, nonce, ciphertext, standing, origin, created_at_ms,
                                  created_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)",
    )
    .bind(&id)
    .bind(org.to_string())
    .bind(version)
    .bind(key_id)
    .bind(nonce)
    .bind(ciphertext)
    .bind(ConfigStanding::New.as_str())
    .bind(new.origin)
    .bind(now.as_millisecond())
    .bind(actor)
    .execute(&mut *tx)
    .await?;
    // What is gone back to stays, however long ago it was.
    sqlx::query(
        "delete from box_configs where box_id = $1 and version <= $2
                and version <> coalesce((select max(version) from box_configs where box_id = $1 and standing = $3), 0)",
    )
    .bind(&id)
    .bind(version - CONFIG_VERSIONS_MAX)
    .bind(ConfigStanding::Good.as_str())
    .execute(tx)
    .await?;
    Ok(())
}

/// Says that a box should have this version from now on.
pub(crate) async fn want(tx: &mut Connection, state: &ConfigState) -> Result<(), Error> {
    sqlx::query(
        "insert into config_states (box_id, org_id, version, stage, since_ms, operation_id, failed_version, why)
         values ($1, $2, $3, $4, $5, $6, $7, $8)
         on conflict (box_id) do update set version = $3, stage = $4, since_ms = $5, operation_id = $6,
             failed_version = $7, why = $8",
    )
    .bind(state.box_id.to_string())
    .bind(state.org.to_string())
    .bind(state.version)
    .bind(state.stage.map(ConfigStage::as_str))
    .bind(state.since.as_millisecond())
    .bind(state.operation.map(|id| id.to_string()))
    .bind(state.failed_version)
    .bind(&state.why)
    .execute(tx)
    .await?;
    Ok(())
}

/// Says what came of a version.
pub(crate) async fn judge(
    tx: &mut Connection,
    (id, version): (BoxId, i64),
    (standing, why): (ConfigStanding, Option<&str>),
) -> Result<(), Error> {
    sqlx::query("update box_configs set standing = $3, why = $4 where box_id = $1 and version = $2")
        .bind(id.to_string())
        .bind(version)
        .bind(standing.as_str())
        .bind(why)
        .execute(tx)
        .await?;
    Ok(())
}
