//! Every route, asked by everybody.

use std::fmt::Write as _;

use smartbox_testkit::{Client, TestApp};

use crate::describe::{Route, routes};

/// Who asks, in the order of the columns.
const CALLERS: [&str; 13] = [
    "nobody",
    "wrong secret",
    "wrong cookie",
    "other org",
    "token",
    "token of a box",
    "no device",
    "viewer",
    "operator",
    "org admin",
    "owner",
    "frozen",
    "admin",
];

async fn status(route: &Route, caller: &str) -> u16 {
    let app = TestApp::start().await;
    // There is no supervisor in the fake, which commands find out.
    app.expect_log("SSH");
    let owner = app.first_tenant().await;
    let created = app.created_box(&owner.client, "home").await;
    app.settle().await;
    let client: Client = match caller {
        "nobody" => app.anonymous(),
        "wrong secret" => owner.client.with_admin_secret("not-the-secret"),
        "wrong cookie" => app.anonymous().with_session("not-a-session"),
        "other org" => app.tenant("acme").await.client,
        "token" => app.program(&owner.org, &["boxes:read", "boxes:talk"]).await.1,
        "token of a box" => {
            let scopes = ["boxes:read", "boxes:manage", "boxes:administer", "people:manage", "audit:read"];
            let body = serde_json::json!({ "name": "link", "scopes": scopes, "box": created.smartbox.id });
            let made = owner.client.post_json("/v1/tokens", &body).await;
            let made: smartbox_api::CreatedToken = made.json(http::StatusCode::CREATED);
            app.anonymous().with_bearer(&made.secret)
        }
        "no device" => {
            let manual = serde_json::json!({ "pairing": "manual" });
            let set = owner.client.change_json(http::Method::PATCH, "/v1/orgs/me", &manual).await;
            assert_eq!(set.status, 200);
            owner.client
        }
        "viewer" | "operator" => app.member(&owner.org, "member", caller).await.1,
        "org admin" => app.member(&owner.org, "member", "admin").await.1,
        "frozen" => {
            let (user, client) = app.member(&owner.org, "member", "owner").await;
            let frozen = serde_json::json!({ "status": "frozen" });
            let path = format!("/v1/users/{}", user.id);
            app.admin().change_json(http::Method::PATCH, &path, &frozen).await;
            client
        }
        "owner" => owner.client,
        "admin" => app.admin(),
        other => panic!("{other}"),
    };
    let request = route.request(&client, &created.smartbox.id, &created.operation.id);
    client.raw(request).await.status().as_u16()
}

#[tokio::test]
async fn every_route_answers_every_caller_as_written_down() {
    let mut table = format!("{:28}", "");
    for caller in CALLERS {
        let _ = write!(table, "{caller:>16}");
    }
    for route in routes() {
        let _ = write!(table, "\n{:28}", format!("{} {}", route.method, route.id));
        for caller in CALLERS {
            let _ = write!(table, "{:>16}", status(&route, caller).await);
        }
    }
    insta::assert_snapshot!(table);
}
