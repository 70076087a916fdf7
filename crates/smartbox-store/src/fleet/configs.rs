//! Changes of configurations of all boxes: what the loop puts down, step by step.

use jiff::Timestamp;
use secrecy::SecretString;
use smartbox_core::config_change::{ConfigStage, ConfigStanding};
use smartbox_core::{BoxId, Desired};

use crate::configs::{self, ConfigState, NewConfig, StateRow, select_states};
use crate::event::{self, NewEvent};
use crate::operation::{self, Outcome};
use crate::org::intent;
use crate::smartbox::IntentChange;
use crate::{Error, FleetStore, boxes};

/// Most changes that one look takes up. The next takes the others.
const OPEN_MAX: i64 = 500;

impl FleetStore {
    /// Changes that are under way, those that wait longest first.
    pub async fn open_config_changes(&self) -> Result<Vec<ConfigState>, Error> {
        let rows: Vec<StateRow> =
            sqlx::query_as(select_states!("where stage is not null order by since_ms, box_id limit $1"))
                .bind(OPEN_MAX)
                .fetch_all(&mut *self.store.database.read().await?)
                .await?;
        rows.into_iter().map(ConfigState::try_from).collect()
    }

    /// What a box should have: the version, and what it says. `None`: its owner never added anything.
    pub async fn config_of(&self, id: BoxId) -> Result<Option<(i64, SecretString)>, Error> {
        let mut connection = self.store.database.read().await?;
        let Some(state) = configs::state(&mut connection, id).await? else { return Ok(None) };
        // Version 0 says nothing.
        if state.version == 0 {
            return Ok(None);
        }
        let text = configs::text(&mut connection, &self.store.sealer, (id, state.version)).await?;
        let text = text.ok_or_else(|| Error::damaged("the configuration that a box should have is gone"))?;
        Ok(Some((state.version, text)))
    }

    /// Puts down what the gateway of a box was given, and in which incarnation.
    pub async fn note_config_given(&self, id: BoxId, version: i64, generation: i64) -> Result<(), Error> {
        let mut tx = self.store.database.write().await?;
        sqlx::query(
            "update config_states set rendered_version = $2, rendered_generation = $3 where box_id = $1",
        )
        .bind(id.to_string())
        .bind(version)
        .bind(generation)
        .execute(&mut *tx)
        .await?;
        Ok(tx.commit().await?)
    }

    /// Goes on to the next stage, or begins the time of the present one anew. Says whether the change was where the caller saw it.
    pub async fn advance_config(
        &self,
        seen: &ConfigState,
        stage: ConfigStage,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut tx = self.store.database.write().await?;
        let moved = sqlx::query(
            "update config_states set stage = $4, since_ms = $5 where box_id = $1 and version = $2 and stage = $3",
        )
        .bind(seen.box_id.to_string())
        .bind(seen.version)
        .bind(seen.stage.map(ConfigStage::as_str))
        .bind(stage.as_str())
        .bind(now.as_millisecond())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        tx.commit().await?;
        Ok(moved > 0)
    }

    /// Wants a new incarnation of a running box, which is given what it should have. Says whether it did.
    pub async fn restart_for_config(
        &self,
        seen: &ConfigState,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut tx = self.store.database.write().await?;
        let (state, row) =
            (configs::state(&mut tx, seen.box_id).await?, boxes::find(&mut tx, seen.box_id).await?);
        let is_as_seen =
            state.is_some_and(|state| state.version == seen.version && state.stage == seen.stage);
        if !is_as_seen || row.is_none_or(|row| row.desired != Desired::Running) {
            return Ok(false);
        }
        restart(&mut tx, seen, now).await?;
        event::append(&mut tx, Some(seen.org), Some(seen.box_id), &event, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Says that a version is bad, and wants the last good one back, as a new version; without one, nothing but what the platform
    /// says. With `restarts` in a new incarnation. Says whether it did.
    pub async fn begin_config_way_back(
        &self,
        seen: &ConfigState,
        (why, restarts): (&str, bool),
        event: NewEvent,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut tx = self.store.database.write().await?;
        let state = configs::state(&mut tx, seen.box_id).await?;
        if !state.is_some_and(|state| state.version == seen.version && state.stage == seen.stage) {
            return Ok(false);
        }
        configs::judge(&mut tx, (seen.box_id, seen.version), (ConfigStanding::Bad, Some(why))).await?;
        let known = configs::versions(&mut tx, seen.box_id).await?;
        let good = known.iter().find(|known| known.standing == ConfigStanding::Good);
        let text = match good {
            Some(good) => configs::text(&mut tx, &self.store.sealer, (seen.box_id, good.version)).await?,
            None => None,
        };
        let text = text.unwrap_or_else(|| SecretString::from("{}"));
        let version = seen.version + 1;
        let new = NewConfig { text: &text, origin: "way-back" };
        let row = (seen.org, seen.box_id, version);
        configs::insert(&mut tx, &self.store.sealer, row, new, (&event.actor, now)).await?;
        let wanted = ConfigState {
            version,
            stage: Some(ConfigStage::GoingBack),
            since: now,
            failed_version: Some(seen.version),
            why: Some(why.to_owned()),
            ..seen.clone()
        };
        configs::want(&mut tx, &wanted).await?;
        if restarts {
            restart(&mut tx, seen, now).await?;
        }
        event::append(&mut tx, Some(seen.org), Some(seen.box_id), &event, now).await?;
        tx.commit().await?;
        Ok(true)
    }

    /// Ends a change and what people wait for. With `standing` it is said what became of the version. Says whether it was under way,
    /// and as far as the caller has seen it.
    pub async fn finish_config_change(
        &self,
        seen: &ConfigState,
        (outcome, standing): (&Outcome, Option<ConfigStanding>),
        event: NewEvent,
        now: Timestamp,
    ) -> Result<bool, Error> {
        let mut tx = self.store.database.write().await?;
        let ended = sqlx::query(
            "update config_states set stage = null, since_ms = $4, operation_id = null
             where box_id = $1 and version = $2 and stage = $3",
        )
        .bind(seen.box_id.to_string())
        .bind(seen.version)
        .bind(seen.stage.map(ConfigStage::as_str))
        .bind(now.as_millisecond())
        .execute(&mut *tx)
        .await?
        .rows_affected();
        if ended == 0 {
            return Ok(false);
        }
        if let Some(standing) = standing {
            configs::judge(&mut tx, (seen.box_id, seen.version), (standing, None)).await?;
        }
        if let Some(operation) = seen.operation {
            operation::finish(&mut tx, operation, outcome, now).await?;
        }
        event::append(&mut tx, Some(seen.org), Some(seen.box_id), &event, now).await?;
        tx.commit().await?;
        Ok(true)
    }
}

async fn restart(
    tx: &mut crate::database::Connection,
    seen: &ConfigState,
    now: Timestamp,
) -> Result<(), Error> {
    let change = IntentChange { bump_generation: true, ..IntentChange::to(Desired::Running) };
    let mut smartbox = intent::write(tx, seen.org, seen.box_id, change, None, now).await?;
    intent::forget_breaker(tx, &mut smartbox).await
}
