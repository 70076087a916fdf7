//! Bad input is answered with the fields that are wrong, and changes nothing.

use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, StatusCode};
use serde_json::{Value, json};
use smartbox_api::BoxList;
use smartbox_testkit::{Client, TestApp};

/// The names of the fields a request is told are wrong.
async fn wrong_fields(client: &Client, path: &str, body: &Value) -> Vec<String> {
    let problem = client.post_json(path, body).await.problem();
    assert_eq!((problem.status, problem.code.as_str()), (422, "invalid"), "{body}: {problem:?}");
    problem.errors.into_iter().map(|error| error.field).collect()
}

#[tokio::test]
async fn every_wrong_field_of_a_new_box_is_named() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    for (body, fields) in [
        (json!({}), vec!["name"]),
        (json!({ "name": "" }), vec!["name"]),
        (json!({ "name": "A" }), vec!["name"]),
        (json!({ "name": "a".repeat(41) }), vec!["name"]),
        (json!({ "name": "../x" }), vec!["name"]),
        (json!({ "name": null }), vec!["name"]),
        (json!({ "name": 1 }), vec!["name"]),
        (json!({ "name": "ok", "kind": "toaster" }), vec!["kind"]),
        (json!({ "name": "ok", "tier": "huge" }), vec!["tier"]),
        (json!({ "name": "ok", "start": "yes" }), vec!["start"]),
        (json!({ "name": "ok", "colour": "red" }), vec!["colour"]),
        (json!({ "name": "ok", "org": "somebody-elses" }), vec!["org"]),
        (json!({ "name": "-", "kind": "x", "tier": "y" }), vec!["name", "kind", "tier"]),
        (json!([]), vec!["body"]),
        (json!("box"), vec!["body"]),
        (json!(null), vec!["body"]),
    ] {
        assert_eq!(wrong_fields(&client, "/v1/boxes", &body).await, fields, "{body}");
    }
    let list: BoxList = client.get("/v1/boxes").await.json(StatusCode::OK);
    assert!(list.items.is_empty(), "nothing was made");
}

#[tokio::test]
async fn a_tier_that_does_not_exist_is_answered_with_those_that_do() {
    let app = TestApp::start().await;
    let body = json!({ "name": "ok", "tier": "huge" });
    let problem = app.admin().post_json("/v1/boxes", &body).await.problem();
    assert!(problem.errors[0].message.contains("`standard-1`"), "{problem:?}");
}

#[tokio::test]
async fn text_that_is_no_json_is_refused_with_its_place() {
    let app = TestApp::start().await;
    for text in ["", "{", "{\"name\": \"a\"} and more", "name=a", "\u{feff}{}"] {
        let mut request = app.admin().request(Method::POST, "/v1/boxes", text);
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        let problem = app.admin().send(request).await.problem();
        assert_eq!(
            (problem.status, problem.errors[0].field.as_str()),
            (422, "body"),
            "{text:?}: {problem:?}"
        );
    }
}

#[tokio::test]
async fn another_content_type_is_refused() {
    let app = TestApp::start().await;
    for media in [
        "text/plain",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/jsonp",
        "",
    ] {
        let mut request = app.admin().request(Method::POST, "/v1/boxes", "{\"name\":\"ok\"}");
        request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static(media));
        let problem = app.admin().send(request).await.problem();
        assert_eq!((problem.status, problem.code.as_str()), (415, "unsupported-media-type"), "{media:?}");
    }
    let mut request = app.admin().request(Method::POST, "/v1/boxes", "{\"name\":\"ok\"}");
    request.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("Application/JSON; charset=utf-8"));
    assert_eq!(app.admin().send(request).await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_wrong_field_of_any_other_body_is_named() {
    let app = TestApp::start().await;
    let client = app.admin();
    app.created_box(&client, "home").await;
    let long = "x".repeat(100_001);
    for (path, body, field) in [
        ("/v1/orgs", json!({ "name": " " }), "name"),
        ("/v1/orgs", json!({ "name": "a\nb" }), "name"),
        ("/v1/orgs", json!({ "name": "x".repeat(101) }), "name"),
        ("/v1/sign-in-links", json!({ "org": "nobodys" }), "org"),
        ("/v1/sign-in-links", json!({ "people": "x" }), "people"),
        ("/v1/boxes/home/messages", json!({ "text": " " }), "text"),
        ("/v1/boxes/home/messages", json!({ "text": long }), "text"),
        ("/v1/boxes/home/messages", json!({ "text": "hi", "session": "" }), "session"),
        ("/v1/boxes/home/exec:sync", json!({ "argv": [] }), "argv"),
        ("/v1/boxes/home/exec:sync", json!({ "argv": [""] }), "argv"),
        ("/v1/boxes/home/exec:sync", json!({ "argv": "ls" }), "argv"),
        ("/v1/boxes/home/exec:sync", json!({ "argv": ["ls", 1] }), "argv[1]"),
        ("/v1/boxes/home/exec:sync", json!({ "argv": ["ls", "a\u{0}b"] }), "argv"),
        ("/v1/boxes/home/exec:sync", json!({ "argv": ["ls"], "env": { "A=B": "" } }), "env"),
        ("/v1/boxes/home/exec:sync", json!({ "argv": ["ls"], "timeout_ms": 0 }), "timeout_ms"),
        ("/v1/boxes/home/exec:sync", json!({ "argv": ["ls"], "timeout_ms": 600_001 }), "timeout_ms"),
        ("/v1/boxes/home/exec:sync", json!({ "argv": ["ls"], "timeout_ms": -1 }), "timeout_ms"),
    ] {
        assert_eq!(wrong_fields(&client, path, &body).await, [field], "{path}");
    }
}

#[tokio::test]
async fn a_wrong_query_is_named() {
    let app = TestApp::start().await;
    let client = app.admin();
    let operation = app.created_box(&client, "home").await.operation;
    let wait = format!("/v1/operations/{}?wait=soon", operation.id);
    for (path, field) in [
        ("/v1/boxes?limit=0", "limit"),
        ("/v1/boxes?limit=201", "limit"),
        ("/v1/boxes?limit=many", "limit"),
        ("/v1/boxes?state=asleep", "state"),
        ("/v1/boxes?colour=red", "colour"),
        ("/v1/boxes?cursor=%00", "cursor"),
        ("/v1/boxes?cursor=nonsense", "cursor"),
        ("/v1/boxes/home/timeline?limit=0", "limit"),
        ("/v1/boxes/home/timeline?cursor=nonsense", "cursor"),
        ("/v1/boxes/home/timeline?state=running", "state"),
        ("/v1/boxes/home/logs?source=kernel", "source"),
        ("/v1/boxes/home/logs?tail=all", "tail"),
        ("/v1/boxes/home/logs?tail=10001", "tail"),
        ("/v1/boxes/home/logs?follow=maybe", "follow"),
        (wait.as_str(), "wait"),
    ] {
        let problem = client.get(path).await.problem();
        assert_eq!(problem.status, 422, "{path}: {problem:?}");
        assert_eq!(problem.errors[0].field, field, "{path}: {problem:?}");
    }
}

#[tokio::test]
async fn a_name_that_is_taken_is_a_conflict() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.created_box(&client, "home").await;
    let taken = client.post_json("/v1/boxes", &json!({ "name": "home" })).await.problem();
    assert_eq!((taken.status, taken.code.as_str()), (409, "name-taken"));
    assert!(taken.detail.unwrap().contains("`home`"));
    app.tenant("acme").await;
    let taken = app.admin().post_json("/v1/orgs", &json!({ "name": "acme" })).await.problem();
    assert_eq!((taken.status, taken.code.as_str()), (409, "name-taken"));
}

#[tokio::test]
async fn a_full_tier_takes_no_further_box() {
    let app = TestApp::start().await;
    let client = app.admin();
    for number in 1..=5 {
        let body = json!({ "name": format!("box-{number}"), "tier": "standard-3" });
        assert_eq!(client.post_json("/v1/boxes", &body).await.status, StatusCode::ACCEPTED);
    }
    let full =
        client.post_json("/v1/boxes", &json!({ "name": "box-6", "tier": "standard-3" })).await.problem();
    assert_eq!(full.status, 409, "{full:?}");
    assert!(full.remedy.is_some(), "{full:?}");
}
