//! How far upgrades have come.

use smartbox_core::Desired;
use smartbox_core::upgrade::UpgradeStage;
use smartbox_store::{BoxError, Error, OperationKind, Outcome, RestoreFrom, Smartbox, Target, Upgrade};

use crate::backups::new_backup;
use crate::support::{World, at, create, event, new_box, operation};

async fn begun(world: &World, name: &str) -> (Smartbox, Upgrade) {
    let (mine, _operation) = create(&world.org, new_box(name)).await.unwrap();
    let asked = (operation(OperationKind::Upgrade), event("box.upgrade-requested"));
    world.org.intend_upgrade(mine.id, "2026.9.7", mine.version, asked, at(2)).await.unwrap();
    let trying = world.fleet.open_upgrade_of(mine.id).await.unwrap().unwrap();
    assert!(world.fleet.begin_saving(&trying, event("box.upgrade-tried"), at(2)).await.unwrap());
    let upgrade = world.fleet.open_upgrade_of(mine.id).await.unwrap().unwrap();
    (world.reload(mine.id).await, upgrade)
}

#[tokio::test]
async fn while_a_version_is_tried_nothing_is_asked_of_the_box() {
    let world = World::new().await;
    let (mine, _operation) = create(&world.org, new_box("mine")).await.unwrap();
    let asleep = world.want(mine.id, Desired::Asleep).await;
    let asked = (operation(OperationKind::Upgrade), event("box.upgrade-requested"));
    world.org.intend_upgrade(mine.id, "2026.9.7", asleep.version, asked, at(2)).await.unwrap();
    let trying = world.fleet.open_upgrade_of(mine.id).await.unwrap().unwrap();
    let row = world.reload(mine.id).await;
    assert_eq!(
        (row.upgrade, row.desired, row.generation),
        (Some(UpgradeStage::Trying), Desired::Asleep, asleep.generation)
    );
    assert_eq!(row.version, asleep.version + 1, "who decides on what was read before is told so");
    assert!(world.fleet.begin_saving(&trying, event("box.upgrade-tried"), at(3)).await.unwrap());
    assert!(!world.fleet.begin_saving(&trying, event("box.upgrade-tried"), at(4)).await.unwrap());
    let row = world.reload(mine.id).await;
    assert_eq!(
        (row.upgrade, row.desired, row.generation),
        (Some(UpgradeStage::Saving), Desired::Running, asleep.generation + 1)
    );
    world.want(mine.id, Desired::Deleted).await;
    let (other, _operation) = create(&world.org, new_box("other")).await.unwrap();
    let asked = (operation(OperationKind::Upgrade), event("box.upgrade-requested"));
    world.org.intend_upgrade(other.id, "2026.9.7", other.version, asked, at(5)).await.unwrap();
    let trying = world.fleet.open_upgrade_of(other.id).await.unwrap().unwrap();
    world.want(other.id, Desired::Deleted).await;
    assert!(!world.fleet.begin_saving(&trying, event("x"), at(6)).await.unwrap(), "not of a deleted box");
}

fn failed(what: &str) -> Outcome {
    Outcome::Failed(BoxError { code: "upgrade-failed".to_owned(), what: what.to_owned(), remedy: None })
}

#[tokio::test]
async fn an_upgrade_keeps_the_version_until_the_state_is_saved() {
    let world = World::new().await;
    let (mine, upgrade) = begun(&world, "mine").await;
    assert_eq!((mine.runtime_version.as_str(), mine.upgrade), ("2026.9.6", Some(UpgradeStage::Saving)));
    assert_eq!((mine.desired, mine.generation), (Desired::Running, 2));
    assert_eq!((upgrade.from.as_str(), upgrade.to.as_str()), ("2026.9.6", "2026.9.7"));

    let backup = new_backup(world.org.id(), mine.id, 1);
    world.fleet.insert_backup(&backup, at(3), None).await.unwrap();
    let switched = world.fleet.switch_runtime(&upgrade, Some(backup.id), event("x"), at(4)).await.unwrap();
    assert!(switched);
    let again = world.fleet.switch_runtime(&upgrade, Some(backup.id), event("x"), at(5)).await.unwrap();
    assert!(!again, "a step that was taken is not taken again");
    let mine = world.reload(mine.id).await;
    assert_eq!((mine.runtime_version.as_str(), mine.upgrade), ("2026.9.7", Some(UpgradeStage::Proving)));
    assert!(world.fleet.backups_of(mine.id).await.unwrap()[0].is_pinned, "the way back stays");
    let open = world.fleet.open_upgrades().await.unwrap();
    assert_eq!((open.len(), open[0].backup, open[0].since), (1, Some(backup.id), at(4)));
}

#[tokio::test]
async fn a_box_that_runs_does_not_end_its_upgrade_and_a_stop_does_not_either() {
    let world = World::new().await;
    let (mine, upgrade) = begun(&world, "mine").await;
    let target = Target { desired: Desired::Running, generation: mine.generation };
    world.fleet.settle_operations(mine.id, target, &Outcome::Succeeded, at(5)).await.unwrap();
    world.want(mine.id, Desired::Stopped).await;
    let open = world.fleet.find_operation(upgrade.id).await.unwrap().unwrap();
    assert_eq!(open.outcome, None);
    world.want(mine.id, Desired::Deleted).await;
    let ended = world.fleet.find_operation(upgrade.id).await.unwrap().unwrap();
    assert_eq!(ended.outcome, Some(Outcome::Superseded));
}

#[tokio::test]
async fn going_back_wants_the_saved_state_and_its_version_comes_with_it() {
    let world = World::new().await;
    let (mine, upgrade) = begun(&world, "mine").await;
    let backup = new_backup(world.org.id(), mine.id, 1);
    world.fleet.insert_backup(&backup, at(3), None).await.unwrap();
    world.fleet.switch_runtime(&upgrade, Some(backup.id), event("x"), at(4)).await.unwrap();
    let upgrade = world.fleet.open_upgrade_of(mine.id).await.unwrap().unwrap();
    assert!(world.fleet.begin_going_back(&upgrade, "it crashed", event("x"), at(5)).await.unwrap());
    assert!(!world.fleet.begin_going_back(&upgrade, "again", event("x"), at(6)).await.unwrap());
    let from = RestoreFrom::Backup(backup.id);
    assert_eq!(world.fleet.backup_state_of(mine.id).await.unwrap().restore_from, Some(from));
    let row = world.reload(mine.id).await;
    assert_eq!((row.generation, row.upgrade), (3, Some(UpgradeStage::GoingBack)));
    assert_eq!(row.runtime_version, "2026.9.7", "not before the state is back");

    let restored = smartbox_store::Restored { from, at: at(7), undo_until: None, is_proven: false };
    world.fleet.note_restored(mine.id, &restored, "2026.9.6", event("x")).await.unwrap();
    assert_eq!(world.reload(mine.id).await.runtime_version, "2026.9.6");
    let state = world.fleet.backup_state_of(mine.id).await.unwrap();
    assert_eq!(state.undo_version.as_deref(), Some("2026.9.7"));

    let end = (&failed("it crashed"), None);
    let as_before = world.fleet.finish_upgrade(&upgrade, end, event("x"), at(8)).await.unwrap();
    assert!(!as_before, "it is further than it was when it was looked at");
    let upgrade = world.fleet.open_upgrade_of(mine.id).await.unwrap().unwrap();
    assert!(world.fleet.finish_upgrade(&upgrade, end, event("x"), at(8)).await.unwrap());
    assert!(!world.fleet.finish_upgrade(&upgrade, end, event("x"), at(9)).await.unwrap());
    assert_eq!(world.reload(mine.id).await.upgrade, None);
    let newest = world.org.newest_upgrade(mine.id).await.unwrap().unwrap();
    assert_eq!((newest.why.as_deref(), newest.finished_at), (Some("it crashed"), Some(at(8))));
    let ended = world.fleet.find_operation(upgrade.id).await.unwrap().unwrap();
    assert_eq!(ended.outcome, Some(failed("it crashed")));
}

#[tokio::test]
async fn a_box_that_was_stopped_is_stopped_again_and_only_one_upgrade_is_under_way() {
    let world = World::new().await;
    let (mine, _operation) = create(&world.org, new_box("mine")).await.unwrap();
    let stopped = world.want(mine.id, Desired::Stopped).await;
    let ask = || (operation(OperationKind::Upgrade), event("x"));
    let (row, _) =
        world.org.intend_upgrade(mine.id, "2026.9.7", stopped.version, ask(), at(2)).await.unwrap();
    assert!(world.org.intend_upgrade(mine.id, "2026.9.8", row.version, ask(), at(3)).await.is_err());
    let stale = world.org.intend_upgrade(mine.id, "2026.9.8", stopped.version, ask(), at(3)).await;
    assert!(matches!(stale, Err(Error::VersionMismatch { .. })));
    let upgrade = world.fleet.open_upgrade_of(mine.id).await.unwrap().unwrap();
    world.fleet.finish_upgrade(&upgrade, (&Outcome::Succeeded, None), event("x"), at(4)).await.unwrap();
    assert_eq!(world.reload(mine.id).await.desired, Desired::Stopped);
    let counted = world.fleet.boxes_by_runtime(Some(world.org.id())).await.unwrap();
    assert_eq!(counted.get("2026.9.6"), Some(&1));
    assert!(world.fleet.boxes_by_runtime(Some(world.other.id())).await.unwrap().is_empty());
}
