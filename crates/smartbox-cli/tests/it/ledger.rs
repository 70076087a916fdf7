//! Usage, budgets and plans: shown and changed.

use axum::routing::{get, post};
use axum::{Json, Router};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::fake::{AT, Fake};
use crate::run::smartbox;

const BOX_ID: &str = "box_01932f00000070008000000000000000";

fn sums() -> Value {
    json!({ "bytes_sent": 1024, "bytes_received": 5_368_709_120_u64, "connections": 7, "requests": 3, "model_calls": 2,
        "input_tokens": 1200, "output_tokens": 300, "cache_read_tokens": 90_000, "cache_write_tokens": 0,
        "money_nanos": 12_345_678, "cpu_ms": 61_000, "memory_mib_seconds": 46_080, "storage_mib_seconds": 0, "awake_ms": 60_000 })
}

fn usage() -> Value {
    let mut day = sums();
    day["day"] = "2026-11-21".into();
    let mut of_box = sums();
    of_box["box_id"] = BOX_ID.into();
    json!({ "org": "org_1", "period": "2026-11", "begins_at": "2026-11-01T00:00:00Z", "ends_at": "2026-12-01T00:00:00Z",
        "total": sums(), "storage_bytes": 1_073_741_824_u64, "days": [day], "boxes": [of_box],
        "models": [{ "model": "demo\u{7}model", "provider": "here", "calls": 2, "input_tokens": 1200, "output_tokens": 300,
            "cache_read_tokens": 90_000, "cache_write_tokens": 0, "money_nanos": 12_345_678 }],
        "plan": { "plan": "starter", "state": "overage", "used": { "bandwidth_bytes": 5_368_710_144_u64, "tokens": 1500 },
            "limits": { "bandwidth_bytes": 1_073_741_824_u64 }, "overage_cost_nanos": 200_000_000,
            "overage_budget_nanos": 5_000_000_000_u64, "resets_at": "2026-12-01T00:00:00Z" } })
}

fn budget() -> Value {
    json!({ "org": "org_1", "box_id": BOX_ID, "day": { "tokens": 1_000_000 }, "month": { "bytes": 1000 },
        "spent": [{ "span": "day", "measure": "tokens", "limit": 1_000_000, "current": 1500, "resets_at": "2026-11-22T00:00:00Z" }],
        "version": 4, "changed_at": AT, "changed_by": "admin" })
}

fn plan() -> Value {
    json!({ "name": "starter", "is_default": true, "boxes_max": 2, "limits": { "bandwidth_bytes": 107_374_182_400_u64, "tokens": 5 },
        "rates": { "bandwidth_gib": 50_000_000, "million_tokens": 0, "money_dollar": 0, "cpu_hour": 0, "memory_gib_hour": 0, "storage_gib": 0 },
        "overage_is_free": false, "version": 3, "changed_at": AT, "changed_by": "admin" })
}

fn routes() -> Router {
    let one = get(|| async { Json(plan()) })
        .put(|| async { Json(plan()) })
        .delete(|| async { axum::http::StatusCode::NO_CONTENT });
    let both = || get(|| async { Json(budget()) }).put(|| async { Json(budget()) });
    Router::new()
        .route("/v1/usage", get(|| async { Json(usage()) }))
        .route("/v1/boxes/{box}/usage", get(|| async { Json(usage()) }))
        .route("/v1/boxes/{box}/budget", both())
        .route("/v1/orgs/{org}/budget", both())
        .route("/v1/plans", get(|| async { Json(json!({ "items": [plan()] })) }))
        .route("/v1/plans", post(|| async { (axum::http::StatusCode::CREATED, Json(plan())) }))
        .route("/v1/plans/{plan}", one)
}

#[tokio::test]
async fn usage_is_told_in_units_that_people_read() {
    let fake = Fake::start(routes()).await;
    assert_snapshot!("usage", smartbox(&fake, &["usage"]).end().await);
    smartbox(&fake, &["usage", "--box", "home", "--period", "2026-11-21"]).end().await;
    let json = smartbox(&fake, &["usage", "--org", "acme", "--json"]).end().await;
    assert_eq!(serde_json::from_str::<Value>(&json.stdout).unwrap(), usage());
    assert_eq!(
        fake.lines(),
        ["GET /v1/usage", "GET /v1/boxes/home/usage?period=2026-11-21", "GET /v1/usage?org=acme"]
    );
}

#[tokio::test]
async fn a_budget_keeps_what_is_not_named_and_is_changed_against_its_version() {
    let fake = Fake::start(routes()).await;
    assert_snapshot!("budget_show", smartbox(&fake, &["budget", "show", "--box", "home"]).end().await);
    let words = ["budget", "set", "--day", "money=5", "--day", "tokens=none", "--month", "tokens=2M"];
    let ended = smartbox(&fake, &words).end().await;
    assert_eq!(ended.code, 0, "{ended}");
    let sent = fake.seen();
    let put = sent.last().unwrap();
    assert_eq!(put.header("if-match"), Some("\"4\""));
    assert_eq!(
        serde_json::from_str::<Value>(&put.body).unwrap(),
        json!({ "day": { "money_nanos": 5_000_000_000_u64 }, "month": { "bytes": 1000, "tokens": 2_000_000 } })
    );
    assert_eq!(fake.lines().last().unwrap(), "PUT /v1/orgs/me/budget");
    for (words, told) in [
        (&["budget", "set", "--day", "cpu=1h"][..], "a budget has no `cpu`"),
        (&["budget", "set", "--day", "tokens=lots"][..], "tokens=1M"),
        (&["budget", "set"][..], "required"),
    ] {
        let ended = smartbox(&fake, words).end().await;
        assert_eq!(ended.code, 2, "{ended}");
        assert!(ended.to_string().contains(told), "{told}: {ended}");
    }
}

#[tokio::test]
async fn plans_are_shown_made_and_changed() {
    let fake = Fake::start(routes()).await;
    assert_snapshot!("plan_list", smartbox(&fake, &["plan", "list"]).end().await);
    assert_snapshot!("plan_show", smartbox(&fake, &["plan", "show", "starter"]).end().await);
    let words = [
        "plan",
        "create",
        "big",
        "--limit",
        "memory=2GiBh",
        "--rate",
        "memory=0.01",
        "--overage-is-free",
        "true",
    ];
    assert_eq!(smartbox(&fake, &words).end().await.code, 0);
    let made: Value = serde_json::from_str(&fake.seen().last().unwrap().body).unwrap();
    assert_eq!(
        (&made["limits"]["memory_mib_seconds"], &made["rates"]["memory_gib_hour"]),
        (&7_372_800.into(), &10_000_000.into())
    );
    assert_eq!((&made["name"], &made["overage_is_free"]), (&"big".into(), &true.into()));
    assert_eq!(
        smartbox(&fake, &["plan", "set", "starter", "--limit", "tokens=none", "--boxes", "9"])
            .end()
            .await
            .code,
        0
    );
    let sent = fake.seen();
    let changed: Value = serde_json::from_str(&sent.last().unwrap().body).unwrap();
    assert_eq!(sent.last().unwrap().header("if-match"), Some("\"3\""));
    assert_eq!(
        (&changed["limits"], &changed["boxes_max"]),
        (&json!({ "bandwidth_bytes": 107_374_182_400_u64 }), &9.into())
    );
    assert_eq!(changed["is_default"], true, "what is not named stays");
    assert_eq!(smartbox(&fake, &["plan", "remove", "starter"]).end().await.code, 0);
}
