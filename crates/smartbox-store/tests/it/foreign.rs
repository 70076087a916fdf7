//! Databases of an agent, changed before a gateway opens them.

use std::path::{Path, PathBuf};

use smartbox_store::{HeldBack, hold_back, look_at_copy};
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
