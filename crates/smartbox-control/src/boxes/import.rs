//! Makes a box that begins with an archive from elsewhere: one that `backup download` wrote, on this platform or another.
//!
//! The archive becomes the first backup of the new box, which stays, and the box begins with it as a clone begins with another's: through
//! staging, checks and swap, with an identity of its own. A platform that is killed in between leaves a stopped box that says so.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use smartbox_backup::Source;
use smartbox_core::backup::{Reason, Verdict, judge};
use smartbox_core::{BackupId, Desired, OrgId, Permission};
use smartbox_provider::Stillness;
use smartbox_store::{Backup, IntentChange, NewFrom, OperationKind, Origin, OriginKind, Smartbox};

use super::create::{Checked, create_error};
use super::{Created, NewBox};
use crate::backups::{INTAKE_IDS, Intake, Work, blocking, take, take_in};
use crate::entropy::id_parts;
use crate::{Control, Error, Op, random_token};

/// What a caller asks for. Its version of the agent runtime is for archives that do not say theirs.
#[derive(Clone, Debug, Default)]
pub struct ImportWish {
    /// The box.
    pub new: NewBox,
    /// Whether its channels and jobs run at once; by default they wait for somebody who confirms it.
    pub has_channels: bool,
}

impl Control {
    /// Takes an archive in (tar, compressed with zstd) and makes a box that begins with it.
    ///
    /// # Errors
    /// [`Error::Invalid`] when the archive is refused, or does not say which version saved it and nobody else does; [`Error::Conflict`] when no
    /// version of the agent runtime here can read it, or there is no room; [`Error::Unavailable`] when others are taken in, or the
    /// upload breaks off; else as [`Control::create_box`].
    pub async fn import_box(
        &self,
        op: &Op,
        wish: &ImportWish,
        content: impl Stream<Item = io::Result<Bytes>> + Send,
    ) -> Result<Created, Error> {
        op.require(Permission::BoxesManage)?;
        self.require_no_maintenance().await?;
        let checked = self.check_new_box(&wish.new).await?;
        let org = self.resolve_org(op, wish.new.org.as_deref()).await?;
        if self.inner.store.org(org).find_box_by_name(&checked.name).await?.is_some() {
            return Err(Error::NameTaken(wish.new.name.clone()));
        }
        let permit = std::sync::Arc::clone(&self.inner.backups.importers).try_acquire_owned();
        let _permit = permit.map_err(|_busy| Error::Unavailable {
            what: "other archives are being taken in".to_owned(),
            retry_after: Duration::from_secs(30),
        })?;
        let scratch = format!("import-{}", random_token(&*self.inner.entropy));
        let intake = take_in(self, &scratch, content).await?;
        let runtime = self.runtime_of_archive(&intake, wish.new.runtime_version.as_deref()).await?;
        let row = self.begin_import(op, (org, &checked), (&runtime.1, wish.has_channels)).await?;
        match self.finish_import(op, &row, intake, &runtime.0).await {
            Ok(created) => {
                self.learn_allowances(org).await;
                self.inner.changes.intent(row.id);
                Ok(created)
            }
            Err(error) => {
                self.forget_import(&row).await;
                Err(error)
            }
        }
    }

    /// The version that saved the state, and the one that the box gets with it.
    async fn runtime_of_archive(
        &self,
        intake: &Intake,
        named: Option<&str>,
    ) -> Result<(String, String), Error> {
        let said = intake.unpacked.manifest.as_ref().map(|manifest| manifest.runtime_version.as_str());
        let saved_by = match (said, named) {
            (Some(said), Some(named)) if said != named => {
                return Err(Error::field(
                    "runtime_version",
                    format!("the archive was saved by OpenClaw {said}"),
                ));
            }
            (Some(version), _) | (None, Some(version)) => version,
            (None, None) => {
                let why = "is needed: the archive does not say which version of OpenClaw saved it";
                return Err(Error::field("runtime_version", why));
            }
        };
        let runtime = self.runtime_for_state(self.inner.runtime.version(), saved_by).await?;
        self.require_usable("runtime_version", &runtime).await?;
        Ok((saved_by.to_owned(), runtime))
    }

    /// The box without its state: it is stopped, and does not start before it has it.
    async fn begin_import(
        &self,
        op: &Op,
        (org, checked): (OrgId, &Checked),
        (runtime, has_channels): (&str, bool),
    ) -> Result<Smartbox, Error> {
        let mut made = self.make_box(checked, (Desired::Stopped, runtime.to_owned()))?;
        made.row.is_quiet = !has_channels;
        let new = NewFrom {
            org,
            smartbox: made.row.clone(),
            secrets: &made.secrets(),
            origin: Origin { kind: OriginKind::Import, source: None, backup: None },
            event: self.event_by(op, "box.created", "for an archive that is taken in"),
            told: None,
        };
        let created = self.backup_fleet().create_box_from(new, None, self.inner.clock.now()).await;
        Ok(created.map_err(|error| create_error(error, checked.name.as_str()))?.0)
    }

    /// Saves what was taken in as the first backup of the box, which begins with it.
    async fn finish_import(
        &self,
        op: &Op,
        row: &Smartbox,
        intake: Intake,
        saved_by: &str,
    ) -> Result<Created, Error> {
        let limits = self.inner.limits.backups.limits;
        // What the snapshot says of itself is of the version that saved it.
        let of = Smartbox { runtime_version: saved_by.to_owned(), ..row.clone() };
        let label = take::label(&of, 0, Stillness::Stopped, &intake.checked);
        let source =
            Source { home: intake.room.path.clone(), copies: intake.databases(), ids: INTAKE_IDS, limits };
        let repository = self.repository_of(row).await?;
        let (repository, on_board) = self.inner.backups.board.watch(repository, row.id, Work::Saving);
        let checked = intake.checked;
        let saved = blocking(move || {
            let _on_board = on_board;
            repository.snapshot(source, &label)
        });
        let saved = saved.await?.map_err(Error::internal)?;
        drop(intake.room);
        let facts = take::facts(&saved, &checked);
        if let Verdict::Suspicious(why) = judge(None, &facts) {
            return Err(Error::field("archive", why));
        }
        let now = self.inner.clock.now();
        let (at, random) = id_parts(&*self.inner.entropy, now);
        let backup = Backup {
            id: BackupId::from_parts(at, random),
            org: row.org,
            box_id: row.id,
            snapshot: saved.snapshot,
            made_at: at,
            reason: Reason::Import,
            is_pinned: true,
            suspicion: None,
            stillness: Stillness::Stopped.as_str().to_owned(),
            still_us: 0,
            took_ms: 0,
            runtime_version: saved_by.to_owned(),
            epoch: 0,
            facts,
            added_bytes: saved.added_bytes,
            // No home looks like this: the first backup of what the box makes of it is made in any case.
            mark: "import".to_owned(),
            verified: None,
            drilled: None,
        };
        let detail = serde_json::json!({
            "backup": backup.id.to_string(), "files": facts.files, "runtime_version": saved_by,
        });
        let event = self.event_of(op, "box.imported", "it begins with an archive from elsewhere", detail);
        let operation = self.new_operation(OperationKind::Create);
        let (smartbox, operation) =
            self.backup_fleet().complete_import(&backup, (operation, event), now).await?;
        Ok(Created { smartbox, operation })
    }

    /// Removes a box that did not get its state, and what was saved of it.
    async fn forget_import(&self, row: &Smartbox) {
        let now = self.inner.clock.now();
        let what = "its archive could not be taken in";
        let event = self.event("imports", "box.delete-requested", what, serde_json::json!({}));
        let change = IntentChange { purge_at: Some(now), ..IntentChange::to(Desired::Deleted) };
        if let Err(error) = self.write_intent(row, change, None, None, event).await {
            let error = &error as &dyn std::error::Error;
            tracing::warn!(box.id = %row.id, error, "a box whose archive could not be taken in is still there, stopped");
        }
    }
}
