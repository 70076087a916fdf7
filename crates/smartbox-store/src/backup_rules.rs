//! What is decided about backups of boxes, by boxes, orgs and tiers.

use std::collections::HashMap;

use jiff::Timestamp;
use smartbox_core::backup::{Effective, Rules};
use smartbox_core::{BoxId, OrgId};

use crate::database::Connection;
use crate::event::{self, NewEvent};
use crate::row::{instant, parsed};
use crate::rules::{self, BackupRulesRow};
use crate::{Error, FleetStore, OrgStore, Smartbox};

/// What is decided for the boxes of a tier.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TierBackupRules {
    /// Name of the tier.
    pub tier: String,
    /// The rules.
    pub rules: Rules,
    /// Raised by every change.
    pub version: i64,
    /// When they were last changed.
    pub changed_at: Timestamp,
    /// Who changed them.
    pub changed_by: String,
}

/// Everything that is decided about backups beside the platform's settings.
#[derive(Clone, Debug, Default)]
pub struct BackupPolicies {
    boxes: HashMap<BoxId, Rules>,
    orgs: HashMap<OrgId, Rules>,
    tiers: HashMap<String, Rules>,
}

impl BackupPolicies {
    /// What holds for a box. `platform` says what nobody has decided.
    pub fn of(&self, smartbox: &Smartbox, platform: &Rules) -> Effective {
        let nothing = Rules::default();
        let of_box = self.boxes.get(&smartbox.id).unwrap_or(&nothing);
        let of_org = self.orgs.get(&smartbox.org).unwrap_or(&nothing);
        let of_tier = self.tiers.get(&smartbox.tier).unwrap_or(&nothing);
        Effective::resolve(of_box, of_org, of_tier, platform)
    }
}

type LayerTuple = (String, String, i64, i64, String);

const SUBJECT: &str = "tier:";

fn layer((subject, rules, version, changed_at_ms, changed_by): LayerTuple) -> Result<TierBackupRules, Error> {
    Ok(TierBackupRules {
        tier: subject.strip_prefix(SUBJECT).unwrap_or(&subject).to_owned(),
        rules: parsed(&rules)?,
        version,
        changed_at: instant(changed_at_ms)?,
        changed_by,
    })
}

async fn find_layer(connection: &mut Connection, tier: &str) -> Result<Option<TierBackupRules>, Error> {
    let row: Option<LayerTuple> = sqlx::query_as(
        "select subject, rules, version, changed_at_ms, changed_by from backup_layers where subject = $1",
    )
    .bind(format!("{SUBJECT}{tier}"))
    .fetch_optional(connection)
    .await?;
    row.map(layer).transpose()
}

impl OrgStore {
    /// What the org has decided about backups of its boxes, or of one of them; `None` where it never did.
    pub async fn backup_rules(&self, box_id: Option<BoxId>) -> Result<Option<BackupRulesRow>, Error> {
        rules::find(&mut *self.store.database.read().await?, self.org, box_id).await
    }

    /// Replaces it and puts the event down, both or neither. The event's actor has changed it.
    ///
    /// # Errors
    /// [`Error::VersionMismatch`] when `if_version` is not its version any more (0 where there is nothing);
    /// [`Error::NotFound`] for a box of another org.
    pub async fn set_backup_rules(
        &self,
        box_id: Option<BoxId>,
        new: &Rules,
        if_version: Option<i64>,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<BackupRulesRow, Error> {
        let mut tx = self.store.database.write().await?;
        let row = rules::set(&mut tx, (self.org, box_id), new, if_version, (event, now)).await?;
        tx.commit().await?;
        Ok(row)
    }
}

impl FleetStore {
    /// Everything that is decided about backups of boxes.
    pub async fn backup_policies(&self) -> Result<BackupPolicies, Error> {
        let mut connection = self.store.database.read().await?;
        let mut policies = BackupPolicies::default();
        for row in rules::all::<Rules>(&mut connection).await? {
            match row.box_id {
                Some(id) => drop(policies.boxes.insert(id, *row.rules)),
                None => drop(policies.orgs.insert(row.org, *row.rules)),
            }
        }
        let layers: Vec<LayerTuple> =
            sqlx::query_as("select subject, rules, version, changed_at_ms, changed_by from backup_layers")
                .fetch_all(&mut *connection)
                .await?;
        for row in layers {
            let layer = layer(row)?;
            policies.tiers.insert(layer.tier, layer.rules);
        }
        Ok(policies)
    }

    /// What is decided about backups of one box.
    pub async fn backup_policies_of(&self, smartbox: &Smartbox) -> Result<BackupPolicies, Error> {
        let mut connection = self.store.database.read().await?;
        let mut policies = BackupPolicies::default();
        let of_box = rules::find::<Rules>(&mut connection, smartbox.org, Some(smartbox.id)).await?;
        let of_org = rules::find::<Rules>(&mut connection, smartbox.org, None).await?;
        let of_tier = find_layer(&mut connection, &smartbox.tier).await?;
        policies.boxes.extend(of_box.map(|row| (smartbox.id, *row.rules)));
        policies.orgs.extend(of_org.map(|row| (smartbox.org, *row.rules)));
        policies.tiers.extend(of_tier.map(|row| (row.tier, row.rules)));
        Ok(policies)
    }

    /// What is decided for the boxes of a tier; `None` where nothing ever was.
    pub async fn tier_backup_rules(&self, tier: &str) -> Result<Option<TierBackupRules>, Error> {
        find_layer(&mut *self.store.database.read().await?, tier).await
    }

    /// Replaces it and puts the event down, both or neither. The event's actor has changed it.
    ///
    /// # Errors
    /// [`Error::VersionMismatch`] when `if_version` is not its version any more (0 where there is nothing).
    pub async fn set_tier_backup_rules(
        &self,
        tier: &str,
        new: &Rules,
        if_version: Option<i64>,
        event: NewEvent,
        now: Timestamp,
    ) -> Result<TierBackupRules, Error> {
        let mut tx = self.store.database.write().await?;
        let current = find_layer(&mut tx, tier).await?.map_or(0, |row| row.version);
        if if_version.is_some_and(|expected| expected != current) {
            return Err(Error::VersionMismatch { current });
        }
        sqlx::query(
            "insert into backup_layers (subject, rules, version, changed_at_ms, changed_by) values ($1, $2, $3, $4, $5)
             on conflict (subject) do update set rules = $2, version = $3, changed_at_ms = $4, changed_by = $5",
        )
        .bind(format!("{SUBJECT}{tier}"))
        .bind(new.to_string())
        .bind(current + 1)
        .bind(now.as_millisecond())
        .bind(&event.actor)
        .execute(&mut *tx)
        .await?;
        event::append(&mut tx, None, None, &event, now).await?;
        let row = find_layer(&mut tx, tier).await?.ok_or(Error::NotFound("tier"))?;
        tx.commit().await?;
        Ok(row)
    }
}
