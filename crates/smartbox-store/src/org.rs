//! What one org may see and do.

mod backup_operations;
mod backups;
mod bulk;
mod channels;
mod configs;
pub(crate) mod create;
mod deliveries;
mod devices;
mod egress;
mod execs;
pub(crate) mod intent;
mod messages;
mod model_calls;
mod models;
mod operations;
mod people;
mod rollouts;
mod secrets;
mod settings;
mod support;
mod tickets;
mod tiers;
mod tokens;
mod upgrades;
pub(crate) mod webhooks;

pub use devices::DEVICES_MAX;
pub use tickets::TICKETS_MAX;
pub use tokens::TOKENS_MAX;

use jiff::Timestamp;
use secrecy::SecretString;
use smartbox_core::{BoxId, BoxName, OperationId, OrgId};

use crate::boxes::{BoxRow, select_boxes};
use crate::event::{AuditEvent, Event, NewEvent};
use crate::idempotency::{BodyHash, Claim};
use crate::operation::{NewOperation, Operation};
use crate::smartbox::{BoxFilter, IntentChange, NewSmartbox, Smartbox};
use crate::{Cursor, Error, Page, Store, boxes, event, fleet, idempotency, operation};

/// The store as one org sees it. Every method is scoped: what belongs to another org does not exist.
#[derive(Clone, Debug)]
pub struct OrgStore {
    pub(crate) store: Store,
    pub(crate) org: OrgId,
}

impl OrgStore {
    /// Whose store this is.
    pub fn id(&self) -> OrgId {
        self.org
    }

    /// Makes a box with its secrets, the operation that brings it about and the event that tells of it, all or
    /// nothing. The org's first box becomes its default.
    ///
    /// # Errors
    /// [`Error::NameTaken`], [`Error::UnknownTier`], [`Error::TierFull`], [`Error::OutOfUidRanges`], or
    /// [`Error::NotFound`] when the org does not exist.
    pub async fn create_box(
        &self,
        new: NewSmartbox,
        secrets: &[(&str, &SecretString)],
        operation: NewOperation,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<(Smartbox, Operation), Error> {
        let mut tx = self.store.database.write().await?;
        let smartbox = create::insert(&mut tx, self.org, &new, now).await?;
        for (name, secret) in secrets {
            fleet::secrets::put(&mut tx, &self.store.sealer, new.id, name, secret).await?;
        }
        let operation = operation::begin(&mut tx, &smartbox, operation, now).await?;
        event::append(&mut tx, Some(self.org), Some(new.id), &event, now).await?;
        tx.commit().await?;
        Ok((smartbox, operation))
    }

    /// Finds a box by its id.
    pub async fn find_box(&self, id: BoxId) -> Result<Option<Smartbox>, Error> {
        boxes::find_of_org(&mut *self.store.database.read().await?, self.org, id).await
    }

    /// Finds a box by its name.
    pub async fn find_box_by_name(&self, name: &BoxName) -> Result<Option<Smartbox>, Error> {
        let row: Option<BoxRow> = sqlx::query_as(select_boxes!("where org_id = $1 and name = $2"))
            .bind(self.org.to_string())
            .bind(name.as_str())
            .fetch_optional(&mut *self.store.database.read().await?)
            .await?;
        row.map(Smartbox::try_from).transpose()
    }

    /// The box that answers at `/`.
    pub async fn default_box(&self) -> Result<Option<Smartbox>, Error> {
        let row: Option<BoxRow> = sqlx::query_as(select_boxes!("where org_id = $1 and is_default"))
            .bind(self.org.to_string())
            .fetch_optional(&mut *self.store.database.read().await?)
            .await?;
        row.map(Smartbox::try_from).transpose()
    }

    /// Boxes in the order of their birth, those that are being deleted among them.
    ///
    /// # Errors
    /// [`Error::BadCursor`] for a cursor of another list.
    pub async fn list_boxes(
        &self,
        filter: &BoxFilter,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Smartbox>, Error> {
        boxes::list(&mut *self.store.database.read().await?, Some(self.org), filter, cursor, limit).await
    }

    /// Writes what the owner wants, with the event that says who and why, all or nothing.
    ///
    /// Forgets the failures of the past, because a person acted; an open breaker is closed by a start or restart that
    /// was asked for, and by nothing else. Operations towards another state end as
    /// superseded.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::VersionMismatch`] when `if_version` is given and is not the box's version;
    /// [`Error::TierFull`] when it should run and every place of its tier is taken.
    pub async fn change_intent(
        &self,
        id: BoxId,
        change: IntentChange,
        if_version: Option<i64>,
        operation: Option<NewOperation>,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<(Smartbox, Option<Operation>), Error> {
        let mut tx = self.store.database.write().await?;
        let mut smartbox = intent::write(&mut tx, self.org, id, change, if_version, now).await?;
        if operation.as_ref().is_some_and(|operation| operation.kind.is_a_fresh_try()) {
            intent::forget_breaker(&mut tx, &mut smartbox).await?;
        }
        let operation = match operation {
            Some(operation) => Some(operation::begin(&mut tx, &smartbox, operation, now).await?),
            None => None,
        };
        event::append(&mut tx, Some(self.org), Some(id), &event, now).await?;
        tx.commit().await?;
        Ok((smartbox, operation))
    }

    /// What happened to a box, newest first. Stays readable when the box is gone.
    ///
    /// # Errors
    /// [`Error::BadCursor`] for a cursor of another list.
    pub async fn timeline(
        &self,
        id: BoxId,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Event>, Error> {
        event::timeline(&mut *self.store.database.read().await?, self.org, id, cursor, limit).await
    }

    /// The latest of a box's last thousand events that is one of these.
    pub async fn latest_event(&self, id: BoxId, actions: [&str; 3]) -> Result<Option<Event>, Error> {
        event::latest(&mut *self.store.database.read().await?, self.org, id, actions).await
    }

    /// The org's lines of the audit log, the oldest first.
    ///
    /// # Errors
    /// [`Error::BadCursor`] for a cursor of another list.
    pub async fn audit_log(&self, cursor: Option<&Cursor>, limit: u32) -> Result<Page<AuditEvent>, Error> {
        event::audit_log(&mut *self.store.database.read().await?, Some(self.org), cursor, limit).await
    }

    /// Finds an operation.
    pub async fn find_operation(&self, id: OperationId) -> Result<Option<Operation>, Error> {
        operation::find_of_org(&mut *self.store.database.read().await?, self.org, id).await
    }

    /// Opens a secret of a box; `None` when the box has none of that name.
    ///
    /// # Errors
    /// [`Error::Unsealable`] when it was sealed with another key, for another place, or altered.
    pub async fn secret(&self, id: BoxId, name: &str) -> Result<Option<SecretString>, Error> {
        fleet::secrets::find(&self.store, Some(self.org), id, name).await
    }

    /// Claims an idempotency key of this org for a request. See [`Claim`] for what to do next.
    pub async fn idempotency_begin(
        &self,
        key: &str,
        route: &str,
        body_hash: &BodyHash,
        now: Timestamp,
    ) -> Result<Claim, Error> {
        idempotency::begin(&self.store.database, &self.org.to_string(), key, route, body_hash, now).await
    }

    /// Keeps the answer to the request that claimed the key.
    pub async fn idempotency_finish(&self, key: &str, status: u16, body: &str) -> Result<(), Error> {
        idempotency::finish(&self.store.database, &self.org.to_string(), key, status, body).await
    }

    /// Frees the key of a request that did nothing, so that it can be repeated at once.
    pub async fn idempotency_abandon(&self, key: &str) -> Result<(), Error> {
        idempotency::abandon(&self.store.database, &self.org.to_string(), key).await
    }
}
