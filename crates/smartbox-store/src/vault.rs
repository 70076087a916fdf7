//! Rows of secrets that people gave.

use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};
use smartbox_core::secret::last_four;
use smartbox_core::{BoxId, Delivery, OrgId, SecretName};

use crate::Error;
use crate::database::Connection;
use crate::row::{instant, parsed};
use crate::rules::subject;
use crate::sealing::{Place, Sealed, Sealer};

/// Most secrets of an org, and of a box.
pub const SECRETS_MAX: u32 = 32;

/// What is known of a secret. Its value is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptSecret {
    /// Its name.
    pub name: SecretName,
    /// Whose it is.
    pub org: OrgId,
    /// For which box; for all of the org's without one.
    pub box_id: Option<BoxId>,
    /// How it reaches a box.
    pub delivery: Delivery,
    /// The end of its value; none of short ones.
    pub last_four: Option<String>,
    /// Raised by every change.
    pub version: i64,
    /// When it was last changed.
    pub changed_at: Timestamp,
    /// Who changed it.
    pub changed_by: String,
}

/// A secret that is to be kept.
#[derive(Clone, Copy, Debug)]
pub struct NewSecret<'a> {
    /// Its name.
    pub name: &'a SecretName,
    /// Its value.
    pub value: &'a SecretString,
    /// How it reaches a box.
    pub delivery: Delivery,
}

/// The certificate authority of a box.
#[derive(Clone, Debug)]
pub struct Authority {
    /// Its certificate, in PEM form.
    pub certificate: String,
    /// Its key, in PEM form.
    pub key: SecretString,
    /// The first incarnation whose programs trust it.
    pub trusted_from: i64,
}

#[derive(sqlx::FromRow)]
pub(crate) struct KeptRow {
    name: String,
    org_id: String,
    box_id: Option<String>,
    delivery: String,
    last_four: Option<String>,
    version: i64,
    changed_at_ms: i64,
    changed_by: String,
}

impl TryFrom<KeptRow> for KeptSecret {
    type Error = Error;

    fn try_from(row: KeptRow) -> Result<Self, Error> {
        Ok(Self {
            name: parsed(&row.name)?,
            org: parsed(&row.org_id)?,
            box_id: row.box_id.as_deref().map(parsed).transpose()?,
            delivery: parsed(&row.delivery)?,
            last_four: row.last_four,
            version: row.version,
            changed_at: instant(row.changed_at_ms)?,
            changed_by: row.changed_by,
        })
    }
}

/// Where a value belongs. Moved to another row it cannot be opened.
pub(crate) fn place<'a>(subject: &'a str, name: &'a str) -> Place<'a> {
    Place { table: "kept_secrets", row: subject, name }
}

pub(crate) async fn find(
    connection: &mut Connection,
    org: OrgId,
    box_id: Option<BoxId>,
    name: &SecretName,
) -> Result<Option<KeptSecret>, Error> {
    let row: Option<KeptRow> = sqlx::query_as(
        "select name, org_id, box_id, delivery, last_four, version, changed_at_ms, changed_by from kept_secrets
         where subject = $1 and org_id = $2 and name = $3",
    )
    .bind(subject(org, box_id))
    .bind(org.to_string())
    .bind(name.as_str())
    .fetch_optional(connection)
    .await?;
    row.map(TryInto::try_into).transpose()
}

pub(crate) async fn list(
    connection: &mut Connection,
    org: OrgId,
    box_id: Option<BoxId>,
) -> Result<Vec<KeptSecret>, Error> {
    let rows: Vec<KeptRow> = sqlx::query_as(
        "select name, org_id, box_id, delivery, last_four, version, changed_at_ms, changed_by from kept_secrets
         where subject = $1 and org_id = $2 order by name",
    )
    .bind(subject(org, box_id))
    .bind(org.to_string())
    .fetch_all(connection)
    .await?;
    rows.into_iter().map(TryInto::try_into).collect()
}

/// Seals a value and puts it in its row.
pub(crate) async fn put(
    tx: &mut Connection,
    sealer: &Sealer,
    (org, box_id): (OrgId, Option<BoxId>),
    new: NewSecret<'_>,
    (version, now, actor): (i64, Timestamp, &str),
) -> Result<(), Error> {
    let subject = subject(org, box_id);
    let Sealed { key_id, nonce, ciphertext } = sealer.seal(place(&subject, new.name.as_str()), new.value)?;
    sqlx::query(
        "insert into kept_secrets (subject, name, org_id, box_id, key_id, nonce, ciphertext, last_four, delivery,
                                   version, changed_at_ms, changed_by)
         values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)
         on conflict (subject, name) do update set key_id = $5, nonce = $6, ciphertext = $7, last_four = $8,
             delivery = $9, version = $10, changed_at_ms = $11, changed_by = $12",
    )
    .bind(&subject)
    .bind(new.name.as_str())
    .bind(org.to_string())
    .bind(box_id.map(|id| id.to_string()))
    .bind(key_id)
    .bind(nonce)
    .bind(ciphertext)
    .bind(last_four(new.value.expose_secret()))
    .bind(new.delivery.as_str())
    .bind(version)
    .bind(now.as_millisecond())
    .bind(actor)
    .execute(tx)
    .await?;
    Ok(())
}
