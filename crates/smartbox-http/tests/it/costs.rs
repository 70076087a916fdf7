//! What boxes cost, out of what was metered.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use smartbox_api::{CostView, SeedCost, SeedCostCheck, SeedCostTrend, SeedRates};
use smartbox_control::{EgressUsage, ModelSpent};
use smartbox_core::BoxId;
use smartbox_testkit::{TestApp, id_of};

/// A GiB in each direction, and a model for 12 cents.
async fn use_some(app: &TestApp, id: BoxId) {
    let used = EgressUsage { box_id: id, sent: 1 << 30, received: 1 << 30, connections: 2, requests: 1 };
    app.control.record_egress_usage(&[used]).await.unwrap();
    let spent = ModelSpent {
        model: "demo".to_owned(),
        provider: "here".to_owned(),
        input: 7,
        output: 3,
        nanos: 120_000_000,
        ..ModelSpent::default()
    };
    let reservation = app.control.reserve_spend(id, 10, 0).await.unwrap();
    app.control.settle_spend(reservation, spent).await.unwrap();
}

fn cost(view: &CostView, service: &str) -> Option<u64> {
    view.services.iter().find(|one| one.service == service).unwrap().cost_nanos
}

#[tokio::test]
async fn costs_are_told_by_service_day_and_box_and_what_has_no_price_has_none() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    let id = id_of(&app.created_box(&owner, "home").await.smartbox);
    use_some(&app, id).await;
    let view: CostView = owner.get("/v1/costs").await.json(StatusCode::OK);
    assert_eq!((view.total_nanos, cost(&view, "models")), (120_000_000, Some(120_000_000)));
    assert_eq!(cost(&view, "bandwidth"), None, "the plan has no price for it");

    let priced = json!({ "rates": { "bandwidth_gib": 50_000_000 }, "is_default": true });
    let set = app.admin().change_json(Method::PUT, "/v1/plans/default", &priced).await;
    assert_eq!(set.status, 200, "{}", set.text());
    let view: CostView = owner.get("/v1/costs?days=7").await.json(StatusCode::OK);
    assert_eq!((view.total_nanos, cost(&view, "bandwidth")), (220_000_000, Some(100_000_000)));
    assert_eq!((view.days.len(), view.days[0].total_nanos), (1, 220_000_000));
    assert_eq!((view.boxes.len(), view.boxes[0].id.clone()), (1, id.to_string()));
    let of_box: CostView = owner.get("/v1/costs?box=home").await.json(StatusCode::OK);
    assert_eq!((of_box.total_nanos, of_box.boxes.len()), (220_000_000, 0));
    for bad in ["days=0", "days=367", "days=x"] {
        assert_eq!(owner.get(&format!("/v1/costs?{bad}")).await.problem().status, 422, "{bad}");
    }
    // Yesterday's costs are no cost of today.
    app.clock.advance(jiff::SignedDuration::from_hours(48));
    let today: CostView = owner.get("/v1/costs?days=1").await.json(StatusCode::OK);
    assert_eq!((today.total_nanos, today.days.len()), (0, 0));
}

#[tokio::test]
async fn what_another_org_costs_is_nobody_elses_business() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    let id = id_of(&app.created_box(&owner, "home").await.smartbox);
    use_some(&app, id).await;
    let acme = app.tenant("acme").await.client;
    let theirs: CostView = acme.get("/v1/costs").await.json(StatusCode::OK);
    assert_eq!((theirs.total_nanos, theirs.boxes.len()), (0, 0));
    assert_eq!(acme.get(&format!("/v1/costs?box={id}")).await.problem().code, "box-not-found");
    assert_eq!(acme.get("/v1/costs?org=home").await.problem().status, 422);
    let all: CostView = app.admin().get("/v1/costs").await.json(StatusCode::OK);
    assert_eq!((all.org, all.total_nanos), (None, 120_000_000));
}

#[tokio::test]
async fn the_older_routes_of_costs_say_the_same_in_dollars() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    let id = id_of(&app.created_box(&owner.client, "home").await.smartbox);
    use_some(&app, id).await;
    let admin = app.admin();
    let all: SeedCost = admin.get("/api/super/cost").await.json(StatusCode::OK);
    assert_eq!((all.total, all.currency.as_str()), (0.12, "USD"));
    let path = format!("/api/super/cost/users/{}", owner.owner);
    let one: SeedCost = admin.get(&path).await.json(StatusCode::OK);
    assert_eq!((one.total, one.user_id), (0.12, Some(owner.owner.clone())));
    let disk: SeedCost = admin.get("/api/super/cost/service/r2").await.json(StatusCode::OK);
    assert_eq!((disk.services.len(), disk.services[0].cost), (1, None));
    assert_eq!(admin.get("/api/super/cost/service/workers").await.problem().status, 404);
    let trend: SeedCostTrend = admin.get("/api/super/cost/trend").await.json(StatusCode::OK);
    assert_eq!((trend.trend.len(), trend.trend[0].total), (1, 0.12), "as metered: nothing is foretold");
    let check: SeedCostCheck = admin.get("/api/super/cost/check").await.json(StatusCode::OK);
    assert_eq!((check.threshold, check.over), (50.0, false));
    let rates: SeedRates = admin.get("/api/super/cost/rates").await.json(StatusCode::OK);
    assert_eq!(rates.rates.len(), 4);
    let refused: Value = serde_json::from_slice(&owner.client.get("/api/super/cost").await.body).unwrap();
    assert_eq!(refused["error"], "Only an admin may do this");
}
