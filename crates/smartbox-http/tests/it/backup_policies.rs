//! What is decided about backups, through the API.

use http::header::{ETAG, IF_MATCH};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use smartbox_api::BackupPolicyView;
use smartbox_testkit::{Answer, Client, TestApp};

const OF_BOX: &str = "/v1/boxes/home/backup-policy";
const OF_ORG: &str = "/v1/orgs/me/backup-policy";
const OF_TIER: &str = "/v1/tiers/standard-1/backup-policy";

async fn set(client: &Client, path: &str, body: &Value) -> Answer {
    client.change_json(Method::PUT, path, body).await
}

fn holds<'a>(view: &'a BackupPolicyView, name: &str) -> (&'a str, &'a str) {
    let said = view.effective.iter().find(|said| said.name == name).unwrap();
    (&said.value, &said.from)
}

#[tokio::test]
async fn a_policy_says_what_holds_and_who_says_so() {
    let app = TestApp::start().await;
    let (owner, admin) = (app.first_tenant().await.client, app.admin());
    app.created_box(&owner, "home").await;
    let view: BackupPolicyView = owner.get(OF_BOX).await.json(StatusCode::OK);
    assert_eq!((view.version, holds(&view, "period")), (0, ("5m", "platform")));
    assert_eq!(holds(&view, "archive_after"), ("never", "platform"));

    set(&admin, OF_TIER, &json!({ "period": "1h", "keep_daily": 30 })).await.json::<Value>(StatusCode::OK);
    set(&owner, OF_ORG, &json!({ "period": "30m", "keep_weekly": 0 })).await.json::<Value>(StatusCode::OK);
    let answer = set(&owner, OF_BOX, &json!({ "period": "never", "archive_after": "720h" })).await;
    assert_eq!(answer.header(ETAG), "\"1\"");
    let view: BackupPolicyView = answer.json(StatusCode::OK);
    for (name, said) in [
        ("period", ("never", "box")),
        ("keep_weekly", ("0", "org")),
        ("keep_daily", ("30", "tier")),
        ("keep_monthly", ("12", "platform")),
        ("archive_after", ("30d", "box")),
    ] {
        assert_eq!(holds(&view, name), said, "{name}");
    }
    assert_eq!(view.rules.archive_after.as_deref(), Some("30d"));
    assert_eq!(owner.get(OF_BOX).await.json::<BackupPolicyView>(StatusCode::OK), view);
    let of_org: BackupPolicyView = owner.get(OF_ORG).await.json(StatusCode::OK);
    assert_eq!((holds(&of_org, "period"), holds(&of_org, "keep_daily")), (("30m", "org"), ("7", "platform")));
    let told: Value = owner.get("/v1/boxes/home/timeline").await.json(StatusCode::OK);
    assert_eq!(told["items"][0]["action"], "box.backup-policy-set");
    assert_eq!(told["items"][0]["detail"]["archive_after"], "30d");
}

#[tokio::test]
async fn a_value_out_of_bounds_is_named_and_changes_nothing() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    app.created_box(&owner, "home").await;
    for (body, field) in [
        (json!({ "period": "10s" }), "period"),
        (json!({ "keep_all": "never" }), "keep_all"),
        (json!({ "keep_hourly": 1000 }), "keep_hourly"),
        (json!({ "keep_monthly": -1 }), "keep_monthly"),
        (json!({ "archive_after": "; rm -rf /" }), "archive_after"),
        (json!({ "keep": 1 }), "keep"),
    ] {
        for path in [OF_BOX, OF_ORG] {
            let problem = set(&owner, path, &body).await.problem();
            assert_eq!(problem.status, 422, "{body}");
            assert!(
                problem.errors[0].field.contains(field) || problem.errors[0].message.contains(field),
                "{problem:?}"
            );
        }
    }
    assert_eq!(owner.get(OF_BOX).await.json::<BackupPolicyView>(StatusCode::OK).version, 0);
}

#[tokio::test]
async fn a_decision_that_rests_on_an_old_policy_is_refused() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    app.created_box(&owner, "home").await;
    let bound = owner.clone().with(IF_MATCH, "\"0\"");
    for path in [OF_BOX, OF_ORG] {
        set(&bound, path, &json!({ "keep_daily": 3 })).await.json::<Value>(StatusCode::OK);
        let stale = set(&bound, path, &json!({ "keep_daily": 4 })).await.problem();
        assert_eq!((stale.status, stale.code.as_str()), (412, "version-mismatch"));
    }
}

#[tokio::test]
async fn a_policy_is_kept_from_strangers_and_that_of_a_tier_is_the_admins() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    let created = app.created_box(&owner.client, "home").await;
    let acme = app.tenant("acme").await.client;
    let path = format!("/v1/boxes/{}/backup-policy", created.smartbox.id);
    assert_eq!(acme.get(&path).await.status, 404);
    assert_eq!(set(&acme, &path, &json!({ "period": "never" })).await.status, 404);
    let path = format!("/v1/orgs/{}/backup-policy", owner.org);
    assert_eq!(acme.get(&path).await.status, 404);
    assert_eq!(set(&acme, &path, &json!({ "period": "never" })).await.status, 404);
    assert_eq!(owner.client.get(OF_TIER).await.problem().code, "admin-only");
    assert_eq!(set(&owner.client, OF_TIER, &json!({})).await.problem().code, "admin-only");
    assert_eq!(set(&app.admin(), "/v1/tiers/none/backup-policy", &json!({})).await.status, 404);
    let (_user, viewer) = app.member(&owner.org, "viewer", "viewer").await;
    assert_eq!(viewer.get(OF_BOX).await.status, 200);
    assert_eq!(set(&viewer, OF_BOX, &json!({})).await.problem().code, "missing-permission");
}
