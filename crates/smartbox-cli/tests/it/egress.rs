//! What a box may reach: shown, changed, tested.

use axum::routing::get;
use axum::{Json, Router};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::fake::{AT, Fake};
use crate::run::smartbox;

fn view() -> Value {
    json!({ "box_id": "box_01932f00000070008000000000000000", "platform_rules": ["deny *.ads.example"],
        "tier_rules": ["deny mail.example"], "org_rules": [], "rules": ["allow git.example ports=22", "deny * methods=POST"], "version": 3,
        "changed_at": AT, "changed_by": "admin" })
}

fn routes() -> Router {
    let both = get(|| async { Json(view()) }).put(|| async { Json(view()) });
    let layer =
        json!({ "rules": ["deny a.example"], "settings_rules": ["deny *.ads.example"], "version": 2 });
    let (one, other) = (layer.clone(), layer);
    let many = get(|| async { Json(one) }).put(|| async { Json(other) });
    Router::new()
        .route("/v1/boxes/{box}/egress", both)
        .route("/v1/orgs/{org}/egress", many.clone())
        .route("/v1/tiers/{tier}/egress", many.clone())
        .route("/v1/egress", many)
}

#[tokio::test]
async fn the_rules_are_shown_layer_by_layer() {
    let fake = Fake::start(routes()).await;
    assert_snapshot!("egress_show", smartbox(&fake, &["egress", "show", "--box", "home"]).end().await);
    let shown = smartbox(&fake, &["egress", "show", "--json"]).end().await;
    assert_eq!(serde_json::from_str::<Value>(&shown.stdout).unwrap(), view());
    assert_eq!(fake.lines(), ["GET /v1/boxes/home/egress", "GET /v1/boxes/default/egress"]);
}

#[tokio::test]
async fn a_rule_comes_first_and_goes_by_its_number_against_the_version_that_was_read() {
    for (words, body) in [
        (
            &["egress", "allow", "*.Example.com", "--ports", "8443", "--methods", "connect"][..],
            r#"{"rules":["allow *.example.com ports=8443 methods=CONNECT","allow git.example ports=22","deny * methods=POST"]}"#,
        ),
        (
            &["egress", "deny", "git.example"][..],
            r#"{"rules":["deny git.example","allow git.example ports=22","deny * methods=POST"]}"#,
        ),
        (&["egress", "remove", "1"][..], r#"{"rules":["deny * methods=POST"]}"#),
    ] {
        let fake = Fake::start(routes()).await;
        let ended = smartbox(&fake, words).end().await;
        assert_eq!(ended.code, 0, "{ended}");
        let sent = fake.seen();
        let put = sent.last().unwrap();
        assert_eq!((put.body.as_str(), put.header("if-match")), (body, Some("\"3\"")), "{words:?}");
    }
}

#[tokio::test]
async fn a_target_is_decided_as_the_proxy_would() {
    let fake = Fake::start(routes()).await;
    for (words, code, told) in [
        (&["egress", "test", "git.example:22"][..], 0, "git.example:22 may be reached"),
        (&["egress", "test", "example.com"][..], 0, "example.com:443 may be reached"),
        (&["egress", "test", "example.com:25"][..], 1, "port 25 is not open"),
        (
            &["egress", "test", "x.ads.example"][..],
            1,
            "the rule `deny *.ads.example` of the platform denies it",
        ),
        (&["egress", "test", "example.com:80", "--method", "post"][..], 1, "of the box denies it"),
        (&["egress", "test", "0x7f.1"][..], 2, "unusual spelling"),
        (&["egress", "remove", "9"][..], 2, "no rule 9"),
        (&["egress", "allow", "*", "--inside"][..], 2, "not with `*`"),
    ] {
        let ended = smartbox(&fake, words).end().await;
        assert_eq!(ended.code, code, "{words:?} {ended}");
        assert!(ended.to_string().contains(told), "{words:?} {ended}");
    }
}

#[tokio::test]
async fn many_boxes_are_told_at_once() {
    for (words, line) in [
        (&["egress", "deny", "b.example", "--org", "me"][..], "PUT /v1/orgs/me/egress"),
        (&["egress", "deny", "b.example", "--tier", "standard-1"][..], "PUT /v1/tiers/standard-1/egress"),
        (&["egress", "deny", "b.example", "--platform"][..], "PUT /v1/egress"),
    ] {
        let fake = Fake::start(routes()).await;
        let ended = smartbox(&fake, words).end().await;
        assert!(ended.code == 0 && ended.stdout.contains("Rules of the settings"), "{ended}");
        assert_eq!(fake.lines().last().map(String::as_str), Some(line));
        let sent = fake.seen();
        assert_eq!(sent.last().unwrap().body, r#"{"rules":["deny b.example","deny a.example"]}"#);
        assert_eq!(sent.last().unwrap().header("if-match"), Some("\"2\""));
    }
}
