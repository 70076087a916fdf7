//! Health, readiness and the documents for strangers.

use http::StatusCode;
use smartbox_api::{Health, Readiness};
use smartbox_testkit::TestApp;

#[tokio::test]
async fn the_platform_is_alive_before_it_is_ready() {
    let app = TestApp::start().await;
    let health: Health = app.anonymous().get("/health").await.json(StatusCode::OK);
    assert_eq!((health.status.as_str(), health.version.as_str()), ("ok", env!("CARGO_PKG_VERSION")));
    let flags: Vec<_> = health.flags.iter().map(|(name, percentage)| (name.as_str(), *percentage)).collect();
    assert_eq!(flags, [("admin-api", 0), ("container-gateway", 0)]);
    assert_eq!(app.anonymous().get("/healthz").await.text(), "ok\n");
    let early: Readiness = app.anonymous().get("/readyz").await.json(StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!((early.status.as_str(), early.reasons.len()), ("not-ready", 1));
    app.settle().await;
    let late: Readiness = app.anonymous().get("/readyz").await.json(StatusCode::OK);
    assert_eq!((late.status.as_str(), late.reasons.len()), ("ready", 0));
}

#[tokio::test]
async fn a_platform_without_its_database_is_not_ready() {
    let app = TestApp::start().await;
    app.settle().await;
    app.store.close().await;
    let answer: Readiness = app.anonymous().get("/readyz").await.json(StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.reasons[0].contains("database"), "{answer:?}");
    assert_eq!(app.anonymous().get("/healthz").await.status, StatusCode::OK);
}

#[tokio::test]
async fn the_documents_are_served_to_everybody() {
    let app = TestApp::start().await;
    let document: serde_json::Value = app.anonymous().get("/openapi.json").await.json(StatusCode::OK);
    assert_eq!(document, serde_json::to_value(smartbox_http::openapi()).unwrap());
    assert!(app.anonymous().get("/llms.txt").await.text().starts_with("# Smartbox\n"));
}
