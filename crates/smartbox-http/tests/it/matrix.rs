//! Every route, asked by everybody.

use std::fmt::Write as _;

use http::Method;
use smartbox_testkit::{Client, TestApp};

use crate::describe::{Route, routes};

/// Somebody who asks.
pub(crate) struct Somebody {
    #[expect(dead_code, reason = "it is there as long as somebody asks it")]
    app: TestApp,
    pub(crate) client: Client,
    pub(crate) smartbox: String,
    pub(crate) operation: String,
}

impl Somebody {
    async fn asks(&self, route: &Route) -> u16 {
        let request = route.request(&self.client, &self.smartbox, &self.operation);
        self.client.raw(request).await.status().as_u16()
    }
}

/// A platform with a box, and somebody who asks there.
pub(crate) async fn somebody(caller: &str) -> Somebody {
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
        "support" => app.supported(&owner.owner, "read").await.1,
        "support that acts" => app.supported(&owner.owner, "act").await.1,
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
    Somebody { app, client, smartbox: created.smartbox.id, operation: created.operation.id }
}

/// What every route answers to one caller. Looking changes nothing, so all that only looks is asked of one platform; everything else
/// of one of its own.
async fn answers(caller: &str) -> String {
    let onlooker = somebody(caller).await;
    let mut table = String::new();
    for route in routes() {
        let status = if route.method == Method::GET {
            onlooker.asks(&route).await
        } else {
            somebody(caller).await.asks(&route).await
        };
        let _ = writeln!(table, "{status} {} {}", route.method, route.id);
    }
    table
}

/// A test for each caller.
macro_rules! matrix {
    ($($test:ident: $caller:literal,)+) => { $(
        #[tokio::test]
        async fn $test() {
            insta::assert_snapshot!(stringify!($test), answers($caller).await);
        }
    )+ };
}

matrix! {
    what_nobody_is_answered: "nobody",
    what_a_wrong_secret_is_answered: "wrong secret",
    what_a_wrong_cookie_is_answered: "wrong cookie",
    what_another_org_is_answered: "other org",
    what_a_token_is_answered: "token",
    what_a_token_of_a_box_is_answered: "token of a box",
    what_a_device_that_is_not_approved_is_answered: "no device",
    what_a_viewer_is_answered: "viewer",
    what_an_operator_is_answered: "operator",
    what_an_admin_of_the_org_is_answered: "org admin",
    what_an_owner_is_answered: "owner",
    what_support_access_is_answered: "support",
    what_support_access_that_acts_is_answered: "support that acts",
    what_somebody_frozen_is_answered: "frozen",
    what_the_platforms_admin_is_answered: "admin",
}
