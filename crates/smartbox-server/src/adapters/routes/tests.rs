use secrecy::SecretString;
use smartbox_core::{BoxId, OrgId, Role, UserId};

use super::*;

fn person(role: Role) -> Principal {
    let user = UserId::from_parts(Timestamp::UNIX_EPOCH, [1; 10]);
    Principal::user(user, OrgId::from_parts(Timestamp::UNIX_EPOCH, [1; 10]), role)
}

#[test]
fn everybody_is_to_a_gateway_what_their_role_lets_them_be() {
    assert_eq!(role(&Principal::Admin), GatewayRole::Admin);
    assert_eq!(role(&person(Role::Owner)), GatewayRole::Admin);
    assert_eq!(role(&person(Role::Admin)), GatewayRole::Admin);
    assert_eq!(role(&person(Role::Operator)), GatewayRole::Member);
    assert_eq!(role(&person(Role::Viewer)), GatewayRole::Viewer);
}

#[test]
fn dangerous_methods_are_for_administrators_alone() {
    let policy = policy();
    for method in [
        "config.get",
        "config.patch",
        "config.brand.new",
        "exec.approvals.set",
        "update.run",
        "device.token.rotate",
        "device.pair.approve",
        "terminal.open",
        "wizard.start",
        "plugins.install",
        "secrets.store.set",
        "node.invoke",
        "tools.invoke",
        "cron.add",
        "agents.files.set",
        "chat.inject",
        "connect",
        "brand.new",
    ] {
        assert_eq!(policy.for_method(method), Permission::BoxesAdminister, "{method}");
    }
    for (method, needed) in [
        ("health", Permission::BoxesRead),
        ("chat.history", Permission::BoxesRead),
        ("chat.send", Permission::BoxesTalk),
        ("sessions.create", Permission::BoxesTalk),
        ("exec.approval.resolve", Permission::BoxesExec),
    ] {
        assert_eq!(policy.for_method(method), needed, "{method}");
    }
}

fn state_of(phase: Phase, desired: Desired) -> RouteState {
    route_state(&BoxState {
        id: BoxId::from_parts(Timestamp::UNIX_EPOCH, [1; 10]),
        org: OrgId::from_parts(Timestamp::UNIX_EPOCH, [1; 10]),
        name: "home".parse().unwrap(),
        kind: smartbox_core::Kind::Pa,
        labels: smartbox_core::Labels::default(),
        tier: "standard-1".to_owned(),
        is_default: true,
        generation: Some(1),
        desired,
        phase,
        is_kept: phase == Phase::Sleeping,
        stage: None,
        since: None,
        error: None,
        gateway_token: SecretString::from("secret"),
    })
}

#[test]
fn a_box_that_falls_asleep_is_ready_until_it_sleeps_and_waits_while_it_wakes() {
    let since = Timestamp::UNIX_EPOCH;
    assert_eq!(state_of(Phase::FallingAsleep, Desired::Asleep), RouteState::Ready);
    let asleep = RouteState::Asleep { phase: "sleeping", since };
    assert_eq!(state_of(Phase::Sleeping, Desired::Asleep), asleep);
    let waking = RouteState::Waiting { phase: "waking", stage: None, since };
    assert_eq!(state_of(Phase::Waking, Desired::Running), waking);
}

#[test]
fn a_box_is_stopped_by_its_owner_if_that_is_what_is_wanted() {
    let since = Timestamp::UNIX_EPOCH;
    for (desired, by_owner) in [(Desired::Stopped, true), (Desired::Asleep, false)] {
        let stopped = RouteState::Stopped { phase: "stopped", since, by_owner };
        assert_eq!(state_of(Phase::Stopped, desired), stopped);
        let stopping = RouteState::Stopped { phase: "stopping", since, by_owner };
        assert_eq!(state_of(Phase::Stopping, desired), stopping);
    }
}
