//! What the platform's admin does in the agents API of an older platform.

use http::{Method, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};
use smartbox_provider::fake::{Call, Failure};
use smartbox_testkit::{Answer, Client, TestApp};

async fn put(client: &Client, path: &str, body: &Value) -> Answer {
    client.change_json(Method::PUT, path, body).await
}

#[tokio::test]
async fn a_size_is_made_used_changed_and_removed() {
    let app = TestApp::start().await;
    let (owner, admin) = (app.first_tenant().await.client, app.admin());
    let body = json!({
        "name": "sprites-standard", "provider": "local", "image": null, "location": null,
        "cpu_millicores": 1000, "memory_mb": 512, "disk_gb": 10,
    });
    let made: Value = admin.post_json("/admin/vps-configs", &body).await.json(StatusCode::CREATED);
    assert_eq!(
        (&made["id"], &made["memory_max_mb"], &made["disk_gb"]),
        (&json!("sprites-standard"), &json!(1536), &Value::Null)
    );
    let problem = admin.post_json("/admin/vps-configs", &body).await.problem();
    assert_eq!((problem.status, problem.code.as_str()), (409, "name-taken"));
    let list: Value = admin.get("/admin/vps-configs").await.json(StatusCode::OK);
    assert!(list.as_array().unwrap().contains(&made), "{list}");
    let tiers = owner.get("/v1/tiers").await;
    assert!(tiers.text().contains("sprites-standard"), "it is a tier");

    owner.post_json("/agents", &json!({ "name": "alpha" })).await.json::<Value>(StatusCode::CREATED);
    let place = json!({ "vps_config_id": "sprites-standard" });
    let vps: Value = owner.post_json("/agents/alpha/vps", &place).await.json(StatusCode::CREATED);
    app.settle().await;
    let id = vps["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(app.provider.spec(id).unwrap().limits.memory_bytes, 512 << 20);
    let path = "/admin/vps-configs/sprites-standard";
    let changed: Value = put(&admin, path, &json!({ "memory_mb": 2048 })).await.json(StatusCode::OK);
    assert_eq!((&changed["memory_max_mb"], &changed["cpu_millicores"]), (&json!(3072), &json!(1000)));
    owner.post("/agents/alpha/restart").await;
    app.settle().await;
    assert_eq!(app.provider.spec(id).unwrap().limits.memory_bytes, 2048 << 20);
    assert_eq!(admin.delete(path).await.problem().status, 409, "a box has it");
    assert_eq!(admin.delete("/admin/vps-configs/galactic").await.problem().status, 404);
    admin
        .post_json("/admin/vps-configs", &json!({ "name": "tiny", "cpu_millicores": 500, "memory_mb": 512 }))
        .await;
    assert_eq!(admin.delete("/admin/vps-configs/tiny").await.status, 204);
}

#[tokio::test]
async fn what_cannot_be_chosen_of_a_size_is_refused_with_its_reason() {
    let app = TestApp::start().await;
    let good = json!({ "name": "x", "cpu_millicores": 1000, "memory_mb": 1024 });
    for (field, value) in [
        ("provider", json!("hetzner")),
        ("image", json!("slopbox/agent-base")),
        ("location", json!("fsn1")),
        ("memory_mb", json!(1)),
        ("cpu_millicores", json!(0)),
    ] {
        let mut body = good.clone();
        body[field] = value;
        let problem = app.admin().post_json("/admin/vps-configs", &body).await.problem();
        assert_eq!((problem.status, problem.errors[0].field.as_str()), (400, field));
        assert!(problem.error.is_some_and(|error| error.contains(field)), "{field}");
    }
}

#[tokio::test]
async fn a_plan_is_made_and_changed_and_keeps_what_the_older_shape_does_not_know() {
    let app = TestApp::start().await;
    let admin = app.admin();
    let body =
        json!({ "name": "starter", "max_agents": 1, "max_vpses": 1, "overage_cpu_cost_per_hour_cents": 5 });
    let made: Value = admin.post_json("/admin/plans", &body).await.json(StatusCode::CREATED);
    assert_eq!((&made["max_agents"], &made["max_cpu_ms"]), (&json!(1), &Value::Null));
    assert_eq!(made["overage_cpu_cost_per_hour_cents"], 5);
    let limits = json!({ "boxes_max": 1, "limits": { "tokens": 1000 }, "rates": { "cpu_hour": 50_000_000 } });
    put(&admin, "/v1/plans/starter", &limits).await.json::<Value>(StatusCode::OK);
    let changed: Value =
        put(&admin, "/admin/plans/starter", &json!({ "max_cpu_ms": 3_600_000 })).await.json(StatusCode::OK);
    assert_eq!((&changed["max_cpu_ms"], &changed["max_agents"]), (&json!(3_600_000), &json!(1)));
    let plan: Value = admin.get("/v1/plans/starter").await.json(StatusCode::OK);
    assert_eq!(plan["limits"]["tokens"], 1000);
    let differ = json!({ "max_agents": 1, "max_vpses": 2 });
    assert_eq!(put(&admin, "/admin/plans/starter", &differ).await.problem().status, 400);
    assert_eq!(admin.delete("/admin/plans/starter").await.status, 204);
    assert_eq!(admin.delete("/admin/plans/default").await.problem().status, 409);
}

#[tokio::test]
async fn people_of_every_org_are_listed_frozen_and_given_roles() {
    let app = TestApp::start().await;
    let (home, acme) = (app.first_tenant().await, app.tenant("acme").await);
    let (user, client) = app.member(&home.org, "bob", "viewer").await;
    let admin = app.admin();
    let list: Vec<Value> = admin.get("/admin/users").await.json(StatusCode::OK);
    let ids: Vec<&str> = list.iter().filter_map(|user| user["id"].as_str()).collect();
    assert!([&home.owner, &acme.owner, &user.id].into_iter().all(|id| ids.contains(&id.as_str())), "{ids:?}");
    let path = format!("/admin/users/{}", user.id);
    assert_eq!(put(&admin, &format!("{path}/role"), &json!({ "role": "user" })).await.status, 204);
    let shown: Value = admin.get(&format!("/v1/users/{}", user.id)).await.json(StatusCode::OK);
    assert_eq!(shown["role"], "operator");
    assert_eq!(put(&admin, &format!("{path}/status"), &json!({ "status": "frozen" })).await.status, 204);
    let problem = client.get("/agents").await.problem();
    assert_eq!((problem.status, problem.code.as_str()), (403, "account-frozen"), "in the older codes");
    assert_eq!(put(&admin, &format!("{path}/status"), &json!({ "status": "active" })).await.status, 204);
    assert_eq!(client.get("/agents").await.status, 200);
}

#[tokio::test]
async fn machines_of_every_org_are_listed_stopped_and_taken_away() {
    let app = TestApp::start().await;
    let (home, acme) = (app.first_tenant().await.client, app.tenant("acme").await.client);
    let ours = app.running_box(&home, "ours").await;
    let theirs = app.running_box(&acme, "theirs").await;
    let admin = app.admin();
    home.post_json("/agents", &json!({ "name": "unplaced" })).await.json::<Value>(StatusCode::CREATED);
    let vpses: Vec<Value> = admin.get("/admin/vpses").await.json(StatusCode::OK);
    let ids: Vec<&str> = vpses.iter().filter_map(|vps| vps["id"].as_str()).collect();
    assert_eq!(ids, [ours.id.as_str(), theirs.id.as_str()]);
    assert_eq!(admin.get("/admin/agents").await.json::<Vec<Value>>(StatusCode::OK).len(), 3);
    assert_eq!(admin.post(&format!("/admin/vpses/{}/stop", theirs.id)).await.status, 204);
    assert_eq!(admin.post(&format!("/admin/vpses/{}/stop", theirs.id)).await.problem().status, 409);
    app.settle().await;
    assert_eq!(admin.post(&format!("/admin/vpses/{}/destroy", theirs.id)).await.status, 204);
    assert_eq!(admin.post(&format!("/admin/vpses/{}/destroy", theirs.id)).await.problem().status, 404);
    assert_eq!(admin.delete(&format!("/admin/agents/{}", ours.id)).await.status, 204);
    app.settle().await;
    assert_eq!(admin.get("/admin/vpses").await.json::<Vec<Value>>(StatusCode::OK), Vec::<Value>::new());
    assert_eq!(home.get("/agents").await.json::<Vec<Value>>(StatusCode::OK).len(), 1);
}

#[tokio::test]
async fn cleaning_up_takes_what_never_came_to_be_and_nothing_that_is_young_or_was_there() {
    let app = TestApp::start().await;
    app.expect_log("failed");
    let owner = app.first_tenant().await.client;
    app.running_box(&owner, "good").await;
    app.provider.fail_next(Call::EnsureRunning, 1_000, Failure::Permanent("no image".to_owned()));
    let old = app.created_box(&owner, "old").await.smartbox;
    app.settle().await;
    assert_eq!(app.show(&owner, &old.id).await.phase, "failed");
    let count = async || app.admin().post("/admin/cleanup").await.json::<Value>(StatusCode::OK);
    assert_eq!(count().await, json!({ "cleaned_up": 0 }), "it is young");
    app.clock.advance(SignedDuration::from_mins(61));
    let young = app.created_box(&owner, "young").await.smartbox;
    app.settle().await;
    assert_eq!(app.show(&owner, &old.id).await.phase, "failed");
    assert_eq!(count().await, json!({ "cleaned_up": 1 }));
    assert_eq!(app.show(&owner, &old.id).await.phase, "deleting", "it can be brought back");
    assert_ne!(app.show(&owner, &young.id).await.phase, "deleting");
    assert_eq!(app.show(&owner, "good").await.phase, "running");
    assert_eq!(count().await, json!({ "cleaned_up": 0 }));
}

#[tokio::test]
async fn nobody_but_the_admin_uses_the_admins_routes_of_the_agents_api() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    let mut walked = 0;
    for route in crate::describe::routes().iter().filter(|route| route.path.starts_with("/admin/")) {
        walked += 1;
        let problem = owner.send(route.request(&owner, "home", "home")).await.problem();
        assert_eq!((problem.status, problem.code.as_str()), (403, "admin-only"), "{}", route.id);
        assert!(problem.error.is_some(), "{}", route.id);
    }
    assert_eq!(walked, 17);
}
