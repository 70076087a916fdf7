//! Routing flags.

use http::header::{ETAG, IF_MATCH};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use smartbox_api::{AuditList, RouteList, RouteView};
use smartbox_testkit::{Answer, Client, TestApp};

const PATH: &str = "/v1/routes/container-gateway";

async fn change(client: &Client, body: &Value) -> Answer {
    client.change_json(Method::PATCH, PATH, body).await
}

#[tokio::test]
async fn a_route_is_changed_piece_by_piece_and_the_change_is_in_the_audit_log() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let list: RouteList = admin.get("/v1/routes").await.json(StatusCode::OK);
    assert_eq!(
        list.items.iter().map(|route| route.name.as_str()).collect::<Vec<_>>(),
        ["admin-api", "container-gateway"]
    );
    assert!(list.items.iter().all(|route| route.primary == "self" && route.candidate == "self"));

    let set = json!({ "primary": "HTTP://Old.Example:8081/", "percentage": 10 });
    let set: RouteView = change(&admin, &set).await.json(StatusCode::OK);
    assert_eq!(
        (set.primary.as_str(), set.candidate.as_str(), set.percentage),
        ("http://old.example:8081", "self", 10)
    );
    let more: RouteView =
        change(&admin, &json!({ "percentage": 50, "rollback_at": 5 })).await.json(StatusCode::OK);
    assert_eq!(
        (more.primary.as_str(), more.percentage, more.rollback_at),
        ("http://old.example:8081", 50, 5)
    );
    assert_eq!((more.version, more.changed_by.as_deref()), (set.version + 1, Some("admin")));
    assert_eq!(admin.get(PATH).await.json::<RouteView>(StatusCode::OK), more);

    let log: AuditList = admin.get("/v1/audit").await.json(StatusCode::OK);
    let line = log.items.last().unwrap();
    assert_eq!(
        (line.action.as_str(), line.actor.as_str(), line.org.as_deref()),
        ("route.changed", "admin", None)
    );
    let detail: Value = serde_json::from_str(&line.detail).unwrap();
    assert_eq!(detail, json!({ "route": "container-gateway", "percentage": 50, "rollback_at": 5 }));
}

#[tokio::test]
async fn every_wrong_field_is_named_and_nothing_is_changed() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let all = json!({
        "primary": "http://admin:hunter2@old.example", "candidate": "http://127.0.0.1:8080", "percentage": 101,
        "rollback_at": 4_000_000_000u32, "min_requests": 0, "window_secs": 3601,
    });
    let problem = change(&admin, &all).await.problem();
    assert_eq!((problem.status, problem.code.as_str()), (422, "invalid"));
    let fields: Vec<_> = problem.errors.iter().map(|error| error.field.as_str()).collect();
    assert_eq!(fields, ["primary", "candidate", "percentage", "rollback_at", "min_requests", "window_secs"]);
    assert!(!format!("{problem:?}").contains("hunter2"), "a wrong value is not repeated");
    for (body, field) in [
        (json!({}), "percentage"),
        (json!({ "candidate": "ftp://new.example" }), "candidate"),
        (json!({ "candidate": "http://new.example/../etc" }), "candidate"),
        (json!({ "candidate": "https://boxes.example" }), "candidate"),
        (json!({ "percentage": -1 }), "percentage"),
        (json!({ "percentage": 12.5 }), "percentage"),
    ] {
        let problem = change(&admin, &body).await.problem();
        assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, field), "{body}");
    }
    assert_eq!(change(&admin, &json!({ "weight": 5 })).await.problem().status, 422);
    assert_eq!(admin.get(PATH).await.json::<RouteView>(StatusCode::OK).version, 1);
}

#[tokio::test]
async fn a_change_that_rests_on_an_old_version_is_refused() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let read = admin.get(PATH).await.header(ETAG).to_owned();
    assert_eq!(read, "\"1\"");
    let bound = admin.clone().with(IF_MATCH, &read);
    let changed = change(&bound, &json!({ "percentage": 10 })).await;
    assert_eq!((changed.status, changed.header(ETAG)), (StatusCode::OK, "\"2\""));
    let stale = change(&bound, &json!({ "percentage": 90 })).await.problem();
    assert_eq!((stale.status, stale.code.as_str()), (412, "version-mismatch"));
    assert_eq!(admin.get(PATH).await.json::<RouteView>(StatusCode::OK).percentage, 10);
}

#[tokio::test]
async fn a_route_is_no_orgs_thing_and_there_are_no_others() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    for answer in [
        owner.get("/v1/routes").await,
        owner.get(PATH).await,
        change(&owner, &json!({ "percentage": 1 })).await,
    ] {
        assert_eq!(answer.problem().code, "admin-only");
    }
    for name in ["boxes", "ADMIN-API", "%2e%2e", "admin-api%00"] {
        let problem = app.admin().get(&format!("/v1/routes/{name}")).await.problem();
        assert_eq!((problem.status, problem.code.as_str()), (404, "route-not-found"), "{name}");
    }
}
