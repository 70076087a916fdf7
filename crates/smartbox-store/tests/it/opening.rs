//! Opening the file: what is refused is left as it is.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use smartbox_store::{OpenError, Store};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{ConnectOptions, Connection};

use crate::support::{World, database, open, sealer};

/// Every file of a directory with its bytes. SQLite's index of the log is not data: it is made anew when needed.
fn contents(directory: &Path) -> BTreeMap<String, Vec<u8>> {
    fs::read_dir(directory)
        .unwrap()
        .map(|entry| entry.unwrap())
        .map(|entry| (entry.file_name().into_string().unwrap(), fs::read(entry.path()).unwrap()))
        .filter(|(name, _)| !name.ends_with("-shm"))
        .collect()
}

/// A directory with a database that was closed cleanly.
async fn closed() -> tempfile::TempDir {
    let world = World::new().await;
    world.create("one").await;
    world.store.close().await;
    world.directory
}

async fn execute(path: &Path, sql: &'static str) {
    let mut connection = SqliteConnectOptions::new().filename(path).connect().await.unwrap();
    sqlx::raw_sql(sql).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
}

/// Opening must fail, and leave every byte as it was.
async fn refused(directory: &Path) -> OpenError {
    let before = contents(directory);
    let error = Store::open(&database(directory), sealer(directory)).await.unwrap_err();
    assert_eq!(contents(directory), before, "{error}");
    assert!(!error.remedy().is_empty());
    error
}

#[tokio::test]
async fn a_missing_database_is_made_for_its_owner_only() {
    let directory = tempfile::tempdir().unwrap();
    let store = open(directory.path()).await;
    crate::support::fleet_of(&store).meta_set("a", "b").await.unwrap();
    for name in ["smartbox.db", "smartbox.db-wal", "smartbox.db-shm"] {
        let mode = fs::metadata(directory.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    store.close().await;
    assert_eq!(contents(directory.path()).into_keys().collect::<Vec<_>>(), ["keys", "smartbox.db"]);
}

#[tokio::test]
async fn opening_twice_changes_no_schema_and_no_row() {
    let directory = closed().await;
    execute(
        &database(directory.path()),
        "update tiers set boxes_max = 7; delete from tiers where name = 'standard-3'",
    )
    .await;
    let first = open(directory.path()).await;
    first.close().await;
    let second = open(directory.path()).await;
    let fleet = crate::support::fleet_of(&second);
    assert_eq!(fleet.all_boxes().await.unwrap().len(), 1);
    let tiers = fleet.tiers().await.unwrap();
    assert_eq!(
        tiers.iter().map(|tier| tier.boxes_max).collect::<Vec<_>>(),
        [7, 7],
        "an operator's tiers stay"
    );
}

#[tokio::test]
async fn a_damaged_database_is_refused_untouched() {
    let directory = closed().await;
    let path = database(directory.path());
    let sound = fs::read(&path).unwrap();
    let noise: Vec<u8> = (0..sound.len()).map(|n| u8::try_from(n * 31 % 251).unwrap()).collect();
    let mut torn = sound.clone();
    torn[4096..].copy_from_slice(&noise[4096..]);
    for damaged in [noise, torn, sound[..sound.len() / 2].to_vec(), Vec::new(), b"SQLite format 3\0".to_vec()]
    {
        fs::write(&path, &damaged).unwrap();
        let error = refused(directory.path()).await;
        assert!(matches!(error, OpenError::Corrupt { .. }), "{} bytes: {error:?}", damaged.len());
    }
}

#[tokio::test]
async fn a_newer_database_is_refused_untouched() {
    let directory = closed().await;
    execute(
        &database(directory.path()),
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (9999, 'of the future', true, x'00', 0);
         drop table secrets; drop table meta;",
    )
    .await;
    let error = refused(directory.path()).await;
    assert!(matches!(error, OpenError::Newer { migration: 9999, .. }), "{error:?}");
}

#[tokio::test]
async fn a_newer_database_whose_change_is_still_in_the_log_is_refused_untouched() {
    let directory = closed().await;
    let path = database(directory.path());
    let mut newer = SqliteConnectOptions::new().filename(&path).connect().await.unwrap();
    sqlx::raw_sql(
        "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
         values (9999, 'of the future', true, x'00', 0)",
    )
    .execute(&mut newer)
    .await
    .unwrap();
    // As `kill -9` leaves it: the log is there, the file does not know of it.
    let crashed = tempfile::tempdir().unwrap();
    for (name, bytes) in contents(directory.path()) {
        fs::write(crashed.path().join(&name), bytes).unwrap();
    }
    fs::set_permissions(crashed.path().join("keys"), fs::Permissions::from_mode(0o600)).unwrap();
    assert!(crashed.path().join("smartbox.db-wal").exists());

    let error = refused(crashed.path()).await;
    assert!(matches!(error, OpenError::Newer { migration: 9999, .. }), "{error:?}");
}

#[tokio::test]
async fn a_database_of_another_build_is_refused_untouched() {
    let directory = closed().await;
    execute(&database(directory.path()), "update _sqlx_migrations set checksum = x'00' where version = 1")
        .await;
    let error = refused(directory.path()).await;
    assert!(matches!(error, OpenError::OtherBuild { migration: 1, .. }), "{error:?}");
}

#[tokio::test]
async fn a_database_of_another_program_is_refused_untouched() {
    let directory = tempfile::tempdir().unwrap();
    for mode in [SqliteJournalMode::Delete, SqliteJournalMode::Wal] {
        let options = SqliteConnectOptions::new()
            .filename(database(directory.path()))
            .create_if_missing(true)
            .journal_mode(mode);
        let mut connection = options.connect().await.unwrap();
        sqlx::query("create table if not exists songs (title text)").execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
        drop(sealer(directory.path()));
        let error = refused(directory.path()).await;
        assert!(matches!(error, OpenError::Foreign { .. }), "{error:?}");
    }
}

#[tokio::test]
async fn a_database_whose_key_is_lost_is_refused_untouched() {
    let directory = closed().await;
    fs::remove_file(directory.path().join("keys")).unwrap();
    drop(sealer(directory.path()));
    let error = refused(directory.path()).await;
    assert!(matches!(error, OpenError::WrongKey { .. }), "{error:?}");
}

#[tokio::test]
async fn a_keyring_with_a_newer_key_still_opens_the_database() {
    let directory = closed().await;
    let more = tempfile::tempdir().unwrap();
    drop(sealer(more.path()));
    let keys = directory.path().join("keys");
    let both = [fs::read(&keys).unwrap(), fs::read(more.path().join("keys")).unwrap()].concat();
    fs::write(&keys, both).unwrap();

    let store = open(directory.path()).await;
    let all = crate::support::fleet_of(&store).all_boxes().await.unwrap();
    let made = &all[0];
    assert!(store.org(made.org).secret(made.id, "gateway-token").await.unwrap().is_some());
}

#[tokio::test]
async fn the_log_of_a_lost_database_is_not_played_into_a_new_one() {
    let directory = tempfile::tempdir().unwrap();
    drop(sealer(directory.path()));
    fs::write(directory.path().join("smartbox.db-wal"), b"what was committed last").unwrap();
    let error = refused(directory.path()).await;
    assert!(matches!(error, OpenError::Corrupt { .. }), "{error:?}");
}

#[tokio::test]
async fn a_draft_left_by_a_crash_is_replaced() {
    let directory = tempfile::tempdir().unwrap();
    for leftover in ["smartbox.db.new", "smartbox.db.new-wal", "smartbox.db.new-shm"] {
        fs::write(directory.path().join(leftover), b"half").unwrap();
    }
    open(directory.path()).await.close().await;
    assert_eq!(contents(directory.path()).into_keys().collect::<Vec<_>>(), ["keys", "smartbox.db"]);
}

#[tokio::test]
async fn a_directory_that_cannot_be_used_is_an_error_and_no_panic() {
    let directory = tempfile::tempdir().unwrap();
    let missing = Store::open(&directory.path().join("missing/smartbox.db"), sealer(directory.path())).await;
    assert!(matches!(missing, Err(OpenError::Unusable { .. })));
    let not_a_file = Store::open(directory.path(), sealer(directory.path())).await;
    assert!(matches!(not_a_file, Err(OpenError::Unusable { .. })));
}

#[tokio::test]
async fn a_store_in_memory_answers_like_one_on_disk() {
    let store = Store::in_memory().await.unwrap();
    let fleet = crate::support::fleet_of(&store);
    let org = fleet.create_org(crate::support::org_id(), "home", crate::support::at(0)).await.unwrap();
    let (made, _) = crate::support::create(&store.org(org.id), crate::support::new_box("one")).await.unwrap();
    assert_eq!(*fleet.all_boxes().await.unwrap(), [std::sync::Arc::new(made)]);
}
