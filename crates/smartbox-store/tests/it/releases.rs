//! Databases of earlier releases, as `scripts/release-data.sh` has kept them, are brought up to this one with all that is in them.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use secrecy::ExposeSecret;
use smartbox_core::Permission;
use smartbox_store::{Store, testing};
use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{ConnectOptions, Connection};

use crate::support::{at, database, event, fleet_of, open};
use crate::vault::name;

/// What a release left.
struct Release {
    name: &'static str,
    sqlite: &'static str,
    postgres: &'static str,
    key: &'static str,
}

macro_rules! release {
    ($name:literal) => {
        Release {
            name: $name,
            sqlite: include_str!(concat!("../releases/", $name, "/sqlite.sql")),
            postgres: include_str!(concat!("../releases/", $name, "/postgres.sql")),
            key: include_str!(concat!("../releases/", $name, "/sealing.key")),
        }
    };
}

const RELEASES: &[Release] = &[release!("0.1.0-alpha")];

/// The store of a release, opened by this one. The directory holds its keys.
async fn opened(release: &Release) -> (Store, tempfile::TempDir) {
    let directory = tempfile::tempdir().unwrap();
    let keys = directory.path().join("keys");
    fs::write(&keys, release.key).unwrap();
    fs::set_permissions(&keys, fs::Permissions::from_mode(0o600)).unwrap();
    if testing::is_postgres() {
        let url = testing::database_of(directory.path()).await;
        testing::execute(&url, "drop schema public cascade; create schema public").await;
        testing::execute(&url, release.postgres).await;
    } else {
        // A dump has tables in the order of their names.
        let options = SqliteConnectOptions::new().create_if_missing(true).foreign_keys(false);
        let options = options.filename(database(directory.path()));
        let mut connection = options.connect().await.unwrap();
        sqlx::raw_sql(release.sqlite).execute(&mut connection).await.unwrap();
        connection.close().await.unwrap();
    }
    (open(directory.path()).await, directory)
}

#[tokio::test]
async fn what_an_earlier_release_kept_is_all_there_and_its_secrets_open() {
    for release in RELEASES {
        let (store, _directory) = opened(release).await;
        let fleet = fleet_of(&store);
        let boxes = fleet.all_boxes().await.unwrap();
        let names: Vec<_> = boxes.iter().map(|row| row.name.to_string()).collect();
        assert_eq!(names, ["home", "kept"], "{}", release.name);
        let kept = &boxes[1];
        for (secret, value) in [("TOKEN", "a secret of the box"), ("SHARED", "a secret of the org")] {
            let found = fleet.reveal_secret(kept.id, &name(secret)).await.unwrap().unwrap();
            assert_eq!(found.expose_secret(), value, "{}", release.name);
        }
        let org = store.org(kept.org);
        assert!(org.secret(kept.id, "gateway-token").await.unwrap().is_some(), "{}", release.name);
        let ada = org.find_user_by_name("Ada").await.unwrap().unwrap();
        assert_eq!(ada.email.as_deref(), Some("ada@example.com"));
        let schedules = org.list_schedules(kept.id).await.unwrap();
        assert_eq!(schedules.iter().map(|one| one.plan.name.as_str()).collect::<Vec<_>>(), ["morning"]);
        let tokens = org.list_tokens(None, 10, at(0)).await.unwrap().items;
        assert!(
            tokens[0].scopes.iter().any(|scope| scope == Permission::BoxesRead) && tokens.len() == 1,
            "{tokens:?}"
        );
        let providers = fleet.model_providers_of_all().await.unwrap();
        assert_eq!(providers[0].1.as_ref().unwrap().expose_secret(), "sk-of-a-test", "{}", release.name);
        let plans: Vec<_> = fleet.plans().await.unwrap().into_iter().map(|plan| plan.name).collect();
        assert!(plans.contains(&"small".to_owned()), "{plans:?}");
    }
}

#[tokio::test]
async fn the_log_of_an_earlier_release_goes_on_as_one_chain() {
    for release in RELEASES {
        let (store, _directory) = opened(release).await;
        let fleet = fleet_of(&store);
        let last = fleet.last_event().await.unwrap();
        fleet.set_fact("a fact", "of this release", event("fact.set"), at(0)).await.unwrap();
        let mut events = fleet.audit_log(None, None, 200).await.unwrap().items;
        events.sort_by_key(|event| event.seq);
        assert_eq!(events.last().unwrap().seq, last + 1, "{}", release.name);
        for pair in events.windows(2) {
            assert_eq!(pair[1].previous_hash, pair[0].hash, "{} at {}", release.name, pair[1].seq);
        }
    }
}

/// While platforms are replaced one after the other, the earlier release reads and writes what this one has migrated: tables and
/// columns are added, and what it knows stays as it is.
#[test]
fn migrations_after_a_release_only_add() {
    let directory = concat!(env!("CARGO_MANIFEST_DIR"), "/migrations");
    let last = RELEASES.iter().filter_map(|release| last_migration(release.sqlite)).min().unwrap();
    let mut seen = 0;
    for file in fs::read_dir(directory).unwrap() {
        let file = file.unwrap().path();
        let version: u32 = file.file_name().unwrap().to_str().unwrap()[..4].parse().unwrap();
        if version <= last {
            continue;
        }
        seen += 1;
        let text = fs::read_to_string(&file).unwrap().to_lowercase();
        let without_comments: Vec<_> =
            text.lines().map(|line| line.split_once("--").map_or(line, |(words, _comment)| words)).collect();
        for words in without_comments.join(" ").split(';') {
            let words = words.trim();
            let adds = ["create table", "create index", "create unique index", "insert into"]
                .iter()
                .any(|begin| words.starts_with(begin));
            let adds_column = words.starts_with("alter table")
                && words.contains(" add column ")
                && (!words.contains("not null") || words.contains(" default "));
            assert!(words.is_empty() || adds || adds_column, "{}: {words}", file.display());
        }
    }
    assert!(seen > 0, "there are migrations after {last}");
}

/// The newest migration that a dump says was made.
fn last_migration(dump: &str) -> Option<u32> {
    let made = dump.lines().filter_map(|line| line.strip_prefix("INSERT INTO \"_sqlx_migrations\" VALUES("));
    made.filter_map(|values| values.split(',').next()?.parse().ok()).max()
}
