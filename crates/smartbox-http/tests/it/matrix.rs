//! Every route, asked by everybody.

use std::fmt::Write as _;

use smartbox_testkit::{Client, TestApp};

use crate::describe::{Route, routes};

/// Who asks, in the order of the columns.
const CALLERS: [&str; 11] = [
    "nobody",
    "wrong secret",
    "wrong cookie",
    "other org",
    "token",
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
        let _ = write!(table, "{caller:>14}");
    }
    for route in routes() {
        let _ = write!(table, "\n{:28}", format!("{} {}", route.method, route.id));
        for caller in CALLERS {
            let _ = write!(table, "{:>14}", status(&route, caller).await);
        }
    }
    insta::assert_snapshot!(table);
}
