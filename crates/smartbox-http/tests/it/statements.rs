//! Statements that the older platforms make of themselves, by their number in `docs/statements.md`. Those that other tests check
//! already are named there.

use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};
use smartbox_api::{BoxView, Health, UsageView};
use smartbox_control::EgressUsage;
use smartbox_testkit::{TestApp, id_of};

use crate::describe::routes;

#[tokio::test]
async fn statement_1_health_answers_200_to_everybody() {
    let app = TestApp::start().await;
    let health: Health = app.anonymous().get("/health").await.json(StatusCode::OK);
    assert_eq!((health.status.as_str(), health.flags.len()), ("ok", 2));
}

#[tokio::test]
async fn statement_9_a_wrong_or_missing_admin_secret_opens_no_admin_route() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    let before = app.running_box(&owner, "home").await;
    let strangers = [app.anonymous(), app.anonymous().with_admin_secret("not-the-secret")];
    let mut walked = 0;
    for route in routes() {
        if !["/api/super/", "/admin/"].iter().any(|room| route.path.starts_with(room)) {
            continue;
        }
        walked += 1;
        for client in &strangers {
            let problem = client.send(route.request(client, &before.id, &before.id)).await.problem();
            let expected = if route.path.starts_with("/api/super/") { 403 } else { 401 };
            assert_eq!(problem.status, expected, "{}", route.id);
        }
        let problem = owner.send(route.request(&owner, &before.id, &before.id)).await.problem();
        assert_eq!(problem.status, 403, "{}", route.id);
    }
    assert!(walked >= 19, "{walked}");
    assert_eq!(app.show(&owner, "home").await, before, "nothing was changed");
}

#[tokio::test]
async fn statement_15_the_sizes_have_20_10_and_5_places_and_the_sixth_of_the_largest_is_refused() {
    let app = TestApp::start().await;
    let (owner, admin) = (app.first_tenant().await.client, app.admin());
    let sizes: Vec<Value> = admin.get("/admin/vps-configs").await.json(StatusCode::OK);
    let places: Vec<_> = sizes
        .iter()
        .map(|size| (size["id"].as_str().unwrap(), size["boxes_max"].as_u64().unwrap()))
        .collect();
    assert_eq!(places, [("standard-1", 20), ("standard-2", 10), ("standard-3", 5)]);
    let ask = async |name: String| {
        owner.post_json("/v1/boxes", &json!({ "name": name, "tier": "standard-3" })).await
    };
    for n in 1..=5 {
        assert_eq!(ask(format!("box-{n}")).await.status, StatusCode::ACCEPTED, "{n}");
    }
    let problem = ask("box-6".to_owned()).await.problem();
    assert_eq!((problem.status, problem.code.as_str()), (409, "tier-full"));
    assert!(problem.detail.is_some_and(|detail| detail.contains('5')), "it says how many there are");
}

#[tokio::test]
async fn statement_16_names_after_the_patterns_of_the_four_kinds_are_taken() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    for (kind, name) in [
        ("pa", "openclaw-2abcdef9"),
        ("project", "project-website-2abcdef9"),
        ("runtime", "runtime-2abcdef9"),
        ("custom", "custom-research-2abcdef9"),
    ] {
        let body = json!({ "name": name, "kind": kind, "start": false });
        let made: Value = owner.post_json("/v1/boxes", &body).await.json(StatusCode::ACCEPTED);
        assert_eq!((&made["box"]["name"], &made["box"]["kind"]), (&json!(name), &json!(kind)));
        assert_eq!(owner.get(&format!("/agents/{name}")).await.json::<Value>(StatusCode::OK)["name"], name);
    }
}

#[tokio::test]
async fn statement_25_every_box_has_keys_of_its_own_and_no_answer_shows_a_private_one() {
    let app = TestApp::start().await;
    let owner = app.first_tenant().await.client;
    let boxes: Vec<BoxView> =
        vec![app.running_box(&owner, "one").await, app.running_box(&owner, "two").await];
    let keys_of = |smartbox: &BoxView| -> Vec<Vec<u8>> {
        let spec = app.provider.spec(id_of(smartbox)).unwrap();
        let is_key = |content: &[u8]| String::from_utf8_lossy(content).contains("PRIVATE KEY");
        spec.files.into_iter().map(|file| file.content).filter(|content| is_key(content)).collect()
    };
    let (one, two) = (keys_of(&boxes[0]), keys_of(&boxes[1]));
    assert!(!one.is_empty() && one.len() == two.len(), "each has its own");
    assert!(one.iter().all(|key| !two.contains(key)), "no key is anybody else's");
    let mut read = 0;
    for route in routes().iter().filter(|route| route.method == http::Method::GET) {
        // Streams have no end, and archives hold what the owner's box has.
        if [
            "boxLogs",
            "followEvents",
            "seedInstanceLogs",
            "execStream",
            "exportBox",
            "exportOrg",
            "downloadBackup",
        ]
        .contains(&route.id.as_str())
        {
            continue;
        }
        let answer = owner.send(route.request(&owner, &boxes[0].id, &boxes[0].id)).await;
        assert!(!answer.text().contains("PRIVATE KEY"), "{}", route.id);
        read += usize::from(answer.status == StatusCode::OK);
    }
    assert!(read > 30, "{read}");
}

#[tokio::test]
async fn statement_44_what_is_used_counts_for_the_month_in_which_it_was() {
    let app = TestApp::start().await;
    let tenant = app.first_tenant().await;
    let id = id_of(&app.created_box(&tenant.client, "home").await.smartbox);
    let now = || smartbox_control::Clock::now(&*app.clock);
    let month_of = |at: jiff::Timestamp| at.to_string()[..7].to_owned();
    let used = |received| EgressUsage { box_id: id, sent: 0, received, connections: 1, requests: 1 };
    let first = month_of(now());
    app.control.record_egress_usage(&[used(1000)]).await.unwrap();
    while month_of(now()) == first {
        app.clock.advance(SignedDuration::from_hours(24));
    }
    let second = month_of(now());
    app.control.record_egress_usage(&[used(10)]).await.unwrap();
    for (month, bytes) in [(first, 1000), (second, 10)] {
        let path = format!("/v1/boxes/home/usage?period={month}");
        // The session of whoever made it has ended meanwhile.
        let usage: UsageView = app.admin().get(&path).await.json(StatusCode::OK);
        assert_eq!(usage.total.bytes_received, bytes, "{month}");
    }
    let usage: Value = app.admin().get("/agents/home/usage").await.json(StatusCode::OK);
    assert_eq!(usage["bandwidth"]["used"], 10, "the older API shows the month that is under way");
}

#[test]
fn statement_48_the_checks_before_each_commit_are_of_format_and_lints_without_exceptions() {
    let script =
        std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../../scripts/check.sh")).unwrap();
    let steps: Vec<&str> = script.lines().filter_map(|line| line.strip_prefix("step cargo ")).collect();
    assert!(script.contains("set -euo pipefail"), "a step that fails ends it");
    assert!(steps.contains(&"fmt --all --check"), "{steps:?}");
    let clippy = steps.iter().find(|step| step.starts_with("clippy ")).unwrap();
    assert!(clippy.contains("--workspace --all-targets") && clippy.ends_with("-D warnings"), "{clippy}");
}
