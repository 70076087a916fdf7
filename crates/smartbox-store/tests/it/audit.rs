//! The chain of the audit log.

use smartbox_core::audit::{Line, canonical};
use smartbox_store::AuditEvent;

use crate::support::{World, event, fleet_of};

/// Hash of an event by another implementation than the store's.
fn sha256(text: &str) -> String {
    use std::io::Write as _;
    let mut tool = std::process::Command::new("sha256sum")
        .stdin(std::process::Stdio::piped())
        .stdout(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    tool.stdin.take().unwrap().write_all(text.as_bytes()).unwrap();
    let output = tool.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap().split(' ').next().unwrap().to_owned()
}

fn text(event: &AuditEvent) -> String {
    let line = Line {
        seq: event.seq,
        id: &event.id,
        org: event.org_id.as_deref(),
        box_id: event.box_id.as_deref(),
        at_ms: event.at_ms,
        actor: &event.actor,
        action: &event.action,
        reason: &event.reason,
        detail: &event.detail,
        address: event.address.as_deref(),
        outcome: &event.outcome,
    };
    canonical(&event.previous_hash, &line)
}

#[tokio::test]
async fn every_event_holds_the_hash_of_the_one_before() {
    let world = World::new().await;
    world.create("home").await;
    world.user("ada").await;
    world.fleet.append_event(None, None, event("platform.started"), crate::support::at(9)).await.unwrap();
    let log = world.fleet.audit_log(None, None, 100).await.unwrap().items;
    assert_eq!(log.len(), 3);
    assert_eq!(log[0].previous_hash, "");
    for pair in log.windows(2) {
        assert_eq!(pair[1].seq, pair[0].seq + 1);
        assert_eq!(pair[1].previous_hash, pair[0].hash);
    }
    for event in &log {
        assert_eq!(event.hash, sha256(&text(event)), "{event:?}");
    }
}

#[tokio::test]
async fn a_changed_line_does_not_have_its_hash_any_more() {
    let world = World::new().await;
    world.create("home").await;
    world.tamper("update events set actor = 'somebody else' where seq = 1").await;
    let event = world.fleet.audit_log(None, None, 1).await.unwrap().items.remove(0);
    assert_ne!(event.hash, sha256(&text(&event)));
}

#[tokio::test]
async fn the_chain_goes_on_over_a_restart_and_an_org_sees_its_own_lines() {
    let world = World::new().await;
    world.create("home").await;
    let (org, other) = (world.org.id(), world.other.id());
    let (_directory, store) = world.reopen().await;
    crate::support::create(&store.org(other), crate::support::new_box("theirs")).await.unwrap();
    let whole = fleet_of(&store).audit_log(None, None, 100).await.unwrap().items;
    assert_eq!((whole.len(), &whole[1].previous_hash), (2, &whole[0].hash));
    let ours = store.org(org).audit_log(None, 100).await.unwrap().items;
    assert_eq!(ours, whole[..1]);
}

#[tokio::test]
async fn what_happened_before_the_chain_began_has_no_hash() {
    let world = World::new().await;
    world.create("home").await;
    world.tamper("update events set hash = '', previous_hash = ''").await;
    world.create("work").await;
    let log = world.fleet.audit_log(None, None, 100).await.unwrap().items;
    assert_eq!((log[0].hash.as_str(), log[1].previous_hash.as_str()), ("", ""));
    assert_eq!(log[1].hash, sha256(&text(&log[1])), "the chain begins with the first line that has one");
}
