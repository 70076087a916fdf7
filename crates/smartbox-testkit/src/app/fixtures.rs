//! What tests arrange.

use http::StatusCode;
use secrecy::ExposeSecret;
use serde_json::json;
use smartbox_api::{BoxView, CreatedBox, CreatedToken, OpenedSupport, OrgView, UserView};
use smartbox_core::BoxId;

use super::TestApp;
use crate::Client;

/// An org and a browser that is signed in as its owner.
#[derive(Clone)]
pub struct Tenant {
    /// The org's id.
    pub org: String,
    /// Its owner's id.
    pub owner: String,
    /// The browser.
    pub client: Client,
}

impl TestApp {
    /// The platform's first org, with a browser of its owner.
    pub async fn first_tenant(&self) -> Tenant {
        let org = self.first_org().await.to_string();
        let orgs: smartbox_api::OrgList = self.admin().get("/v1/orgs").await.json(StatusCode::OK);
        let owner =
            orgs.items.into_iter().find(|other| other.id == org).map(|org| org.owner).unwrap_or_default();
        let client = self.browser(&org).await;
        Tenant { org, owner, client }
    }

    /// A further org, with a browser of its owner.
    pub async fn tenant(&self, name: &str) -> Tenant {
        let org: OrgView =
            self.admin().post_json("/v1/orgs", &json!({ "name": name })).await.json(StatusCode::CREATED);
        let client = self.browser(&org.id).await;
        Tenant { org: org.id, owner: org.owner, client }
    }

    /// A browser that is signed in as the owner of an org.
    ///
    /// # Panics
    /// When there is no such org.
    pub async fn browser(&self, org: &str) -> Client {
        self.browser_of(Some(org), None).await
    }

    /// A person of an org with a role, and their browser.
    pub async fn member(&self, org: &str, name: &str, role: &str) -> (UserView, Client) {
        let body = json!({ "name": name, "role": role, "org": org });
        let user: UserView = self.admin().post_json("/v1/users", &body).await.json(StatusCode::CREATED);
        let client = self.browser_of(None, Some(&user.id)).await;
        (user, client)
    }

    #[expect(clippy::expect_used, reason = "that is how a test fails")]
    async fn browser_of(&self, org: Option<&str>, user: Option<&str>) -> Client {
        let code = self.control.create_sign_in_code(&self.admin_op(), org, user).await.expect("somebody");
        let origin = smartbox_control::Origin::default();
        let session =
            self.control.redeem_sign_in_code(&origin, code.code.expose_secret()).await.expect("a fresh code");
        self.anonymous().with_session(session.token.expose_secret())
    }

    /// A program with a service token of an org.
    pub async fn program(&self, org: &str, scopes: &[&str]) -> (CreatedToken, Client) {
        let body = json!({ "name": "program", "scopes": scopes, "org": org });
        let made: CreatedToken = self.admin().post_json("/v1/tokens", &body).await.json(StatusCode::CREATED);
        let client = self.anonymous().with_bearer(&made.secret);
        (made, client)
    }

    /// Support access in the name of a person, for half an hour, and a program that has it.
    pub async fn supported(&self, user: &str, level: &str) -> (OpenedSupport, Client) {
        let body = json!({ "user": user, "reason": "Ticket 4711", "level": level, "operator": "jo" });
        let opened = self.admin().post_json("/v1/support-sessions", &body).await;
        let opened: OpenedSupport = opened.json(StatusCode::CREATED);
        let client = self.anonymous().with_bearer(&opened.token);
        (opened, client)
    }

    /// A box that was just asked for.
    pub async fn created_box(&self, client: &Client, name: &str) -> CreatedBox {
        client.post_json("/v1/boxes", &json!({ "name": name })).await.json(StatusCode::ACCEPTED)
    }

    /// A box that runs.
    ///
    /// # Panics
    /// When it does not.
    pub async fn running_box(&self, client: &Client, name: &str) -> BoxView {
        let created = self.created_box(client, name).await;
        self.settle().await;
        let view = self.show(client, &created.smartbox.id).await;
        assert_eq!(view.phase, "running", "{view:?}");
        view
    }

    /// A box as its owner sees it.
    pub async fn show(&self, client: &Client, reference: &str) -> BoxView {
        client.get(&format!("/v1/boxes/{reference}")).await.json(StatusCode::OK)
    }
}

/// The id of a view, for what tests order of the provider.
///
/// # Panics
/// When it is none.
#[expect(clippy::expect_used, reason = "that is how a test fails")]
pub fn id_of(view: &BoxView) -> BoxId {
    view.id.parse().expect("an id")
}
