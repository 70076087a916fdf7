//! Another key for everything that is sealed: added, then used for every row, then the old ones taken away.
//!
//! What is left to do is always said by the rows themselves: those that are not sealed with the newest key. So a rotation that
//! broke off, however it did, goes on where it was.

use std::sync::Arc;

use crate::open::FIRST_KEY;
use crate::sealing::{KeyringError, Place, Sealed};
use crate::{Error, FleetStore, bulk, configs, models, vault, webhooks};

/// Rows of one table that are sealed anew in one transaction: others want to write, too.
const BATCH: i64 = 100;

/// How far a rotation has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KeyRotation {
    /// Rows that were sealed anew.
    pub resealed: u64,
    /// Whether the old keys are gone. If not, whoever keeps the keys has to take them away.
    pub is_retired: bool,
}

/// A sealed row of some table, with what names it there.
#[derive(sqlx::FromRow)]
struct Row {
    subject: String,
    name: String,
    #[sqlx(flatten)]
    sealed: Sealed,
}

/// Tables with sealed rows.
#[derive(Clone, Copy, Debug)]
enum Table {
    Secrets,
    Kept,
    Authorities,
    Providers,
    Configs,
    Webhooks,
    Bulk,
}

impl Table {
    const ALL: [Self; 7] = [
        Self::Secrets,
        Self::Kept,
        Self::Authorities,
        Self::Providers,
        Self::Configs,
        Self::Webhooks,
        Self::Bulk,
    ];

    /// Rows under another key than `$1`, at most `$2`.
    const fn stale(self) -> &'static str {
        match self {
            Self::Secrets => {
                "select box_id as subject, name, key_id, nonce, ciphertext from secrets
                 where key_id <> $1 order by box_id, name limit $2"
            }
            Self::Kept => {
                "select subject, name, key_id, nonce, ciphertext from kept_secrets
                 where key_id <> $1 order by subject, name limit $2"
            }
            Self::Authorities => {
                "select box_id as subject, 'key' as name, key_id, nonce, ciphertext from box_authorities
                 where key_id <> $1 order by box_id limit $2"
            }
            // One without a key has no id of one either.
            Self::Providers => {
                "select subject, name, key_id, nonce, ciphertext from model_providers
                 where key_id <> $1 order by subject, name limit $2"
            }
            Self::Configs => {
                "select box_id as subject, cast(version as text) as name, key_id, nonce, ciphertext from box_configs
                 where key_id <> $1 order by box_id, version limit $2"
            }
            Self::Webhooks => {
                "select webhook_id as subject, name, key_id, nonce, ciphertext from webhook_secrets
                 where key_id <> $1 order by webhook_id, name limit $2"
            }
            Self::Bulk => {
                "select id as subject, 'patch' as name, key_id, nonce, ciphertext from bulk_runs
                 where key_id <> $1 order by id limit $2"
            }
        }
    }

    const fn write(self) -> &'static str {
        match self {
            Self::Secrets => {
                "update secrets set key_id = $1, nonce = $2, ciphertext = $3 where box_id = $4 and name = $5"
            }
            Self::Kept => {
                "update kept_secrets set key_id = $1, nonce = $2, ciphertext = $3 where subject = $4 and name = $5"
            }
            Self::Authorities => {
                "update box_authorities set key_id = $1, nonce = $2, ciphertext = $3 where box_id = $4 and 'key' = $5"
            }
            Self::Providers => {
                "update model_providers set key_id = $1, nonce = $2, ciphertext = $3 where subject = $4 and name = $5"
            }
            Self::Configs => {
                "update box_configs set key_id = $1, nonce = $2, ciphertext = $3
                 where box_id = $4 and cast(version as text) = $5"
            }
            Self::Webhooks => {
                "update webhook_secrets set key_id = $1, nonce = $2, ciphertext = $3 where webhook_id = $4 and name = $5"
            }
            Self::Bulk => {
                "update bulk_runs set key_id = $1, nonce = $2, ciphertext = $3 where id = $4 and 'patch' = $5"
            }
        }
    }

    fn place(self, row: &Row) -> Place<'_> {
        match self {
            Self::Secrets => super::secrets::place(&row.subject, &row.name),
            Self::Kept => vault::place(&row.subject, &row.name),
            Self::Authorities => super::vault::authority_place(&row.subject),
            Self::Providers => models::key_place(&row.subject, &row.name),
            Self::Configs => configs::place(&row.subject, &row.name),
            Self::Webhooks => webhooks::place(&row.subject, &row.name),
            Self::Bulk => bulk::place(&row.subject, &row.name),
        }
    }
}

impl FleetStore {
    /// Seals with a newer key from now on.
    ///
    /// # Errors
    /// There is none, or it cannot be kept: then nothing has changed.
    pub async fn add_sealing_key(&self) -> Result<(), KeyringError> {
        let sealer = Arc::clone(&self.store.sealer);
        let added = tokio::task::spawn_blocking(move || sealer.add_key()).await;
        added.unwrap_or(Err(KeyringError::Entropy))
    }

    /// Seals every row with the newest key that is not yet, then takes the older keys away. Others go on meanwhile. Does nothing
    /// when there is nothing to do.
    ///
    /// # Errors
    /// [`Error::Unsealable`] for a row that was altered: no key is taken away then.
    pub async fn finish_key_rotation(&self) -> Result<KeyRotation, Error> {
        let mut rotation = KeyRotation { resealed: 0, is_retired: true };
        for table in Table::ALL {
            loop {
                let resealed = self.reseal(table).await?;
                if resealed == 0 {
                    break;
                }
                rotation.resealed += resealed;
            }
        }
        if self.store.sealer.keys() > 1 {
            self.name_first_key().await?;
            let sealer = Arc::clone(&self.store.sealer);
            let retired = tokio::task::spawn_blocking(move || sealer.retire_keys()).await;
            let retired = retired.unwrap_or(Err(KeyringError::Entropy));
            rotation.is_retired = retired.map_err(|error| Error::Internal(error.into()))?;
        }
        Ok(rotation)
    }

    /// One batch. Returns how many rows there were.
    async fn reseal(&self, table: Table) -> Result<u64, Error> {
        let sealer = &self.store.sealer;
        let mut tx = self.store.database.write().await?;
        let rows: Vec<Row> = sqlx::query_as(table.stale())
            .bind(sealer.active_key_id())
            .bind(BATCH)
            .fetch_all(&mut *tx)
            .await?;
        for row in &rows {
            let place = table.place(row);
            let sealed = sealer.seal(place, &sealer.open(place, &row.sealed)?)?;
            sqlx::query(table.write())
                .bind(sealed.key_id)
                .bind(sealed.nonce)
                .bind(sealed.ciphertext)
                .bind(&row.subject)
                .bind(&row.name)
                .execute(&mut *tx)
                .await?;
        }
        tx.commit().await?;
        Ok(rows.len() as u64)
    }

    /// The database asks for this key from now on when it is opened.
    async fn name_first_key(&self) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        sqlx::query("update meta set value = $1 where name = $2")
            .bind(self.store.sealer.active_key_id())
            .bind(FIRST_KEY)
            .execute(&mut *tx)
            .await?;
        Ok(tx.commit().await?)
    }
}
