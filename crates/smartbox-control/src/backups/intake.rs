//! Takes an archive in that somebody brings: into a directory of the platform, where it is looked through before anything is made of it.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt as _};
use smartbox_backup::{Copy, IdShift, Unpacked};
use smartbox_core::uid_range;
use tokio::sync::mpsc;

use super::blocking;
use super::take::{Checked, Scratch, check};
use crate::{Control, Error};

/// Largest archive.
const PACKED_BYTES_MAX: u64 = 64 << 30;
/// Pieces that wait to be unpacked.
const PIECES_MAX: usize = 8;
/// Whoever sends nothing for so long has gone.
const SILENCE_MAX: Duration = Duration::from_mins(1);
/// What stays free on the disk of the platform, in bytes.
const ROOM_BYTES: u64 = 2 << 30;
/// Ids of files are those inside the box: this machine's own mean nothing in an archive.
pub(crate) const IDS: IdShift = IdShift { base: 0, count: uid_range::LENGTH };

/// A directory that may hold much: it goes with this value, on a thread for such work. Nobody else has one of its name.
pub(crate) struct Room {
    pub(crate) path: PathBuf,
    scratch: Option<Scratch>,
}

impl Drop for Room {
    fn drop(&mut self) {
        if let Some(scratch) = self.scratch.take() {
            drop(tokio::task::spawn_blocking(move || drop(scratch)));
        }
    }
}

/// What was taken in.
pub(crate) struct Intake {
    /// Where it lies.
    pub(crate) room: Room,
    /// What it held.
    pub(crate) unpacked: Unpacked,
    /// What its databases are like.
    pub(crate) checked: Checked,
}

impl Intake {
    /// Its databases, which are nobody's but the platform's here and need no copies.
    pub(crate) fn databases(&self) -> Vec<Copy> {
        copies(&self.room.path, &self.unpacked)
    }
}

fn copies(room: &Path, unpacked: &Unpacked) -> Vec<Copy> {
    let there = |path: &PathBuf| Copy { original: path.clone(), copy: room.join(path) };
    unpacked.databases.iter().map(there).collect()
}

/// Unpacks an archive while it comes, and looks through its databases.
///
/// # Errors
/// [`Error::Invalid`] for what is no archive of a box; [`Error::Conflict`] without room; [`Error::Unavailable`] when the sender stops.
pub(crate) async fn take_in(
    control: &Control,
    name: &str,
    content: impl Stream<Item = io::Result<Bytes>> + Send,
) -> Result<Intake, Error> {
    let scratch = Scratch::make(control.inner.backups.scratch.join(name)).map_err(Error::internal)?;
    let (pieces, received) = mpsc::channel(PIECES_MAX);
    let limits = control.inner.limits.backups.limits;
    let room = Room { path: scratch.0.clone(), scratch: Some(scratch) };
    let into = room.path.clone();
    let unpacking = blocking(move || {
        let reader = Received { pieces: received, rest: Bytes::new(), is_over: false };
        smartbox_backup::unpack(reader, &into, (IDS, limits), ROOM_BYTES)
    });
    let (sent, unpacked) = tokio::join!(forward(content, pieces), unpacking);
    let unpacked = match (unpacked?, sent) {
        // What follows from an upload that broke off says nothing of the archive.
        (Err(smartbox_backup::Error::Archive(_)), Err(why)) => return Err(why),
        (Err(smartbox_backup::Error::Archive(why)), Ok(())) => return Err(Error::field("archive", why)),
        (Err(smartbox_backup::Error::Disk { source, .. }), _)
            if matches!(source.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) =>
        {
            return Err(Error::Conflict {
                what: "the platform's disk has no room for the archive".to_owned(),
                remedy: "free some, or have its backups and its data on a larger one".to_owned(),
            });
        }
        (Err(error), _) => return Err(Error::internal(error)),
        (Ok(unpacked), _) => unpacked,
    };
    let checked = check(&copies(&room.path, &unpacked)).await;
    if !checked.broken.is_empty() {
        return Err(Error::field(
            "archive",
            format!("a database in it is broken: {}", checked.broken.join("; ")),
        ));
    }
    Ok(Intake { room, unpacked, checked })
}

/// Hands an upload on, as far as it may go.
async fn forward(
    content: impl Stream<Item = io::Result<Bytes>> + Send,
    pieces: mpsc::Sender<io::Result<Bytes>>,
) -> Result<(), Error> {
    let mut content = std::pin::pin!(content);
    let mut bytes = 0_u64;
    let broke_off = |why: &str| Error::Unavailable {
        what: format!("the upload broke off: {why}"),
        retry_after: Duration::from_secs(1),
    };
    loop {
        let piece = match tokio::time::timeout(SILENCE_MAX, content.next()).await {
            Ok(None) => return Ok(()),
            Ok(Some(Ok(piece))) => piece,
            Ok(Some(Err(error))) => {
                let why = error.to_string();
                let _nobody_reads = pieces.send(Err(error)).await;
                return Err(broke_off(&why));
            }
            Err(_elapsed) => {
                let _nobody_reads = pieces.send(Err(io::ErrorKind::TimedOut.into())).await;
                return Err(broke_off("nothing came for a minute"));
            }
        };
        bytes = bytes.saturating_add(piece.len() as u64);
        if bytes > PACKED_BYTES_MAX {
            let _nobody_reads = pieces.send(Err(io::ErrorKind::FileTooLarge.into())).await;
            return Err(Error::field("archive", format!("it is larger than {PACKED_BYTES_MAX} bytes")));
        }
        // Who unpacks has seen enough, which is told by what it returns.
        if pieces.send(Ok(piece)).await.is_err() {
            return Ok(());
        }
    }
}

/// Reads what is received.
struct Received {
    pieces: mpsc::Receiver<io::Result<Bytes>>,
    rest: Bytes,
    is_over: bool,
}

impl Read for Received {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.rest.is_empty() && !self.is_over {
            match self.pieces.blocking_recv() {
                None => self.is_over = true,
                Some(piece) => self.rest = piece?,
            }
        }
        let count = self.rest.len().min(into.len());
        let piece = self.rest.split_to(count);
        if let Some(into) = into.get_mut(..count) {
            into.copy_from_slice(&piece);
        }
        Ok(count)
    }
}
