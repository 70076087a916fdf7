//! Backups of boxes: list them, ask for one, go back to one, take the key along.

pub(crate) mod archive;
mod asked;
mod create;
mod export;
mod held;
pub(crate) mod identity;
mod intake;
pub(crate) mod keeper;
pub(crate) mod locks;
mod numbers;
mod policy;
pub(crate) mod progress;
mod read;
mod restore;
pub(crate) mod swap_in;
pub(crate) mod take;
mod verify;

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use secrecy::SecretString;
use smartbox_backup::{Depot, IdShift, Repository};
use smartbox_core::backup::{Reason, Retention};
use smartbox_core::{BoxId, Permission, UidRange};
use smartbox_provider::Volumes;
use smartbox_store::{Backup, BackupState, Smartbox, SystemActor};
use tokio::sync::{Notify, Semaphore};

use asked::Asked;
pub(crate) use asked::NotMade;
pub use create::CreatedBackup;
pub(crate) use create::nothing_to_save;
pub use export::{ExportGone, ExportSink};
pub(crate) use intake::{IDS as INTAKE_IDS, Intake, take_in};
pub use numbers::BackupNumbers;
pub use policy::{BackupDecision, BackupWish};
pub use progress::{UnderWay, Work};
pub use read::Download;
pub use restore::RestoreWish;

use crate::{Control, Error, Op, random_token};

/// Name under which the key of a box's repository is sealed.
const KEY: &str = "backup-key";
/// Who writes what the loop does.
pub(crate) const ACTOR: &str = "backups";
/// Backups that are read back or downloaded at the same time.
const READERS_MAX: usize = 4;

/// Archives that are taken in at the same time: each fills the platform's disk.
const IMPORTERS_MAX: usize = 2;

/// What backups are made with.
pub struct BackupParts {
    /// Disks of boxes.
    pub volumes: Arc<dyn Volumes>,
    /// Where backups lie.
    pub depot: Depot,
    /// A directory of the platform alone, for copies of databases. What is in it means nothing after a restart.
    pub scratch: PathBuf,
}

impl BackupParts {
    /// Backups that are gone with the process, for tests and benchmarks. Call it inside the tokio runtime.
    pub fn in_memory(volumes: Arc<dyn Volumes>, scratch: PathBuf) -> Self {
        Self { volumes, depot: Depot::in_memory(tokio::runtime::Handle::current()), scratch }
    }
}

/// When backups are made, and which are kept, where no tier, org or box says something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BackupPolicy {
    /// How old the newest backup of a box that changes may become; `None`: none are made by themselves.
    pub period: Option<Duration>,
    /// Which are kept.
    pub retention: Retention,
    /// Backups that are made at the same time.
    pub at_once: usize,
    /// How long somebody waits for the answer when they ask for one. It is made all the same.
    pub answer_within: Duration,
    /// For how long a restore can be undone.
    pub undo_for: Duration,
    /// How often one is booted in a sealed box, to see whether it can be; `None`: never.
    pub drill_every: Option<Duration>,
    /// After how long without use a box is archived; `None`: never.
    pub archive_after: Option<Duration>,
    /// What one may hold.
    pub limits: smartbox_backup::Limits,
}

impl Default for BackupPolicy {
    fn default() -> Self {
        Self {
            period: Some(Duration::from_mins(5)),
            retention: Retention::default(),
            at_once: 2,
            answer_within: Duration::from_secs(55),
            undo_for: Duration::from_hours(24),
            drill_every: Some(Duration::from_hours(24)),
            archive_after: None,
            limits: smartbox_backup::Limits::default(),
        }
    }
}

/// What the use-cases and the loop of backups share.
pub(crate) struct Backups {
    pub(crate) volumes: Arc<dyn Volumes>,
    pub(crate) depot: Depot,
    pub(crate) scratch: PathBuf,
    pub(crate) locks: locks::Locks,
    pub(crate) readers: Arc<Semaphore>,
    pub(crate) importers: Arc<Semaphore>,
    /// Whether what was staged takes the place of a disk is decided by one at a time.
    pub(crate) deciding: locks::Locks,
    pub(crate) asked: Asked,
    pub(crate) wake: Notify,
    pub(crate) counted: numbers::Counted,
    pub(crate) board: progress::Board,
}

impl Backups {
    pub(crate) fn new(parts: BackupParts) -> Self {
        Self {
            volumes: parts.volumes,
            depot: parts.depot,
            scratch: parts.scratch,
            locks: locks::Locks::default(),
            readers: Arc::new(Semaphore::new(READERS_MAX)),
            importers: Arc::new(Semaphore::new(IMPORTERS_MAX)),
            deciding: locks::Locks::default(),
            asked: Asked::default(),
            wake: Notify::new(),
            counted: numbers::Counted::default(),
            board: progress::Board::default(),
        }
    }

    /// Asks the loop for a backup. One that a person asks for is made in any case, and stays; others are made when something has
    /// changed. `None`: too many wait for one already.
    pub(crate) fn ask(&self, id: BoxId, reason: Reason) -> Option<asked::Answered> {
        let answered = self.asked.wait(id, reason)?;
        self.wake.notify_one();
        Some(answered)
    }

    /// Ends what is under way for an operation that was cancelled: a backup, or what is put in the place of a disk.
    pub(crate) fn take_back(&self, id: BoxId, is_backup: bool) {
        if is_backup {
            self.asked.cancel(id);
            self.board.stop(id, Work::Saving);
        } else {
            self.board.stop(id, Work::Restoring);
        }
    }
}

/// The backups of a box, and how it goes with them.
#[derive(Clone, Debug)]
pub struct BoxBackups {
    /// Which box.
    pub smartbox: Smartbox,
    /// How it goes.
    pub state: BackupState,
    /// The newest first.
    pub backups: Vec<Backup>,
    /// What is done with them at the moment.
    pub under_way: Vec<UnderWay>,
}

/// What opens a repository with the standard tool.
#[derive(Clone)]
pub struct BackupAccess {
    /// restic's address of it.
    pub repository: String,
    /// Its password.
    pub password: SecretString,
}

impl Control {
    /// The key of a box's repository, which is made when it is first asked for.
    pub(crate) async fn backup_key_of(&self, row: &Smartbox) -> Result<SecretString, Error> {
        let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
        let fresh = SecretString::from(random_token(&*self.inner.entropy));
        Ok(fleet.keep_secret(row.id, KEY, &fresh).await?)
    }

    /// The repository of a box.
    pub(crate) async fn repository_of(&self, row: &Smartbox) -> Result<Repository, Error> {
        let key = self.backup_key_of(row).await?;
        let repository = self.inner.backups.depot.repository(&row.org.to_string(), &row.id.to_string(), key);
        repository.map_err(Error::internal)
    }

    /// What opens the repository of a box with the standard tool. Whoever has it reads everything the box has ever saved.
    pub async fn backup_access(&self, op: &Op, reference: &str) -> Result<BackupAccess, Error> {
        let smartbox = self.resolve(op, Permission::OrgOwn, reference).await?;
        let password = self.backup_key_of(&smartbox).await?;
        let event = self.event_by(op, "backup.key-shown", "the key of its backups was shown");
        let fleet = self.inner.store.fleet(SystemActor::new(ACTOR));
        fleet.append_event(Some(smartbox.org), Some(smartbox.id), event, self.inner.clock.now()).await?;
        let (owner, name) = (smartbox.org.to_string(), smartbox.id.to_string());
        Ok(BackupAccess { repository: self.inner.backups.depot.address(&owner, &name), password })
    }
}

/// The ids of the box's users on the host.
pub(crate) fn range_of(row: &Smartbox) -> Result<UidRange, Error> {
    UidRange::from_slot(row.uid_slot).ok_or_else(|| Error::internal("no user ids left"))
}

/// The same, for the repository, in which files belong to users of the box.
pub(crate) fn shift_of(range: UidRange) -> IdShift {
    IdShift { base: range.base(), count: smartbox_core::uid_range::LENGTH }
}

/// How long a look through one database may take.
const LOOK_MAX: Duration = Duration::from_mins(5);

/// What a look through a copy of a database found.
pub(crate) struct Looked {
    pub(crate) sessions: u64,
    pub(crate) wrong: Option<String>,
}

/// Looks through a copy of a database.
pub(crate) async fn look_at(path: &std::path::Path) -> Looked {
    match tokio::time::timeout(LOOK_MAX, smartbox_store::look_at_copy(path)).await {
        Ok(found) => Looked { sessions: found.sessions, wrong: found.wrong },
        Err(_elapsed) => Looked { sessions: 0, wrong: Some("looking through it takes too long".to_owned()) },
    }
}

/// What is wrong with a copy of a database.
pub(crate) async fn wrong_with_copy(path: &std::path::Path) -> Option<String> {
    look_at(path).await.wrong
}

/// Puts down that what was saved is not what comes back, and tells it.
pub(crate) async fn distrust(control: &Control, backup: &Backup, wrong: &str) -> Result<(), Error> {
    let detail = serde_json::json!({ "backup": backup.id.to_string() });
    let what = format!("a backup cannot be trusted: {wrong}");
    let event = control.event(ACTOR, "backup.broken", &what, detail);
    tracing::warn!(box.id = %backup.box_id, backup = %backup.id, wrong, "a backup cannot be trusted");
    let now = control.inner.clock.now();
    Ok(control.backup_fleet().note_verified(backup.id, Some(wrong), event, now).await?)
}

/// Runs blocking work that nobody waits for on a thread of its own, which gives way to what boxes and people do.
pub(crate) async fn aside<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    let (done, result) = tokio::sync::oneshot::channel();
    let begun = std::thread::Builder::new().name("backup".to_owned()).spawn(move || {
        smartbox_backup::give_way();
        // Whoever asked may have given up.
        let _given_up = done.send(work());
    });
    begun.map_err(Error::internal)?;
    result.await.map_err(Error::internal)
}

/// Runs blocking work on a thread for such.
pub(crate) async fn blocking<T: Send + 'static>(
    work: impl FnOnce() -> T + Send + 'static,
) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(Error::internal)
}
