//! The snapshots of one box.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::Ordering;

use jiff::Timestamp;
use rustic_core::repofile::SnapshotFile;
use rustic_core::{
    BackupOptions, ConfigOptions, Credentials, Id, KeyOptions, NoProgressBars, OpenStatus, ProgressBars,
    RepositoryBackends, RepositoryOptions, SnapshotOptions,
};
use secrecy::SecretString;
use tokio::sync::watch;

use crate::archive::{Reader, read_all};
use crate::bridge::Bridge;
use crate::depot::Depot;
use crate::key::Derived;
use crate::probe::machine_time;
use crate::progress::{Bars, Counter, Progress, Stop};
use crate::restore::{self, Restored, Store};
use crate::source::{Reading, Tally};
use crate::{Error, HOME, IdShift, Limits, Source, locks};

/// How hard pieces are compressed: as restic's own fastest, which is its default.
const COMPRESSION: i32 = 1;
/// Bytes of a pack, of which some are in memory at once. restic, which keeps them in files, has 16 MiB.
const PACK_SIZE: &str = "8MiB";

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
    pub(crate) depot: Depot,
    pub(crate) bridge: Bridge,
    derived: Arc<Derived>,
    watcher: Option<watch::Sender<Progress>>,
    stop: Stop,
}

impl Repository {
    pub(crate) fn new(depot: Depot, bridge: Bridge, key: &SecretString) -> Result<Self, Error> {
        Ok(Self {
            depot,
            bridge,
            derived: Arc::new(Derived::new(key)?),
            watcher: None,
            stop: Stop::default(),
        })
    }

    /// The same repository, whose snapshots, restores and verifications tell how far they are. A watcher that is slow sees the
    /// newest value only.
    #[must_use]
    pub fn watched(self, watcher: watch::Sender<Progress>) -> Self {
        Self { watcher: Some(watcher), ..self }
    }

    /// The same repository, whose snapshots, restores and verifications end when they are taken back.
    #[must_use]
    pub fn until(self, stop: Stop) -> Self {
        Self { stop, ..self }
    }

    fn counter(&self) -> Counter {
        Counter::new(self.watcher.clone(), self.stop.clone())
    }

    fn credentials(&self) -> Result<Credentials, Error> {
        Ok(Credentials::Masterkey(self.derived.for_library()?))
    }

    fn closed(&self, bars: impl ProgressBars) -> Result<rustic_core::Repository<()>, Error> {
        let options = RepositoryOptions::default().no_cache(true);
        let backends = RepositoryBackends::new(Arc::new(self.bridge.clone()), None);
        rustic_core::Repository::new_with_progress(&options, &backends, bars).map_err(Error::rustic)
    }

    /// Whether there is a repository, and it is ours.
    pub(crate) fn is_there(&self) -> Result<bool, Error> {
        match self.bridge.config()? {
            None => Ok(false),
            Some(config) if self.derived.master.open(&config).is_some() => Ok(true),
            Some(_) => Err(Error::Key),
        }
    }

    pub(crate) fn opened(&self) -> Result<Opened, Error> {
        self.opened_with(NoProgressBars)
    }

    fn opened_with(&self, bars: impl ProgressBars) -> Result<Opened, Error> {
        self.closed(bars)?.open(&self.credentials()?).map_err(Error::rustic)
    }

    /// Opens a repository that was made before.
    fn opened_to_read(&self) -> Result<Opened, Error> {
        if self.is_there()? { self.opened() } else { Err(Error::NoRepository) }
    }

    /// Its key's object comes first: whatever is killed in between makes the same one again, and `config` last, by which it is
    /// known that there is a repository.
    fn opened_or_made(&self, bars: Bars) -> Result<Opened, Error> {
        if !self.is_there()? {
            self.make()?;
        }
        self.opened_with(bars)
    }

    fn make(&self) -> Result<(), Error> {
        self.depot.try_conditions()?;
        let (name, content) = self.derived.object()?;
        self.bridge.put_key(&name, content)?;
        let mut settings =
            ConfigOptions::default().set_compression(COMPRESSION).set_datapack_growfactor(0_u32);
        settings.set_datapack_size = PACK_SIZE.parse().ok();
        let made = self.closed(NoProgressBars)?.init(&self.credentials()?, &KeyOptions::default(), &settings);
        match made {
            Ok(_) => Ok(()),
            // Another platform made it meanwhile, with the same key.
            Err(_) if self.is_there()? => Ok(()),
            Err(error) => Err(Error::rustic(error)),
        }
    }

    /// Saves a home. The repository is made if there is none. What was saved before is read once, by names and times.
    ///
    /// # Errors
    /// When the store or the disk fails, the home holds more than the limits allow, or it is taken back: then there is no new snapshot.
    pub fn snapshot(&self, source: Source, label: &Label) -> Result<Saved, Error> {
        let counter = self.counter();
        let repository = self.opened_or_made(Bars(counter.clone()))?;
        let since = locks::held_since(machine_time());
        if let Some(holder) = locks::exclusive_holder(&self.derived.master, &self.bridge.locks()?, since) {
            return Err(Error::Held(holder));
        }
        let repository = repository.to_indexed_ids().map_err(Error::rustic)?;
        let snapshot = SnapshotOptions::default()
            .add_tags(&label.tags.join(","))
            .map_err(Error::rustic)?
            .host(label.host.clone())
            .description(label.description.clone())
            .to_snapshot()
            .map_err(Error::rustic)?;
        let tally = Arc::new(Tally { counter: counter.clone(), ..Tally::default() });
        let reading = Reading { source, tally: Arc::clone(&tally) };
        let options = BackupOptions::default();
        let made = repository
            .archive(&options, &reading, snapshot, &[PathBuf::from(HOME)])
            .map_err(Error::rustic)?;
        // The library goes on where it fails at a file.
        let (given, taken) =
            (tally.nodes.load(Ordering::Relaxed), made.summary.as_ref().map(|all| all.total_files_processed));
        let lacks = taken.filter(|taken| *taken != given);
        let lacks = lacks.map(|taken| format!("{taken} of {given} files could be saved; try again"));
        let stopped = counter.go_on();
        let broken = tally.broken.lock().unwrap_or_else(std::sync::PoisonError::into_inner).take().or(lacks);
        if stopped.is_err() || broken.is_some() {
            repository.delete_snapshots(&[made.id]).map_err(Error::rustic)?;
        }
        stopped?;
        if let Some(why) = broken {
            return Err(Error::Repository(why));
        }
        counter.end(tally.files.load(Ordering::Relaxed), tally.bytes.load(Ordering::Relaxed));
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
        let opened = self.opened_to_read()?;
        let found = find(&opened, snapshot)?;
        let repository = opened.to_indexed().map_err(Error::rustic)?;
        let store = Store { bridge: &self.bridge, cipher: &self.derived.master, repository: &repository };
        let counter = self.counter();
        restore::write(&store, &found, into, (ids, limits), &counter)
    }

    /// Gets a snapshot, or one file of it, ready to be read.
    ///
    /// # Errors
    /// [`Error::NoSnapshot`], [`Error::NoFile`].
    pub fn reader(&self, snapshot: &str, file: Option<&Path>) -> Result<Reader, Error> {
        let opened = self.opened_to_read()?;
        let found = find(&opened, snapshot)?;
        let repository = opened.to_indexed().map_err(Error::rustic)?;
        Reader::new(repository, &found, file, self.counter())
    }

    /// Reads every byte of a snapshot, and returns how many files it has. Each part is proven by its key and its name.
    ///
    /// # Errors
    /// Whatever is wrong with it.
    pub fn verify(&self, snapshot: &str) -> Result<u64, Error> {
        let opened = self.opened_to_read()?;
        let found = find(&opened, snapshot)?;
        let (name, content) = self.derived.object()?;
        if !self.bridge.has_key(&name)? {
            // We need it not, but the owner with the key in their hand does.
            self.bridge.put_key(&name, content)?;
        }
        let repository = opened.to_indexed().map_err(Error::rustic)?;
        let counter = self.counter();
        read_all((&self.bridge, &self.derived.master), &repository, &found, &counter)
    }

    /// All snapshots, with when they were made.
    ///
    /// # Errors
    /// When the store fails.
    pub fn dated(&self) -> Result<Vec<(String, Timestamp)>, Error> {
        if !self.is_there()? {
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
        if !self.is_there()? {
            return Ok(Vec::new());
        }
        let all = self.opened()?.get_all_snapshots().map_err(Error::rustic)?;
        Ok(all.iter().map(|snapshot| snapshot.id.to_hex().to_string()).collect())
    }
}

fn find(opened: &Opened, snapshot: &str) -> Result<SnapshotFile, Error> {
    let wanted: Id = snapshot.parse().map_err(|_error| Error::NoSnapshot)?;
    let all = opened.get_all_snapshots().map_err(Error::rustic)?;
    all.into_iter().find(|found| *found.id == wanted).ok_or(Error::NoSnapshot)
}
