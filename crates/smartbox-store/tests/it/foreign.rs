//! Databases of an agent, changed before a gateway opens them.

use std::path::{Path, PathBuf};

use smartbox_store::{HeldBack, hold_back, look_at_copy, renew_identity};
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
use sqlx::{ConnectOptions, Connection as _, SqliteConnection};

/// As far as OpenClaw 2026.9.6 makes them, and this is about.
const SCHEMA: [&str; 3] = [
    "create table session_nodes (session_key text primary key, entry_json text not null, status text \
     check (status is null or status in ('running', 'done', 'failed', 'killed', 'timeout'))) strict",
    "create table session_pending_inputs (seq integer primary key, state text not null \
     check (state in ('queued', 'interrupted', 'cancelled'))) strict",
    "create table delivery_queue_entries (queue_name text not null, id text not null, status text not null, last_error text, \
     updated_at integer not null, failed_at integer, primary key (queue_name, id)) strict",
];

async fn open(path: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new().filename(path).create_if_missing(true);
    options.journal_mode(SqliteJournalMode::Wal).connect().await.unwrap()
}

async fn agent_database(dir: &Path) -> PathBuf {
    let path = dir.join("openclaw-agent.sqlite");
    let mut connection = open(&path).await;
    let rows = [
        "insert into session_nodes values ('a', '{\"status\":\"running\",\"label\":\"x\"}', 'running'), ('b', '{\"status\":\"done\"}', 'done')",
        "insert into session_pending_inputs values (1, 'queued'), (2, 'cancelled'), (3, 'interrupted')",
        "insert into delivery_queue_entries values ('out', '1', 'pending', null, 5, null), ('out', '2', 'failed', 'gone', 4, 4)",
    ];
    for statement in SCHEMA.into_iter().chain(rows) {
        sqlx::query(statement).execute(&mut connection).await.unwrap();
    }
    connection.close().await.unwrap();
    path
}

#[tokio::test]
async fn what_was_under_way_is_ended_once_and_everything_else_stays() {
    let dir = tempfile::tempdir().unwrap();
    let path = agent_database(dir.path()).await;
    let held = HeldBack { turns: 1, inputs: 2, messages: 1 };
    assert_eq!(hold_back(&path).await, Ok(held));
    assert_eq!(hold_back(&path).await, Ok(HeldBack::default()));
    let names: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|it| it.unwrap().file_name()).collect();
    assert_eq!(names, ["openclaw-agent.sqlite"], "one file is all of it");
    let mut connection = open(&path).await;
    let rows: Vec<(String, String)> =
        sqlx::query_as("select status, entry_json from session_nodes order by 1")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    let rows: Vec<_> = rows.iter().map(|(status, entry)| (status.as_str(), entry.as_str())).collect();
    assert_eq!(rows, [("done", r#"{"status":"done"}"#), ("killed", r#"{"status":"killed","label":"x"}"#)]);
    let failed: Vec<(String, i64)> =
        sqlx::query_as("select last_error, failed_at from delivery_queue_entries order by id")
            .fetch_all(&mut connection)
            .await
            .unwrap();
    assert_eq!(failed[1], ("gone".to_owned(), 4), "one that had failed is as it was");
    assert!(failed[0].0.contains("restored") && failed[0].1 == 5);
}

#[tokio::test]
async fn a_database_without_these_tables_is_left_alone_and_one_that_takes_no_change_keeps_all() {
    let dir = tempfile::tempdir().unwrap();
    let other = dir.path().join("other.sqlite");
    let mut connection = open(&other).await;
    sqlx::query("create table session_nodes (session_key text primary key, status text)")
        .execute(&mut connection)
        .await
        .unwrap();
    sqlx::query("insert into session_nodes values ('a', 'running')").execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let refused = hold_back(&other).await.unwrap_err();
    assert!(refused.contains("entry_json"), "{refused}");
    assert_eq!(look_at_copy(&other).await.wrong, None);

    let bare = dir.path().join("bare.sqlite");
    open(&bare).await.close().await.unwrap();
    assert_eq!(hold_back(&bare).await, Ok(HeldBack::default()));
    std::fs::write(&bare, "no database").unwrap();
    assert!(hold_back(&bare).await.is_err());
}

/// As far as OpenClaw 2026.9.6 makes them, and this is about.
const IDENTITY: [&str; 6] = [
    "create table device_identities (identity_key text primary key, private_key_pem text not null) strict",
    "create table device_pairing_paired (device_id text primary key, tokens_json text) strict",
    "create table config_machine_state (state_key text primary key, value_json text not null) strict",
    "create table channel_ingress_events (event_id text primary key, status text not null, updated_at integer not null, claim_token text, \
     claim_owner text, claimed_at integer, failed_reason text, failed_at integer) strict",
    "create table channel_pairing_allow_entries (entry text primary key) strict",
    "create table auth_profile_store (store_key text primary key) strict",
];

async fn state_database(dir: &Path) -> (PathBuf, SqliteConnection) {
    let path = dir.join("openclaw.sqlite");
    let mut connection = open(&path).await;
    let rows = [
        "insert into device_identities values ('gateway', 'a private key')",
        "insert into device_pairing_paired values ('phone', '{}'), ('laptop', '{}')",
        "insert into config_machine_state values ('nodeHost.id', '1'), ('webPush.vapidKeys', '2'), ('ui.theme', '3')",
        "insert into channel_ingress_events values ('1', 'pending', 5, null, null, null, null, null), \
         ('2', 'completed', 4, null, null, null, null, null)",
        "insert into channel_pairing_allow_entries values ('alice')",
        "insert into auth_profile_store values ('anthropic')",
    ];
    for statement in IDENTITY.into_iter().chain(rows) {
        sqlx::query(statement).execute(&mut connection).await.unwrap();
    }
    (path, connection)
}

#[tokio::test]
async fn a_copy_loses_who_it_was_and_keeps_what_it_knows() {
    let dir = tempfile::tempdir().unwrap();
    let (path, connection) = state_database(dir.path()).await;
    connection.close().await.unwrap();
    assert_eq!(renew_identity(&path).await, Ok(6));
    assert_eq!(renew_identity(&path).await, Ok(0));
    let mut connection = open(&path).await;
    for (query, expected) in [
        ("select count(*) from device_identities", 0),
        ("select count(*) from device_pairing_paired", 0),
        ("select count(*) from config_machine_state where state_key = 'ui.theme'", 1),
        ("select count(*) from config_machine_state", 1),
        ("select count(*) from channel_ingress_events where status = 'pending'", 0),
        (
            "select count(*) from channel_ingress_events where failed_reason is null and status = 'completed'",
            1,
        ),
        ("select count(*) from channel_pairing_allow_entries", 1),
        ("select count(*) from auth_profile_store", 1),
    ] {
        let found: i64 = sqlx::query_scalar(query).fetch_one(&mut connection).await.unwrap();
        assert_eq!(found, expected, "{query}");
    }
}

#[tokio::test]
async fn a_copy_that_keeps_its_identity_by_a_trick_is_refused_as_a_whole() {
    let dir = tempfile::tempdir().unwrap();
    let (path, mut connection) = state_database(dir.path()).await;
    let trigger = "create trigger mine before delete on device_identities begin select raise(ignore); end";
    sqlx::query(trigger).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let refused = renew_identity(&path).await.unwrap_err();
    assert!(refused.contains("device_identities"), "{refused}");
    let mut connection = open(&path).await;
    let paired: i64 = sqlx::query_scalar("select count(*) from device_pairing_paired")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(paired, 2, "all or nothing");
    std::fs::write(dir.path().join("none"), "no database").unwrap();
    assert!(renew_identity(&dir.path().join("none")).await.is_err());
}

#[tokio::test]
async fn sessions_are_counted_where_they_are_known_and_a_view_is_no_table() {
    let dir = tempfile::tempdir().unwrap();
    let path = agent_database(dir.path()).await;
    let seen = look_at_copy(&path).await;
    assert_eq!((seen.sessions, seen.wrong), (2, None));
    let other = dir.path().join("other.sqlite");
    let mut connection = open(&other).await;
    let endless = "create view session_nodes as with recursive n(i) as (select 1 union all select i + 1 from n) select i from n";
    sqlx::query(endless).execute(&mut connection).await.unwrap();
    connection.close().await.unwrap();
    let seen = look_at_copy(&other).await;
    assert_eq!((seen.sessions, seen.wrong), (0, None));
}
