//! Versions of the agent runtime and upgrades, over HTTP.

use http::{Method, StatusCode};
use serde_json::json;
use smartbox_api::{Launched, Problem, RolloutView, RuntimeList, RuntimeView};
use smartbox_testkit::{
    AVAILABLE_RUNTIME, Client, NEWER_RUNTIME, OLDER_RUNTIME, RUNTIME, TOO_OLD_RUNTIME, TestApp, id_of,
};

async fn runtime(client: &Client, version: &str) -> RuntimeView {
    let all: RuntimeList = client.get("/v1/runtimes").await.json(StatusCode::OK);
    all.items.into_iter().find(|one| one.version == version).unwrap()
}

#[tokio::test]
async fn versions_are_shown_to_everybody_and_changed_by_the_admin() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    app.running_box(&owner, "home").await;
    let acme = app.tenant("acme").await.client;
    assert_eq!((runtime(&owner, RUNTIME).await.boxes, runtime(&acme, RUNTIME).await.boxes), (1, 0));
    let body = json!({ "version": AVAILABLE_RUNTIME });
    assert_eq!(owner.post_json("/v1/runtimes", &body).await.status, 403);
    let asked: RuntimeView = app.admin().post_json("/v1/runtimes", &body).await.json(StatusCode::ACCEPTED);
    assert_eq!(asked.state, "installing");
    app.settle().await;
    assert_eq!(runtime(&owner, AVAILABLE_RUNTIME).await.state, "installed");
    let path = format!("/v1/runtimes/{AVAILABLE_RUNTIME}");
    assert_eq!(app.admin().change_json(Method::DELETE, &path, &json!({})).await.status, 204);
    let again: Problem =
        app.admin().change_json(Method::DELETE, &path, &json!({})).await.json(StatusCode::NOT_FOUND);
    assert_eq!(again.code, "runtime-not-found");
}

#[tokio::test]
async fn a_box_is_made_on_a_version_and_upgraded_with_an_operation() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    let too_old = json!({ "name": "old", "runtime_version": TOO_OLD_RUNTIME });
    let refused: Problem = owner.post_json("/v1/boxes", &too_old).await.json(StatusCode::CONFLICT);
    assert_eq!(refused.code, "runtime-too-old");
    assert!(refused.detail.unwrap().contains("CVE-"));
    let older = json!({ "name": "home", "runtime_version": OLDER_RUNTIME });
    let made = owner.post_json("/v1/boxes", &older).await;
    assert_eq!(made.status, 202);
    app.settle().await;
    let view = app.show(&owner, "home").await;
    assert_eq!((view.runtime_version.as_str(), view.upgrade), (OLDER_RUNTIME, None));
    std::fs::write(app.provider.home_of(id_of(&app.show(&owner, "home").await)).join("state/x"), "x")
        .unwrap();

    let stale = owner.request(Method::POST, "/v1/boxes/home/upgrade", String::new());
    let mut stale = stale;
    stale.headers_mut().insert("if-match", "\"99\"".parse().unwrap());
    assert_eq!(owner.raw(stale).await.status(), 412);
    let launched: Launched =
        owner.post_json("/v1/boxes/home/upgrade", &json!({})).await.json(StatusCode::ACCEPTED);
    assert_eq!(
        (launched.operation.kind.as_str(), launched.smartbox.upgrade.as_deref()),
        ("upgrade", Some("trying"))
    );
    let twice: Problem =
        owner.post_json("/v1/boxes/home/upgrade", &json!({})).await.json(StatusCode::CONFLICT);
    assert!(twice.detail.unwrap().contains("being upgraded"));
    app.settle().await;
    app.clock.advance(jiff::SignedDuration::from_secs(61));
    app.settle().await;
    let view = app.show(&owner, "home").await;
    assert_eq!((view.runtime_version.as_str(), view.upgrade), (RUNTIME, None));
    let older: Problem = owner
        .post_json("/v1/boxes/home/upgrade", &json!({ "to": OLDER_RUNTIME }))
        .await
        .json(StatusCode::CONFLICT);
    assert!(older.remedy.unwrap().contains("smartbox backup restore"));
}

#[tokio::test]
async fn a_rollout_reaches_the_boxes_of_the_callers_org_and_no_others() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    let mine = app.running_box(&owner, "home").await;
    let acme = app.tenant("acme").await;
    let theirs = app.running_box(&acme.client, "theirs").await;
    let body = json!({ "to": NEWER_RUNTIME });
    let made: RolloutView = acme.client.post_json("/v1/upgrades", &body).await.json(StatusCode::ACCEPTED);
    assert_eq!(made.boxes.iter().map(|one| &one.id).collect::<Vec<_>>(), [&theirs.id]);
    let foreign = json!({ "boxes": [mine.id], "to": NEWER_RUNTIME });
    assert_eq!(acme.client.post_json("/v1/upgrades", &foreign).await.status, 404);
    assert_eq!(owner.get(&format!("/v1/upgrades/{}", made.id)).await.status, 404);
    let none: Problem =
        owner.post_json("/v1/upgrades", &json!({ "to": RUNTIME })).await.json(StatusCode::CONFLICT);
    assert!(none.detail.unwrap().contains("no box"));
    let wrong: Problem = owner
        .post_json("/v1/upgrades", &json!({ "to": NEWER_RUNTIME, "wave": 0, "stop_after": 0 }))
        .await
        .json(StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(wrong.errors.len(), 2);
    let all: RolloutView = app
        .admin()
        .post_json("/v1/upgrades", &json!({ "to": NEWER_RUNTIME }))
        .await
        .json(StatusCode::ACCEPTED);
    assert_eq!((all.org, all.boxes.len()), (None, 2));
}
