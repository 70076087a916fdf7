//! The platform's own database: saved on the same schedule as boxes, and put back with one command.
//!
//! Secrets in it are sealed as they are in the database, with a key that is in no backup. The key of these backups lies beside
//! that one, outside the database. Whoever runs the platform keeps copies of both elsewhere (`docs/backups.md`).

mod restore;

use std::collections::HashSet;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context, Result};
use jiff::Timestamp;
use secrecy::{ExposeSecret, SecretString};
use smartbox_backup::{Depot, IdShift, Label, Limits, Repository, Source};
use smartbox_control::{BackupPolicy, Clock, Entropy, SystemClock, random_token};
use smartbox_core::backup::{Kept, to_forget};
use smartbox_store::Store;
use tokio_util::sync::CancellationToken;

pub use restore::restore_platform;

use crate::data_dir::DataDir;

/// The place of the database's backups in the depot.
const OWNER: &str = "platform";
const NAME: &str = "database";
/// The name of the database in its backups.
const FILE: &str = "smartbox.db";
/// Files keep the owner they have: there is no box.
const IDS: IdShift = IdShift { base: 0, count: u32::MAX };
/// What is unneeded is removed from the repository this often.
const PRUNE_EVERY: u32 = 288;

/// Saves the database again and again.
pub(crate) struct PlatformBackup {
    store: Store,
    repository: Repository,
    scratch: PathBuf,
    policy: BackupPolicy,
}

impl PlatformBackup {
    /// Gets it ready; the key is made on the first start.
    pub(crate) fn new(
        data: &DataDir,
        depot: &Depot,
        store: &Store,
        entropy: &dyn Entropy,
        policy: BackupPolicy,
    ) -> Result<Self> {
        let repository = repository(depot, key(data, Some(entropy))?)?;
        let scratch = data.path().join("backup-scratch").join(OWNER);
        Ok(Self { store: store.clone(), repository, scratch, policy })
    }

    /// Runs until told to stop. A database on a server is none of its business: whoever runs the server saves it.
    pub(crate) async fn run(self, stop: CancellationToken) {
        if self.store.is_shared() {
            tracing::info!("the database is on a server: its backups are made there, and not by Smartbox");
            return stop.cancelled().await;
        }
        let Some(period) = self.policy.period else { return };
        let mut rounds = 0_u32;
        loop {
            let wait = if rounds == 0 { Duration::from_secs(60).min(period) } else { period };
            tokio::select! { biased;
                () = stop.cancelled() => return,
                () = tokio::time::sleep(wait) => {}
            }
            rounds = rounds.wrapping_add(1);
            if let Err(error) = self.save(rounds.is_multiple_of(PRUNE_EVERY)).await {
                tracing::warn!(
                    error = format!("{error:#}"),
                    "the platform's database could not be backed up"
                );
            }
        }
    }

    /// Saves it once, and forgets what nobody needs any more.
    pub(crate) async fn save(&self, prune: bool) -> Result<()> {
        fresh_dir(&self.scratch)?;
        self.store.copy_to(&self.scratch.join(FILE)).await.context("the database cannot be copied")?;
        let (repository, home, retention) =
            (self.repository.clone(), self.scratch.clone(), self.policy.retention);
        let now = SystemClock.now();
        let saved = tokio::task::spawn_blocking(move || -> Result<()> {
            let source = Source { home, copies: Vec::new(), ids: IDS, limits: Limits::default() };
            let label = Label {
                host: OWNER.to_owned(),
                tags: vec!["smartbox".to_owned()],
                description: String::new(),
            };
            repository.snapshot(source, &label)?;
            forget(&repository, &retention, now)?;
            if prune {
                repository.prune(now)?;
            }
            Ok(())
        })
        .await?;
        // The copy holds what the database holds.
        std::fs::remove_dir_all(&self.scratch)?;
        saved
    }
}

fn forget(
    repository: &Repository,
    retention: &smartbox_core::backup::Retention,
    now: Timestamp,
) -> Result<()> {
    let all = repository.dated()?;
    let kept: Vec<Kept> = all
        .iter()
        .map(|(_id, made_at)| Kept { made_at: *made_at, is_good: true, is_pinned: false })
        .collect();
    let goes = to_forget(&kept, retention, now);
    if goes.is_empty() {
        return Ok(());
    }
    let stays = all.iter().enumerate().filter(|(index, _)| !goes.contains(index));
    let stays: HashSet<String> = stays.map(|(_, (id, _made_at))| id.clone()).collect();
    repository.keep_only(&stays)?;
    Ok(())
}

/// The repository of the database.
fn repository(depot: &Depot, key: SecretString) -> Result<Repository> {
    depot.repository(OWNER, NAME, key).context("the backups of the database cannot be reached")
}

/// The key of the database's backups; made if there is none and `entropy` is given.
fn key(data: &DataDir, entropy: Option<&dyn Entropy>) -> Result<SecretString> {
    let file = data.backup_key();
    match (std::fs::read_to_string(&file), entropy) {
        (Ok(key), _) => Ok(SecretString::from(key.trim().to_owned())),
        (Err(error), Some(entropy)) if error.kind() == std::io::ErrorKind::NotFound => {
            let key = SecretString::from(random_token(entropy));
            data.write_private(&file, key.expose_secret().as_bytes())?;
            Ok(key)
        }
        (Err(error), _) => Err(error).with_context(|| {
            format!(
                "cannot read {}\nhelp: put the key file back from where you keep its copy",
                file.display()
            )
        }),
    }
}

/// An empty directory that only its owner may enter.
fn fresh_dir(path: &std::path::Path) -> Result<()> {
    use std::os::unix::fs::DirBuilderExt;
    match std::fs::remove_dir_all(path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
        _ => {}
    }
    Ok(std::fs::DirBuilder::new().recursive(true).mode(0o700).create(path)?)
}
