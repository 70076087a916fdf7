//! Makes a box that begins with the state of another.
//!
//! The state comes out of a backup of the other box, through the same staging, checks and swap as a restore (0021), before the new box
//! starts first. Whoever may take a backup along may clone: they have every secret that the agent has either way.

use smartbox_core::backup::Reason;
use smartbox_core::{BackupId, Desired, OrgId, Permission};
use smartbox_store::{Backup, NewFrom, OperationKind, Origin, OriginKind, Smartbox};

use super::create::{Checked, create_error};
use super::{Created, NewBox};
use crate::backups::nothing_to_save;
use crate::{Control, Error, Op};

/// What a caller asks for.
#[derive(Clone, Debug, Default)]
pub struct CloneWish {
    /// Name of the new box.
    pub name: String,
    /// The backup that it begins with; by default the newest, made now if something has changed since.
    pub backup: Option<String>,
    /// Whose the new box is; that of the other one by default. Only an admin may name another.
    pub org: Option<String>,
    /// Whether its channels and jobs run at once; by default they wait for somebody who confirms it.
    pub has_channels: bool,
}

impl Control {
    /// Makes a box like another: with its state, kind and size, and with keys, credentials, identity and backups of its own. Secrets that
    /// the platform keeps for the other one are not copied.
    ///
    /// # Errors
    /// [`Error::NotFound`] without such a box or backup; [`Error::Lacks`] the permission to take backups of the one along or to make the other;
    /// [`Error::Conflict`] when there is no backup that can be trusted, or no version of the agent runtime that can read it; else as
    /// [`Control::create_box`].
    pub async fn clone_box(&self, op: &Op, reference: &str, wish: &CloneWish) -> Result<Created, Error> {
        let source = self.resolve(op, Permission::BoxesAdminister, reference).await?;
        op.require(Permission::BoxesManage)?;
        self.require_no_maintenance().await?;
        let (kind, tier) = (Some(source.kind.to_string()), Some(source.tier.clone()));
        let labels = source.labels.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect();
        let new = NewBox { name: wish.name.clone(), kind, tier, labels, ..NewBox::default() };
        let checked = self.check_new_box(&new).await?;
        let org = self.org_of_clone(op, &source, wish.org.as_deref()).await?;
        if self.inner.store.org(org).find_box_by_name(&checked.name).await?.is_some() {
            return Err(Error::NameTaken(wish.name.clone()));
        }
        let backup = self.backup_to_clone(&source, wish.backup.as_deref()).await?;
        let runtime = self.runtime_for_state(&source.runtime_version, &backup.runtime_version).await?;
        self.require_usable("backup", &runtime).await?;
        self.write_clone(op, (&source, &backup), (org, &checked), (runtime, wish.has_channels)).await
    }

    async fn org_of_clone(&self, op: &Op, source: &Smartbox, named: Option<&str>) -> Result<OrgId, Error> {
        match named {
            None => Ok(source.org),
            Some(name) => self.resolve_org(op, Some(name)).await,
        }
    }

    /// The backup that a clone begins with.
    async fn backup_to_clone(&self, source: &Smartbox, named: Option<&str>) -> Result<Backup, Error> {
        let org = self.inner.store.org(source.org);
        if let Some(named) = named {
            let id: BackupId = named.parse().map_err(|_error| Error::NotFound("backup"))?;
            let backup = org.find_backup(source.id, id).await?.ok_or(Error::NotFound("backup"))?;
            return if backup.is_good() { Ok(backup) } else { Err(not_trusted(&backup)) };
        }
        // A disk that is lost has nothing newer than what was saved of it.
        let home = self.inner.backups.volumes.home(source.id).await.map_err(Error::internal)?;
        if home.is_some()
            && let Some(made) = self.wait_for_backup(source.id, Reason::Clone).await?
        {
            return if made.is_good() { Ok(made) } else { Err(not_trusted(&made)) };
        }
        let newest = org.list_backups(source.id).await?.into_iter().find(Backup::is_good);
        newest.ok_or_else(nothing_to_save)
    }

    async fn write_clone(
        &self,
        op: &Op,
        (source, backup): (&Smartbox, &Backup),
        (org, checked): (OrgId, &Checked),
        (runtime, has_channels): (String, bool),
    ) -> Result<Created, Error> {
        let mut made = self.make_box(checked, (Desired::Running, runtime))?;
        made.row.is_quiet = !has_channels;
        // The other org learns nothing of whose state it is.
        let made_at = backup.made_at.to_string();
        let event = self.event_of(
            op,
            "box.created",
            "as a copy of another",
            serde_json::json!({ "made_at": made_at }),
        );
        let detail = serde_json::json!({
            "clone": made.row.id.to_string(), "org": org.to_string(), "backup": backup.id.to_string(),
        });
        let told = self.event_of(op, "box.cloned", "another box begins with its state", detail);
        let new = NewFrom {
            org,
            smartbox: made.row.clone(),
            secrets: &made.secrets(),
            origin: Origin { kind: OriginKind::Clone, source: Some(source.id), backup: Some(backup.id) },
            event,
            told: Some((source.org, source.id, told)),
        };
        let operation = self.new_operation(OperationKind::Create);
        let fleet = self.backup_fleet();
        let created = fleet.create_box_from(new, Some(operation), self.inner.clock.now()).await;
        let (smartbox, operation) = created.map_err(|error| create_error(error, checked.name.as_str()))?;
        let operation = operation.ok_or_else(|| Error::internal("the store returned no operation"))?;
        self.learn_allowances(org).await;
        self.inner.changes.intent(smartbox.id);
        Ok(Created { smartbox, operation })
    }
}

fn not_trusted(backup: &Backup) -> Error {
    let why = backup.suspicion.clone().or_else(|| backup.verified.clone().and_then(|(_at, wrong)| wrong));
    Error::Conflict {
        what: format!(
            "backup {} is not trusted: {}",
            backup.id,
            why.unwrap_or_else(|| "it is broken".to_owned())
        ),
        remedy: "name a good one; `smartbox backup list` shows them".to_owned(),
    }
}
