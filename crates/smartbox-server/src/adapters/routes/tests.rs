use smartbox_core::{OrgId, Role, UserId};

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
