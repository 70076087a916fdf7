//! Devices: pairing this program, approving others, and the proof in every request of a person.

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use axum::http::StatusCode;
use axum::routing::{get, post};
use axum::{Json, Router};
use insta::assert_snapshot;
use serde_json::{Value, json};
use tokio::sync::{Notify, watch};

use crate::fake::{AT, Fake, events, problem};
use crate::run::smartbox;

const ID: &str = "dev_0190f5fe7c007a3e8a2f0123456789ab";
/// A person's token: `{"alg":"HS256"}`, `{}` and a signature that nobody checks here.
const JWT: &str = "eyJhbGciOiJIUzI1NiJ9.e30.c2ln";

fn device(status: &str) -> Value {
    let mut device = json!({"id": ID, "user": "usr_1", "name": "laptop", "status": status,
        "fingerprint": "3f2a-91bc-07d4-5e16", "address": "192.0.2.7", "created_at": AT});
    let (name, value) = if status == "pending" { ("expires_at", AT) } else { ("approved_by", "admin") };
    device[name] = value.into();
    device
}

/// A platform to which a device is shown that waits; then it answers questions for it with this.
async fn pairing(asked: axum::routing::MethodRouter) -> Fake {
    let shown = post(|| async { (StatusCode::CREATED, Json(device("pending"))) });
    Fake::start(Router::new().route("/v1/devices", shown).route("/v1/devices/{device}", asked)).await
}

#[tokio::test]
async fn those_that_wait_are_listed_first_with_what_to_do() {
    let mut broken = device("approved");
    broken["name"] = "a\n\x1b[2Jb".into();
    let list = json!({ "items": [broken, device("pending")] });
    let fake = Fake::start(Router::new().route("/v1/devices", get(|| async { Json(list) }))).await;
    assert_snapshot!(smartbox(&fake, &["device", "list", "--org", "acme"]).end().await);
    assert_eq!(fake.lines(), ["GET /v1/devices?org=acme"]);
    let document = smartbox(&fake, &["device", "list", "--json"]).end().await;
    assert_eq!(serde_json::from_str::<Value>(&document.stdout).unwrap()["items"][0], device("pending"));
    assert_eq!(document.stderr, "");

    let fake =
        Fake::start(Router::new().route("/v1/devices", get(|| async { Json(json!({"items": []})) }))).await;
    let none = smartbox(&fake, &["device", "list"]).end().await;
    assert!(none.stdout.is_empty() && none.stderr.contains("smartbox device pair"), "{none}");
}

#[tokio::test]
async fn a_device_is_shown_with_how_it_came_in() {
    let pending =
        Fake::start(Router::new().route("/v1/devices/{device}", get(|| async { Json(device("pending")) })));
    let approved =
        Fake::start(Router::new().route("/v1/devices/{device}", get(|| async { Json(device("approved")) })));
    let mut told = String::new();
    for fake in [pending.await, approved.await] {
        told += &format!("{}\n", smartbox(&fake, &["device", "show", ID]).end().await);
        assert_eq!(fake.lines(), [format!("GET /v1/devices/{ID}")]);
    }
    assert_snapshot!(told);
}

#[tokio::test]
async fn one_is_approved_or_all_that_wait() {
    let routes = Router::new()
        .route("/v1/devices/{device}/approve", post(|| async { Json(device("approved")) }))
        .route("/v1/devices/approve-all", post(|| async { Json(json!({"items": [device("approved")]})) }))
        .route("/v1/devices/{device}/revoke", post(|| async { StatusCode::NO_CONTENT }));
    let fake = Fake::start(routes).await;
    let said = "Device `laptop` of usr_1 is approved (3f2a-91bc-07d4-5e16).\n";
    for words in [&["device", "approve", ID][..], &["device", "approve", "--all", "--org", "acme"]] {
        let ran = smartbox(&fake, words).end().await;
        assert_eq!((ran.code, ran.stdout.as_str(), ran.stderr.as_str()), (0, "", said));
    }
    let ran = smartbox(&fake, &["device", "revoke", ID]).end().await;
    assert_eq!((ran.code, ran.stderr), (0, format!("Device `{ID}` is revoked.\n")));
    assert_eq!(
        fake.lines(),
        [
            format!("POST /v1/devices/{ID}/approve"),
            "POST /v1/devices/approve-all?org=acme".to_owned(),
            format!("POST /v1/devices/{ID}/revoke"),
        ]
    );
}

#[test]
fn a_device_to_approve_is_named_or_all_are_meant() {
    for words in [
        &["device", "approve"][..],
        &["device", "approve", ID, "--all"],
        &["device", "approve", ID, "--org", "acme"],
        &["device", "approve", "laptop"],
        &["device", "revoke", "../boxes"],
        &["device", "pair", "--no-wait", "--timeout", "1m"],
        &["org", "set", "acme"],
        &["org", "set", "--pairing", "maybe"],
    ] {
        let error = smartbox_cli::parse_from([&["smartbox"], words].concat()).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{words:?}");
    }
}

#[tokio::test]
async fn pairing_shows_the_key_and_waits_until_somebody_approves_it() {
    let asked = Arc::new(AtomicU32::new(0));
    let times = Arc::clone(&asked);
    let answer = get(move || {
        let is_first = times.fetch_add(1, Ordering::SeqCst) == 0;
        async move { Json(device(if is_first { "pending" } else { "approved" })) }
    });
    let fake = pairing(answer).await;
    let ran = smartbox(&fake, &["device", "pair", "--name", "laptop"]).token(Some(JWT)).end().await;
    assert_snapshot!(ran);
    assert_eq!(
        fake.lines(),
        [
            "POST /v1/devices".to_owned(),
            format!("GET /v1/devices/{ID}?wait=30s"),
            format!("GET /v1/devices/{ID}?wait=30s"),
        ]
    );
    let seen = fake.seen();
    assert_eq!(seen[0].body, r#"{"name":"laptop"}"#);
    assert_eq!(seen[0].header("authorization"), Some(format!("Bearer {JWT}").as_str()));
    let proofs: BTreeSet<_> = seen.iter().map(|seen| seen.header("dpop").unwrap()).collect();
    assert_eq!(proofs.len(), 3, "a proof is good once");
}

#[tokio::test]
async fn without_waiting_the_id_is_all_there_is() {
    let fake = pairing(get(|| async { Json(device("approved")) })).await;
    let ran = smartbox(&fake, &["device", "pair", "--no-wait"]).token(Some(JWT)).end().await;
    assert_eq!((ran.code, ran.stdout), (0, format!("{ID}\n")));
    assert!(ran.stderr.contains(&format!("smartbox device approve {ID}")), "{}", ran.stderr);
    let ran = smartbox(&fake, &["device", "pair", "--no-wait", "--json"]).token(Some(JWT)).end().await;
    assert_eq!(serde_json::from_str::<Value>(&ran.stdout).unwrap(), device("pending"));
    assert_eq!(fake.lines(), ["POST /v1/devices", "POST /v1/devices"]);
}

#[tokio::test]
async fn a_device_that_is_forgotten_was_not_approved() {
    let gone =
        json!({"type": "x", "title": "There is no such device", "status": 404, "code": "device-not-found"});
    let fake = pairing(get(|| async { problem(gone) })).await;
    let ran = smartbox(&fake, &["device", "pair"]).token(Some(JWT)).end().await;
    assert!(ran.code == 4 && ran.stderr.contains("`laptop` was not approved"), "{ran}");
}

#[tokio::test]
async fn ctrl_c_ends_the_waiting_and_says_that_it_is_still_pending() {
    let (press, interrupts) = watch::channel(0);
    let waits = Arc::new(Notify::new());
    let asked = Arc::clone(&waits);
    let fake = pairing(get(move || async move {
        asked.notify_one();
        std::future::pending::<Json<Value>>().await
    }))
    .await;
    let run = smartbox(&fake, &["device", "pair"]).token(Some(JWT)).interrupts(interrupts).end();
    let (ran, ()) = tokio::join!(run, async {
        waits.notified().await;
        press.send(1).unwrap();
    });
    assert!(ran.code == 130 && ran.stderr.contains("still pending"), "{ran}");
}

#[tokio::test]
async fn programs_have_no_device() {
    let fake = Fake::start(Router::new()).await;
    for token in [None, Some("sbx_a-service-token"), Some("an.admin.secret")] {
        let ran = smartbox(&fake, &["device", "pair"]).token(token).end().await;
        assert!(ran.code == 2 && ran.stderr.contains("Only people have devices"), "{ran}");
    }
    assert!(fake.lines().is_empty());
}

#[tokio::test]
async fn every_kind_of_request_of_a_person_shows_the_device_and_others_do_not() {
    let home = tempfile::tempdir().unwrap();
    let routes = Router::new()
        .route("/v1/devices", post(|| async { (StatusCode::CREATED, Json(device("approved"))) }))
        .route("/v1/boxes/{id}/logs", get(|| async { events("event: end\ndata:\n\n") }))
        .route("/v1/boxes", get(|| async { Json(json!({"items": []})) }));
    let fake = Fake::start(routes).await;
    let run =
        async |words: &[&str], token| smartbox(&fake, words).token(token).config(home.path()).end().await;
    run(&["box", "list"], Some(JWT)).await;
    assert_eq!(fake.seen()[0].header("dpop"), None, "there is no key yet");
    run(&["device", "pair"], Some(JWT)).await;
    let lines: [&[&str]; 4] =
        [&["box", "list"], &["logs"], &["exec", "--", "id"], &["token", "revoke", TOKEN]];
    for words in lines {
        run(words, Some(JWT)).await;
        let seen = fake.seen().pop().unwrap();
        assert!(seen.header("dpop").is_some(), "{}", seen.line);
        run(words, Some("sbx_a-service-token")).await;
        let seen = fake.seen().pop().unwrap();
        assert_eq!(seen.header("dpop"), None, "{}", seen.line);
    }
    let proofs: Vec<_> =
        fake.seen().iter().filter_map(|seen| Some(seen.header("dpop")?.to_owned())).collect();
    assert_eq!(proofs.iter().collect::<BTreeSet<_>>().len(), proofs.len());

    let key = home.path().join("smartbox/device.key");
    std::fs::set_permissions(&key, std::fs::Permissions::from_mode(0o644)).unwrap();
    let requests = fake.lines().len();
    let ran = run(&["box", "list"], Some(JWT)).await;
    assert!(ran.code == 4 && ran.stderr.contains("not to be trusted"), "{ran}");
    assert_eq!(fake.lines().len(), requests, "nothing is sent with a key that others know");
}

const TOKEN: &str = "tok_0190f5fe7c007a3e8a2f0123456789ab";

#[tokio::test]
async fn a_device_that_is_not_approved_is_told_how_to_become_so() {
    let refused = json!({"type": "x", "title": "This device is not approved", "status": 403,
        "code": "device-not-approved", "remedy": "Open the platform in this browser."});
    let fake = Fake::start(Router::new().fallback(|| async { problem(refused) })).await;
    let ran = smartbox(&fake, &["box", "list"]).token(Some(JWT)).end().await;
    assert_snapshot!(ran);
}

#[tokio::test]
async fn an_org_is_told_what_becomes_of_devices() {
    let org = json!({"id": "org_1", "name": "acme", "pairing": "manual", "owner": "usr_1", "created_at": AT});
    let set = axum::routing::patch(|| async { Json(org) });
    let fake = Fake::start(Router::new().route("/v1/orgs/{org}", set)).await;
    for words in [&["org", "set", "acme", "--pairing", "manual"][..], &["org", "set", "--pairing", "manual"]]
    {
        let ran = smartbox(&fake, words).end().await;
        assert_eq!((ran.code, ran.stderr.as_str()), (0, "Pairing of devices in `acme` is manual now.\n"));
    }
    assert_eq!(fake.lines(), ["PATCH /v1/orgs/acme", "PATCH /v1/orgs/me"]);
    assert_eq!(fake.seen()[0].body, r#"{"pairing":"manual"}"#);

    let gone = json!({"type": "x", "title": "There is no such org", "status": 404, "code": "org-not-found"});
    let fake = Fake::start(Router::new().fallback(|| async { problem(gone) })).await;
    let ran = smartbox(&fake, &["org", "set", "--pairing", "off"]).end().await;
    assert!(ran.code == 3 && ran.stderr.contains("smartbox org list"), "{ran}");
}
