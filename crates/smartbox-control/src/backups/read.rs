//! Looking at backups, taking one along, removing one.

use std::path::PathBuf;
use std::pin::Pin;
use std::time::Duration;

use bytes::Bytes;
use futures_util::Stream;
use smartbox_backup::Manifest;
use smartbox_core::{BackupId, Permission};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

use super::archive::rests_on;
use super::progress::Work;
use super::{BoxBackups, blocking};
use crate::{Control, Error, Op};

/// Pieces of a download that wait for a slow client.
pub(super) const PIECES_MAX: usize = 8;

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
        let under_way = self.inner.backups.board.of(smartbox.id);
        Ok(BoxBackups { smartbox, state, backups, under_way })
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
        if rests_on(org.archive(smartbox.id).await?.as_ref(), &backup) {
            return Err(Error::Conflict {
                what: "the box is archived, and this backup is all there is of it".to_owned(),
                remedy: "start the box first, or delete it".to_owned(),
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
        let (repository, on_board) = self.inner.backups.board.watch(repository, smartbox.id, Work::Exporting);
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
            let _held = (permit, on_board);
            let failed = pieces.clone();
            if let Err(error) = reader.write_to(Pieces { pieces }, Some(&manifest)) {
                let _gone = failed.blocking_send(Err(std::io::Error::other(error)));
            }
        }));
        Ok(Download { name, content: Box::pin(ReceiverStream::new(receiver)) })
    }
}

/// Writes into a channel.
pub(super) struct Pieces {
    pub(super) pieces: mpsc::Sender<std::io::Result<Bytes>>,
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
