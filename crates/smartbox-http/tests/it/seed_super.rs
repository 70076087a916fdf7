//! The older API of the platform's admin.

use http::{Method, StatusCode};
use serde_json::{Value, json};
use smartbox_core::DeathReason;
use smartbox_testkit::gateway::Reply;
use smartbox_testkit::{Answer, Client, Tenant, TestApp, id_of};

use crate::describe::routes;

fn base(user: &str) -> String {
    format!("/api/super/users/{user}")
}

async fn running() -> (TestApp, Tenant, Client, String) {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    app.running_box(&owner.client, "home").await;
    let (admin, base) = (app.admin(), base(&owner.owner));
    (app, owner, admin, base)
}

fn body(answer: &Answer, status: u16) -> Value {
    assert_eq!(answer.status, status, "{}", answer.text());
    serde_json::from_slice(&answer.body).unwrap()
}

/// Statement 2: the dashboard summarizes all boxes.
#[tokio::test]
async fn seed_statement_02_the_dashboard_sums_up_all_boxes() {
    let app = TestApp::start().await;
    app.expect_log("WARN");
    let owner = app.first_tenant().await;
    for name in ["one", "two", "three"] {
        app.running_box(&owner.client, name).await;
    }
    let broken = id_of(&app.running_box(&owner.client, "broken").await);
    owner.client.post("/v1/boxes/two/stop").await;
    owner.client.post_json("/v1/boxes/three/sleep", &json!({})).await;
    app.provider.die(broken, DeathReason::Config);
    app.settle().await;
    let acme = app.tenant("acme").await;
    app.running_box(&acme.client, "theirs").await;
    let board = body(&app.admin().get("/api/super/state/dashboard").await, 200);
    assert_eq!(
        board["summary"],
        json!({ "total": 5, "active": 2, "idle": 1, "starting": 0, "stopped": 1, "error": 1 })
    );
    let users = board["users"].as_array().unwrap();
    assert_eq!(users.len(), 5);
    for (name, state, user) in
        [("one", "active", &owner.owner), ("two", "stopped", &owner.owner), ("theirs", "active", &acme.owner)]
    {
        let found = users.iter().find(|one| one["name"] == name).unwrap();
        assert_eq!((&found["state"], &found["userId"]), (&json!(state), &json!(user)), "{name}");
    }
    assert!(board["totalLatencyMs"].is_u64());
    let health = body(&app.admin().get("/api/super/health").await, 200);
    assert_eq!((&health["status"], &health["summary"]), (&json!("degraded"), &board["summary"]));
}

/// Statement 3: state/v2 is live.
#[tokio::test]
async fn seed_statement_03_a_gateway_that_dies_is_seen_by_the_next_probe() {
    let (app, owner, admin, base) = running().await;
    let path = format!("{base}/state/v2");
    let well = body(&admin.get(&path).await, 200);
    assert_eq!((&well["state"], &well["gatewayHealthy"]), (&json!("active"), &json!(true)));
    assert_eq!(well["userId"], json!(owner.owner));
    // Nothing has looked at the box since it died.
    let id = id_of(&app.show(&admin, "home").await);
    app.provider.die(id, DeathReason::Crashed { code: 1 });
    app.clock.advance(jiff::SignedDuration::from_secs(1));
    let dead = body(&admin.get(&path).await, 200);
    assert_eq!((&dead["state"], &dead["gatewayHealthy"]), (&json!("error"), &json!(false)));
    assert_ne!(dead["checkedAt"], well["checkedAt"]);
}

/// Statement 4: PATCH changes only the given keys; objects merge, arrays are replaced.
#[tokio::test]
async fn seed_statement_04_a_patch_changes_only_the_given_keys_and_replaces_lists() {
    let (_app, _owner, admin, base) = running().await;
    let path = format!("{base}/config");
    let whole = json!({ "messages": { "ackReaction": "eyes", "queue": ["a", "b"] } });
    let saved = body(&admin.change_json(Method::PUT, &path, &whole).await, 200);
    assert_eq!((&saved["success"], &saved["version"]), (&json!(true), &json!(1)));
    let patch = json!({ "messages": { "queue": ["c"] } });
    body(&admin.change_json(Method::PATCH, &path, &patch).await, 200);
    let now = body(&admin.get(&path).await, 200);
    assert_eq!(now["config"], json!({ "messages": { "ackReaction": "eyes", "queue": ["c"] } }));
    assert_eq!(now["effective"]["gateway"]["bind"], "loopback");

    let history = body(&admin.get(&format!("{path}/history")).await, 200);
    let told: Vec<_> =
        history["versions"].as_array().unwrap().iter().map(|one| one["configVersion"].clone()).collect();
    assert_eq!(told, [json!(1), json!(0)], "1 is the newest that is not the present one");
    let back = body(&admin.post_json(&format!("{path}/rollback"), &json!({ "version": 1 })).await, 200);
    assert_eq!(back["config"], whole);
    let far = admin.post_json(&format!("{path}/rollback"), &json!({ "version": 9 })).await;
    assert_eq!(far.problem().errors[0].field, "version");
    assert_eq!(body(&admin.post(&format!("{path}/reload")).await, 200)["success"], json!(true));
    let owned = admin.change_json(Method::PATCH, &path, &json!({ "gateway": { "bind": "lan" } })).await;
    assert_eq!(owned.status, 422, "what belongs to the platform is refused: {}", owned.text());
}

/// Statements 5 and 6: a result is readable by id, by its own user alone, and goes after 24 hours.
#[tokio::test]
async fn seed_statement_05_and_06_a_result_is_read_by_id_by_its_own_user_and_goes_after_a_day() {
    let (app, _owner, admin, base) = running().await;
    app.run_commands();
    let asked = json!({ "command": "printf a; printf b >&2; exit 3", "env": { "A": "b" } });
    let started = body(&admin.post_json(&format!("{base}/exec"), &asked).await, 202);
    assert_eq!(started["status"], "running");
    let id = started["execId"].as_str().unwrap();
    app.admin().get(&format!("/v1/boxes/home/exec/{id}?wait=10s")).await;
    let poll = started["pollUrl"].as_str().unwrap();
    let done = body(&admin.get(poll).await, 200);
    assert_eq!(
        (&done["status"], &done["exitCode"], &done["stdout"], &done["stderr"]),
        (&json!("completed"), &json!(3), &json!("a"), &json!("b"))
    );
    let acme = app.tenant("acme").await;
    app.running_box(&acme.client, "theirs").await;
    let foreign = admin.get(&format!("{}/exec/{id}/status", self::base(&acme.owner))).await;
    assert_eq!(body(&foreign, 404)["found"], json!(false), "another user's");
    assert_eq!(body(&admin.get(&format!("{base}/exec/nonsense/status")).await, 404)["found"], json!(false));
    app.clock.advance(jiff::SignedDuration::from_hours(25));
    assert_eq!(body(&admin.get(poll).await, 404)["found"], json!(false));
}

#[tokio::test]
async fn a_line_is_read_by_the_shell_of_the_box_and_nothing_is_put_into_it() {
    let (app, _owner, admin, base) = running().await;
    app.run_commands();
    let path = format!("{base}/exec-sync");
    let line = json!({ "command": "echo one | tr a-z A-Z && echo \"$A\"", "env": { "A": "$(id); `id`" } });
    let ran = body(&admin.post_json(&path, &line).await, 200);
    assert_eq!((&ran["stdout"], &ran["exitCode"]), (&json!("ONE\n$(id); `id`\n"), &json!(0)));
    let argv = body(&admin.post_json(&path, &json!({ "command": ["echo", "$(id)"] })).await, 200);
    assert_eq!(argv["stdout"], "$(id)\n");
    let late = body(&admin.post_json(&path, &json!({ "command": "sleep 60", "timeout": 100 })).await, 200);
    assert_eq!(late["exitCode"], 124);
    assert_eq!(admin.post_json(&path, &json!({ "command": [] })).await.status, 422);
}

/// Statement 7: restart-async returns before the restart ends.
#[tokio::test]
async fn seed_statement_07_a_restart_answers_before_it_ends() {
    let (app, _owner, admin, base) = running().await;
    let id = id_of(&app.show(&admin, "home").await);
    let accepted = body(&admin.post(&format!("{base}/restart-async")).await, 202);
    assert_eq!(accepted["accepted"], json!(true));
    assert_eq!(app.provider.starts(id), 1, "nothing was done yet");
    let poll = accepted["pollUrl"].as_str().unwrap();
    assert_eq!(body(&admin.get(poll).await, 200)["state"], "running");
    app.settle().await;
    assert_eq!(body(&admin.get(poll).await, 200)["state"], "succeeded");
    assert_eq!(app.provider.starts(id), 2);
    let reset = body(&admin.post(&format!("{base}/emergency-reset")).await, 202);
    assert_eq!((&reset["killed"], &reset["restarted"]), (&json!(0), &json!(true)));
}

/// Statement 8, in the older shape; `bulk.rs` has the same of `/v1`.
#[tokio::test]
async fn seed_statement_08_a_bulk_restart_says_how_many_and_how_long() {
    let (app, owner, admin, _base) = running().await;
    app.running_box(&owner.client, "other").await;
    let asked = json!({ "delayMs": 1000 });
    let started = body(&admin.post_json("/api/super/bulk/restart", &asked).await, 202);
    assert_eq!((&started["started"], &started["estimatedDurationMs"]), (&json!(2), &json!(1000)));
    let one = json!({ "userIds": [owner.owner], "delayMs": 0 });
    assert_eq!(body(&admin.post_json("/api/super/bulk/restart", &one).await, 202)["started"], json!(1));
    let nobody = json!({ "userIds": ["usr_01932f00000070008000000000000000"] });
    assert_eq!(admin.post_json("/api/super/bulk/restart", &nobody).await.problem().code, "user-not-found");
}

#[tokio::test]
async fn one_users_bad_configuration_is_that_users_error() {
    let (app, owner, admin, base) = running().await;
    let acme = app.tenant("acme").await;
    app.running_box(&acme.client, "theirs").await;
    let users = [owner.owner.clone(), "usr_01932f00000070008000000000000000".to_owned(), acme.owner.clone()];
    let asked = json!({ "patch": { "messages": { "ackReaction": "eyes" } }, "userIds": users });
    let done = body(&admin.post_json("/api/super/bulk/config-patch", &asked).await, 200);
    let told: Vec<_> = done["results"].as_array().unwrap().iter().map(|one| one["success"].clone()).collect();
    assert_eq!(told, [json!(true), json!(false), json!(true)]);
    let wrong = json!({ "patch": { "gateway": { "auth": { "mode": "none" } } } });
    let refused = body(&admin.post_json("/api/super/bulk/config-patch", &wrong).await, 200);
    assert!(refused["results"].as_array().unwrap().iter().all(|one| one["success"] == false));
    let kept = body(&admin.get(&format!("{base}/config")).await, 200);
    assert_eq!(kept["config"], json!({ "messages": { "ackReaction": "eyes" } }), "nothing was overwritten");
}

/// Statement 9: a wrong or missing admin secret is refused, on every route.
#[tokio::test]
async fn seed_statement_09_a_wrong_or_missing_secret_is_refused_by_every_route_in_the_older_shape() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    let view = app.running_box(&owner.client, "home").await;
    let strangers = [
        app.anonymous(),
        app.anonymous().with_admin_secret("not-the-secret"),
        app.anonymous().with_admin_secret(""),
        owner.client.clone(),
    ];
    let mut walked = 0;
    for route in routes().into_iter().filter(|route| route.path.starts_with("/api/super/")) {
        walked += 1;
        for client in &strangers {
            let answer = client.send(route.request(client, &view.id, "op")).await;
            let refused = body(&answer, 403);
            assert_eq!(refused["error"], "Only an admin may do this", "{}", route.id);
            assert_eq!(answer.problem().code, "admin-only", "{}", route.id);
        }
    }
    assert!(walked >= 33, "{walked}");
    assert_eq!(app.show(&owner.client, "home").await.version, view.version, "nothing was changed");
}

#[tokio::test]
async fn no_get_of_the_older_api_changes_anything() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await;
    let view = app.running_box(&owner.client, "home").await;
    let events = async || {
        let log: Value = app.admin().get("/v1/audit?limit=200").await.json(StatusCode::OK);
        log["items"].as_array().unwrap().len()
    };
    let before = (app.show(&owner.client, "home").await, events().await);
    let admin = app.admin();
    for route in routes()
        .into_iter()
        .filter(|route| route.path.starts_with("/api/super/") && route.method == Method::GET)
    {
        admin.send(route.request(&admin, &view.id, "op")).await;
    }
    app.settle().await;
    assert_eq!((app.show(&owner.client, "home").await, events().await), before);
}

#[tokio::test]
async fn a_user_means_their_default_box_another_is_named_and_what_is_not_theirs_does_not_exist() {
    let (app, owner, admin, base) = running().await;
    let second = app.running_box(&owner.client, "second").await;
    let state = |path: String| {
        let admin = admin.clone();
        async move { admin.get(&path).await }
    };
    let home = app.show(&owner.client, "home").await;
    assert_eq!(body(&state(format!("{base}/state")).await, 200)["boxId"], json!(home.id));
    assert_eq!(body(&state(format!("{base}/state?box=second")).await, 200)["boxId"], json!(second.id));
    let acme = app.tenant("acme").await;
    let theirs = app.running_box(&acme.client, "theirs").await;
    assert_eq!(state(format!("{base}/state?box={}", theirs.id)).await.problem().code, "box-not-found");
    let nobody = self::base("usr_01932f00000070008000000000000000");
    assert_eq!(state(format!("{nobody}/state")).await.problem().code, "user-not-found");
    let (empty, _client) = app.member(&app.tenant("empty").await.org, "ann", "viewer").await;
    assert_eq!(state(format!("{}/state", self::base(&empty.id))).await.problem().code, "box-not-found");

    let users = body(&admin.get("/api/super/users").await, 200);
    assert!(
        users["users"]
            .as_array()
            .unwrap()
            .iter()
            .any(|one| one["id"] == json!(owner.owner) && one["tier"] == "standard-1")
    );
    let found = body(&admin.get("/api/super/users/lookup/ann").await, 200);
    assert_eq!(found["id"], json!(empty.id));
    assert_eq!(admin.get("/api/super/users/lookup/nobody").await.problem().code, "user-not-found");
}

#[tokio::test]
async fn a_message_is_answered_and_sessions_and_logs_are_told() {
    let (app, owner, admin, base) = running().await;
    let said = json!({ "message": "$(touch /tmp/x); hi", "sessionKey": "agent:main:x\"; id" });
    let answer = body(&admin.post_json(&format!("{base}/message"), &said).await, 200);
    assert_eq!(
        (&answer["status"], &answer["response"]),
        (&json!("complete"), &json!("You said: $(touch /tmp/x); hi"))
    );
    assert_eq!(app.gateway.received()[0].session, "agent:main:x\"; id", "handed on as it is");
    let sessions = body(&admin.get(&format!("{base}/sessions")).await, 200);
    assert_eq!(sessions["sessions"][0]["key"], "agent:main:x\"; id");
    app.gateway.reply_next(Reply::Error("the model is overloaded".to_owned()));
    let failed = admin.post_json(&format!("{base}/message"), &json!({ "message": "hi" })).await;
    assert_eq!((failed.status.as_u16(), failed.problem().code.as_str()), (502, "agent-failed"));

    let id = id_of(&app.show(&admin, "home").await);
    app.provider.write_log(id, smartbox_provider::LogSource::Gateway, "one\ntwo\nthree\n");
    let logs = body(&admin.get(&format!("{base}/logs?tail=2")).await, 200);
    assert_eq!(logs["logs"], "two\nthree\n");

    owner.client.post_json("/v1/boxes/home/sleep", &json!({})).await;
    app.settle().await;
    assert_eq!(body(&admin.get(&format!("{base}/state")).await, 200)["state"], "sleeping");
    assert_eq!(admin.get(&format!("{base}/sessions")).await.status, 409, "looking wakes no box");
    let wake = format!("{base}/wake");
    let (woken, ()) = tokio::join!(admin.post(&wake), async {
        for _ in 0..5 {
            tokio::task::yield_now().await;
            app.settle().await;
        }
    });
    let woken = body(&woken, 200);
    assert_eq!(
        (&woken["previousState"], &woken["currentState"], &woken["action"]),
        (&json!("sleeping"), &json!("active"), &json!("woken"))
    );
    let again = body(&admin.post(&format!("{base}/wake")).await, 200);
    assert_eq!(again["action"], "none");
}
