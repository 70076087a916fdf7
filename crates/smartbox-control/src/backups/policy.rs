//! Who decides when backups are made and which are kept: the box, its org, its tier, the platform's settings.

use jiff::Timestamp;
use smartbox_core::backup::{Effective, Matter, Rules, platform};
use smartbox_core::{Permission, Principal};
use smartbox_store::{BackupRulesRow, Smartbox, TierBackupRules};

use crate::{Control, Error, FieldIssue, Op};

/// What is decided in one circle, and what holds with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupDecision {
    /// What is decided here.
    pub rules: Rules,
    /// Raised by every change; 0 where nothing ever was.
    pub version: i64,
    /// When it was last changed, and who changed it.
    pub changed: Option<(Timestamp, String)>,
    /// What holds: for the box; or for a box of the org or tier about which nothing else is decided.
    pub effective: Effective,
}

/// What somebody wants to be decided, as texts. What is not named is left to the next wider circle.
pub type BackupWish = Vec<(Matter, String)>;

fn read(wish: &BackupWish) -> Result<Rules, Error> {
    let mut issues = Vec::new();
    let mut rules = Rules::default();
    for (matter, text) in wish {
        match matter.read(text) {
            Ok(value) => rules = rules.with(*matter, Some(value)),
            Err(bad) => issues.push(FieldIssue { field: matter.as_str(), message: bad.to_string() }),
        }
    }
    if issues.is_empty() { Ok(rules) } else { Err(Error::Invalid(issues)) }
}

/// What was decided, for the audit log.
fn told(rules: &Rules) -> serde_json::Value {
    let said = Matter::ALL.into_iter().filter_map(|matter| {
        Some((matter.as_str().to_owned(), serde_json::json!(matter.words(rules.of(matter)?))))
    });
    serde_json::Value::Object(said.collect())
}

impl Control {
    /// What the platform's settings say of backups.
    pub(crate) fn platform_backup_rules(&self) -> Rules {
        let policy = &self.inner.limits.backups;
        platform(policy.period, &policy.retention, policy.archive_after)
    }

    /// What holds for the backups of a box.
    pub(crate) async fn effective_backups(&self, row: &Smartbox) -> Result<Effective, Error> {
        let policies = self.backup_fleet().backup_policies_of(row).await?;
        Ok(policies.of(row, &self.platform_backup_rules()))
    }

    /// What is decided about the backups of a box.
    pub async fn box_backup_policy(&self, op: &Op, reference: &str) -> Result<BackupDecision, Error> {
        let smartbox = self.resolve(op, Permission::BoxesRead, reference).await?;
        let row = self.inner.store.org(smartbox.org).backup_rules(Some(smartbox.id)).await?;
        Ok(of_row(row.as_ref(), self.effective_backups(&smartbox).await?))
    }

    /// Decides it anew. It counts from the next look at the box on.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::VersionMismatch`].
    pub async fn set_box_backup_policy(
        &self,
        op: &Op,
        reference: &str,
        wish: &BackupWish,
        if_version: Option<i64>,
    ) -> Result<BackupDecision, Error> {
        let smartbox = self.resolve(op, Permission::BoxesManage, reference).await?;
        let rules = read(wish)?;
        let event = self.event_of(op, "box.backup-policy-set", "asked for", told(&rules));
        let org = self.inner.store.org(smartbox.org);
        let now = self.inner.clock.now();
        let row = org.set_backup_rules(Some(smartbox.id), &rules, if_version, event, now).await?;
        self.inner.backups.wake.notify_one();
        Ok(of_row(Some(&row), self.effective_backups(&smartbox).await?))
    }

    /// What is decided about the backups of an org's boxes. The org is one's own (`me`), or the one that an admin names.
    pub async fn org_backup_policy(&self, op: &Op, org: &str) -> Result<BackupDecision, Error> {
        op.require(Permission::BoxesRead)?;
        let org = self.named_org(op, org).await?;
        let row = self.inner.store.org(org).backup_rules(None).await?;
        Ok(self.of_org(row.as_ref()))
    }

    /// Decides it anew.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::NotFound`], [`Error::VersionMismatch`].
    pub async fn set_org_backup_policy(
        &self,
        op: &Op,
        org: &str,
        wish: &BackupWish,
        if_version: Option<i64>,
    ) -> Result<BackupDecision, Error> {
        op.require(Permission::BoxesManage)?;
        let org = self.named_org(op, org).await?;
        let rules = read(wish)?;
        let event = self.event_of(op, "org.backup-policy-set", "asked for", told(&rules));
        let now = self.inner.clock.now();
        let row = self.inner.store.org(org).set_backup_rules(None, &rules, if_version, event, now).await?;
        self.inner.backups.wake.notify_one();
        Ok(self.of_org(Some(&row)))
    }

    /// What is decided about the backups of a tier's boxes. Only an admin may see it as a whole.
    pub async fn tier_backup_policy(&self, op: &Op, tier: &str) -> Result<BackupDecision, Error> {
        self.require_tier(op, tier).await?;
        let row = self.backup_fleet().tier_backup_rules(tier).await?;
        Ok(self.of_tier(row.as_ref()))
    }

    /// Decides it anew. Only an admin may.
    ///
    /// # Errors
    /// [`Error::Invalid`], [`Error::NotFound`], [`Error::VersionMismatch`].
    pub async fn set_tier_backup_policy(
        &self,
        op: &Op,
        tier: &str,
        wish: &BackupWish,
        if_version: Option<i64>,
    ) -> Result<BackupDecision, Error> {
        self.require_tier(op, tier).await?;
        let rules = read(wish)?;
        let mut detail = told(&rules);
        detail["tier"] = serde_json::json!(tier);
        let event = self.event_of(op, "tier.backup-policy-set", "asked for", detail);
        let now = self.inner.clock.now();
        let row = self.backup_fleet().set_tier_backup_rules(tier, &rules, if_version, event, now).await?;
        self.inner.backups.wake.notify_one();
        Ok(self.of_tier(Some(&row)))
    }

    async fn require_tier(&self, op: &Op, tier: &str) -> Result<(), Error> {
        if op.principal != Principal::Admin {
            return Err(Error::Forbidden);
        }
        self.backup_fleet().tier(tier).await?.map(drop).ok_or(Error::NotFound("tier"))
    }

    fn of_org(&self, row: Option<&BackupRulesRow>) -> BackupDecision {
        let rules = row.map(|row| *row.rules).unwrap_or_default();
        let nothing = Rules::default();
        of_row(row, Effective::resolve(&nothing, &rules, &nothing, &self.platform_backup_rules()))
    }

    fn of_tier(&self, row: Option<&TierBackupRules>) -> BackupDecision {
        let rules = row.map(|row| row.rules).unwrap_or_default();
        let nothing = Rules::default();
        BackupDecision {
            rules,
            version: row.map_or(0, |row| row.version),
            changed: row.map(|row| (row.changed_at, row.changed_by.clone())),
            effective: Effective::resolve(&nothing, &nothing, &rules, &self.platform_backup_rules()),
        }
    }
}

fn of_row(row: Option<&BackupRulesRow>, effective: Effective) -> BackupDecision {
    BackupDecision {
        rules: row.map(|row| *row.rules).unwrap_or_default(),
        version: row.map_or(0, |row| row.version),
        changed: row.map(|row| (row.changed_at, row.changed_by.clone())),
        effective,
    }
}
