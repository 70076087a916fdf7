//! `Idempotency-Key`.

use futures_util::future::join_all;
use http::{HeaderName, StatusCode};
use jiff::SignedDuration;
use serde_json::json;
use smartbox_api::{BoxList, CreatedBox, OrgList};
use smartbox_testkit::{Client, TestApp};

const REPLAYED: &str = "idempotency-replayed";

fn keyed(client: &Client, key: &str) -> Client {
    client.clone().with(HeaderName::from_static("idempotency-key"), key)
}

async fn boxes(client: &Client) -> usize {
    client.get("/v1/boxes").await.json::<BoxList>(StatusCode::OK).items.len()
}

#[tokio::test]
async fn a_repeated_creation_gives_the_first_answer_and_creates_nothing() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let keyed = keyed(&client, "key-1");
    let body = json!({ "name": "home" });
    let first = keyed.post_json("/v1/boxes", &body).await;
    let again = keyed.post_json("/v1/boxes", &body).await;

    assert_eq!((first.status, first.header(REPLAYED)), (StatusCode::ACCEPTED, ""));
    assert_eq!((again.status, again.header(REPLAYED)), (StatusCode::ACCEPTED, "true"));
    assert_eq!(first.json::<CreatedBox>(first.status), again.json::<CreatedBox>(again.status));
    assert_eq!(boxes(&client).await, 1);
}

#[tokio::test]
async fn a_key_of_another_request_is_refused() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let keyed = keyed(&client, "key-1");
    keyed.post_json("/v1/boxes", &json!({ "name": "home" })).await.json::<CreatedBox>(StatusCode::ACCEPTED);
    let other = keyed.post_json("/v1/boxes", &json!({ "name": "other" })).await.problem();
    assert_eq!((other.status, other.code.as_str()), (422, "idempotency-mismatch"));
    assert_eq!(boxes(&client).await, 1);
}

#[tokio::test]
async fn of_requests_at_once_with_one_key_one_creates() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let keyed = keyed(&client, "key-1");
    let body = json!({ "name": "home" });
    let answers = join_all((0..8).map(|_| keyed.post_json("/v1/boxes", &body))).await;
    for answer in &answers {
        if answer.status == StatusCode::CONFLICT {
            assert_eq!(answer.problem().code, "idempotency-in-progress");
        } else {
            answer.json::<CreatedBox>(StatusCode::ACCEPTED);
        }
    }
    let fresh =
        answers.iter().filter(|answer| answer.status.is_success() && answer.header(REPLAYED).is_empty());
    assert_eq!(fresh.count(), 1);
    assert_eq!(boxes(&client).await, 1);
}

#[tokio::test]
async fn a_key_of_a_refused_request_is_free_again() {
    let app = TestApp::start().await;
    let client = keyed(&app.first_tenant().await.client, "key-1");
    assert_eq!(
        client.post_json("/v1/boxes", &json!({ "name": "home", "tier": "huge" })).await.problem().status,
        422
    );
    client.post_json("/v1/boxes", &json!({ "name": "home" })).await.json::<CreatedBox>(StatusCode::ACCEPTED);
}

#[tokio::test]
async fn a_key_is_forgotten_after_a_day() {
    let app = TestApp::start().await;
    let client = keyed(&app.admin(), "key-1");
    client.post_json("/v1/boxes", &json!({ "name": "home" })).await.json::<CreatedBox>(StatusCode::ACCEPTED);
    app.clock.advance(SignedDuration::from_hours(24));
    let taken = client.post_json("/v1/boxes", &json!({ "name": "home" })).await.problem();
    assert_eq!(taken.code, "name-taken", "the request is a new one");
}

#[tokio::test]
async fn keys_of_different_callers_do_not_meet() {
    let app = TestApp::start().await;
    let acme = app.tenant("acme").await;
    let body = json!({ "name": "home" });
    for client in [&app.first_tenant().await.client, &acme.client] {
        let answer = keyed(client, "same-key").post_json("/v1/boxes", &body).await;
        assert_eq!((answer.status, answer.header(REPLAYED)), (StatusCode::ACCEPTED, ""));
    }
    // The owner of the first org must not be given the answer that was made for the admin.
    keyed(&app.admin(), "org-key").post_json("/v1/orgs", &json!({ "name": "new" })).await;
    let owner = keyed(&app.first_tenant().await.client, "org-key");
    let answer = owner.post_json("/v1/orgs", &json!({ "name": "new" })).await.problem();
    assert!(matches!(answer.status, 403 | 422), "{answer:?}");
}

#[tokio::test]
async fn the_creation_of_an_org_can_be_repeated() {
    let app = TestApp::start().await;
    let client = keyed(&app.admin(), "key-1");
    let first = client.post_json("/v1/orgs", &json!({ "name": "acme" })).await;
    let again = client.post_json("/v1/orgs", &json!({ "name": "acme" })).await;
    assert_eq!((first.status, again.status), (StatusCode::CREATED, StatusCode::CREATED));
    assert_eq!(first.body, again.body);
    assert_eq!(app.admin().get("/v1/orgs").await.json::<OrgList>(StatusCode::OK).items.len(), 2);
}

#[tokio::test]
async fn a_key_that_is_none_is_refused() {
    let app = TestApp::start().await;
    for key in ["", " ", "a b", &"x".repeat(201)] {
        let problem =
            keyed(&app.admin(), key).post_json("/v1/boxes", &json!({ "name": "home" })).await.problem();
        assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, "Idempotency-Key"), "{key:?}");
    }
}
