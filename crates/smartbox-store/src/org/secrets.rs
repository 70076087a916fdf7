//! Secrets that the org's people gave, and where they are put in.

use jiff::Timestamp;
use smartbox_core::injection::Rules;
use smartbox_core::{BoxId, SecretName};

use super::OrgStore;
use crate::event::{self, NewEvent};
use crate::rules::{self, InjectionRow};
use crate::vault::{self, KeptSecret, NewSecret, SECRETS_MAX};
use crate::{Error, boxes};

impl OrgStore {
    /// The secrets of the org, or of one of its boxes, by name. What the org gives all its boxes is not among a box's.
    pub async fn kept_secrets(&self, box_id: Option<BoxId>) -> Result<Vec<KeptSecret>, Error> {
        vault::list(&mut *self.store.database.read().await?, self.org, box_id).await
    }

    /// One of them.
    pub async fn kept_secret(
        &self,
        box_id: Option<BoxId>,
        name: &SecretName,
    ) -> Result<Option<KeptSecret>, Error> {
        vault::find(&mut *self.store.database.read().await?, self.org, box_id, name).await
    }

    /// Keeps a secret, new or in the place of an older value, and puts the event down, both or neither. The event's actor has
    /// given it.
    ///
    /// # Errors
    /// [`Error::VersionMismatch`] when `if_version` is not its version any more (0 where there is none); [`Error::TooMany`];
    /// [`Error::NotFound`] for a box of another org.
    pub async fn keep_secret(
        &self,
        box_id: Option<BoxId>,
        new: NewSecret<'_>,
        if_version: Option<i64>,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<KeptSecret, Error> {
        let mut tx = self.store.database.write().await?;
        if let Some(id) = box_id {
            boxes::find_of_org(&mut tx, self.org, id).await?.ok_or(Error::NotFound("box"))?;
        }
        let current = vault::find(&mut tx, self.org, box_id, new.name).await?.map_or(0, |kept| kept.version);
        if if_version.is_some_and(|expected| expected != current) {
            return Err(Error::VersionMismatch { current });
        }
        if current == 0 && vault::list(&mut tx, self.org, box_id).await?.len() >= SECRETS_MAX as usize {
            return Err(Error::TooMany { what: "secrets", max: SECRETS_MAX });
        }
        let whose = (self.org, box_id);
        vault::put(&mut tx, &self.store.sealer, whose, new, (current + 1, now, &event.actor)).await?;
        event::append(&mut tx, Some(self.org), box_id, &event, now).await?;
        let kept =
            vault::find(&mut tx, self.org, box_id, new.name).await?.ok_or(Error::NotFound("secret"))?;
        tx.commit().await?;
        Ok(kept)
    }

    /// Forgets a secret and puts the event down, both or neither.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn forget_secret(
        &self,
        box_id: Option<BoxId>,
        name: &SecretName,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        let forgotten =
            sqlx::query("delete from kept_secrets where subject = $1 and org_id = $2 and name = $3")
                .bind(rules::subject(self.org, box_id))
                .bind(self.org.to_string())
                .bind(name.as_str())
                .execute(&mut *tx)
                .await?;
        if forgotten.rows_affected() == 0 {
            return Err(Error::NotFound("secret"));
        }
        event::append(&mut tx, Some(self.org), box_id, &event, now).await?;
        Ok(tx.commit().await?)
    }

    /// Where secrets are put in, by the rules of the org or of one of its boxes; `None` where there never were any.
    pub async fn injection_rules(&self, box_id: Option<BoxId>) -> Result<Option<InjectionRow>, Error> {
        rules::find(&mut *self.store.database.read().await?, self.org, box_id).await
    }

    /// Replaces them and puts the event down, both or neither. The event's actor has changed them.
    ///
    /// # Errors
    /// [`Error::VersionMismatch`] when `if_version` is not their version any more (0 where there are none);
    /// [`Error::NotFound`] for a box of another org.
    pub async fn set_injection_rules(
        &self,
        box_id: Option<BoxId>,
        new: &Rules,
        if_version: Option<i64>,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<InjectionRow, Error> {
        let mut tx = self.store.database.write().await?;
        let row = rules::set(&mut tx, (self.org, box_id), new, if_version, (event, now)).await?;
        tx.commit().await?;
        Ok(row)
    }
}
