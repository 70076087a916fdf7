//! Every method of an org's handle, called with what belongs to another org: it is not there.

use std::collections::BTreeSet;

use jiff::tz::TimeZone;
use smartbox_core::ledger::{Budget, Caps, Period, Span, Usage};
use smartbox_core::models::ModelRules;
use smartbox_core::schedule::CatchUp;
use smartbox_core::wake::HoldKind;
use smartbox_core::{
    BoxId, Delivery, Desired, DeviceStatus, OperationId, Pairing, Role, ScheduleId, SleepChange, Threshold,
    UserId, UserStatus,
};
use smartbox_store::{
    BackupState, BoxFilter, Claim, EgressUsage, Error, Gauge, KeyChange, NewConfig, NewSecret, OperationKind,
    OrgPlan, RestoreFrom, ScheduleAction, SchedulePlan, Settled, Smartbox, Spent, SupportFilter,
    TicketHolder, UserChange, WebhookPlan,
};

use crate::backups::new_backup;
use crate::execs::new_exec;
use crate::fleet::fleet_of_another_org;
use crate::ledger::{spend_id, tell};
use crate::rollouts::new_rollout;
use crate::support::{
    World, at, create, event, intent, new_box, new_device, new_provider, new_session, new_ticket, new_token,
    new_user, operation,
};
use crate::support_sessions::{asked_for, new_support};
use crate::webhooks::{new_webhook, webhook_id};

/// The methods of the handle, from its source: one that is missing in the table below fails the test.
fn methods() -> BTreeSet<&'static str> {
    let rooms = [
        include_str!("../../src/org.rs"),
        include_str!("../../src/org/backup_operations.rs"),
        include_str!("../../src/org/backups.rs"),
        include_str!("../../src/org/bulk.rs"),
        include_str!("../../src/backup_rules.rs").split("impl FleetStore").next().unwrap(),
        include_str!("../../src/org/channels.rs"),
        include_str!("../../src/org/configs.rs"),
        include_str!("../../src/org/deliveries.rs"),
        include_str!("../../src/org/devices.rs"),
        include_str!("../../src/org/egress.rs"),
        include_str!("../../src/org/execs.rs"),
        include_str!("../../src/org/messages.rs"),
        include_str!("../../src/org/models.rs"),
        include_str!("../../src/org/operations.rs"),
        include_str!("../../src/org/people.rs"),
        include_str!("../../src/org/rollouts.rs"),
        include_str!("../../src/org/secrets.rs"),
        include_str!("../../src/org/settings.rs"),
        include_str!("../../src/org/support.rs"),
        include_str!("../../src/org/tickets.rs"),
        include_str!("../../src/org/tiers.rs"),
        include_str!("../../src/org/tokens.rs"),
        include_str!("../../src/org/upgrades.rs"),
        include_str!("../../src/org/webhooks.rs"),
        include_str!("../../src/event_feed.rs").split("impl FleetStore").next().unwrap(),
        include_str!("../../src/schedules.rs"),
        include_str!("../../src/ledger/budgets.rs"),
        include_str!("../../src/ledger/reports.rs"),
        include_str!("../../src/ledger/spans.rs").split("impl FleetStore").next().unwrap(),
        include_str!("../../src/ledger/org_plan.rs"),
        include_str!("../../src/ledger/holds.rs").split("impl FleetStore").next().unwrap(),
        // What is the system's own stands below.
        include_str!("../../src/sleep.rs").split("impl FleetStore").next().unwrap(),
    ];
    rooms
        .into_iter()
        .flat_map(str::lines)
        .filter_map(|line| line.trim().strip_prefix("pub async fn "))
        .map(|rest| rest.split('(').next().unwrap())
        .collect()
}

#[tokio::test]
async fn what_belongs_to_another_org_does_not_exist() {
    let world = World::new().await;
    let (mine, my_operation) = create(&world.org, new_box("mine")).await.unwrap();
    let body = [1; 32];
    world.org.idempotency_begin("k", "POST /", &body, at(1)).await.unwrap();
    let stranger = &world.other;
    let mut tried = BTreeSet::new();
    let mut finds_nothing = |method: &'static str, found: bool| {
        assert!(!found, "{method} shows what belongs to another org");
        tried.insert(method);
    };

    finds_nothing("find_box", stranger.find_box(mine.id).await.unwrap().is_some());
    finds_nothing("find_box_by_name", stranger.find_box_by_name(&mine.name).await.unwrap().is_some());
    finds_nothing("default_box", stranger.default_box().await.unwrap().is_some());
    let listed = stranger.list_boxes(&BoxFilter::default(), None, 10).await.unwrap();
    finds_nothing("list_boxes", !listed.items.is_empty() || listed.next.is_some());
    let told = stranger.timeline(mine.id, None, 10).await.unwrap();
    finds_nothing("timeline", !told.items.is_empty() || told.next.is_some());
    let latest = stranger.latest_event(mine.id, ["box.created"; 3]).await.unwrap();
    finds_nothing("latest_event", latest.is_some());
    finds_nothing("find_operation", stranger.find_operation(my_operation.id).await.unwrap().is_some());
    finds_nothing("secret", stranger.secret(mine.id, "gateway-token").await.unwrap().is_some());

    let stop = operation(OperationKind::Stop);
    let changed = stranger
        .change_intent(mine.id, intent(Desired::Deleted), None, Some(stop), event("box.deleted"), at(2))
        .await;
    finds_nothing("change_intent", !matches!(changed, Err(Error::NotFound("box"))));
    let with_version = stranger
        .change_intent(mine.id, intent(Desired::Deleted), Some(9), None, event("box.deleted"), at(2))
        .await;
    assert!(matches!(with_version, Err(Error::NotFound("box"))), "a version is not told to strangers");

    changes_by_another_org(&world, (&mine, my_operation.id), &mut finds_nothing).await;

    // A box of the same name, a key of the same text: the other org's do not get in the way.
    finds_nothing("create_box", !create(stranger, new_box("mine")).await.unwrap().0.is_default);
    stranger.idempotency_finish("k", 200, "stranger's").await.unwrap();
    let claim = world.org.idempotency_begin("k", "POST /", &body, at(2)).await.unwrap();
    finds_nothing("idempotency_finish", claim != Claim::InProgress);
    stranger.idempotency_abandon("k").await.unwrap();
    let claim = world.org.idempotency_begin("k", "POST /", &body, at(3)).await.unwrap();
    finds_nothing("idempotency_abandon", claim != Claim::InProgress);
    let claim = stranger.idempotency_begin("k", "POST /elsewhere", &[2; 32], at(2)).await.unwrap();
    finds_nothing("idempotency_begin", claim != Claim::Fresh);

    sleep_of_another_org(&world, mine.id, &mut finds_nothing).await;
    let open = "allow *".parse().unwrap();
    let set = stranger.set_egress_rules(Some(mine.id), &open, None, event("egress.changed"), at(2)).await;
    finds_nothing("set_egress_rules", !matches!(set, Err(Error::NotFound("box"))));
    stranger.set_egress_rules(None, &open, None, event("egress.changed"), at(2)).await.unwrap();
    finds_nothing("egress_rules", {
        let of_box = stranger.egress_rules(Some(mine.id)).await.unwrap();
        of_box.is_some() || world.org.egress_rules(None).await.unwrap().is_some()
    });

    ledger_of_another_org(&world, mine.id, &mut finds_nothing).await;
    models_of_another_org(&world, mine.id, &mut finds_nothing).await;
    secrets_of_another_org(&world, mine.id, &mut finds_nothing).await;
    backups_of_another_org(&world, mine.id, &mut finds_nothing).await;
    backup_rules_of_another_org(&world, mine.id, &mut finds_nothing).await;
    configurations_of_another_org(&world, mine.id, &mut finds_nothing).await;
    execs_of_another_org(&world, mine.id, &mut finds_nothing).await;
    webhooks_of_another_org(&world, mine.id, &mut finds_nothing).await;
    fleet_of_another_org(&world, mine.id, &mut finds_nothing).await;
    people_of_another_org(&world, &mut finds_nothing).await;
    devices_of_another_org(&world, mine.id, &mut finds_nothing).await;

    assert_eq!(world.reload(mine.id).await, mine, "nothing of it was changed");
    let told = world.org.timeline(mine.id, None, 10).await.unwrap().items;
    assert_eq!(
        told.len(),
        8,
        "its creation, a command, a message, a configuration, a schedule of its own that came and went, and a hold that did"
    );
    assert_eq!(tried, methods(), "every method of the handle is in this table");
}

async fn changes_by_another_org(
    world: &World,
    (mine, operation): (&Smartbox, OperationId),
    finds_nothing: &mut impl FnMut(&'static str, bool),
) {
    let stranger = &world.other;
    let cancelled =
        stranger.cancel_operation(operation, Desired::Stopped, event("box.operation-cancelled"), at(2)).await;
    finds_nothing("cancel_operation", !matches!(cancelled, Err(Error::NotFound("operation"))));
    let asked = (self::operation(OperationKind::Backup), event("backup.requested"));
    let begun = stranger.begin_backup(mine.id, asked, at(2)).await;
    finds_nothing("begin_backup", !matches!(begun, Err(Error::NotFound("box"))));
    let cancelled = stranger.cancel_backup(operation, event("box.operation-cancelled"), at(2)).await;
    finds_nothing("cancel_backup", !matches!(cancelled, Err(Error::NotFound("operation"))));
    let cancelled = stranger.cancel_restore(operation, event("box.operation-cancelled"), at(2)).await;
    finds_nothing("cancel_restore", !matches!(cancelled, Err(Error::NotFound("operation"))));
    assert_eq!(world.org.find_operation(operation).await.unwrap().unwrap().outcome, None);
    let sized = stranger.set_tier(mine.id, "standard-2", mine.version, event("box.tier-set"), at(2)).await;
    finds_nothing("set_tier", !matches!(sized, Err(Error::NotFound("box"))));
}

async fn backup_rules_of_another_org(
    world: &World,
    smartbox: BoxId,
    finds_nothing: &mut impl FnMut(&'static str, bool),
) {
    let stranger = &world.other;
    let weekly = "keep_weekly=4".parse().unwrap();
    let set =
        stranger.set_backup_rules(Some(smartbox), &weekly, None, event("box.backup-policy-set"), at(2)).await;
    finds_nothing("set_backup_rules", !matches!(set, Err(Error::NotFound("box"))));
    stranger.set_backup_rules(None, &weekly, None, event("org.backup-policy-set"), at(2)).await.unwrap();
    finds_nothing("backup_rules", {
        let of_box = stranger.backup_rules(Some(smartbox)).await.unwrap();
        of_box.is_some() || world.org.backup_rules(None).await.unwrap().is_some()
    });
}

async fn execs_of_another_org(
    world: &World,
    smartbox: BoxId,
    finds_nothing: &mut impl FnMut(&'static str, bool),
) {
    let (stranger, new) = (&world.other, new_exec(smartbox, 1));
    let made = stranger.create_exec(&new, event("box.exec-started"), at(1)).await;
    finds_nothing("create_exec", !matches!(made, Err(Error::NotFound("box"))));
    world.org.create_exec(&new, event("box.exec-started"), at(1)).await.unwrap();
    finds_nothing("find_exec", stranger.find_exec(smartbox, new.id, at(2)).await.unwrap().is_some());
    let listed = stranger.list_execs(smartbox, None, 10, at(2)).await.unwrap();
    finds_nothing("list_execs", !listed.items.is_empty());
    finds_nothing("want_exec_killed", stranger.want_exec_killed(smartbox, new.id).await.unwrap());
}

async fn ledger_of_another_org(
    world: &World,
    smartbox: BoxId,
    finds_nothing: &mut impl FnMut(&'static str, bool),
) {
    let stranger = &world.other;
    let used = EgressUsage { box_id: smartbox, sent: 1, received: 1, connections: 1, requests: 1 };
    world.fleet.append_egress_usage(&[used], &tell, at(2)).await.unwrap();
    let spent = Spent { model: "m".to_owned(), provider: "p".to_owned(), input: 1, ..Spent::default() };
    let settled = Settled { id: spend_id(1), box_id: smartbox, spent };
    world.fleet.settle(&[settled], &tell, at(2)).await.unwrap();
    let gauge = Gauge {
        box_id: smartbox,
        run: "1".to_owned(),
        cpu_ms: 1,
        memory_bytes: 0,
        storage_bytes: Some(4096),
        is_awake: true,
    };
    world.fleet.record_gauges(&[gauge], std::time::Duration::ZERO, at(2)).await.unwrap();
    let month = Period::of(Span::Month, at(2), &TimeZone::UTC);
    let nothing = Usage::default();
    for of in [Some(smartbox), None] {
        assert_ne!(world.org.usage(of, month).await.unwrap(), nothing);
        finds_nothing("usage", stranger.usage(of, month).await.unwrap() != nothing);
        finds_nothing("usage_by_day", !stranger.usage_by_day(of, month).await.unwrap().is_empty());
        finds_nothing(
            "usage_by_model",
            !stranger.usage_by_model(of, (at(0), at(9))).await.unwrap().is_empty(),
        );
        finds_nothing("storage_bytes", stranger.storage_bytes(of).await.unwrap() > 0);
    }
    finds_nothing("usage_by_box", !stranger.usage_by_box(month).await.unwrap().is_empty());

    let budget = Budget { day: Caps { tokens: Some(1), ..Caps::default() }, month: Caps::default() };
    let set = stranger.set_budget(Some(smartbox), &budget, None, event("budget.changed"), at(2)).await;
    finds_nothing("set_budget", !matches!(set, Err(Error::NotFound("box"))));
    stranger.set_budget(None, &budget, None, event("budget.changed"), at(2)).await.unwrap();
    finds_nothing("budget", {
        let of_box = stranger.budget(Some(smartbox)).await.unwrap();
        of_box.is_some() || world.org.budget(None).await.unwrap().is_some()
    });
    let plan = OrgPlan { plan: None, time_zone: "Europe/Berlin".to_owned(), overage_nanos: 5 };
    stranger.set_org_plan(&plan, event("org.plan-set"), at(2)).await.unwrap();
    finds_nothing("set_org_plan", world.org.org_plan().await.unwrap() == plan);
    finds_nothing("org_plan", stranger.org_plan().await.unwrap() != plan);
    world.fleet.hold_box(smartbox, HoldKind::Budget, "x", event("box.held"), at(2)).await.unwrap();
    finds_nothing("box_hold", stranger.box_hold(smartbox).await.unwrap().is_some());
    world.fleet.release_box(smartbox, event("box.released"), at(2)).await.unwrap();
}

async fn models_of_another_org(
    world: &World,
    smartbox: BoxId,
    finds_nothing: &mut impl FnMut(&'static str, bool),
) {
    let stranger = &world.other;
    let (provider, changed) = (new_provider("p"), || event("model.provider-set"));
    let key = KeyChange::Set("sk-mine".into());
    let not_there = |error: Error| matches!(error, Error::NotFound("box"));
    let put = stranger.put_model_provider(Some(smartbox), (&provider, &key), None, changed(), at(2)).await;
    finds_nothing("put_model_provider", !not_there(put.unwrap_err()));
    let mine = world.org.put_model_provider(None, (&provider, &key), None, changed(), at(2)).await.unwrap();
    let listed = stranger.model_providers(None).await.unwrap();
    let of_box = stranger.model_providers(Some(smartbox)).await;
    finds_nothing("model_providers", !listed.is_empty() || !not_there(of_box.unwrap_err()));
    let found = stranger.model_provider(None, &provider.name).await.unwrap();
    finds_nothing("model_provider", found.is_some());
    let gone = stranger.delete_model_provider(None, &provider.name, changed(), at(2)).await;
    finds_nothing("delete_model_provider", gone.is_ok());
    let left = world.org.model_provider(None, &provider.name).await.unwrap().unwrap();
    assert_eq!(left.version, mine.version);
    world.org.delete_model_provider(None, &provider.name, changed(), at(2)).await.unwrap();

    let rules = ModelRules { requests_per_minute: Some(1), ..ModelRules::default() };
    let set = stranger.set_model_rules(Some(smartbox), &rules, None, changed(), at(2)).await;
    finds_nothing("set_model_rules", !not_there(set.unwrap_err()));
    stranger.set_model_rules(None, &rules, None, changed(), at(2)).await.unwrap();
    finds_nothing("model_rules", world.org.model_rules(None).await.unwrap().is_some());
    let calls = stranger.model_calls(smartbox, None, 10).await;
    finds_nothing("model_calls", !not_there(calls.unwrap_err()));
}

async fn sleep_of_another_org(
    world: &World,
    smartbox: BoxId,
    finds_nothing: &mut impl FnMut(&'static str, bool),
) {
    let stranger = &world.other;
    let never = SleepChange { frozen_after: Some(Some(Threshold::Never)), ..SleepChange::default() };
    let told = [event("box.sleep-set")];
    let changed = stranger.change_box(smartbox, (&never, None), None, &told, at(2)).await;
    finds_nothing("change_box", !matches!(changed, Err(Error::NotFound("box"))));
    stranger.change_sleep(&never, event("org.sleep-set"), at(2)).await.unwrap();
    finds_nothing("change_sleep", !world.org.sleep().await.unwrap().is_empty());
    finds_nothing("sleep", stranger.sleep().await.unwrap().is_empty());

    schedules_of_another_org(world, smartbox, finds_nothing).await;
    world.org.hold_wakes(HoldKind::Budget, "spent", event("org.held"), at(2)).await.unwrap();
    finds_nothing("wake_holds", !stranger.wake_holds().await.unwrap().is_empty());
    let released = stranger.release_wakes(HoldKind::Budget, event("org.released"), at(2)).await.unwrap();
    finds_nothing("release_wakes", released);
    stranger.hold_wakes(HoldKind::Plan, "too big", event("org.held"), at(2)).await.unwrap();
    let mine: Vec<_> = world.org.wake_holds().await.unwrap().into_iter().map(|hold| hold.kind).collect();
    finds_nothing("hold_wakes", mine != [HoldKind::Budget]);
}

async fn schedules_of_another_org(
    world: &World,
    smartbox: BoxId,
    finds_nothing: &mut impl FnMut(&'static str, bool),
) {
    let stranger = &world.other;
    let plan = SchedulePlan {
        name: "report".to_owned(),
        cron: Some("0 9 * * *".to_owned()),
        time_zone: "UTC".to_owned(),
        at: None,
        action: ScheduleAction::Wake { awake_secs: 60 },
        catch_up: CatchUp::Once,
        enabled: true,
    };
    let id = ScheduleId::from_parts(at(1), [1; 10]);
    let made = event("schedule.created");
    let created = stranger.create_schedule((id, smartbox), &plan, None, made.clone(), at(2)).await;
    finds_nothing("create_schedule", !matches!(created, Err(Error::NotFound("box"))));
    let mine = world.org.create_schedule((id, smartbox), &plan, None, made, at(2)).await.unwrap();
    finds_nothing("list_schedules", !stranger.list_schedules(smartbox).await.unwrap().is_empty());
    finds_nothing("find_schedule", stranger.find_schedule(smartbox, id).await.unwrap().is_some());
    let changed = stranger.change_schedule(&mine, &plan, None, event("schedule.changed"), at(2)).await;
    finds_nothing("change_schedule", !matches!(changed, Err(Error::NotFound("schedule"))));
    let removed = stranger.remove_schedule(smartbox, id, event("schedule.removed"), at(2)).await;
    finds_nothing("remove_schedule", !matches!(removed, Err(Error::NotFound("schedule"))));
    assert_eq!(world.org.find_schedule(smartbox, id).await.unwrap(), Some(mine));
    world.org.remove_schedule(smartbox, id, event("schedule.removed"), at(2)).await.unwrap();
}

async fn secrets_of_another_org(
    world: &World,
    smartbox: BoxId,
    finds_nothing: &mut impl FnMut(&'static str, bool),
) {
    let stranger = &world.other;
    let (name, value) = ("TOKEN".parse().unwrap(), "a value".into());
    let new = NewSecret { name: &name, value: &value, delivery: Delivery::Injection };
    world.org.keep_secret(None, new, None, event("secret.set"), at(2)).await.unwrap();
    let kept = stranger.keep_secret(Some(smartbox), new, None, event("secret.set"), at(2)).await;
    finds_nothing("keep_secret", !matches!(kept, Err(Error::NotFound("box"))));
    finds_nothing("kept_secret", stranger.kept_secret(None, &name).await.unwrap().is_some());
    finds_nothing("kept_secrets", {
        let of_org = stranger.kept_secrets(None).await.unwrap();
        !of_org.is_empty() || !stranger.kept_secrets(Some(smartbox)).await.unwrap().is_empty()
    });
    let forgotten = stranger.forget_secret(None, &name, event("secret.removed"), at(2)).await;
    finds_nothing("forget_secret", !matches!(forgotten, Err(Error::NotFound("secret"))));
    assert!(world.org.kept_secret(None, &name).await.unwrap().is_some());

    let rules = "https://evil.example/ secret=TOKEN header=x-token".parse().unwrap();
    let changed = event("injections.changed");
    let set = stranger.set_injection_rules(Some(smartbox), &rules, None, changed.clone(), at(2)).await;
    finds_nothing("set_injection_rules", !matches!(set, Err(Error::NotFound("box"))));
    stranger.set_injection_rules(None, &rules, None, changed, at(2)).await.unwrap();
    finds_nothing("injection_rules", {
        let of_box = stranger.injection_rules(Some(smartbox)).await.unwrap();
        of_box.is_some() || world.org.injection_rules(None).await.unwrap().is_some()
    });
}

async fn backups_of_another_org(
    world: &World,
    smartbox: BoxId,
    finds_nothing: &mut impl FnMut(&'static str, bool),
) {
    let stranger = &world.other;
    let backup = new_backup(world.org.id(), smartbox, 2);
    world.fleet.insert_backup(&backup, at(2), None).await.unwrap();
    finds_nothing("list_backups", !stranger.list_backups(smartbox).await.unwrap().is_empty());
    finds_nothing("find_backup", stranger.find_backup(smartbox, backup.id).await.unwrap().is_some());
    finds_nothing("backup_state", stranger.backup_state(smartbox).await.unwrap() != BackupState::default());
    let removed = stranger.remove_backup(smartbox, backup.id, event("backup.removed"), at(2)).await;
    finds_nothing("remove_backup", !matches!(removed, Err(Error::NotFound("backup"))));
    let from = RestoreFrom::Backup(backup.id);
    let restored = stranger.intend_restore(smartbox, from, None, (None, event("box.restore")), at(2)).await;
    finds_nothing("intend_restore", !matches!(restored, Err(Error::NotFound("box"))));
    let asked = (operation(OperationKind::Restart), event("box.channels-on"));
    let quiet = stranger.set_quiet(smartbox, true, None, asked, at(2)).await;
    finds_nothing("set_quiet", !matches!(quiet, Err(Error::NotFound("box"))));
    assert!(!world.reload(smartbox).await.is_quiet);
    let asked = (operation(OperationKind::Upgrade), event("box.upgrade-requested"));
    let upgraded = stranger.intend_upgrade(smartbox, "2026.9.7", 1, asked, at(2)).await;
    finds_nothing("intend_upgrade", !matches!(upgraded, Err(Error::NotFound("box"))));
    let (upgraded, _operation) = create(&world.org, new_box("upgraded")).await.unwrap();
    let asked = (operation(OperationKind::Upgrade), event("box.upgrade-requested"));
    world.org.intend_upgrade(upgraded.id, "2026.9.7", upgraded.version, asked, at(2)).await.unwrap();
    let rollout = new_rollout(Some(world.org.id()), 3);
    let boxes = [(upgraded.id, "upgraded".to_owned())];
    world.fleet.create_rollout(&rollout, &boxes, event("rollout.created")).await.unwrap();
    finds_nothing("list_rollouts", !stranger.list_rollouts().await.unwrap().is_empty());
    finds_nothing("find_rollout", stranger.find_rollout(rollout.id).await.unwrap().is_some());
    let cancelled = stranger.cancel_rollout(rollout.id, event("rollout.cancelled"), at(4)).await;
    finds_nothing("cancel_rollout", !matches!(cancelled, Err(Error::NotFound("rollout"))));
    finds_nothing("newest_upgrade", stranger.newest_upgrade(upgraded.id).await.unwrap().is_some());
    assert_eq!(world.org.list_backups(smartbox).await.unwrap(), [backup], "nothing was removed");
    assert_eq!(world.org.backup_state(smartbox).await.unwrap().restore_from, None);
}

async fn configurations_of_another_org(
    world: &World,
    smartbox: BoxId,
    finds_nothing: &mut impl FnMut(&'static str, bool),
) {
    let stranger = &world.other;
    let text = secrecy::SecretString::from("{}");
    let new = || Some(NewConfig { text: &text, origin: "set" });
    let asked = (None, event("box.config-set"));
    world.org.change_config(smartbox, new(), 0, asked, at(2)).await.unwrap();
    let asked = (None, event("box.config-set"));
    let changed = stranger.change_config(smartbox, new(), 1, asked, at(2)).await;
    finds_nothing("change_config", !matches!(changed, Err(Error::NotFound("box"))));
    finds_nothing("config_state", stranger.config_state(smartbox).await.unwrap().is_some());
    finds_nothing("config_versions", !stranger.config_versions(smartbox).await.unwrap().is_empty());
    finds_nothing("config_text", stranger.config_text(smartbox, 1).await.unwrap().is_some());
    assert_eq!(world.org.config_state(smartbox).await.unwrap().unwrap().version, 1, "nothing was changed");
}

async fn webhooks_of_another_org(
    world: &World,
    smartbox: BoxId,
    finds_nothing: &mut impl FnMut(&'static str, bool),
) {
    let stranger = &world.other;
    let made = new_webhook(world, &world.org, 1).await.unwrap();
    let about = WebhookPlan { about: Some(smartbox), ..made.plan.clone() };
    let (id, url) = (webhook_id(2), secrecy::SecretString::from("https://x.example"));
    let refused = stranger.create_webhook((id, &about), (&url, &url), event("webhook.created"), at(2)).await;
    finds_nothing("create_webhook", !matches!(refused, Err(Error::NotFound("box"))));
    finds_nothing("list_webhooks", !stranger.list_webhooks().await.unwrap().is_empty());
    finds_nothing("find_webhook", stranger.find_webhook(made.id).await.unwrap().is_some());
    let changed = stranger.change_webhook(&made, (&made.plan, &url), event("webhook.changed"), at(2)).await;
    finds_nothing("change_webhook", !matches!(changed, Err(Error::NotFound("webhook"))));
    let removed = stranger.remove_webhook(made.id, event("webhook.removed"), at(2)).await;
    finds_nothing("remove_webhook", !matches!(removed, Err(Error::NotFound("webhook"))));
    let rotated =
        stranger.rotate_webhook_secret(made.id, (&url, at(9)), event("webhook.secret-rotated"), at(2)).await;
    finds_nothing("rotate_webhook_secret", !matches!(rotated, Err(Error::NotFound("webhook"))));

    let ping = event("webhook.ping");
    world.org.ping_webhook(made.id, ping.clone(), at(3)).await.unwrap();
    let pinged = stranger.ping_webhook(made.id, event("webhook.ping"), at(3)).await;
    finds_nothing("ping_webhook", !matches!(pinged, Err(Error::NotFound("webhook"))));
    let listed = stranger.list_deliveries(made.id, None, None, 10).await;
    finds_nothing("list_deliveries", !matches!(listed, Err(Error::NotFound("webhook"))));
    finds_nothing("find_delivery", stranger.find_delivery(made.id, ping.id).await.unwrap().is_some());
    let replayed = stranger.replay_delivery(made.id, ping.id, event("webhook.replayed"), at(3)).await;
    finds_nothing("replay_delivery", !matches!(replayed, Err(Error::NotFound("webhook"))));
    let replayed = stranger.replay_webhook(made.id, 0, event("webhook.replayed"), at(3)).await;
    finds_nothing("replay_webhook", !matches!(replayed, Err(Error::NotFound("webhook"))));
    assert_eq!(world.org.find_webhook(made.id).await.unwrap().unwrap().version, 1, "nothing was changed");
    assert_eq!(world.org.list_deliveries(made.id, None, None, 10).await.unwrap().items.len(), 1);

    let theirs = stranger.events_after(None, 0).await.unwrap();
    finds_nothing("events_after", theirs.iter().any(|event| event.org != Some(stranger.id())));
    assert!(stranger.events_after(Some(smartbox), 0).await.unwrap().is_empty());
    finds_nothing("find_event", stranger.find_event(ping.id).await.unwrap().is_some());
    assert!(world.org.find_event(ping.id).await.unwrap().is_some());
}

async fn support_of_another_org(
    world: &World,
    ada: UserId,
    finds_nothing: &mut impl FnMut(&'static str, bool),
) {
    let stranger = &world.other;
    let opened =
        world.org.open_support(&new_support(9, ada, 60), event("support.opened"), at(2)).await.unwrap();
    let foreign = stranger.open_support(&new_support(8, ada, 60), event("support.opened"), at(2)).await;
    finds_nothing("open_support", !matches!(foreign, Err(Error::NotFound("user"))));
    finds_nothing("find_support", stranger.find_support(opened.id).await.unwrap().is_some());
    let listed = stranger.list_support(SupportFilter::default(), None, 10).await.unwrap();
    finds_nothing("list_support", !listed.items.is_empty());
    let ended = stranger.end_support(opened.id, &asked_for(2), event("support.ended"), at(2)).await;
    finds_nothing("end_support", !matches!(ended, Err(Error::NotFound("support session"))));
    assert!(world.fleet.find_support_by_token(&[9; 32], at(3)).await.unwrap().is_some(), "nothing was ended");
}

async fn people_of_another_org(world: &World, finds_nothing: &mut impl FnMut(&'static str, bool)) {
    let stranger = &world.other;
    let (ada, _bob) = (world.user("ada").await, world.user("bob").await);
    let session = new_session(1, ada.id, 60);
    world.fleet.insert_session(&session, event("user.signed-in"), at(1)).await.unwrap();
    let token = world.org.create_token(&new_token(1, 60), event("token.made"), at(1)).await.unwrap();
    let lines = world.org.audit_log(None, 100).await.unwrap().items.len();
    // Their own org has an owner, so that a refusal is for the right reason.
    let own = stranger.create_user(&new_user("ada", Role::Owner), event("user.added"), at(1)).await.unwrap();
    finds_nothing("create_user", own.org != stranger.id());

    finds_nothing("list_users", stranger.list_users(None, 10).await.unwrap().items != [own.clone()]);
    finds_nothing("find_user", stranger.find_user(ada.id).await.unwrap().is_some());
    finds_nothing("find_user_by_name", stranger.find_user_by_name("bob").await.unwrap().is_some());
    let frozen = UserChange { status: Some(UserStatus::Frozen), role: None };
    let changed = stranger.change_user(ada.id, frozen, event("user.changed"), at(2)).await;
    finds_nothing("change_user", !matches!(changed, Err(Error::NotFound("user"))));
    let removed = stranger.remove_user(ada.id, event("user.removed"), at(2)).await;
    finds_nothing("remove_user", !matches!(removed, Err(Error::NotFound("user"))));
    let set = stranger.set_password(ada.id, "x", None, event("user.password-set"), at(2)).await;
    finds_nothing("set_password", !matches!(set, Err(Error::NotFound("user"))));
    world
        .org
        .set_password(ada.id, "hash", Some(session.id), event("user.password-set"), at(2))
        .await
        .unwrap();
    finds_nothing("password_hash", stranger.password_hash(ada.id).await.unwrap().is_some());
    finds_nothing("sessions_of", !stranger.sessions_of(ada.id, at(2)).await.unwrap().is_empty());
    finds_nothing("find_session", stranger.find_session(session.id).await.unwrap().is_some());
    let ended = stranger.end_session(session.id, event("session.ended"), at(2)).await;
    finds_nothing("end_session", !matches!(ended, Err(Error::NotFound("session"))));

    finds_nothing("create_token", {
        let made = stranger.create_token(&new_token(2, 60), event("token.made"), at(2)).await.unwrap();
        made.org != stranger.id()
    });
    let listed = stranger.list_tokens(None, 10, at(2)).await.unwrap().items;
    finds_nothing("list_tokens", listed.iter().any(|listed| listed.id == token.id));
    finds_nothing("tokens_made_by", !stranger.tokens_made_by(ada.id).await.unwrap().is_empty());
    let revoked = stranger.revoke_token(token.id, event("token.revoked"), at(2)).await;
    finds_nothing("revoke_token", !matches!(revoked, Err(Error::NotFound("token"))));
    support_of_another_org(world, ada.id, finds_nothing).await;
    let theirs = stranger.audit_log(None, 100).await.unwrap().items;
    let own_org = stranger.id().to_string();
    finds_nothing("audit_log", theirs.iter().any(|line| line.org_id.as_deref() != Some(&own_org)));

    assert!(world.fleet.find_session(&[1; 32], at(2)).await.unwrap().is_some(), "nothing was ended");
    assert!(world.fleet.find_token(&[1; 32], at(2)).await.unwrap().is_some(), "nothing was revoked");
    assert_eq!(
        world.org.audit_log(None, 100).await.unwrap().items.len(),
        lines + 2,
        "one line for the password, one for support access"
    );
}

async fn devices_of_another_org(
    world: &World,
    smartbox: BoxId,
    finds_nothing: &mut impl FnMut(&'static str, bool),
) {
    let stranger = &world.other;
    let eve = world.user("eve").await;
    let new = new_device(eve.id, "key", DeviceStatus::Pending);
    let device = world.org.pair_device(&new, |_device| event("device.shown"), at(3)).await.unwrap();

    let shown = stranger.pair_device(&new, |_device| event("device.shown"), at(3)).await;
    finds_nothing("pair_device", !matches!(shown, Err(Error::NotFound("user"))));
    finds_nothing("find_device", stranger.find_device(device.id, at(3)).await.unwrap().is_some());
    let by_key = stranger.find_device_by_key(eve.id, "key").await.unwrap();
    finds_nothing("find_device_by_key", by_key.is_some());
    finds_nothing("list_devices", !stranger.list_devices(None, at(3)).await.unwrap().is_empty());
    let approved = stranger.approve_device(device.id, "admin", event("device.approved"), at(3)).await;
    finds_nothing("approve_device", !matches!(approved, Err(Error::NotFound("device"))));
    let revoked = stranger.revoke_device(device.id, event("device.revoked"), at(3)).await;
    finds_nothing("revoke_device", !matches!(revoked, Err(Error::NotFound("device"))));
    assert_eq!(world.org.find_device(device.id, at(3)).await.unwrap(), Some(device), "nothing was changed");

    stranger.set_pairing(Pairing::Off, event("org.pairing-set"), at(3)).await.unwrap();
    let own = world.fleet.find_org(world.org.id()).await.unwrap().unwrap();
    finds_nothing("set_pairing", own.pairing != Pairing::Auto);
    let ticket = new_ticket(9, smartbox, TicketHolder::User(eve.id), 60);
    let made = stranger.insert_ticket(&ticket, at(3)).await;
    finds_nothing("insert_ticket", !matches!(made, Err(Error::NotFound("box"))));
}
