//! Backups as they are put down, and foreign databases as they are looked at.

use smartbox_core::backup::{Facts, Reason};
use smartbox_core::{BackupId, BoxId, Desired, OrgId};
use smartbox_store::{Backup, Error, OperationKind, RestoreFrom, Restored, look_at_copy};

use crate::support::{World, at, create, event, new_box, operation};

pub(crate) fn new_backup(org: OrgId, box_id: BoxId, second: i64) -> Backup {
    Backup {
        id: BackupId::from_parts(at(second), [u8::try_from(second % 251).unwrap(); 10]),
        org,
        box_id,
        snapshot: format!("{second:064x}"),
        made_at: at(second),
        reason: Reason::Period,
        is_pinned: false,
        suspicion: None,
        stillness: "frozen".to_owned(),
        still_us: 1_234,
        took_ms: 56,
        runtime_version: "2026.9.6".to_owned(),
        epoch: 3,
        facts: Facts { files: 7, bytes: 4_096, databases: 2, broken_databases: 0, sessions: 5, left_out: 1 },
        added_bytes: 99,
        mark: "abc".to_owned(),
        verified: None,
        drilled: None,
    }
}

#[tokio::test]
async fn a_good_backup_covers_what_had_changed_and_a_suspicious_one_does_not() {
    let world = World::new().await;
    let (mine, _operation) = create(&world.org, new_box("mine")).await.unwrap();
    world
        .fleet
        .note_backup_failure(mine.id, "the store is away", Some(event("backup.failed")), at(1))
        .await
        .unwrap();
    world.fleet.note_backup_failure(mine.id, "the store is away", None, at(2)).await.unwrap();
    let state = world.fleet.backup_state_of(mine.id).await.unwrap();
    assert_eq!((state.failures, state.changed_since, state.looked_at), (2, Some(at(1)), Some(at(2))));
    assert!(world.fleet.note_overdue(mine.id, event("backup.overdue"), at(3)).await.unwrap());
    assert!(!world.fleet.note_overdue(mine.id, event("backup.overdue"), at(3)).await.unwrap(), "told once");

    let bad = Backup { suspicion: Some("it is empty".to_owned()), ..new_backup(world.org.id(), mine.id, 4) };
    world.fleet.insert_backup(&bad, at(4), Some(event("backup.suspicious"))).await.unwrap();
    let state = world.fleet.backup_state_of(mine.id).await.unwrap();
    assert_eq!((state.failures, state.changed_since, state.is_overdue), (0, Some(at(1)), true));
    let good = new_backup(world.org.id(), mine.id, 5);
    world.fleet.insert_backup(&good, at(5), None).await.unwrap();
    let state = world.fleet.backup_state_of(mine.id).await.unwrap();
    assert_eq!((state.changed_since, state.is_overdue), (None, false));
    assert_eq!(world.fleet.backups_of(mine.id).await.unwrap(), [good.clone(), bad]);

    world
        .fleet
        .note_verified(good.id, Some("a part is missing"), event("backup.broken"), at(6))
        .await
        .unwrap();
    assert!(!world.fleet.backups_of(mine.id).await.unwrap()[0].is_good());
}

#[tokio::test]
async fn a_restore_is_wished_with_its_operation_and_forgotten_when_it_is_done() {
    let world = World::new().await;
    let (mine, _operation) = create(&world.org, new_box("mine")).await.unwrap();
    let backup = new_backup(world.org.id(), mine.id, 1);
    world.fleet.insert_backup(&backup, at(1), None).await.unwrap();
    let from = RestoreFrom::Backup(backup.id);
    let begun = (Some(operation(OperationKind::Restore)), event("box.restore-requested"));
    let (row, begun) =
        world.org.intend_restore(mine.id, from, Some(mine.version), begun, at(2)).await.unwrap();
    assert_eq!((row.desired, row.generation), (Desired::Running, mine.generation + 1));
    assert_eq!(begun.unwrap().target.generation, row.generation);
    assert_eq!(world.fleet.backup_state_of(mine.id).await.unwrap().restore_from, Some(from));
    let stale = world.org.intend_restore(mine.id, from, Some(mine.version), (None, event("x")), at(2)).await;
    assert!(matches!(stale, Err(Error::VersionMismatch { .. })));

    let restored = Restored { from, at: at(3), undo_until: Some(at(9)), is_proven: false };
    world.fleet.note_restored(mine.id, &restored, "2026.9.6", event("box.restored")).await.unwrap();
    let state = world.fleet.backup_state_of(mine.id).await.unwrap();
    assert_eq!((state.restore_from, state.restored), (None, Some(restored)));
    world.fleet.note_proven(mine.id).await.unwrap();
    world.fleet.note_undo_gone(mine.id).await.unwrap();
    let state = world.fleet.backup_state_of(mine.id).await.unwrap().restored.unwrap();
    assert!(state.is_proven && state.undo_until.is_none());
}

#[tokio::test]
async fn a_key_is_made_once() {
    use secrecy::{ExposeSecret, SecretString};
    let world = World::new().await;
    let (mine, _operation) = create(&world.org, new_box("mine")).await.unwrap();
    let first = world.fleet.keep_secret(mine.id, "backup-key", &SecretString::from("one")).await.unwrap();
    let again = world.fleet.keep_secret(mine.id, "backup-key", &SecretString::from("two")).await.unwrap();
    assert_eq!((first.expose_secret(), again.expose_secret()), ("one", "one"));
}

#[tokio::test]
async fn a_saved_database_is_whole_and_damage_is_found() {
    let root = tempfile::tempdir().unwrap();
    let world = World::new().await;
    create(&world.org, new_box("mine")).await.unwrap();
    let copy = root.path().join("copy.sqlite");
    world.store.copy_to(&copy).await.unwrap();
    let seen = look_at_copy(&copy).await;
    assert_eq!(seen.wrong, None);
    assert!(!root.path().join("copy.sqlite-wal").exists(), "one file is all of it");

    let mut bytes = std::fs::read(&copy).unwrap();
    for byte in bytes.iter_mut().skip(4096).take(8192) {
        *byte ^= 0xff;
    }
    std::fs::write(&copy, bytes).unwrap();
    assert!(look_at_copy(&copy).await.wrong.is_some());
    std::fs::write(&copy, "no database").unwrap();
    assert!(look_at_copy(&copy).await.wrong.is_some());
    assert!(look_at_copy(&root.path().join("none")).await.wrong.is_some());
}

#[tokio::test]
async fn the_epoch_is_raised_above_what_boxes_have_obeyed() {
    let world = World::new().await;
    let ttl = std::time::Duration::from_secs(30);
    let first = world.fleet.acquire_lease("reconciler", "a", ttl, at(1)).await.unwrap().unwrap();
    world.fleet.raise_lease("reconciler", 40).await.unwrap();
    assert_eq!(world.fleet.acquire_lease("reconciler", "b", ttl, at(2)).await.unwrap(), Some(41));
    world.fleet.raise_lease("reconciler", 7).await.unwrap();
    assert_eq!(
        world.fleet.acquire_lease("reconciler", "c", ttl, at(3)).await.unwrap(),
        Some(42),
        "never lowered"
    );
    assert!(first < 41);
}
