//! The snapshots of one box.

use std::collections::HashSet;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use jiff::Timestamp;
use rustic_core::repofile::SnapshotFile;
use rustic_core::{
    BackupOptions, ConfigOptions, Credentials, Id, KeyOptions, OpenStatus, PruneOptions, RepositoryBackends,
    RepositoryOptions, SnapshotOptions,
};
use secrecy::{ExposeSecret, SecretString};

use crate::archive::Reader;
use crate::bridge::Bridge;
use crate::restore::{self, Restored};
use crate::source::{Reading, Tally};
use crate::{Error, HOME, IdShift, Limits, Source};

/// A lock of restic's that is older than this belongs to nobody any more; restic renews its own every five minutes.
const LOCK_AGE_MAX: Duration = Duration::from_mins(30);

type Opened = rustic_core::Repository<OpenStatus>;

/// What a snapshot says of itself to whoever reads it with another tool.
#[derive(Clone, Debug, Default)]
pub struct Label {
    /// Whose it is, as restic's host.
    pub host: String,
    /// Tags.
    pub tags: Vec<String>,
    /// More, as text.
    pub description: String,
}

/// A snapshot that was made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Saved {
    /// Its id.
    pub snapshot: String,
    /// Files in it.
    pub files: u64,
    /// Their sizes together.
    pub bytes: u64,
    /// Bytes that were new to the repository, compressed.
    pub added_bytes: u64,
    /// What was left out.
    pub left_out: u64,
}

/// The snapshots of one box. Every call blocks.
#[derive(Clone)]
pub struct Repository {
    bridge: Bridge,
    key: SecretString,
}

impl Repository {
    pub(crate) fn new(bridge: Bridge, key: SecretString) -> Self {
        Self { bridge, key }
    }

    fn credentials(&self) -> Credentials {
        Credentials::password(self.key.expose_secret())
    }

    fn closed(&self) -> Result<rustic_core::Repository<()>, Error> {
        let options = RepositoryOptions::default().no_cache(true);
        let backends = RepositoryBackends::new(Arc::new(self.bridge.clone()), None);
        rustic_core::Repository::new(&options, &backends).map_err(Error::rustic)
    }

    pub(crate) fn opened(&self) -> Result<Opened, Error> {
        self.closed()?.open(&self.credentials()).map_err(Error::rustic)
    }

    fn opened_or_made(&self) -> Result<Opened, Error> {
        if self.bridge.exists()? {
            return self.opened();
        }
        let made =
            self.closed()?.init(&self.credentials(), &KeyOptions::default(), &ConfigOptions::default());
        made.map_err(Error::rustic)
    }

    /// Saves a home. The repository is made if there is none. What was saved before is read once, by names and times.
    ///
    /// # Errors
    /// When the store or the disk fails, or the home holds more than the limits allow: then there is no new snapshot.
    pub fn snapshot(&self, source: Source, label: &Label) -> Result<Saved, Error> {
        let repository = self.opened_or_made()?.to_indexed_ids().map_err(Error::rustic)?;
        let snapshot = SnapshotOptions::default()
            .add_tags(&label.tags.join(","))
            .map_err(Error::rustic)?
            .host(label.host.clone())
            .description(label.description.clone())
            .to_snapshot()
            .map_err(Error::rustic)?;
        let tally = Arc::new(Tally::default());
        let reading = Reading { source, tally: Arc::clone(&tally) };
        let options = BackupOptions::default();
        let made = repository
            .archive(&options, &reading, snapshot, &[PathBuf::from(HOME)])
            .map_err(Error::rustic)?;
        let broken = tally.broken.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take();
        if let Some(why) = broken {
            repository.delete_snapshots(&[made.id]).map_err(Error::rustic)?;
            return Err(Error::Repository(why));
        }
        let added_bytes = made.summary.as_ref().map_or(0, |summary| summary.data_added_packed);
        Ok(Saved {
            snapshot: made.id.to_hex().to_string(),
            files: tally.files.load(Ordering::Relaxed),
            bytes: tally.bytes.load(Ordering::Relaxed),
            added_bytes,
            left_out: tally.left_out.count(),
        })
    }

    /// Writes the home of a snapshot into an empty directory that no box can reach. Files belong to users of the box.
    ///
    /// # Errors
    /// [`Error::NoSnapshot`]; [`Error::Foreign`] when the snapshot names places outside of the directory.
    pub fn restore(
        &self,
        snapshot: &str,
        into: &Path,
        ids: IdShift,
        limits: Limits,
    ) -> Result<Restored, Error> {
        let opened = self.opened()?;
        let found = find(&opened, snapshot)?;
        let repository = opened.to_indexed().map_err(Error::rustic)?;
        restore::write(&repository, &found, into, ids, limits)
    }

    /// Gets a snapshot, or one file of it, ready to be read.
    ///
    /// # Errors
    /// [`Error::NoSnapshot`], [`Error::NoFile`].
    pub fn reader(&self, snapshot: &str, file: Option<&Path>) -> Result<Reader, Error> {
        let opened = self.opened()?;
        let found = find(&opened, snapshot)?;
        let repository = opened.to_indexed().map_err(Error::rustic)?;
        Reader::new(repository, &found, file)
    }

    /// Reads every byte of a snapshot, and returns how many files it has. Each part is proven by its key and its name.
    ///
    /// # Errors
    /// Whatever is wrong with it.
    pub fn verify(&self, snapshot: &str) -> Result<u64, Error> {
        self.reader(snapshot, None)?.read_all()
    }

    /// Removes every snapshot but these, and returns how many that were. What they held goes with [`Self::prune`].
    ///
    /// # Errors
    /// When the store fails.
    pub fn keep_only(&self, snapshots: &HashSet<String>) -> Result<usize, Error> {
        if !self.bridge.exists()? {
            return Ok(0);
        }
        let opened = self.opened()?;
        let all = opened.get_all_snapshots().map_err(Error::rustic)?;
        let goes: Vec<_> = all
            .iter()
            .map(|snapshot| snapshot.id)
            .filter(|id| !snapshots.contains(id.to_hex().as_str()))
            .collect();
        if !goes.is_empty() {
            opened.delete_snapshots(&goes).map_err(Error::rustic)?;
        }
        Ok(goes.len())
    }

    /// All snapshots, with when they were made.
    ///
    /// # Errors
    /// When the store fails.
    pub fn dated(&self) -> Result<Vec<(String, Timestamp)>, Error> {
        if !self.bridge.exists()? {
            return Ok(Vec::new());
        }
        let all = self.opened()?.get_all_snapshots().map_err(Error::rustic)?;
        Ok(all.iter().map(|snapshot| (snapshot.id.to_hex().to_string(), snapshot.time.timestamp())).collect())
    }

    /// The ids of all snapshots.
    ///
    /// # Errors
    /// When the store fails.
    pub fn snapshots(&self) -> Result<Vec<String>, Error> {
        if !self.bridge.exists()? {
            return Ok(Vec::new());
        }
        let all = self.opened()?.get_all_snapshots().map_err(Error::rustic)?;
        Ok(all.iter().map(|snapshot| snapshot.id.to_hex().to_string()).collect())
    }

    /// Removes what no snapshot needs. Nothing goes at once: what is unneeded is marked, and removed a day later if it is
    /// unneeded still, so that a snapshot that is being made by somebody else keeps what it found. False: somebody with another
    /// program works on the repository.
    ///
    /// # Errors
    /// When the store fails.
    pub fn prune(&self, now: Timestamp) -> Result<bool, Error> {
        if !self.bridge.exists()? {
            return Ok(true);
        }
        let since = now.checked_sub(LOCK_AGE_MAX).unwrap_or(now);
        if self.bridge.is_locked(since)? {
            return Ok(false);
        }
        let opened = self.opened()?;
        let options = PruneOptions::default();
        let plan = opened.prune_plan(&options).map_err(Error::rustic)?;
        opened.prune(&options, plan).map_err(Error::rustic)?;
        Ok(true)
    }
}

fn find(opened: &Opened, snapshot: &str) -> Result<SnapshotFile, Error> {
    let wanted: Id = snapshot.parse().map_err(|_error| Error::NoSnapshot)?;
    let all = opened.get_all_snapshots().map_err(Error::rustic)?;
    all.into_iter().find(|found| *found.id == wanted).ok_or(Error::NoSnapshot)
}
