//! Who serves models for the org and its boxes, what may be asked for, and what was.

use jiff::Timestamp;
use smartbox_core::BoxId;
use smartbox_core::models::{ModelRules, ModelScope, Provider, ProviderName};

use super::OrgStore;
use crate::event::{self, NewEvent};
use crate::models::{self, KeyChange, ModelCall, ModelCallRow, ModelProvider, ModelRulesRow};
use crate::{Cursor, Error, Page, boxes, page};

impl OrgStore {
    fn model_scope(&self, box_id: Option<BoxId>) -> ModelScope {
        box_id.map_or(ModelScope::Org(self.org), |id| ModelScope::Box(self.org, id))
    }

    /// The providers of the org, or of one of its boxes, by name.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a box of another org.
    pub async fn model_providers(&self, box_id: Option<BoxId>) -> Result<Vec<ModelProvider>, Error> {
        let (mut connection, scope) = (self.store.database.read().await?, self.model_scope(box_id));
        models::check(&mut connection, scope).await?;
        models::list_providers(&mut connection, scope).await
    }

    /// One of them.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a box of another org.
    pub async fn model_provider(
        &self,
        box_id: Option<BoxId>,
        name: &ProviderName,
    ) -> Result<Option<ModelProvider>, Error> {
        let (mut connection, scope) = (self.store.database.read().await?, self.model_scope(box_id));
        models::check(&mut connection, scope).await?;
        models::find_provider(&mut connection, scope, name).await
    }

    /// Makes or replaces a provider, seals its key and puts the event down, all or nothing.
    ///
    /// # Errors
    /// [`Error::VersionMismatch`] (0 where there is none), [`Error::TooMany`], [`Error::NotFound`] for a box of another org.
    pub async fn put_model_provider(
        &self,
        box_id: Option<BoxId>,
        provider: (&Provider, &KeyChange),
        if_version: Option<i64>,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<ModelProvider, Error> {
        let mut tx = self.store.database.write().await?;
        let scope = self.model_scope(box_id);
        let by = (event.actor.as_str(), now);
        let row = models::put(&mut tx, &self.store.sealer, scope, provider, if_version, by).await?;
        event::append(&mut tx, Some(self.org), box_id, &event, now).await?;
        tx.commit().await?;
        Ok(row)
    }

    /// Takes a provider and its key away.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn delete_model_provider(
        &self,
        box_id: Option<BoxId>,
        name: &ProviderName,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        models::remove(&mut tx, self.model_scope(box_id), name).await?;
        event::append(&mut tx, Some(self.org), box_id, &event, now).await?;
        Ok(tx.commit().await?)
    }

    /// The rules of the org, or of one of its boxes; `None` where there never were any.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a box of another org.
    pub async fn model_rules(&self, box_id: Option<BoxId>) -> Result<Option<ModelRulesRow>, Error> {
        let (mut connection, scope) = (self.store.database.read().await?, self.model_scope(box_id));
        models::check(&mut connection, scope).await?;
        models::find_rules(&mut connection, scope).await
    }

    /// Replaces them and puts the event down, both or neither.
    ///
    /// # Errors
    /// [`Error::VersionMismatch`] (0 where there are none), [`Error::NotFound`] for a box of another org.
    pub async fn set_model_rules(
        &self,
        box_id: Option<BoxId>,
        rules: &ModelRules,
        if_version: Option<i64>,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<ModelRulesRow, Error> {
        let mut tx = self.store.database.write().await?;
        let by = (event.actor.as_str(), now);
        let row = models::set_rules(&mut tx, self.model_scope(box_id), rules, if_version, by).await?;
        event::append(&mut tx, Some(self.org), box_id, &event, now).await?;
        tx.commit().await?;
        Ok(row)
    }

    /// Calls of a box, newest first.
    ///
    /// # Errors
    /// [`Error::BadCursor`] for a cursor of another list, [`Error::NotFound`] for a box of another org.
    pub async fn model_calls(
        &self,
        box_id: BoxId,
        cursor: Option<&Cursor>,
        limit: u32,
    ) -> Result<Page<ModelCall>, Error> {
        let before: i64 = cursor.map_or(Ok(i64::MAX), Cursor::key)?;
        let limit = page::limit(limit);
        let mut connection = self.store.database.read().await?;
        boxes::find_of_org(&mut connection, self.org, box_id).await?.ok_or(Error::NotFound("box"))?;
        let mut rows: Vec<ModelCallRow> = sqlx::query_as(
            "select seq, box_id, at_ms, via, dialect, path, model, provider, status, outcome, code, input, output, cache_read,
                    cache_write, nanos, is_estimated, is_cached, duration_ms, prompt
             from model_calls where box_id = $1 and org_id = $2 and seq < $3 order by seq desc limit $4",
        )
        .bind(box_id.to_string())
        .bind(self.org.to_string())
        .bind(before)
        .bind(i64::from(limit) + 1)
        .fetch_all(&mut *connection)
        .await?;
        let has_more = rows.len() > limit as usize;
        rows.truncate(limit as usize);
        let next = rows.last().filter(|_row| has_more).map(|row| Cursor::at(row.seq));
        Ok(Page { items: rows.into_iter().map(TryInto::try_into).collect::<Result<_, _>>()?, next })
    }
}
