use jiff::Timestamp;
use smartbox_core::OrgId;
use sqlx::Connection as _;

use super::*;
use crate::Store;
use crate::fleet::SystemActor;
use crate::sealing::{Keyring, Sealer};

async fn store_in(directory: &Path) -> Store {
    let keyring = Keyring::open_or_create(&directory.join("keys")).unwrap();
    Store::open(&directory.join("smartbox.db"), Sealer::new(keyring)).await.unwrap()
}

#[tokio::test]
async fn a_commit_is_on_the_disk_before_it_is_acknowledged() {
    let directory = tempfile::tempdir().unwrap();
    let database = store_in(directory.path()).await.database;
    let mut writer = database.writer().await.unwrap();

    let journal: String = sqlx::query_scalar("pragma journal_mode").fetch_one(&mut *writer).await.unwrap();
    let synchronous: i64 = sqlx::query_scalar("pragma synchronous").fetch_one(&mut *writer).await.unwrap();
    let foreign_keys: i64 = sqlx::query_scalar("pragma foreign_keys").fetch_one(&mut *writer).await.unwrap();

    assert_eq!((journal.as_str(), synchronous, foreign_keys), ("wal", 2, 1));
}

#[tokio::test]
async fn a_reader_cannot_write() {
    let directory = tempfile::tempdir().unwrap();
    let database = store_in(directory.path()).await.database;
    let refused = sqlx::query("insert into meta (name, value) values ('a', 'b')")
        .execute(&mut *database.read().await.unwrap())
        .await;
    assert!(refused.is_err());
}

#[tokio::test]
async fn a_full_disk_fails_one_call_and_the_next_one_works_when_there_is_room() {
    let directory = tempfile::tempdir().unwrap();
    let store = store_in(directory.path()).await;
    let fleet = store.fleet(SystemActor::new("test"));
    let limit_pages = async |pragma: &'static str| {
        let mut writer = store.database.writer().await.unwrap();
        sqlx::query_scalar::<_, i64>(pragma).fetch_one(&mut *writer).await.unwrap()
    };
    fleet.meta_set("before", "1").await.unwrap();

    // SQLite treats a database at its page limit like a full disk.
    limit_pages("pragma max_page_count = 1").await;
    let full = fleet.meta_set("big", &"x".repeat(1 << 20)).await.unwrap_err();
    assert_eq!(full.kind(), "full", "{full:?}");
    assert!(!full.to_string().contains("insert"));
    assert_eq!(fleet.meta_get("big").await.unwrap(), None, "nothing half-made");

    limit_pages("pragma max_page_count = 100000").await;
    fleet.meta_set("big", &"x".repeat(1 << 20)).await.unwrap();
    assert_eq!(fleet.meta_get("before").await.unwrap().as_deref(), Some("1"));
}

#[tokio::test]
async fn a_connection_stuck_in_a_lost_transaction_is_replaced() {
    let directory = tempfile::tempdir().unwrap();
    let store = store_in(directory.path()).await;
    {
        // What is left after SQLite rolled back by itself: sqlx counts a transaction that is not there.
        let mut tx = store.database.write().await.unwrap();
        sqlx::query("rollback").execute(&mut *tx).await.unwrap();
    }
    store.fleet(SystemActor::new("test")).meta_set("after", "1").await.unwrap();
}

#[tokio::test]
async fn a_call_that_was_given_up_in_the_middle_leaves_no_trace() {
    let directory = tempfile::tempdir().unwrap();
    let store = store_in(directory.path()).await;
    let fleet = store.fleet(SystemActor::new("test"));
    for polls in 0..40 {
        let name = format!("given-up-{polls}");
        let mut call = Box::pin(fleet.meta_set(&name, "1"));
        for _ in 0..polls {
            let one_poll = std::future::poll_fn(|context| {
                let is_done = call.as_mut().poll(context).is_ready();
                std::task::Poll::Ready(is_done)
            });
            if one_poll.await {
                break;
            }
            tokio::task::yield_now().await;
        }
        drop(call);
        fleet.meta_set("next", &name).await.unwrap();
        assert_eq!(fleet.meta_get("next").await.unwrap(), Some(name));
    }
}

#[tokio::test]
async fn only_a_promise_does_not_wait_for_the_disk_and_what_follows_it_does() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("a.db");
    durable(&path).create_if_missing(true).connect().await.unwrap().close().await.unwrap();
    let database = Database::open(&path).await.unwrap();
    for (is_fleeting, expected) in [(false, 2_i64), (true, 1), (false, 2)] {
        let mut tx = match is_fleeting {
            true => database.write_fleeting().await.unwrap(),
            false => database.write().await.unwrap(),
        };
        let synchronous: i64 = sqlx::query_scalar("pragma synchronous").fetch_one(&mut *tx).await.unwrap();
        assert_eq!(synchronous, expected);
        drop(tx);
    }
}

/// A box of the one org.
const ONE_BOX: &str = "insert into boxes (id, org_id, name, kind, tier, is_default, created_at_ms, version, desired, generation,
                                          uid_slot, runtime_version, host_key_public, observed, was_seen, restarts,
                                          oom_kills, failures)
     select 'box_00000000000070008000000000000001', id, 'one', 'pa', 'standard-1', true, 1, 1, 'stopped', 1, 1, '1', 'key',
            'absent', false, 0, 0, 0 from orgs";

#[tokio::test]
async fn a_change_under_way_is_seen_when_it_is_made() {
    let directory = tempfile::tempdir().unwrap();
    let store = store_in(directory.path()).await;
    let fleet = store.fleet(SystemActor::new("test"));
    let org = OrgId::from_parts(Timestamp::UNIX_EPOCH, [1; 10]);
    fleet.create_org(org, "home", Timestamp::UNIX_EPOCH).await.unwrap();
    assert!(fleet.all_boxes().await.unwrap().is_empty());

    let mut change = store.database.write().await.unwrap();
    sqlx::raw_sql(ONE_BOX).execute(&mut *change).await.unwrap();
    assert!(fleet.all_boxes().await.unwrap().is_empty());
    change.commit().await.unwrap();
    assert_eq!(fleet.all_boxes().await.unwrap().len(), 1);

    let mut change = store.database.write().await.unwrap();
    sqlx::raw_sql("update boxes set name = 'other'").execute(&mut *change).await.unwrap();
    drop(change);
    assert_eq!(fleet.all_boxes().await.unwrap()[0].name.as_str(), "one");
}

#[test]
fn every_table_that_a_box_is_read_from_is_followed() {
    let words: Vec<_> = crate::boxes::select_boxes!("").split_whitespace().collect();
    let read: std::collections::BTreeSet<_> =
        words.windows(2).filter(|pair| pair[0] == "from").map(|pair| pair[1]).collect();
    assert_eq!(read, TABLES.into_iter().collect());
}
