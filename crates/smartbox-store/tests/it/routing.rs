//! Routing flags: versions, events, what a restart keeps.

use smartbox_core::routing::{RollbackRule, RouteName};
use smartbox_store::{Error, RoutingChange};

use crate::support::{World, at, event, fleet_of};

const NAME: RouteName = RouteName::ContainerGateway;

fn to_candidate(percentage: u8) -> RoutingChange {
    let candidate = Some("https://new.example".parse().unwrap());
    RoutingChange { candidate, percentage: Some(percentage), ..RoutingChange::default() }
}

#[tokio::test]
async fn every_route_is_there_from_the_start_and_leads_to_this_platform() {
    let world = World::new().await;
    let rows = world.fleet.routing_flags().await.unwrap();
    assert_eq!(rows.iter().map(|row| row.flag.name).collect::<Vec<_>>(), RouteName::ALL);
    for row in rows {
        assert!(row.flag.is_unused() && row.flag.percentage == 0, "{row:?}");
        assert_eq!(row.flag.rollback, RollbackRule::DEFAULT);
        assert_eq!((row.changed_at, row.changed_by, row.rolled_back), (None, None, None));
    }
}

#[tokio::test]
async fn a_change_and_its_event_are_there_after_a_restart_and_the_rest_stays() {
    let world = World::new().await;
    let change = RoutingChange { rollback_at: Some(5), ..to_candidate(10) };
    let changed =
        world.fleet.change_routing_flag(NAME, change, Some(1), event("route.changed"), at(1)).await.unwrap();
    assert_eq!((changed.flag.version, changed.flag.percentage), (2, 10));
    assert_eq!(changed.flag.rollback, RollbackRule { at_percent: 5, ..RollbackRule::DEFAULT });
    assert_eq!((changed.changed_at, changed.changed_by.as_deref()), (Some(at(1)), Some("test")));
    let (_directory, store) = world.reopen().await;
    let kept = fleet_of(&store).routing_flag(NAME).await.unwrap();
    assert_eq!(kept, changed);
    assert_eq!(kept.flag.candidate.to_string(), "https://new.example");
    assert!(fleet_of(&store).routing_flag(RouteName::AdminApi).await.unwrap().flag.is_unused());
    let log = fleet_of(&store).audit_log(None, None, 10).await.unwrap().items;
    assert_eq!(log.iter().map(|line| line.action.as_str()).collect::<Vec<_>>(), ["route.changed"]);
}

#[tokio::test]
async fn a_change_that_rests_on_an_old_version_changes_nothing_and_tells_nothing() {
    let world = World::new().await;
    let first = world.fleet.change_routing_flag(NAME, to_candidate(10), None, event("route.changed"), at(1));
    let first = first.await.unwrap();
    let stale =
        world.fleet.change_routing_flag(NAME, to_candidate(90), Some(1), event("route.changed"), at(2)).await;
    assert!(matches!(stale, Err(Error::VersionMismatch { current: 2 })), "{stale:?}");
    assert_eq!(world.fleet.routing_flag(NAME).await.unwrap(), first);
    assert_eq!(world.fleet.audit_log(None, None, 10).await.unwrap().items.len(), 1);
}

#[tokio::test]
async fn that_the_platform_gave_up_is_known_until_the_next_change() {
    let world = World::new().await;
    let reason = "12 of 20 requests failed".to_owned();
    let back = RoutingChange { percentage: Some(0), rolled_back: Some(reason), ..RoutingChange::default() };
    let rolled =
        world.fleet.change_routing_flag(NAME, back, None, event("route.rolled-back"), at(3)).await.unwrap();
    let told = rolled.rolled_back.unwrap();
    assert_eq!((told.at, told.reason.as_str()), (at(3), "12 of 20 requests failed"));
    let again = world.fleet.change_routing_flag(NAME, to_candidate(1), None, event("route.changed"), at(4));
    assert_eq!(again.await.unwrap().rolled_back, None);
}

#[tokio::test]
async fn the_settings_that_were_applied_are_remembered_over_other_changes() {
    let world = World::new().await;
    let applied = RoutingChange { settings: Some("percentage=100".to_owned()), ..to_candidate(100) };
    world.fleet.change_routing_flag(NAME, applied, None, event("route.changed"), at(1)).await.unwrap();
    let after = world.fleet.change_routing_flag(NAME, to_candidate(0), None, event("route.changed"), at(2));
    assert_eq!(after.await.unwrap().settings, "percentage=100");
}
