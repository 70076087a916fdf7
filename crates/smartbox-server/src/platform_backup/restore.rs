//! `smartbox backup platform restore`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result, bail};
use smartbox_backup::Limits;
use smartbox_control::{Clock, Lease, SystemClock};
use smartbox_store::{Keyring, Sealer, Store, look_at_copy};

use super::{FILE, IDS, OWNER, fresh_dir, key, repository};
use crate::console::Console;
use crate::data_dir::{DataDir, With};
use crate::settings::{DatabaseSettings, Flags, Settings};

/// Puts a backup of the platform's database in its place; `snapshot` is the newest without one. The database that is there is
/// kept beside it. The platform must not run.
pub fn restore_platform(flags: &Flags, environment: &[(String, String)], snapshot: Option<&str>) -> ExitCode {
    let console = Console::new();
    let settings = match Settings::read(flags, environment) {
        Ok(settings) => settings,
        Err(problems) => return crate::refuse_settings(&console, &problems),
    };
    match crate::block_on(restore(&settings, snapshot, &console)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            console.say(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

async fn restore(settings: &Settings, wanted: Option<&str>, console: &Console) -> Result<()> {
    if matches!(settings.database, DatabaseSettings::Server { .. }) {
        bail!(
            "the database is on a PostgreSQL server, whose backups are not made by Smartbox\n\
             help: put it back with the server's own tools, as docs/postgresql.md says"
        );
    }
    // Its lock says that no platform runs here.
    let data = DataDir::open(&settings.data_dir, settings.owner, With::Nobody)?;
    if !data.keyring().exists() {
        bail!(
            "the sealing key {} is missing, and the database is of no use without it\n\
             help: put the key files back from where you keep their copies, then run this again",
            data.keyring().display()
        );
    }
    let depot = settings.backup.depot(&data)?;
    let repository = repository(&depot, key(&data, None)?)?;
    let staging = data.path().join("backup-scratch").join(OWNER);
    fresh_dir(&staging)?;
    let wanted = wanted.map(str::to_owned);
    let into = staging.clone();
    let made_at = tokio::task::spawn_blocking(move || -> Result<_> {
        let all = repository.dated()?;
        let chosen = match &wanted {
            Some(wanted) => all.into_iter().find(|(id, _made_at)| id.starts_with(wanted.as_str())),
            None => all.into_iter().max_by_key(|(_id, made_at)| *made_at),
        };
        let (id, made_at) = chosen.context("there is no such backup of the database")?;
        repository.restore(&id, &into, IDS, Limits::default())?;
        Ok(made_at)
    })
    .await??;
    let restored = staging.join(FILE);
    if let Some(wrong) = look_at_copy(&restored).await.wrong {
        bail!("the backup of {made_at} is damaged: {wrong}\nhelp: name an older one with --snapshot");
    }
    raise_epoch(&data, &restored).await?;
    let kept = put_in_place(&data, &restored)?;
    std::fs::remove_dir_all(&staging)?;
    console.say(&format!("the database is as of {made_at}"));
    if let Some(kept) = kept {
        console.say(&format!("the one that was there is kept as {}", kept.display()));
    }
    console.say("start the platform with `smartbox up`; boxes that were made since are left alone and not known to it");
    Ok(())
}

/// Boxes have obeyed newer controllers than the database knows of, and refuse older ones.
async fn raise_epoch(data: &DataDir, database: &Path) -> Result<()> {
    let mut newest = 0_i64;
    if let Ok(boxes) = std::fs::read_dir(data.path().join("boxes")) {
        for smartbox in boxes.flatten() {
            let epoch = std::fs::read_to_string(smartbox.path().join("epoch")).unwrap_or_default();
            newest = newest.max(epoch.trim().parse().unwrap_or(0));
        }
    }
    let keyring = Keyring::open_or_create(&data.keyring()).context("the sealing key cannot be used")?;
    let store = Store::open(database, Sealer::new(keyring)).await?;
    Lease::raise(&store, newest).await?;
    store.close().await;
    Ok(())
}

/// Moves the database that is there aside, and the other one in.
fn put_in_place(data: &DataDir, restored: &Path) -> Result<Option<PathBuf>> {
    let database = data.database();
    let with = |suffix: &str| {
        let mut name = database.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let kept = with(&format!(".before-restore-{}", SystemClock.now().as_second()));
    let had_one = database.exists();
    // Its log first: SQLite would play it into the other one.
    for suffix in ["-wal", "-shm", ""] {
        let mut to = kept.as_os_str().to_owned();
        to.push(suffix);
        match std::fs::rename(with(suffix), &to) {
            Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error.into()),
            _ => {}
        }
    }
    std::fs::rename(restored, &database).context("the database cannot be put in place")?;
    if let Some(dir) = database.parent() {
        std::fs::File::open(dir)?.sync_all()?;
    }
    Ok(had_one.then_some(kept))
}
