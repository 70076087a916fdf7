//! Upgrades of many boxes, as they are put down.

use smartbox_core::rollout::{BoxProgress, RolloutEnd};
use smartbox_core::{OperationId, OrgId, RolloutId};
use smartbox_store::{Error, Rollout};

use crate::support::{World, at, event};

pub(crate) fn new_rollout(org: Option<OrgId>, second: i64) -> Rollout {
    Rollout {
        id: RolloutId::from_parts(at(second), [u8::try_from(second % 251).unwrap(); 10]),
        org,
        to: "2026.9.7".to_owned(),
        wave: 2,
        stop_after: 1,
        asked_by: "admin".to_owned(),
        created_at: at(second),
        ended: None,
    }
}

#[tokio::test]
async fn how_it_goes_with_each_box_is_kept_and_outlives_the_box() {
    let world = World::new().await;
    let (first, second) = (world.create("first").await, world.create("second").await);
    let rollout = new_rollout(Some(world.org.id()), 1);
    let boxes = [(first.id, "first".to_owned()), (second.id, "second".to_owned())];
    world.fleet.create_rollout(&rollout, &boxes, event("rollout.created")).await.unwrap();
    assert_eq!(world.fleet.open_rollouts().await.unwrap(), std::slice::from_ref(&rollout));

    let operation = OperationId::from_parts(at(2), [9; 10]);
    let note = async |progress, operation, what| {
        world.fleet.note_rollout_box(rollout.id, first.id, progress, (operation, what)).await.unwrap();
    };
    note(BoxProgress::Going, Some(operation), None).await;
    note(BoxProgress::Failed, None, Some("it crashed")).await;
    world.tamper("delete from boxes").await;
    let (seen, told) = world.org.find_rollout(rollout.id).await.unwrap().unwrap();
    assert_eq!(seen, rollout);
    assert_eq!(
        (told[0].progress, told[0].operation, told[0].what.as_deref(), told[1].progress),
        (BoxProgress::Failed, Some(operation), Some("it crashed"), BoxProgress::Waiting)
    );
}

#[tokio::test]
async fn a_rollout_ends_once() {
    let world = World::new().await;
    let rollout = new_rollout(Some(world.org.id()), 1);
    world.fleet.create_rollout(&rollout, &[], event("rollout.created")).await.unwrap();
    world.org.cancel_rollout(rollout.id, event("rollout.cancelled"), at(2)).await.unwrap();
    let again = world.org.cancel_rollout(rollout.id, event("rollout.cancelled"), at(3)).await;
    assert!(matches!(again, Err(Error::NotFound("rollout"))));
    assert!(
        !world.fleet.end_rollout(&rollout, RolloutEnd::Done, event("rollout.done"), at(3)).await.unwrap()
    );
    let ended = world.org.list_rollouts().await.unwrap().remove(0).ended;
    assert_eq!(ended, Some((at(2), RolloutEnd::Cancelled)));
    assert!(world.fleet.open_rollouts().await.unwrap().is_empty());
}

#[tokio::test]
async fn one_over_all_orgs_is_the_platforms_alone() {
    let world = World::new().await;
    let rollout = new_rollout(None, 1);
    world.fleet.create_rollout(&rollout, &[], event("rollout.created")).await.unwrap();
    assert!(world.org.find_rollout(rollout.id).await.unwrap().is_none());
    assert!(world.org.list_rollouts().await.unwrap().is_empty());
    assert_eq!(world.fleet.list_rollouts().await.unwrap(), [rollout]);
}
