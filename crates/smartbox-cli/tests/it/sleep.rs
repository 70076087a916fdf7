//! Sleep on the command line: verbs, policies, holds, and why a box is as it is.

use axum::http::StatusCode;
use axum::routing::{delete, get, patch, post, put};
use axum::{Json, Router};
use insta::assert_snapshot;
use serde_json::{Value, json};

use crate::fake::{AT, BOX_ID, Fake, launched, operation, problem, smartbox as view};
use crate::run::smartbox;

fn after() -> Value {
    json!({ "frozen": { "after": "10m", "from": "platform" }, "squeezed": { "after": "1h", "from": "org" },
        "stopped": { "after": "never", "from": "box" } })
}

fn asleep() -> Value {
    let mut asleep = view("sleeping", None);
    asleep["desired"] = "asleep".into();
    asleep["sleep"] = json!({ "tier": "frozen", "since": AT, "idle_since": AT, "due_at": AT, "due_why": "its job `report`" });
    asleep["sleep_after"] = after();
    asleep
}

#[tokio::test]
async fn a_box_is_put_to_sleep_as_deep_as_wanted_and_woken() {
    let routes = Router::new()
        .route("/v1/boxes/home/sleep", post(|| async { launched("sleep", "running", "falling_asleep") }))
        .route("/v1/boxes/home/wake", post(|| async { launched("wake", "succeeded", "running") }))
        .route("/v1/boxes/{id}", get(|| async { Json(asleep()) }))
        .route("/v1/operations/{id}", get(|| async { Json(operation("sleep", "succeeded")) }));
    let fake = Fake::start(routes).await;
    let ran = smartbox(&fake, &["box", "sleep", "home", "--tier", "squeezed"]).end().await;
    assert_eq!((ran.code, fake.seen()[0].body.as_str()), (0, r#"{"tier":"squeezed"}"#));
    assert!(ran.stderr.ends_with("Box `home` sleeps.\n"), "{ran}");
    let ran = smartbox(&fake, &["box", "wake", "home"]).end().await;
    assert!(ran.stderr.ends_with("Box `home` is awake.\n"), "{ran}");
    assert!(fake.lines().contains(&"POST /v1/boxes/home/wake".to_owned()));
}

#[tokio::test]
async fn a_sleeping_box_shows_how_it_sleeps_and_when_it_wakes() {
    let fake = Fake::start(Router::new().route("/v1/boxes/home", get(|| async { Json(asleep()) }))).await;
    assert_snapshot!("asleep", smartbox(&fake, &["box", "show", "home"]).end().await);
}

#[tokio::test]
async fn a_policy_sends_only_what_changes_and_says_what_holds() {
    let routes = Router::new()
        .route("/v1/boxes/home", patch(|| async { Json(asleep()) }))
        .route("/v1/orgs/me", patch(|| async {
            Json(json!({ "id": "org_1", "name": "acme", "pairing": "auto", "owner": "usr_1", "created_at": AT,
                "sleep_policy": { "frozen_after": "1h" } }))
        }))
        .route("/v1/tiers/standard-2", patch(|| async { Json(json!({ "stopped_after": "2d" })) }));
    let fake = Fake::start(routes).await;
    for (words, body, told) in [
        (
            &["box", "set", "home", "--sleep-after", "inherit", "--end-after", "never"][..],
            r#"{"sleep":{"frozen_after":null,"stopped_after":"never"}}"#,
            "Box `home` is frozen after 10m (platform), squeezed after 1h (org), never ended (box).\n",
        ),
        (
            &["org", "set", "--sleep-after", "1h"],
            r#"{"sleep":{"frozen_after":"1h"}}"#,
            "Boxes of `acme` are frozen after 1h.\n",
        ),
        (
            &["tier", "set", "standard-2", "--end-after", "2d", "--squeeze-after", "inherit"],
            r#"{"sleep":{"squeezed_after":null,"stopped_after":"2d"}}"#,
            "Boxes of `standard-2` are ended after 2d.\n",
        ),
    ] {
        let ran = smartbox(&fake, words).end().await;
        assert_eq!((ran.code, ran.stderr.as_str()), (0, told), "{words:?}");
        assert_eq!(fake.seen().last().unwrap().body, body);
    }
    for words in
        [&["box", "set", "home"][..], &["org", "set"], &["box", "set", "home", "--sleep-after", "soon"]]
    {
        let words = std::iter::once("smartbox").chain(words.iter().copied());
        assert_eq!(smartbox_cli::parse_from(words).unwrap_err().exit_code(), 2);
    }
}

#[tokio::test]
async fn an_org_is_held_shown_and_released() {
    let hold = || json!({ "kind": "account", "reason": "the invoice is open", "since": AT });
    let org = || {
        json!({ "id": "org_1", "name": "acme", "pairing": "auto", "owner": "usr_1", "created_at": AT,
            "sleep_policy": { "frozen_after": "never" } })
    };
    let routes = Router::new()
        .route("/v1/orgs/{org}", get(move || async move { Json(org()) }))
        .route("/v1/orgs/{org}/holds", get(move || async move { Json(json!({ "items": [hold()] })) }))
        .route("/v1/orgs/{org}/holds/account", put(move || async move { Json(hold()) }))
        .route("/v1/orgs/{org}/holds/budget", delete(|| async { StatusCode::NO_CONTENT }));
    let fake = Fake::start(routes).await;
    let ran =
        smartbox(&fake, &["org", "hold", "acme", "account", "--reason", "the invoice is open"]).end().await;
    assert_eq!(ran.stderr, "No box of `acme` wakes any more (account). What runs goes on.\n");
    assert_eq!(fake.seen()[0].body, r#"{"reason":"the invoice is open"}"#);
    assert_snapshot!("org_show", smartbox(&fake, &["org", "show", "acme"]).end().await);
    let ran = smartbox(&fake, &["org", "release", "acme", "budget"]).end().await;
    assert_eq!((ran.code, ran.stderr.as_str()), (0, "The hold `budget` of `acme` is gone.\n"));
    assert_eq!(fake.lines().last().unwrap(), "DELETE /v1/orgs/acme/holds/budget");
}

#[tokio::test]
async fn a_wake_that_is_held_says_so() {
    let held = || async {
        problem(json!({ "type": "/docs/errors/boxes-frozen", "title": "The boxes of this org are held back",
            "status": 423, "code": "boxes-frozen", "remedy": "Ask whoever runs the platform." }))
    };
    let fake = Fake::start(Router::new().route("/v1/boxes/home/wake", post(held))).await;
    let ran = smartbox(&fake, &["box", "wake", "home"]).end().await;
    assert_ne!(ran.code, 0);
    assert!(ran.stderr.contains("held back") && ran.stderr.contains("Ask whoever"), "{ran}");
}

#[tokio::test]
async fn why_tells_five_situations_in_sentences() {
    let why = |phase: &str, reasons: Value, last: Value| {
        let mut why = json!({ "box_id": BOX_ID, "name": "home", "phase": phase, "since": AT, "reasons": reasons,
            "sleep_after": after(), "looked_at": AT });
        if !last.is_null() {
            why["last_wake"] = last;
        }
        why
    };
    let reason = |code: &str, text: &str| json!({ "code": code, "text": text });
    let woken = json!({ "at": AT, "by": "usr_1", "why": "a request", "took_ms": 12, "slept_ms": 10_920_000, "was_kept": true });
    let started =
        json!({ "at": AT, "by": "admin", "why": "asked for", "took_ms": 11_200, "was_kept": false });
    let situations = [
        why(
            "running",
            json!([reason("idle", "Nothing was to do for 4 min; it is frozen in 6 min.")]),
            started.clone(),
        ),
        why(
            "running",
            json!([reason("requests", "2 requests or socket calls are under way.")]),
            woken.clone(),
        ),
        why(
            "running",
            json!([reason(
                "sleep-refused",
                "It was to fall asleep at 2026-11-21 07:51:02 UTC and did not: its agent is at \
                work: a turn runs. It is tried again at 2026-11-21 07:51:22 UTC."
            )]),
            Value::Null,
        ),
        why(
            "sleeping",
            json!([
                reason("asleep", "It is frozen (its processes are kept and get no CPU time)."),
                reason(
                    "wakes-at",
                    "It wakes by itself for its job `report`, due at 2026-11-21 09:00:00 UTC."
                ),
                reason("wakes-on-use", "A request, a message or a command wakes it."),
            ]),
            woken,
        ),
        why(
            "stopped",
            json!([reason(
                "wake-blocked-budget",
                "It may not wake: the boxes of this org are held back: budget."
            )]),
            started,
        ),
    ];
    let mut told = String::new();
    for situation in situations {
        let answer = situation.clone();
        let fake =
            Fake::start(Router::new().route("/v1/boxes/home/why", get(|| async { Json(answer) }))).await;
        told.push_str(&smartbox(&fake, &["why", "home"]).end().await.stdout);
        told.push('\n');
        let json = smartbox(&fake, &["why", "home", "--json"]).end().await;
        assert_eq!(serde_json::from_str::<Value>(&json.stdout).unwrap(), situation);
    }
    assert_snapshot!("why", told);
}
