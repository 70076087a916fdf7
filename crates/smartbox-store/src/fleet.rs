//! The system's own work, across all orgs.

pub(crate) mod accounts;
mod all_boxes;
mod audit;
mod backup_operations;
mod backups;
mod bulk;
mod configs;
mod drills;
mod egress;
mod erased;
mod execs;
mod housekeeping;
mod leases;
mod models;
mod observations;
mod origins;
mod people;
mod platforms;
mod rollouts;
mod rotation;
mod routing;
pub(crate) mod secrets;
mod sign_in;
mod support;
mod tiers;
mod upgrades;
mod vault;
mod webhooks;

use std::collections::HashSet;

use jiff::Timestamp;
use secrecy::SecretString;
use smartbox_core::{BoxId, OperationId, OrgId, Tier};

use crate::boxes::TierRow;
use crate::event::NewEvent;
use crate::idempotency::{BodyHash, Claim};
use crate::operation::Operation;
use crate::row::parsed;
use crate::smartbox::{BoxFilter, Smartbox};
use crate::{Cursor, Error, Page, Store, boxes, event, idempotency, operation};

pub(crate) use all_boxes::LastRead;

pub use all_boxes::AllBoxes;
pub use drills::Drill;
pub use housekeeping::{DELIVERY_TTL, Purged};
pub use origins::NewFrom;
pub(crate) use platforms::TOGETHER;
pub use rotation::KeyRotation;
pub use tiers::TIERS_MAX;
pub use webhooks::{DeliveryOutcome, WebhookTurn};

/// Scope of the idempotency keys of the platform's admin. An org's scope is its id, which looks different.
const ADMIN_SCOPE: &str = "admin";

/// The right to act for the system rather than for an org. Naming the reason keeps it from being taken by habit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SystemActor(&'static str);

impl SystemActor {
    /// A part of the platform that must see every org, by its name: `reconciler`, `sign-in`, `admin`.
    pub const fn new(reason: &'static str) -> Self {
        Self(reason)
    }

    /// The name; fit for an event's actor.
    pub const fn name(self) -> &'static str {
        self.0
    }
}

/// The store as the system sees it.
#[derive(Clone, Debug)]
pub struct FleetStore {
    pub(crate) store: Store,
    pub(crate) actor: SystemActor,
}

impl FleetStore {
    /// Which part of the system this is.
    pub fn actor(&self) -> SystemActor {
        self.actor
    }

    /// Finds a box of any org.
    pub async fn find_box(&self, id: BoxId) -> Result<Option<Smartbox>, Error> {
        boxes::find(&mut *self.store.database.read().await?, id).await
    }

    /// Boxes of every org in the order of their birth.
    ///
    /// # Errors
    /// [`Error::BadCursor`] for a cursor of another list.
    pub async fn list_boxes(
        &self,
        filter: &BoxFilter,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<Smartbox>, Error> {
        boxes::list(&mut *self.store.database.read().await?, None, filter, cursor, limit).await
    }

    /// Finds an operation of any org.
    pub async fn find_operation(&self, id: OperationId) -> Result<Option<Operation>, Error> {
        operation::find(&mut *self.store.database.read().await?, id).await
    }

    /// The operations of a box that are under way, oldest first.
    pub async fn open_operations(&self, id: BoxId) -> Result<Vec<Operation>, Error> {
        operation::open_of_box(&mut *self.store.database.read().await?, id).await
    }

    /// The boxes for which an operation is under way.
    pub async fn boxes_with_open_operations(&self) -> Result<HashSet<BoxId>, Error> {
        let ids: Vec<String> =
            sqlx::query_scalar("select distinct box_id from operations where finished_at_ms is null")
                .fetch_all(&mut *self.store.database.read().await?)
                .await?;
        ids.iter().map(|id| parsed(id)).collect()
    }

    /// Every size there is, smallest first.
    pub async fn tiers(&self) -> Result<Vec<Tier>, Error> {
        let rows: Vec<TierRow> = sqlx::query_as(
            "select name, cpu_millis, memory_bytes, memory_max_bytes, pids_max, boxes_max from tiers
             order by memory_bytes, cpu_millis, name",
        )
        .fetch_all(&mut *self.store.database.read().await?)
        .await?;
        rows.into_iter().map(Tier::try_from).collect()
    }

    /// Finds a size by its name.
    pub async fn tier(&self, name: &str) -> Result<Option<Tier>, Error> {
        boxes::find_tier(&mut *self.store.database.read().await?, name).await
    }

    /// How many boxes of a tier are meant to run, `except` left out.
    pub async fn running_in_tier(&self, name: &str, except: Option<BoxId>) -> Result<u32, Error> {
        let running: i64 = sqlx::query_scalar(
            "select count(*) from boxes where tier = $1 and desired = 'running' and id <> $2",
        )
        .bind(name)
        .bind(except.map(|id| id.to_string()).unwrap_or_default())
        .fetch_one(&mut *self.store.database.read().await?)
        .await?;
        Ok(u32::try_from(running).unwrap_or(u32::MAX))
    }

    /// Opens a secret of any box; `None` when the box has none of that name.
    ///
    /// # Errors
    /// [`Error::Unsealable`] when it was sealed with another key, for another place, or altered.
    pub async fn secret(&self, id: BoxId, name: &str) -> Result<Option<SecretString>, Error> {
        secrets::find(&self.store, None, id, name).await
    }

    /// Puts down something that happened outside of a change of intent.
    pub async fn append_event(
        &self,
        org: Option<OrgId>,
        box_id: Option<BoxId>,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        event::append(&mut tx, org, box_id, &event, now).await?;
        Ok(tx.commit().await?)
    }

    /// Claims an idempotency key of the platform's admin. See [`Claim`] for what to do next.
    pub async fn idempotency_begin(
        &self,
        key: &str,
        route: &str,
        body_hash: &BodyHash,
        now: Timestamp,
    ) -> Result<Claim, Error> {
        idempotency::begin(&self.store.database, ADMIN_SCOPE, key, route, body_hash, now).await
    }

    /// Keeps the answer to the request that claimed the key.
    pub async fn idempotency_finish(&self, key: &str, status: u16, body: &str) -> Result<(), Error> {
        idempotency::finish(&self.store.database, ADMIN_SCOPE, key, status, body).await
    }

    /// Frees the key of a request that did nothing, so that it can be repeated at once.
    pub async fn idempotency_abandon(&self, key: &str) -> Result<(), Error> {
        idempotency::abandon(&self.store.database, ADMIN_SCOPE, key).await
    }
}
