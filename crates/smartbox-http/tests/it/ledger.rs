//! Usage, plans and budgets over HTTP.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use smartbox_api::{BudgetView, OrgView, OverageBudget, PlanList, PlanView, SeedPlan, SeedUsage, UsageView};
use smartbox_control::{EgressUsage, ModelSpent};
use smartbox_core::BoxId;
use smartbox_testkit::{Answer, Client, Tenant, TestApp, id_of};

async fn put(client: &Client, path: &str, body: &Value) -> Answer {
    client.change_json(Method::PUT, path, body).await
}

async fn patch(client: &Client, body: &Value) -> Answer {
    client.change_json(Method::PATCH, "/v1/orgs/me", body).await
}

async fn app() -> (TestApp, Tenant, BoxId) {
    let app = TestApp::start().await;
    let tenant = app.first_tenant().await;
    let id = id_of(&app.created_box(&tenant.client, "home").await.smartbox);
    (app, tenant, id)
}

async fn use_some(app: &TestApp, id: BoxId) {
    let used = EgressUsage { box_id: id, sent: 100, received: 900, connections: 2, requests: 1 };
    app.control.record_egress_usage(&[used]).await.unwrap();
    let spent = ModelSpent {
        model: "demo".to_owned(),
        provider: "here".to_owned(),
        input: 7,
        output: 3,
        cache_read: 50,
        nanos: 12_000_000,
        ..ModelSpent::default()
    };
    let reservation = app.control.reserve_spend(id, 10, 0).await.unwrap();
    app.control.settle_spend(reservation, spent).await.unwrap();
}

#[tokio::test]
async fn usage_is_told_by_box_day_and_model_and_by_period() {
    let (app, tenant, id) = app().await;
    use_some(&app, id).await;
    let of_box = tenant.client.get("/v1/boxes/home/usage").await.json::<UsageView>(StatusCode::OK);
    let total = of_box.total;
    assert_eq!(
        (total.bytes_sent, total.bytes_received, total.input_tokens, total.cache_read_tokens),
        (100, 900, 7, 50)
    );
    assert_eq!(of_box.models[0].model, "demo");
    assert_eq!((of_box.days.len(), of_box.days[0].sums), (1, total));
    let of_org = tenant.client.get("/v1/usage").await.json::<UsageView>(StatusCode::OK);
    assert_eq!((of_org.total, of_org.boxes.len()), (total, 1));
    assert_eq!((of_org.plan.plan.as_str(), of_org.plan.state.as_str()), ("default", "within"));
    assert_eq!(of_org.plan.used.tokens, Some(10));
    let path = format!("/v1/usage?period={}", of_box.days[0].day);
    assert_eq!(tenant.client.get(&path).await.json::<UsageView>(StatusCode::OK).total, total);
    let past = tenant.client.get("/v1/usage?period=2020-02").await.json::<UsageView>(StatusCode::OK);
    assert_eq!((past.total.model_calls, past.ends_at.as_str()), (0, "2020-03-01T00:00:00Z"));
    for bad in ["2026-13", "november", ""] {
        let problem = tenant.client.get(&format!("/v1/boxes/home/usage?period={bad}")).await.problem();
        assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, "period"), "{bad}");
    }
}

#[tokio::test]
async fn what_another_org_uses_and_may_use_does_not_exist() {
    let (app, tenant, id) = app().await;
    use_some(&app, id).await;
    let stranger = app.tenant("acme").await.client;
    let theirs = stranger.get("/v1/usage").await.json::<UsageView>(StatusCode::OK);
    assert_eq!((theirs.total.model_calls, theirs.boxes.len()), (0, 0));
    let named = stranger.get(&format!("/v1/usage?org={}", tenant.org)).await.problem();
    assert_eq!(named.status, 422, "{named:?}");
    let org = format!("/v1/orgs/{}/budget", tenant.org);
    assert_eq!(stranger.get(&org).await.problem().status, 404);
    assert_eq!(put(&stranger, &org, &json!({})).await.problem().status, 404);
    for agent in [id.to_string(), "home".to_owned()] {
        let problem = stranger.get(&format!("/agents/{agent}/usage")).await.problem();
        assert_eq!((problem.status, problem.code.as_str()), (404, "box-not-found"));
    }
}

#[tokio::test]
async fn plans_are_the_platforms_and_orgs_get_theirs_from_its_admin() {
    let (app, tenant, _id) = app().await;
    let admin = app.admin();
    let body = json!({ "name": "starter", "boxes_max": 1, "limits": { "tokens": 5 }, "rates": { "million_tokens": 2_000_000 } });
    assert_eq!(tenant.client.post_json("/v1/plans", &body).await.problem().code, "admin-only");
    let made = admin.post_json("/v1/plans", &body).await.json::<PlanView>(StatusCode::CREATED);
    assert_eq!((made.version, made.limits.tokens, made.limits.money_nanos), (1, Some(5), None));
    assert_eq!(admin.post_json("/v1/plans", &body).await.problem().code, "name-taken");
    for bad in [
        json!({ "name": "Big Plan" }),
        json!({ "name": "x", "limits": { "tokens": 9_300_000_000_000_000_000_u64 } }),
        json!({ "name": "x", "limits": { "hats": 1 } }),
        json!({ "name": "x", "boxes": 1 }),
        json!({ "name": "x", "rates": { "storage_gib": -1 } }),
    ] {
        assert_eq!(admin.post_json("/v1/plans", &bad).await.problem().status, 422, "{bad}");
    }
    assert_eq!(tenant.client.get("/v1/plans").await.json::<PlanList>(StatusCode::OK).items.len(), 2);
    assert_eq!(tenant.client.get("/v1/plans/none").await.problem().code, "plan-not-found");

    assert_eq!(patch(&tenant.client, &json!({ "plan": "starter" })).await.problem().code, "admin-only");
    let org = format!("/v1/orgs/{}", tenant.org);
    let changed = admin.change_json(Method::PATCH, &org, &json!({ "plan": "starter" })).await;
    assert_eq!(changed.json::<OrgView>(StatusCode::OK).plan.as_deref(), Some("starter"));
    let unknown = admin.change_json(Method::PATCH, &org, &json!({ "plan": "none" })).await.problem();
    assert_eq!((unknown.status, unknown.errors[0].field.as_str()), (422, "plan"));
    let full = tenant.client.post_json("/v1/boxes", &json!({ "name": "second" })).await.problem();
    assert_eq!((full.status, full.code.as_str()), (403, "plan-full"));
    assert_eq!(admin.delete("/v1/plans/starter").await.problem().status, 409, "an org has it");
    admin.change_json(Method::PATCH, &org, &json!({ "plan": "" })).await.json::<OrgView>(StatusCode::OK);
    assert_eq!(admin.delete("/v1/plans/starter").await.status, StatusCode::NO_CONTENT);
    assert_eq!(admin.delete("/v1/plans/default").await.problem().status, 409);
}

#[tokio::test]
async fn a_plan_is_changed_against_the_version_that_was_read() {
    let (app, _tenant, _id) = app().await;
    let admin = app.admin();
    let body = json!({ "is_default": true, "limits": { "bandwidth_bytes": 1000 } });
    let changed = put(&admin, "/v1/plans/default", &body).await;
    assert_eq!(changed.header("etag"), "\"2\"");
    let mut request = admin.request(Method::PUT, "/v1/plans/default", body.to_string());
    request.headers_mut().insert("content-type", "application/json".parse().unwrap());
    request.headers_mut().insert("if-match", "\"1\"".parse().unwrap());
    assert_eq!(admin.send(request).await.problem().code, "version-mismatch");
    let no_default = put(&admin, "/v1/plans/default", &json!({})).await.problem();
    assert_eq!((no_default.status, no_default.code.as_str()), (409, "conflict"));
}

#[tokio::test]
async fn the_calendar_of_an_org_is_its_owners() {
    let (app, tenant, _id) = app().await;
    let (_user, operator) = app.member(&tenant.org, "bob", "admin").await;
    let zone = json!({ "time_zone": "Pacific/Kiritimati", "overage_budget_nanos": 5 });
    assert_eq!(patch(&operator, &zone).await.problem().code, "missing-permission");
    let org = patch(&tenant.client, &zone).await.json::<OrgView>(StatusCode::OK);
    assert_eq!((org.time_zone.as_deref(), org.overage_budget_nanos), (Some("Pacific/Kiritimati"), Some(5)));
    let usage = tenant.client.get("/v1/usage").await.json::<UsageView>(StatusCode::OK);
    assert!(usage.ends_at.ends_with("T10:00:00Z"), "{}", usage.ends_at);
    for bad in ["Mars/Base", "../etc/passwd", ""] {
        let problem = patch(&tenant.client, &json!({ "time_zone": bad })).await.problem();
        assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, "time_zone"), "{bad}");
    }
}

#[tokio::test]
async fn budgets_of_boxes_and_orgs_are_set_shown_and_hold() {
    let (app, tenant, id) = app().await;
    let client = &tenant.client;
    let none = client.get("/v1/boxes/home/budget").await.json::<BudgetView>(StatusCode::OK);
    assert_eq!((none.version, none.spent.len()), (0, 0));
    let set = put(
        client,
        "/v1/boxes/home/budget",
        &json!({ "day": { "tokens": 10 }, "month": { "money_nanos": 5 } }),
    )
    .await;
    assert_eq!(set.header("etag"), "\"1\"");
    let set = set.json::<BudgetView>(StatusCode::OK);
    assert_eq!((set.day.tokens, set.month.money_nanos, set.month.tokens), (Some(10), Some(5), None));
    put(client, "/v1/orgs/me/budget", &json!({ "month": { "bytes": 1000 } }))
        .await
        .json::<BudgetView>(StatusCode::OK);
    assert!(app.control.reserve_spend(id, 11, 0).await.is_err());
    use_some(&app, id).await;
    let shown = client.get("/v1/boxes/home/budget").await.json::<BudgetView>(StatusCode::OK);
    assert_eq!(
        (shown.spent[0].measure.as_str(), shown.spent[0].current, shown.spent[0].limit),
        ("tokens", 10, 10)
    );
    let org = client.get("/v1/orgs/me/budget").await.json::<BudgetView>(StatusCode::OK);
    assert_eq!((org.spent[0].span.as_str(), org.spent[0].current), ("month", 1000));
    let told = client.get("/v1/boxes/home/timeline").await.text();
    assert!(told.contains("budget.reached") && told.contains("budget.changed"), "{told}");
    for bad in [json!({ "week": {} }), json!({ "day": { "cpu": 1 } }), json!({ "day": { "tokens": "many" } })]
    {
        assert_eq!(put(client, "/v1/boxes/home/budget", &bad).await.problem().status, 422, "{bad}");
    }
    let (_user, viewer) = app.member(&tenant.org, "eve", "viewer").await;
    assert_eq!(put(&viewer, "/v1/boxes/home/budget", &json!({})).await.problem().code, "missing-permission");
    let (_user, admin) = app.member(&tenant.org, "bob", "admin").await;
    assert_eq!(put(&admin, "/v1/orgs/me/budget", &json!({})).await.problem().code, "missing-permission");
}

#[tokio::test]
async fn programs_of_the_older_api_find_what_they_know() {
    let (app, tenant, id) = app().await;
    let client = &tenant.client;
    use_some(&app, id).await;
    let body = json!({ "is_default": true, "limits": { "bandwidth_bytes": 500 }, "rates": { "bandwidth_gib": 15_000_000 } });
    put(&app.admin(), "/v1/plans/default", &body).await.json::<PlanView>(StatusCode::OK);
    let plans = client.get("/plans").await.json::<Vec<SeedPlan>>(StatusCode::OK);
    assert_eq!((plans[0].max_bandwidth_bytes, plans[0].overage_bandwidth_cost_per_gb_cents), (Some(500), 2));
    let over = client.get("/agents/home/usage").await.json::<SeedUsage>(StatusCode::OK);
    assert!(!over.allowed && over.bandwidth.exceeded);
    assert_eq!((over.bandwidth.used, over.bandwidth.limit, over.overage_cost_cents), (1000, Some(500), 1));
    let set = put(client, "/users/me/overage-budget", &json!({ "budget_cents": 1 })).await;
    let set = set.json::<OverageBudget>(StatusCode::OK);
    assert_eq!((set.budget_cents, set.period_start.ends_with("-01T00:00:00Z")), (1, true));
    assert_eq!(client.get("/users/me/overage-budget").await.json::<OverageBudget>(StatusCode::OK), set);
    assert!(client.get(&format!("/agents/{id}/usage")).await.json::<SeedUsage>(StatusCode::OK).allowed);
    let huge = put(client, "/users/me/overage-budget", &json!({ "budget_cents": u64::MAX })).await.problem();
    assert_eq!(huge.status, 400, "in the codes of the older API");
    assert_eq!(app.anonymous().get("/plans").await.problem().status, 401);
}
