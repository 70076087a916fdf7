//! Everything that belongs to an org, on its way out: one archive, written as it is read.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use smartbox_backup::{Bundle, Reader};
use smartbox_core::{OrgId, Permission, Principal};
use smartbox_store::{Backup, Smartbox};
use tokio::sync::{OwnedSemaphorePermit, mpsc};
use tokio_stream::wrappers::ReceiverStream;

use super::progress::{OnBoard, Work};
use super::read::{Download, PIECES_MAX, Pieces};
use super::{ACTOR, blocking};
use crate::{Control, Error, Op};

/// Parts that wait to be written.
const PARTS_MAX: usize = 4;

/// A part of an export.
enum Part {
    File(PathBuf, Vec<u8>),
    Snapshot(PathBuf, Box<Reader>, OnBoard),
    End,
}

/// Takes the parts of an export, one after the other. Each waits until there is room: nothing is collected.
pub struct ExportSink {
    parts: mpsc::Sender<Part>,
}

/// Nobody reads the export any more, or it could not be written.
#[derive(Clone, Copy, Debug, thiserror::Error)]
#[error("nobody reads the export any more")]
pub struct ExportGone;

impl ExportSink {
    /// Adds a file.
    ///
    /// # Errors
    /// Nobody reads the export any more.
    pub async fn file(&self, path: impl Into<PathBuf>, content: Vec<u8>) -> Result<(), ExportGone> {
        self.parts.send(Part::File(path.into(), content)).await.map_err(|_gone| ExportGone)
    }

    /// Says that this is all. An export that is dropped without it is not complete, and whoever reads it is told.
    ///
    /// # Errors
    /// Nobody reads the export any more.
    pub async fn end(self) -> Result<(), ExportGone> {
        self.parts.send(Part::End).await.map_err(|_gone| ExportGone)
    }
}

impl Control {
    /// Begins an export of the caller's org: where its parts go, and what comes out.
    ///
    /// # Errors
    /// [`Error::Lacks`] for everybody but owners, the platform's admin included; [`Error::NotFound`] for another org;
    /// [`Error::Unavailable`] while others read backups.
    pub async fn begin_export(&self, op: &Op, org: &str) -> Result<(OrgId, ExportSink, Download), Error> {
        op.require(Permission::OrgOwn)?;
        if op.principal == Principal::Admin {
            return Err(Error::Lacks(Permission::OrgOwn));
        }
        let org = self.named_org(op, org).await?;
        let permit = Arc::clone(&self.inner.backups.readers).try_acquire_owned();
        let permit = permit.map_err(|_busy| Error::Unavailable {
            what: "other backups are being read".to_owned(),
            retry_after: Duration::from_secs(30),
        })?;
        let now = self.inner.clock.now();
        let event = self.event_by(op, "org.exported", "asked for");
        self.backup_fleet().append_event(Some(org), None, event, now).await?;
        let (parts, receiver) = mpsc::channel(PARTS_MAX);
        let made_at = u64::try_from(now.as_second()).unwrap_or(0);
        let content = write(receiver, permit, made_at);
        let name = format!("{org}.tar.zst");
        Ok((org, ExportSink { parts }, Download { name, content: Box::pin(content) }))
    }

    /// Adds the newest good backup of a box, below a directory. `None`: there is none.
    ///
    /// # Errors
    /// When it cannot be read, or nobody reads the export any more.
    pub async fn export_backup(
        &self,
        sink: &ExportSink,
        row: &Smartbox,
        below: PathBuf,
    ) -> Result<Option<Backup>, Error> {
        let fleet = self.backup_fleet();
        let newest = fleet.backups_of(row.id).await?.into_iter().find(Backup::is_good);
        let Some(backup) = newest else { return Ok(None) };
        let repository = self.repository_of(row).await?;
        let (repository, on_board) = self.inner.backups.board.watch(repository, row.id, Work::Exporting);
        let snapshot = backup.snapshot.clone();
        let reader = blocking(move || repository.reader(&snapshot, None)).await?.map_err(Error::internal)?;
        let detail = serde_json::json!({ "backup": backup.id.to_string() });
        let event = self.event(ACTOR, "backup.exported", "its org was exported", detail);
        fleet.append_event(Some(row.org), Some(row.id), event, self.inner.clock.now()).await?;
        let sent = sink.parts.send(Part::Snapshot(below, Box::new(reader), on_board)).await;
        sent.map_err(|_gone| Error::internal(ExportGone))?;
        Ok(Some(backup))
    }
}

/// Writes parts into an archive as they come. Ends with its reader: nobody receives, so the next piece fails.
fn write(
    mut parts: mpsc::Receiver<Part>,
    permit: OwnedSemaphorePermit,
    made_at: u64,
) -> ReceiverStream<std::io::Result<bytes::Bytes>> {
    let (pieces, receiver) = mpsc::channel(PIECES_MAX);
    drop(tokio::task::spawn_blocking(move || {
        let _permit = permit;
        let failed = pieces.clone();
        let mut all = || -> Result<(), Box<dyn std::error::Error + Send + Sync>> {
            let mut bundle = Bundle::new(Pieces { pieces: pieces.clone() }, made_at)?;
            loop {
                match parts.blocking_recv() {
                    Some(Part::File(path, content)) => bundle.add_file(&path, &content)?,
                    Some(Part::Snapshot(below, reader, _on_board)) => bundle.add_snapshot(&below, &reader)?,
                    Some(Part::End) => return Ok(bundle.finish()?),
                    None => return Err("the export broke off".into()),
                }
            }
        };
        if let Err(error) = all() {
            let _gone = failed.blocking_send(Err(std::io::Error::other(error)));
        }
    }));
    ReceiverStream::new(receiver)
}
