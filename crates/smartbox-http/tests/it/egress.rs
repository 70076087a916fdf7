//! What a box may reach: shown, changed, kept from strangers.

use http::header::{ETAG, IF_MATCH};
use http::{Method, StatusCode};
use serde_json::{Value, json};
use smartbox_api::{EgressLayerView, EgressView};
use smartbox_testkit::{Answer, Client, TestApp};

const PATH: &str = "/v1/boxes/home/egress";

async fn set(client: &Client, rules: &Value) -> Answer {
    let body = json!({ "rules": rules }).to_string();
    let mut request = client.request(Method::PUT, PATH, body);
    request.headers_mut().insert("content-type", "application/json".parse().unwrap());
    client.send(request).await
}

#[tokio::test]
async fn rules_are_replaced_and_told_in_the_timeline() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.created_box(&client, "home").await;
    let none = client.get(PATH).await.json::<EgressView>(StatusCode::OK);
    assert_eq!((none.version, none.rules.len(), none.changed_at), (0, 0, None));

    let answer = set(&client, &json!(["allow  *.GitHub.com ports=22", "deny *"])).await;
    assert_eq!(answer.header(ETAG), "\"1\"");
    let changed = answer.json::<EgressView>(StatusCode::OK);
    assert_eq!(changed.rules, ["allow *.github.com ports=22", "deny *"]);
    assert_eq!(client.get(PATH).await.json::<EgressView>(StatusCode::OK), changed);
    let told = client.get("/v1/boxes/home/timeline").await.json::<Value>(StatusCode::OK);
    assert_eq!(told["items"][0]["action"], "egress.changed");
    assert_eq!(told["items"][0]["detail"]["rules"][1], "deny *");
}

#[tokio::test]
async fn lines_that_are_no_rules_are_named_and_change_nothing() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.created_box(&client, "home").await;
    for (rules, said) in [
        (json!(["deny *", "permit x"]), "rule 2"),
        (json!(["allow 0x7f.1"]), "unusual spelling"),
        (json!(vec!["deny *"; 257]), "at most 256"),
    ] {
        let problem = set(&client, &rules).await.problem();
        assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, "rules"));
        assert!(problem.errors[0].message.contains(said), "{problem:?}");
    }
    assert_eq!(client.get(PATH).await.json::<EgressView>(StatusCode::OK).version, 0);
}

#[tokio::test]
async fn only_the_platforms_admin_opens_and_closes_what_is_inside() {
    let app = TestApp::start().await;
    let (owner, admin) = (app.first_tenant().await.client, app.admin());
    app.created_box(&owner, "home").await;
    let inside = json!(["allow nas.lan inside"]);
    assert_eq!(set(&owner, &inside).await.problem().code, "admin-only");
    set(&admin, &inside).await.json::<EgressView>(StatusCode::OK);
    // The owner may write around it, and not take it away.
    set(&owner, &json!(["deny *.ads.example", "allow nas.lan inside"]))
        .await
        .json::<EgressView>(StatusCode::OK);
    assert_eq!(set(&owner, &json!(["deny *.ads.example"])).await.problem().code, "admin-only");
    assert_eq!(set(&owner, &json!(["allow nas.lan ports=22 inside"])).await.problem().code, "admin-only");
}

#[tokio::test]
async fn a_change_that_rests_on_old_rules_is_refused() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.created_box(&client, "home").await;
    let bound = client.clone().with(IF_MATCH, "\"0\"");
    set(&bound, &json!(["deny a.example"])).await.json::<EgressView>(StatusCode::OK);
    let stale = set(&bound, &json!(["deny b.example"])).await.problem();
    assert_eq!((stale.status, stale.code.as_str()), (412, "version-mismatch"));
}

async fn replace(client: &Client, path: &str, rules: &Value) -> Answer {
    client.change_json(Method::PUT, path, &json!({ "rules": rules })).await
}

#[tokio::test]
async fn rules_of_many_boxes_are_shown_with_those_of_one() {
    let app = TestApp::start().await;
    let (owner, admin) = (app.first_tenant().await.client, app.admin());
    app.created_box(&owner, "home").await;
    replace(&admin, "/v1/egress", &json!(["deny p.example"])).await.json::<EgressLayerView>(StatusCode::OK);
    replace(&admin, "/v1/tiers/standard-1/egress", &json!(["deny t.example"]))
        .await
        .json::<EgressLayerView>(StatusCode::OK);
    replace(&owner, "/v1/orgs/me/egress", &json!(["deny o.example"]))
        .await
        .json::<EgressLayerView>(StatusCode::OK);
    let view = owner.get(PATH).await.json::<EgressView>(StatusCode::OK);
    assert_eq!(
        (view.platform_rules, view.tier_rules),
        (vec!["deny p.example".to_owned()], vec!["deny t.example".to_owned()])
    );
    assert_eq!(view.org_rules, ["deny o.example"]);
    // The data plane goes by the same, without a restart.
    let published = std::sync::Arc::clone(&app.control.egress_rules().borrow());
    assert_eq!(published.platform.to_string(), "deny p.example\n");
    assert_eq!(published.tiers["standard-1"].to_string(), "deny t.example\n");
    assert_eq!(published.orgs.len(), 1);
    let shown = admin.get("/v1/egress").await.json::<EgressLayerView>(StatusCode::OK);
    assert_eq!((shown.rules, shown.version), (vec!["deny p.example".to_owned()], 1));
}

#[tokio::test]
async fn what_the_platform_and_its_tiers_say_is_the_admins_alone() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    for path in ["/v1/egress", "/v1/tiers/standard-1/egress"] {
        assert_eq!(replace(&owner, path, &json!([])).await.problem().code, "admin-only");
        assert_eq!(owner.get(path).await.problem().code, "admin-only");
    }
    let unknown = replace(&app.admin(), "/v1/tiers/none/egress", &json!([])).await.problem();
    assert_eq!(unknown.status, 404);
    let inside = json!(["allow nas.lan inside"]);
    assert_eq!(replace(&owner, "/v1/orgs/me/egress", &inside).await.problem().code, "admin-only");
    let of_org = format!("/v1/orgs/{}/egress", app.first_tenant().await.org);
    replace(&app.admin(), &of_org, &inside).await.json::<EgressLayerView>(StatusCode::OK);
}
