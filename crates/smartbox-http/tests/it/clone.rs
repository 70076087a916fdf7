//! Boxes like others, through the API.

use std::fs;

use http::{Method, StatusCode};
use serde_json::{Value, json};
use smartbox_api::{BoxView, CreatedBox, Launched};
use smartbox_testkit::{Client, TestApp, id_of};

use crate::backups::{app, made};

const PATH: &str = "/v1/boxes/home/clone";

/// Asks for a clone while the loop of backups looks.
async fn cloned(app: &TestApp, client: &Client, body: &Value) -> CreatedBox {
    app.back_up_for(client.post_json(PATH, body)).await.json(StatusCode::ACCEPTED)
}

#[tokio::test]
async fn a_box_is_cloned_and_speaks_for_itself_when_somebody_confirms_it() {
    let (app, client, home) = app().await;
    fs::write(home.join("state/history"), "what was said").unwrap();
    let made = cloned(&app, &client, &json!({ "name": "copy" })).await;
    assert_eq!((made.operation.kind.as_str(), made.smartbox.channels.as_deref()), ("create", Some("off")));
    app.settle().await;
    let copy: BoxView = app.show(&client, "copy").await;
    assert_eq!((copy.phase.as_str(), copy.tier.as_str()), ("running", "standard-1"));
    let history = app.provider.home_of(id_of(&copy)).join("state/history");
    assert_eq!(fs::read_to_string(history).unwrap(), "what was said");
    assert_eq!(app.show(&client, "home").await.channels, None);

    let path = "/v1/boxes/copy/channels";
    let put = async |word: &str| client.change_json(Method::PUT, path, &json!({ "channels": word })).await;
    assert_eq!(put("off").await.problem().code, "conflict");
    let launched: Launched = put("on").await.json(StatusCode::ACCEPTED);
    assert_eq!((launched.operation.kind.as_str(), launched.smartbox.channels), ("restart", None));
    app.settle().await;
    assert_eq!(app.show(&client, "copy").await.phase, "running");
    assert_eq!(put("perhaps").await.problem().code, "invalid");
}

#[tokio::test]
async fn a_clone_that_is_asked_for_twice_under_one_key_is_made_once() {
    let (app, client, _home) = app().await;
    made(&app, &client).await;
    let client = client.with("idempotency-key".parse().unwrap(), "k-1");
    let first = cloned(&app, &client, &json!({ "name": "copy" })).await;
    let again = cloned(&app, &client, &json!({ "name": "copy" })).await;
    assert_eq!(first.smartbox.id, again.smartbox.id);
    let other = client.post_json("/v1/boxes/copy/clone", &json!({ "name": "copy" })).await.problem();
    assert_eq!(other.code, "idempotency-mismatch", "of another box it is another request");
}

#[tokio::test]
async fn who_may_not_take_backups_along_may_not_clone_and_nobody_clones_across_orgs_but_the_admin() {
    let (app, client, _home) = app().await;
    let backup = made(&app, &client).await;
    let org = app.first_tenant().await.org;
    let acme = app.tenant("acme").await;
    let body = json!({ "name": "copy", "backup": backup.id });
    for role in ["viewer", "operator"] {
        let (_user, member) = app.member(&org, role, role).await;
        let refused = member.post_json(PATH, &body).await.problem();
        assert_eq!((refused.status, refused.code.as_str()), (403, "missing-permission"), "{role}");
    }
    let unseen = acme.client.post_json(PATH, &body).await.problem();
    assert_eq!((unseen.status, unseen.code.as_str()), (404, "box-not-found"));
    app.running_box(&acme.client, "home").await;
    let foreign = acme.client.post_json(PATH, &body).await.problem();
    assert_eq!((foreign.status, foreign.code.as_str()), (404, "backup-not-found"), "their box is another");
    let away = json!({ "name": "copy", "backup": backup.id, "org": acme.org });
    let refused = client.post_json(PATH, &away).await.problem();
    assert_eq!((refused.status, refused.code.as_str()), (422, "invalid"));

    let id = app.show(&client, "home").await.id;
    let answer = app.admin().post_json(&format!("/v1/boxes/{id}/clone"), &away).await;
    let made: CreatedBox = answer.json(StatusCode::ACCEPTED);
    assert_eq!(made.smartbox.org, acme.org);
    app.settle().await;
    let theirs = app.show(&acme.client, "copy").await;
    assert_eq!(theirs.phase, "running");
    assert_eq!(client.get("/v1/boxes/copy").await.status, 404);
    let told: Value = acme.client.get("/v1/boxes/copy/timeline").await.json(StatusCode::OK);
    assert!(
        !told.to_string().contains(&id) && !told.to_string().contains(&org),
        "whose it was is not told: {told}"
    );
    let told: Value = client.get("/v1/boxes/home/timeline").await.json(StatusCode::OK);
    assert!(told.to_string().contains(&made.smartbox.id), "its owner sees where it went");
    let list: Value = acme.client.get("/v1/boxes/copy/backups").await.json(StatusCode::OK);
    assert!(!list["items"].to_string().contains(&backup.id), "{list}");
}

#[tokio::test]
async fn the_quota_of_the_plan_counts_clones() {
    let (app, client, _home) = app().await;
    let backup = made(&app, &client).await;
    let org = format!("/v1/orgs/{}", app.first_tenant().await.org);
    let plan = app.admin().post_json("/v1/plans", &json!({ "name": "small", "boxes_max": 1 })).await;
    assert_eq!(plan.status, StatusCode::CREATED);
    let given = app.admin().change_json(Method::PATCH, &org, &json!({ "plan": "small" })).await;
    assert_eq!(given.status, StatusCode::OK);
    let refused = client.post_json(PATH, &json!({ "name": "copy", "backup": backup.id })).await.problem();
    assert_eq!(refused.code, "plan-full");
    assert_eq!(client.get("/v1/boxes/copy").await.status, 404);
}

#[tokio::test]
async fn bad_wishes_are_told_by_their_fields() {
    let (app, client, _home) = app().await;
    for (body, field) in [
        (json!({}), "name"),
        (json!({ "name": "No" }), "name"),
        (json!({ "name": "copy", "channels": "loud" }), "channels"),
        (json!({ "name": "copy", "secret": 1 }), "secret"),
    ] {
        let problem = client.post_json(PATH, &body).await.problem();
        assert_eq!((problem.status, problem.code.as_str()), (422, "invalid"), "{body}");
        assert!(serde_json::to_string(&problem).unwrap().contains(field), "{body}: {problem:?}");
    }
    assert_eq!(
        client.post_json(PATH, &json!({ "name": "copy", "backup": "x" })).await.problem().code,
        "backup-not-found"
    );
    let list: Value = app.admin().get("/v1/boxes").await.json(StatusCode::OK);
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
}
