//! Opening a database on the server: what is refused is left as it is.

use std::time::Duration;

use secrecy::SecretString;
use smartbox_store::{NewPlatform, OpenError, Store, check_address};
use sqlx::Connection;

use crate::server::Server;
use crate::support::{at, create, fleet_of, new_box, org_id, sealer};

/// A database with one box in it.
async fn used() -> Server {
    let server = Server::new().await;
    let store = server.open().await;
    let org = fleet_of(&store).create_org(org_id(), "home", at(0)).await.unwrap();
    create(&store.org(org.id), new_box("one")).await.unwrap();
    store.close().await;
    server
}

async fn refused(server: &Server) -> OpenError {
    let error = server.try_open().await.unwrap_err();
    assert!(!error.remedy().is_empty());
    assert!(error.to_string().contains("postgres://"), "{error}");
    error
}

#[tokio::test]
async fn a_database_is_found_again_and_an_operators_tiers_stay() {
    let server = used().await;
    server.execute("update tiers set boxes_max = 7; delete from tiers where name = 'standard-3'").await;
    let store = server.open().await;
    let fleet = fleet_of(&store);
    assert_eq!(fleet.all_boxes().await.unwrap().len(), 1);
    assert!(fleet.tiers().await.unwrap().iter().all(|tier| tier.boxes_max == 7));
    assert!(store.is_shared());
    Store::look_at(&server.url).await.unwrap();
}

#[tokio::test]
async fn an_empty_database_gets_its_tables_and_several_platforms_may_start_at_once() {
    let server = Server::new().await;
    server.execute("drop schema public cascade; create schema public").await;
    Store::look_at(&server.url).await.unwrap();
    drop(server.sealer());
    let stores = futures_util::future::join_all((0..4).map(|_n| server.open())).await;
    for store in &stores {
        assert_eq!(fleet_of(store).tiers().await.unwrap().len(), 3, "seeded once");
    }
}

#[tokio::test]
async fn a_newer_database_and_one_of_another_build_are_refused() {
    let server = used().await;
    server.execute("update _sqlx_migrations set checksum = '\\x00' where version = 1").await;
    assert!(matches!(refused(&server).await, OpenError::OtherBuild { migration: 1, .. }));
    assert!(Store::look_at(&server.url).await.is_err());
    server
        .execute(
            "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
             values (9999, 'to come', true, '\\x00', 0)",
        )
        .await;
    assert!(matches!(refused(&server).await, OpenError::Newer { migration: 9999, .. }));
}

#[tokio::test]
async fn a_database_of_another_program_is_refused_untouched() {
    let server = Server::new().await;
    server.execute("drop schema public cascade; create schema public; create table songs (title text)").await;
    assert!(matches!(refused(&server).await, OpenError::Foreign { .. }));
    let mut connection = server.connection().await;
    let tables: Vec<String> = sqlx::query_scalar(
        "select cast(tablename as text) from pg_tables where schemaname = current_schema()",
    )
    .fetch_all(&mut connection)
    .await
    .unwrap();
    assert_eq!(tables, ["songs"]);
    connection.close().await.unwrap();
}

#[tokio::test]
async fn a_database_whose_key_is_lost_is_refused() {
    let server = used().await;
    let elsewhere = tempfile::tempdir().unwrap();
    let error = Store::connect(&server.url, 4, sealer(elsewhere.path())).await.unwrap_err();
    assert!(matches!(error, OpenError::WrongKey { .. }), "{error:?}");
}

#[tokio::test]
async fn a_database_that_sorts_by_a_language_is_refused_with_how_to_make_one_that_does_not() {
    let server = Server::new().await;
    server
        .execute("create database sorted template template0 locale_provider icu icu_locale 'de' locale 'C'")
        .await;
    let url = server.at(|url| {
        let (front, host) = url.split_once("?host=").unwrap();
        format!("{}/sorted?host={host}", front.rsplit_once('/').unwrap().0)
    });
    let error = Store::look_at(&url).await.unwrap_err();
    assert!(matches!(&error, OpenError::Unfit { what, .. } if what.contains("ICU")), "{error:?}");
    assert!(error.remedy().contains("locale 'C'"));
}

#[tokio::test]
async fn a_database_that_acknowledges_too_early_is_refused() {
    let server = Server::new().await;
    server
        .execute(
            "do $$ begin
                 execute format('alter database %I set synchronous_commit = off', current_database());
             end $$",
        )
        .await;
    let error = Store::look_at(&server.url).await.unwrap_err();
    assert!(
        matches!(&error, OpenError::Unfit { what, .. } if what.contains("synchronous_commit")),
        "{error:?}"
    );
}

#[tokio::test]
async fn a_server_that_does_not_answer_is_said_in_time_and_without_the_password() {
    // Takes the connection and says nothing.
    let silent = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = silent.local_addr().unwrap();
    let directory = tempfile::tempdir().unwrap();
    for place in [silent.to_string(), "127.0.0.1:1".to_owned()] {
        let url = SecretString::from(format!("postgres://u:the-word@{place}/smartbox"));
        let asked = Store::connect(&url, 4, sealer(directory.path()));
        let error = tokio::time::timeout(Duration::from_secs(30), asked).await.unwrap().unwrap_err();
        assert!(matches!(error, OpenError::Unreachable { .. }), "{error:?}");
        assert!(!format!("{error:?}{error}").contains("the-word"), "{error:?}");
        assert!(error.to_string().contains(&place), "{error}");
    }
}

#[test]
fn an_address_is_shown_without_what_is_secret_in_it() {
    let shown = |url: &str| check_address(&SecretString::from(url.to_owned())).ok();
    let address = "postgres://u:the-word@db.example:5433/boxes?sslmode=disable&password=another";
    assert_eq!(shown(address).as_deref(), Some("postgres://db.example:5433/boxes"));
    for none in ["mysql://h/d", "", "/var/lib/db", "postgres://h:port/d"] {
        assert_eq!(shown(none), None, "{none}");
    }
}

#[tokio::test]
async fn a_copy_of_a_database_on_a_server_is_refused_and_no_file_is_left() {
    let server = Server::new().await;
    let file = server.directory.path().join("copy.db");
    assert!(server.open().await.copy_to(&file).await.is_err());
    assert!(!file.exists());
}

#[tokio::test]
async fn platforms_are_seen_by_somebody_who_is_none_of_them() {
    let server = Server::new().await;
    server.execute("drop schema public cascade; create schema public").await;
    assert_eq!(Store::look_at_platforms(&server.url).await.unwrap(), None, "it is empty");
    let store = server.open().await;
    let seen = Store::look_at_platforms(&server.url).await.unwrap().unwrap();
    assert_eq!((seen.platforms.len(), seen.lease, seen.unkept), (0, None, 0));
    let (fleet, ttl) = (fleet_of(&store), Duration::from_secs(5));
    let now = seen.database_now;
    for id in ["one", "two"] {
        let new = NewPlatform {
            id: id.to_owned(),
            place: "here".to_owned(),
            address: format!("{id}.internal:1"),
            version: "1".to_owned(),
        };
        fleet.join_platforms(&new, ttl, now).await.unwrap().unwrap();
    }
    fleet.beat_platform("two", ttl, now).await.unwrap();
    let seen = Store::look_at_platforms(&server.url).await.unwrap().unwrap();
    let found: Vec<_> = seen.platforms.iter().map(|one| (one.id.as_str(), one.beat)).collect();
    assert_eq!(found, [("one", 1), ("two", 2)]);
    let lease = seen.lease.unwrap();
    assert_eq!((lease.holder, lease.until), (None, now + ttl), "they have it together");
    assert!(seen.database_now >= now && seen.maintenance.is_empty() && seen.boxes.is_empty());
}
