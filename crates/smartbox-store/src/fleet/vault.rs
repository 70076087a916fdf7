//! Secrets that people gave, as the data plane and the renderer need them.

use secrecy::SecretString;
use smartbox_core::{BoxId, Delivery, OrgId, SecretName};

use crate::row::parsed;
use crate::rules::{self, InjectionRow};
use crate::sealing::{Place, Sealed};
use crate::vault::{self, Authority};
use crate::{Error, FleetStore};

/// A sealed value with the row that it belongs to.
#[derive(sqlx::FromRow)]
struct SealedRow {
    subject: String,
    name: String,
    delivery: String,
    #[sqlx(flatten)]
    sealed: Sealed,
}

#[derive(sqlx::FromRow)]
struct AuthorityRow {
    certificate: String,
    trusted_from: i64,
    #[sqlx(flatten)]
    sealed: Sealed,
}

pub(super) fn authority_place(id: &str) -> Place<'_> {
    Place { table: "box_authorities", row: id, name: "key" }
}

impl FleetStore {
    /// Opens a secret for a box: its own, else its org's.
    ///
    /// # Errors
    /// [`Error::Unsealable`] when it was sealed with another key, for another place, or altered.
    pub async fn reveal_secret(&self, id: BoxId, name: &SecretName) -> Result<Option<SecretString>, Error> {
        let row: Option<SealedRow> = sqlx::query_as(
            "select s.subject, s.name, s.delivery, s.key_id, s.nonce, s.ciphertext
             from kept_secrets s join boxes b on b.id = $1
             where s.name = $2 and s.org_id = b.org_id and (s.box_id is null or s.box_id = b.id)
             order by case when s.box_id is null then 1 else 0 end limit 1",
        )
        .bind(id.to_string())
        .bind(name.as_str())
        .fetch_optional(&mut *self.store.database.read().await?)
        .await?;
        row.map(|row| self.store.sealer.open(vault::place(&row.subject, &row.name), &row.sealed)).transpose()
    }

    /// What the environment of a box is made of: each name once, the box's own before its org's, with the value of those that
    /// are delivered so and none of the others.
    pub async fn secrets_of_box(
        &self,
        org: OrgId,
        id: BoxId,
    ) -> Result<Vec<(SecretName, Option<SecretString>)>, Error> {
        let rows: Vec<SealedRow> = sqlx::query_as(
            "select subject, name, delivery, key_id, nonce, ciphertext from kept_secrets
             where org_id = $1 and (box_id is null or box_id = $2)
             order by name, case when box_id is null then 1 else 0 end",
        )
        .bind(org.to_string())
        .bind(id.to_string())
        .fetch_all(&mut *self.store.database.read().await?)
        .await?;
        let mut made: Vec<(SecretName, Option<SecretString>)> = Vec::new();
        for row in rows {
            let name: SecretName = parsed(&row.name)?;
            if made.last().is_some_and(|(last, _)| *last == name) {
                continue;
            }
            let value = match parsed(&row.delivery)? {
                Delivery::Injection => None,
                Delivery::Environment => {
                    Some(self.store.sealer.open(vault::place(&row.subject, &row.name), &row.sealed)?)
                }
            };
            made.push((name, value));
        }
        Ok(made)
    }

    /// Every injection rule of every org and box.
    pub async fn injection_rules_of_all(&self) -> Result<Vec<InjectionRow>, Error> {
        rules::all(&mut *self.store.database.read().await?).await
    }

    /// The boxes that have a certificate authority, and the first incarnation of each that trusts it.
    pub async fn box_authorities(&self) -> Result<Vec<(BoxId, i64)>, Error> {
        let rows: Vec<(String, i64)> = sqlx::query_as("select box_id, trusted_from from box_authorities")
            .fetch_all(&mut *self.store.database.read().await?)
            .await?;
        rows.into_iter().map(|(id, from)| Ok((parsed(&id)?, from))).collect()
    }

    /// The certificate authority of a box.
    ///
    /// # Errors
    /// [`Error::Unsealable`] when its key was sealed with another key, for another box, or altered.
    pub async fn box_authority(&self, id: BoxId) -> Result<Option<Authority>, Error> {
        let id = id.to_string();
        let row: Option<AuthorityRow> = sqlx::query_as(
            "select certificate, trusted_from, key_id, nonce, ciphertext from box_authorities where box_id = $1",
        )
        .bind(&id)
        .fetch_optional(&mut *self.store.database.read().await?)
        .await?;
        let open = |row: AuthorityRow| {
            let key = self.store.sealer.open(authority_place(&id), &row.sealed)?;
            Ok(Authority { certificate: row.certificate, key, trusted_from: row.trusted_from })
        };
        row.map(open).transpose()
    }

    /// Gives a box its certificate authority. The first one stays: its programs trust it.
    pub async fn put_box_authority(&self, id: BoxId, authority: &Authority) -> Result<(), Error> {
        let id = id.to_string();
        let mut tx = self.store.database.write().await?;
        // Within the transaction: what is sealed before it may be sealed with a key that is gone after it.
        let Sealed { key_id, nonce, ciphertext } =
            self.store.sealer.seal(authority_place(&id), &authority.key)?;
        sqlx::query(
            "insert into box_authorities (box_id, certificate, key_id, nonce, ciphertext, trusted_from)
             values ($1, $2, $3, $4, $5, $6) on conflict (box_id) do nothing",
        )
        .bind(&id)
        .bind(&authority.certificate)
        .bind(key_id)
        .bind(nonce)
        .bind(ciphertext)
        .bind(authority.trusted_from)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }
}
