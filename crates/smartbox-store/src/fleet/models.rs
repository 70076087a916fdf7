//! Who serves models for everybody, and the calls of all boxes.

use jiff::Timestamp;
use secrecy::SecretString;
use smartbox_core::models::{ModelRules, ModelScope, Provider, ProviderName};

use crate::event::{self, NewEvent};
use crate::models::{self, KeyChange, ModelCall, ModelProvider, ModelRulesRow};
use crate::row::bigint;
use crate::{Error, FleetStore};

const PLATFORM: ModelScope = ModelScope::Platform;

impl FleetStore {
    /// Every provider of every scope, with its key.
    pub async fn model_providers_of_all(&self) -> Result<Vec<(ModelProvider, Option<SecretString>)>, Error> {
        models::all_providers(&mut *self.store.database.read().await?, &self.store.sealer).await
    }

    /// Every rule of every scope.
    pub async fn model_rules_of_all(&self) -> Result<Vec<ModelRulesRow>, Error> {
        models::all_rules(&mut *self.store.database.read().await?).await
    }

    /// The platform's providers that are not in its settings, by name.
    pub async fn platform_model_providers(&self) -> Result<Vec<ModelProvider>, Error> {
        models::list_providers(&mut *self.store.database.read().await?, PLATFORM).await
    }

    /// One of them.
    pub async fn platform_model_provider(&self, name: &ProviderName) -> Result<Option<ModelProvider>, Error> {
        models::find_provider(&mut *self.store.database.read().await?, PLATFORM, name).await
    }

    /// As [`crate::OrgStore::put_model_provider`], for everybody.
    pub async fn put_platform_model_provider(
        &self,
        provider: (&Provider, &KeyChange),
        if_version: Option<i64>,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<ModelProvider, Error> {
        let mut tx = self.store.database.write().await?;
        let by = (event.actor.as_str(), now);
        let row = models::put(&mut tx, &self.store.sealer, PLATFORM, provider, if_version, by).await?;
        event::append(&mut tx, None, None, &event, now).await?;
        tx.commit().await?;
        Ok(row)
    }

    /// As [`crate::OrgStore::delete_model_provider`], for everybody.
    pub async fn delete_platform_model_provider(
        &self,
        name: &ProviderName,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        models::remove(&mut tx, PLATFORM, name).await?;
        event::append(&mut tx, None, None, &event, now).await?;
        Ok(tx.commit().await?)
    }

    /// The rules for everybody.
    pub async fn platform_model_rules(&self) -> Result<Option<ModelRulesRow>, Error> {
        models::find_rules(&mut *self.store.database.read().await?, PLATFORM).await
    }

    /// As [`crate::OrgStore::set_model_rules`], for everybody.
    pub async fn set_platform_model_rules(
        &self,
        rules: &ModelRules,
        if_version: Option<i64>,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<ModelRulesRow, Error> {
        let mut tx = self.store.database.write().await?;
        let by = (event.actor.as_str(), now);
        let row = models::set_rules(&mut tx, PLATFORM, rules, if_version, by).await?;
        event::append(&mut tx, None, None, &event, now).await?;
        tx.commit().await?;
        Ok(row)
    }

    /// Appends calls, all or none. Those of boxes that are gone are of no interest to anybody.
    pub async fn append_model_calls(&self, calls: &[ModelCall]) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        let count = i64::try_from(calls.len()).unwrap_or(i64::MAX);
        let last: i64 = sqlx::query_scalar(
            "update counters set value = value + $1 where name = 'model-calls' returning value",
        )
        .bind(count)
        .fetch_one(&mut *tx)
        .await?;
        for (seq, call) in (last - count + 1..).zip(calls) {
            sqlx::query(
                "insert into model_calls (seq, box_id, org_id, at_ms, via, dialect, path, model, provider, status, outcome,
                     code, input, output, cache_read, cache_write, nanos, is_estimated, is_cached, duration_ms, prompt)
                 select cast($1 as bigint), id, org_id,
                     cast($3 as bigint), cast($4 as text), cast($5 as text), cast($6 as text), cast($7 as text),
                     cast($8 as text), cast($9 as bigint), cast($10 as text), cast($11 as text), cast($12 as bigint),
                     cast($13 as bigint), cast($14 as bigint), cast($15 as bigint), cast($16 as bigint), cast($17 as boolean),
                     cast($18 as boolean), cast($19 as bigint), cast($20 as text)
                 from boxes where id = $2",
            )
            .bind(seq)
            .bind(call.box_id.to_string())
            .bind(call.at.as_millisecond())
            .bind(&call.via)
            .bind(&call.dialect)
            .bind(&call.path)
            .bind(&call.model)
            .bind(&call.provider)
            .bind(call.status.map(i64::from))
            .bind(&call.outcome)
            .bind(&call.code)
            .bind(bigint(call.tokens.input))
            .bind(bigint(call.tokens.output))
            .bind(bigint(call.tokens.cache_read))
            .bind(bigint(call.tokens.cache_write))
            .bind(bigint(call.nanos))
            .bind(call.is_estimated)
            .bind(call.is_cached)
            .bind(bigint(call.duration_ms))
            .bind(&call.prompt)
            .execute(&mut *tx)
            .await?;
        }
        Ok(tx.commit().await?)
    }
}
