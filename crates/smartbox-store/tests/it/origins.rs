//! Boxes that begin with a state that was not theirs.

use secrecy::SecretString;
use smartbox_core::Desired;
use smartbox_core::backup::Reason;
use smartbox_store::{
    Backup, Error, NewFrom, NewSmartbox, OperationKind, Origin, OriginKind, RestoreFrom, Restored, Smartbox,
};

use crate::backups::new_backup;
use crate::support::{World, at, create, event, new_box, operation};

/// A box of the other org that begins with a backup of `source`.
async fn cloned(world: &World, source: &Smartbox, backup: &Backup) -> Smartbox {
    let token = SecretString::from("its own");
    let new = NewFrom {
        org: world.other.id(),
        smartbox: NewSmartbox { is_quiet: true, ..new_box("copy") },
        secrets: &[("gateway-token", &token)],
        origin: Origin { kind: OriginKind::Clone, source: Some(source.id), backup: Some(backup.id) },
        event: event("box.created"),
        told: Some((source.org, source.id, event("box.cloned"))),
    };
    let asked = Some(operation(OperationKind::Create));
    world.fleet.create_box_from(new, asked, at(3)).await.unwrap().0
}

#[tokio::test]
async fn a_clone_waits_for_a_backup_that_stays_as_long_as_it_is_awaited_and_both_boxes_tell() {
    let world = World::new().await;
    let (source, _operation) = create(&world.org, new_box("mine")).await.unwrap();
    let backup = new_backup(world.org.id(), source.id, 1);
    world.fleet.insert_backup(&backup, at(1), None).await.unwrap();
    let copy = cloned(&world, &source, &backup).await;
    assert_eq!((copy.org, copy.is_quiet, copy.desired), (world.other.id(), true, Desired::Running));
    let from = RestoreFrom::Backup(backup.id);
    assert_eq!(world.fleet.backup_state_of(copy.id).await.unwrap().restore_from, Some(from));
    let origin = world.fleet.origin_of(copy.id).await.unwrap().unwrap();
    assert_eq!(
        (origin.kind, origin.source, origin.backup),
        (OriginKind::Clone, Some(source.id), Some(backup.id))
    );
    assert_eq!(world.fleet.origin_of(source.id).await.unwrap(), None);
    let (found, of) = world.fleet.find_backup(backup.id).await.unwrap().unwrap();
    assert_eq!((found.id, of.id), (backup.id, source.id));
    assert!(
        world.other.find_backup(source.id, backup.id).await.unwrap().is_none(),
        "it stays the other org's"
    );
    assert!(world.other.list_backups(copy.id).await.unwrap().is_empty());
    let told = world.org.timeline(source.id, None, 10).await.unwrap();
    assert_eq!(told.items[0].action, "box.cloned");
    assert_eq!(world.other.timeline(copy.id, None, 10).await.unwrap().items[0].action, "box.created");

    assert_eq!(world.fleet.awaited_backups(source.id).await.unwrap(), [backup.id]);
    let restored = Restored { from, at: at(4), undo_until: None, is_proven: false };
    world.fleet.note_restored(copy.id, &restored, "2026.9.6", event("box.restored")).await.unwrap();
    assert!(world.fleet.awaited_backups(source.id).await.unwrap().is_empty());
}

#[tokio::test]
async fn an_import_is_completed_once_and_runs_then() {
    let world = World::new().await;
    let new = NewFrom {
        org: world.org.id(),
        smartbox: NewSmartbox { desired: Desired::Stopped, ..new_box("taken-in") },
        secrets: &[],
        origin: Origin { kind: OriginKind::Import, source: None, backup: None },
        event: event("box.created"),
        told: None,
    };
    let (row, operation_of) = world.fleet.create_box_from(new, None, at(1)).await.unwrap();
    assert!(operation_of.is_none());
    assert_eq!(world.fleet.backup_state_of(row.id).await.unwrap().restore_from, None);
    let backup = Backup { reason: Reason::Import, ..new_backup(world.org.id(), row.id, 2) };
    let asked = || (operation(OperationKind::Create), event("box.imported"));
    let (row, _operation) = world.fleet.complete_import(&backup, asked(), at(3)).await.unwrap();
    assert_eq!(row.desired, Desired::Running);
    let from = RestoreFrom::Backup(backup.id);
    assert_eq!(world.fleet.backup_state_of(row.id).await.unwrap().restore_from, Some(from));
    assert_eq!(world.fleet.backups_of(row.id).await.unwrap()[0].facts.sessions, 5);
    let again = world.fleet.complete_import(&backup, asked(), at(4)).await;
    assert!(matches!(again, Err(Error::NotFound("box"))));
    let (other, _operation) = create(&world.org, new_box("other")).await.unwrap();
    let foreign = Backup { box_id: other.id, ..new_backup(world.org.id(), other.id, 3) };
    let refused = world.fleet.complete_import(&foreign, asked(), at(5)).await;
    assert!(matches!(refused, Err(Error::NotFound("box"))), "it waits for nothing");
}

#[tokio::test]
async fn channels_are_confirmed_in_a_new_incarnation_and_what_is_wanted_of_the_box_stays() {
    let world = World::new().await;
    let (mine, _operation) = create(&world.org, new_box("mine")).await.unwrap();
    for desired in [Desired::Running, Desired::Asleep, Desired::Stopped] {
        let before = world.want(mine.id, desired).await;
        let asked = (operation(OperationKind::Restart), event("box.channels-off"));
        let (after, operation) =
            world.org.set_quiet(mine.id, true, Some(before.version), asked, at(5)).await.unwrap();
        assert_eq!((after.is_quiet, after.desired), (true, desired));
        assert_eq!(after.generation, before.generation + 1);
        assert_eq!((operation.target.desired, operation.target.generation), (desired, after.generation));
    }
    let stale = (operation(OperationKind::Restart), event("x"));
    let refused = world.org.set_quiet(mine.id, false, Some(1), stale, at(6)).await;
    assert!(matches!(refused, Err(Error::VersionMismatch { .. })));
    world.want(mine.id, Desired::Deleted).await;
    let late = (operation(OperationKind::Restart), event("x"));
    let refused = world.org.set_quiet(mine.id, false, None, late, at(7)).await;
    assert!(matches!(refused, Err(Error::NotFound("box"))));
}
