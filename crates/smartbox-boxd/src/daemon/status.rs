//! Tells the platform what the gateway does, through the status file.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use tokio::sync::watch;
use tokio_util::sync::CancellationToken;

use super::exit::Exit;
use crate::{BoxdStatus, GatewayStatus};

/// Until a status that could not be written (a full disk) is tried again.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// Changes the status. Every change gets the next sequence number.
pub(crate) struct StatusBoard {
    sender: watch::Sender<BoxdStatus>,
}

/// Writes the newest status.
pub(crate) struct StatusFile {
    path: PathBuf,
    receiver: watch::Receiver<BoxdStatus>,
}

/// A board and its file; nothing is written until [`StatusFile::write`] or [`StatusFile::run`].
pub(crate) fn open(path: &Path, generation: i64) -> (StatusBoard, StatusFile) {
    let first = BoxdStatus {
        generation,
        sequence: 1,
        gateway: GatewayStatus::Starting,
        restarts: 0,
        last_exit: None,
        was_silent: false,
    };
    let (sender, receiver) = watch::channel(first);
    (StatusBoard { sender }, StatusFile { path: path.to_owned(), receiver })
}

impl StatusBoard {
    /// Reports a state; does nothing when it is the last one.
    pub(crate) fn gateway(&self, status: GatewayStatus) {
        self.change(|board| board.gateway = status);
    }

    /// Reports an end of the gateway, and what follows from it.
    pub(crate) fn ended(&self, exit: Option<Exit>, status: GatewayStatus) {
        self.change(|board| {
            board.gateway = status;
            board.last_exit = exit.map(Exit::info).or(board.last_exit);
        });
    }

    /// Reports, with the next change, whether it was ended because it did not answer.
    pub(crate) fn was_silent(&self, was_silent: bool) {
        self.sender.send_if_modified(|board| {
            board.was_silent = was_silent;
            false
        });
    }

    /// Reports that it was started again.
    pub(crate) fn restarted(&self) {
        self.change(|board| {
            board.gateway = GatewayStatus::Starting;
            board.restarts = board.restarts.saturating_add(1);
        });
    }

    fn change(&self, apply: impl FnOnce(&mut BoxdStatus)) {
        self.sender.send_if_modified(|board| {
            let before = board.clone();
            apply(board);
            if *board == before {
                return false;
            }
            board.sequence += 1;
            if board.gateway != before.gateway {
                tracing::info!(from = ?before.gateway, to = ?board.gateway, "gateway");
            }
            true
        });
    }
}

impl StatusFile {
    /// Writes each change until asked to stop, and the last one even then.
    pub(crate) async fn run(mut self, stop: CancellationToken) {
        let mut failed = false;
        loop {
            match self.write() {
                Ok(()) => failed = false,
                Err(error) if failed => tracing::debug!(%error, "the status is still not written"),
                Err(error) => {
                    failed = true;
                    tracing::error!(%error, "cannot write the status; trying again every second");
                }
            }
            if stop.is_cancelled() && !self.receiver.has_changed().unwrap_or(false) {
                return;
            }
            let retry = async {
                if failed { tokio::time::sleep(RETRY_PAUSE).await } else { std::future::pending().await }
            };
            tokio::select! {
                _ = self.receiver.changed() => {}
                () = stop.cancelled() => {}
                () = retry => {}
            }
        }
    }

    /// Writes by renaming, so that a reader never sees half a file.
    pub(crate) fn write(&mut self) -> io::Result<()> {
        let text = serde_json::to_vec(&*self.receiver.borrow_and_update())?;
        let fresh = self.path.with_extension("json.new");
        fs::write(&fresh, text)?;
        fs::rename(&fresh, &self.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn every_change_is_one_higher_and_no_change_is_none() -> anyhow::Result<()> {
        let directory = tempfile::tempdir()?;
        let path = directory.path().join("status.json");
        let (board, file) = open(&path, 7);
        board.gateway(GatewayStatus::Starting);
        board.gateway(GatewayStatus::Ready);
        board.ended(Some(Exit::Signal(9)), GatewayStatus::Restarting);
        board.restarted();
        let stop = CancellationToken::new();
        stop.cancel();
        file.run(stop).await;
        let status: BoxdStatus = serde_json::from_slice(&fs::read(&path)?)?;
        assert_eq!((status.generation, status.sequence, status.restarts), (7, 4, 1));
        assert!(status.last_exit.expect("it ended").is_killed());
        Ok(())
    }
}
