//! Opening and making the database.
//!
//! A file is examined before anything is allowed to write to it; one that is damaged, newer or not ours is left
//! as it is. A new one is made beside its place and moved there when it is complete, so that a crash in between
//! leaves no database rather than half of one.
//!
//! The caller sees to it that no other process opens the same data directory.

mod platforms;
mod server;

use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

use smartbox_core::tier;
use sqlx::Connection as _;
use sqlx::migrate::{MigrateError, Migrator};

use crate::Error;
use crate::database::{Connection, Database, begin_on, connect_to, durable, look_only};
use crate::error::{OpenError, is_corruption};
use crate::row::bigint;
use crate::sealing::Sealer;

pub use platforms::{PlatformLease, SeenPlatforms};
pub(crate) use server::{look_at as look_at_server, look_at_platforms, open as open_on_server};

pub(crate) static MIGRATOR: Migrator = sqlx::migrate!();

/// Where sqlx keeps what was applied.
const MIGRATIONS: &str = "_sqlx_migrations";

/// The fact that says with which key the database began.
pub(crate) const FIRST_KEY: &str = "first-key-id";

/// Keys that a database needs, by where it has sealed rows.
const FIRST_KEY_ID: &str =
    "select value from meta where name = 'first-key-id' union select key_id from secrets";
/// See the one before.
const KEPT_KEY_IDS: &str = "select distinct key_id from kept_secrets";
/// See the one before.
const AUTHORITY_KEY_IDS: &str = "select distinct key_id from box_authorities";
/// See the one before.
const PROVIDER_KEY_IDS: &str = "select distinct key_id from model_providers where key_id is not null";
/// See the one before.
const CONFIG_KEY_IDS: &str = "select distinct key_id from box_configs";
/// See the one before.
const WEBHOOK_KEY_IDS: &str = "select distinct key_id from webhook_secrets";
/// See the one before.
const BULK_KEY_IDS: &str = "select distinct key_id from bulk_runs where key_id is not null";

/// Opens the database at `path`, after making it if there is none.
pub(crate) async fn open(path: &Path, sealer: &Sealer) -> Result<Database, OpenError> {
    let exists = |file: &Path| fs::exists(file).map_err(|error| OpenError::unusable(path, error));
    if exists(path)? {
        examine(path, sealer).await?;
    } else if exists(&beside(path, "-wal"))? {
        // SQLite would play the log of the lost file into a new one.
        return Err(OpenError::Corrupt { path: path.to_owned() });
    } else {
        create(path, sealer).await?;
    }
    let database = Database::open(path).await.map_err(|error| OpenError::unusable(path, error))?;
    prepare(&database, sealer).await.map_err(|error| OpenError::unusable(path, error))?;
    Ok(database)
}

/// Brings a database to the newest schema and fills in what a new one starts with.
pub(crate) async fn prepare(database: &Database, sealer: &Sealer) -> Result<(), Error> {
    let mut connection = database.writer().await?;
    migrate(&mut connection, sealer).await
}

async fn migrate(connection: &mut Connection, sealer: &Sealer) -> Result<(), Error> {
    let migrated = match connection {
        Connection::Sqlite(connection) => MIGRATOR.run(&mut **connection).await,
        Connection::Postgres(session) => MIGRATOR.run(session.connection()).await,
    };
    migrated.map_err(|error| match error {
        MigrateError::Execute(error) => Error::from(error),
        error => Error::from(sqlx::Error::Migrate(Box::new(error))),
    })?;
    seed(connection, sealer).await
}

/// Writes the tiers of a new database. An operator's later changes to them stay.
async fn seed(connection: &mut Connection, sealer: &Sealer) -> Result<(), Error> {
    let mut tx = connection.begin_with(begin_on(connection)).await?;
    let is_new = sqlx::query("insert into meta (name, value) values ($1, $2) on conflict (name) do nothing")
        .bind(FIRST_KEY)
        .bind(sealer.active_key_id())
        .execute(&mut *tx)
        .await?
        .rows_affected()
        == 1;
    if is_new {
        for tier in tier::defaults() {
            sqlx::query(
                "insert into tiers (name, cpu_millis, memory_bytes, memory_max_bytes, pids_max, boxes_max)
                 values ($1, $2, $3, $4, $5, $6)",
            )
            .bind(tier.name)
            .bind(i64::from(tier.cpu_millis))
            .bind(bigint(tier.memory_bytes))
            .bind(bigint(tier.memory_max_bytes))
            .bind(i64::from(tier.pids_max))
            .bind(i64::from(tier.boxes_max))
            .execute(&mut *tx)
            .await?;
        }
    }
    Ok(tx.commit().await?)
}

/// Makes a complete database and moves it to its place.
async fn create(path: &Path, sealer: &Sealer) -> Result<(), OpenError> {
    let draft = beside(path, ".new");
    let made = create_draft(&draft, sealer).await.and_then(|()| {
        fs::rename(&draft, path).map_err(as_internal)?;
        sync_directory(path).map_err(as_internal)
    });
    made.map_err(|error| {
        // What is left of the draft is in nobody's way; the next attempt removes it if this one cannot.
        drop(remove_draft(&draft));
        OpenError::unusable(path, error)
    })
}

async fn create_draft(draft: &Path, sealer: &Sealer) -> Result<(), Error> {
    remove_draft(draft).map_err(as_internal)?;
    // SQLite gives its log and index the permissions of the file.
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(draft).map_err(as_internal)?;
    let mut connection = connect_to(durable(draft)).await?;
    migrate(&mut connection, sealer).await?;
    connection.close().await?;
    if fs::exists(beside(draft, "-wal")).map_err(as_internal)? {
        return Err(Error::damaged("the log was not folded into the new database"));
    }
    File::open(draft).and_then(|file| file.sync_all()).map_err(as_internal)
}

fn remove_draft(draft: &Path) -> io::Result<()> {
    for file in [draft.to_owned(), beside(draft, "-wal"), beside(draft, "-shm"), beside(draft, "-journal")] {
        match fs::remove_file(file) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
            _ => {}
        }
    }
    Ok(())
}

fn as_internal(error: io::Error) -> Error {
    Error::Internal(error.into())
}

/// Makes a rename in the directory of `path` survive a power failure.
pub(crate) fn sync_directory(path: &Path) -> io::Result<()> {
    let directory =
        path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or_else(|| Path::new("."));
    File::open(directory)?.sync_all()
}

/// The path with `suffix` behind its file name.
pub(crate) fn beside(path: &Path, suffix: &str) -> PathBuf {
    let mut text = OsString::from(path);
    text.push(suffix);
    text.into()
}

/// Looks at an existing file without changing it. The whole file is read: about a quarter of a second for 100 MB.
async fn examine(path: &Path, sealer: &Sealer) -> Result<(), OpenError> {
    let describe = |error: sqlx::Error| {
        if is_corruption(&error) {
            OpenError::Corrupt { path: path.to_owned() }
        } else {
            OpenError::unusable(path, error)
        }
    };
    let has_log = fs::exists(beside(path, "-wal")).map_err(|error| OpenError::unusable(path, error))?;
    let mut connection = connect_to(look_only(path, has_log)).await.map_err(describe)?;
    let found = look(&mut connection).await.map_err(describe);
    connection.close().await.map_err(describe)?;
    judge(path, &found?, sealer)
}

/// What a look at a database found.
struct Found {
    is_sound: bool,
    /// Number and checksum of each migration it went through; `None` without a table of them.
    migrations: Option<Vec<(i64, Vec<u8>)>>,
    key_ids: Vec<String>,
}

async fn look(connection: &mut Connection) -> Result<Found, sqlx::Error> {
    let verdict: String = sqlx::query_scalar("pragma quick_check(1)").fetch_one(&mut *connection).await?;
    let tables: Vec<String> = sqlx::query_scalar("select name from sqlite_schema where type = 'table'")
        .fetch_all(&mut *connection)
        .await?;
    // A file that lost everything is a valid database without a table. Ours was never like that.
    let is_sound = verdict == "ok" && !tables.is_empty();
    if !is_sound {
        return Ok(Found { is_sound, migrations: None, key_ids: Vec::new() });
    }
    look_into(connection, &tables).await
}

/// What a sound database with these tables says of itself.
async fn look_into(connection: &mut Connection, tables: &[String]) -> Result<Found, sqlx::Error> {
    if !tables.iter().any(|table| table == MIGRATIONS) {
        return Ok(Found { is_sound: true, migrations: None, key_ids: Vec::new() });
    }
    let migrations: Vec<(i64, Vec<u8>)> =
        sqlx::query_as("select version, checksum from _sqlx_migrations order by version")
            .fetch_all(&mut *connection)
            .await?;
    // Asked only of what this version knows: a newer database may have these facts elsewhere.
    let is_known = !migrations.is_empty() && migrations.iter().all(|(version, _)| knows(*version));
    let mut key_ids = Vec::new();
    if is_known {
        key_ids.push(FIRST_KEY_ID);
        let sealed = [
            ("kept_secrets", KEPT_KEY_IDS),
            ("box_authorities", AUTHORITY_KEY_IDS),
            ("model_providers", PROVIDER_KEY_IDS),
            ("box_configs", CONFIG_KEY_IDS),
            ("webhook_secrets", WEBHOOK_KEY_IDS),
            ("bulk_runs", BULK_KEY_IDS),
        ];
        // An older database has not all of them yet.
        let has = |name: &str| tables.iter().any(|table| table == name);
        key_ids.extend(sealed.into_iter().filter(|(table, _)| has(table)).map(|(_, query)| query));
    }
    let mut found = Vec::new();
    for query in key_ids {
        let ids: Vec<String> = sqlx::query_scalar(query).fetch_all(&mut *connection).await?;
        found.extend(ids);
    }
    Ok(Found { is_sound: true, migrations: Some(migrations), key_ids: found })
}

fn knows(version: i64) -> bool {
    MIGRATOR.version_exists(version)
}

fn judge(path: &Path, found: &Found, sealer: &Sealer) -> Result<(), OpenError> {
    judge_schema(path, found)?;
    if found.key_ids.iter().any(|id| !sealer.has_key(id)) {
        return Err(OpenError::WrongKey { path: path.to_owned() });
    }
    Ok(())
}

/// Whether this version can use what was found, whatever it is sealed with.
fn judge_schema(path: &Path, found: &Found) -> Result<(), OpenError> {
    let path = path.to_owned();
    if !found.is_sound {
        return Err(OpenError::Corrupt { path });
    }
    let Some(migrations) = &found.migrations else { return Err(OpenError::Foreign { path }) };
    if let Some((migration, _)) = migrations.iter().rev().find(|(version, _)| !knows(*version)) {
        return Err(OpenError::Newer { path, migration: *migration });
    }
    let differs = |(version, checksum): &&(i64, Vec<u8>)| {
        MIGRATOR.iter().any(|known| known.version == *version && *known.checksum != **checksum)
    };
    match migrations.iter().find(differs) {
        Some((migration, _)) => Err(OpenError::OtherBuild { path, migration: *migration }),
        None => Ok(()),
    }
}
