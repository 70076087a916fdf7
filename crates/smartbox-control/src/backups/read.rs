//! Looking at backups, asking for one, taking one along, removing one.

use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use smartbox_backup::Manifest;
use smartbox_core::backup::Reason;
use smartbox_core::{BackupId, BoxId, Permission};
use smartbox_store::Backup;
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::{BoxBackups, blocking};
use crate::{Control, Error, Op};

/// How long somebody waits for a backup that they asked for. It is made all the same.
const WAIT_MAX: Duration = Duration::from_secs(55);
/// Pieces of a download that wait for a slow client.
const PIECES_MAX: usize = 8;

/// A backup on its way out, or one file of it.
pub struct Download {
    /// What to call it.
    pub name: String,
    /// Its bytes. One that ends with an error is not complete.
    pub content: Pin<Box<dyn Stream<Item = std::io::Result<Bytes>> + Send>>,
}

impl Control {
    /// The backups of a box, and how it goes with them.
    pub async fn box_backups(&self, op: &Op, reference: &str) -> Result<BoxBackups, Error> {
        let smartbox = self.resolve(op, Permission::BoxesRead, reference).await?;
        let org = self.inner.store.org(smartbox.org);
        let state = org.backup_state(smartbox.id).await?;
        let backups = org.list_backups(smartbox.id).await?;
        Ok(BoxBackups { smartbox, state, backups })
    }

    /// Makes a backup now, and waits for it. It stays until somebody removes it.
    ///
    /// # Errors
    /// [`Error::Conflict`] when there is nothing to save; [`Error::Unavailable`] when it takes long, or fails.
    pub async fn create_backup(&self, op: &Op, reference: &str) -> Result<Backup, Error> {
        let smartbox = self.resolve(op, Permission::BoxesOperate, reference).await?;
        if self.inner.backups.volumes.home(smartbox.id).await.map_err(Error::internal)?.is_none() {
            return Err(nothing_to_save());
        }
        self.wait_for_backup(smartbox.id, Reason::Asked).await?.ok_or_else(nothing_to_save)
    }

    /// Waits for a backup that is made now. `None`: there was nothing new to save.
    pub(crate) async fn wait_for_backup(&self, id: BoxId, reason: Reason) -> Result<Option<Backup>, Error> {
        let later = |what: String| Error::Unavailable { what, retry_after: Duration::from_secs(30) };
        let answered = self.inner.backups.ask(id, reason);
        let answered =
            answered.ok_or_else(|| later("many wait for a backup of this box already".to_owned()))?;
        match tokio::time::timeout(WAIT_MAX, answered).await {
            Ok(Ok(Ok(backup))) => Ok(backup),
            Ok(Ok(Err(what))) => Err(later(format!("the backup failed: {what}"))),
            Ok(Err(_dropped)) => Err(later("the platform is stopping".to_owned())),
            Err(_elapsed) => {
                Err(later("the backup is still being made; the list shows it when it is done".to_owned()))
            }
        }
    }

    /// Removes a backup. The only good one of a box that exists stays.
    pub async fn remove_backup(&self, op: &Op, reference: &str, id: BackupId) -> Result<(), Error> {
        let smartbox = self.resolve(op, Permission::BoxesManage, reference).await?;
        let org = self.inner.store.org(smartbox.org);
        let backup = org.find_backup(smartbox.id, id).await?.ok_or(Error::NotFound("backup"))?;
        let all = org.list_backups(smartbox.id).await?;
        if backup.is_good() && !all.iter().any(|other| other.is_good() && other.id != id) {
            return Err(Error::Conflict {
                what: "it is the only good backup of this box".to_owned(),
                remedy: "make another one first, or delete the box".to_owned(),
            });
        }
        let detail = serde_json::json!({ "backup": id.to_string(), "made_at": backup.made_at.to_string() });
        let event = self.event_of(op, "backup.removed", "asked for", detail);
        org.remove_backup(smartbox.id, id, event, self.inner.clock.now()).await?;
        // What it held is removed by the loop, which knows what else there is.
        self.inner.backups.wake.notify_one();
        Ok(())
    }

    /// A backup as an archive, or one file of it as it is. Whoever has it has every secret that the box had.
    ///
    /// # Errors
    /// [`Error::NotFound`] for a backup, or a file, that is not there.
    pub async fn download_backup(
        &self,
        op: &Op,
        reference: &str,
        id: BackupId,
        path: Option<PathBuf>,
    ) -> Result<Download, Error> {
        let smartbox = self.resolve(op, Permission::BoxesAdminister, reference).await?;
        let org = self.inner.store.org(smartbox.org);
        let backup = org.find_backup(smartbox.id, id).await?.ok_or(Error::NotFound("backup"))?;
        let permit = std::sync::Arc::clone(&self.inner.backups.readers).try_acquire_owned();
        let permit = permit.map_err(|_busy| Error::Unavailable {
            what: "other backups are being read".to_owned(),
            retry_after: Duration::from_secs(10),
        })?;
        let repository = self.repository_of(&smartbox).await?;
        let name = match &path {
            Some(path) => path.file_name().and_then(|name| name.to_str()).unwrap_or("file").to_owned(),
            None => format!("{}-{id}.tar.zst", smartbox.name),
        };
        // A file that is not there is refused while there is a status to do it with.
        let reader = {
            let (snapshot, path) = (backup.snapshot.clone(), path.clone());
            blocking(move || repository.reader(&snapshot, path.as_deref())).await?
        };
        let reader = reader.map_err(|error| match error {
            smartbox_backup::Error::NoFile => Error::NotFound("file"),
            other => Error::internal(other),
        })?;
        let detail = serde_json::json!({ "backup": id.to_string(), "path": path });
        let event = self.event_of(op, "backup.downloaded", "asked for", detail);
        self.backup_fleet()
            .append_event(Some(smartbox.org), Some(smartbox.id), event, self.inner.clock.now())
            .await?;
        let facts = &backup.facts;
        let manifest = Manifest::new(
            &backup.runtime_version,
            &backup.made_at.to_string(),
            (facts.files, facts.sessions),
        );
        let (pieces, receiver) = mpsc::channel(PIECES_MAX);
        // Ends with the client: nobody receives, so the next piece fails.
        drop(tokio::task::spawn_blocking(move || {
            let _permit = permit;
            let failed = pieces.clone();
            if let Err(error) = reader.write_to(Pieces { pieces }, Some(&manifest)) {
                let _gone = failed.blocking_send(Err(std::io::Error::other(error)));
            }
        }));
        Ok(Download { name, content: Box::pin(ReceiverStream::new(receiver)) })
    }
}

pub(crate) fn nothing_to_save() -> Error {
    Error::Conflict {
        what: "there is nothing to save: the box was never started".to_owned(),
        remedy: "start it first".to_owned(),
    }
}

/// Writes into a channel.
struct Pieces {
    pieces: mpsc::Sender<std::io::Result<Bytes>>,
}

impl std::io::Write for Pieces {
    fn write(&mut self, content: &[u8]) -> std::io::Result<usize> {
        let piece = Bytes::copy_from_slice(content);
        let sent = self.pieces.blocking_send(Ok(piece));
        sent.map_err(|_gone| std::io::Error::from(std::io::ErrorKind::BrokenPipe))?;
        Ok(content.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}
