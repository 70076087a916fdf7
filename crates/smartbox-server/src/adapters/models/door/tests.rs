use bytes::Bytes;
use http::{Method, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};
use smartbox_api::CreatedToken;
use smartbox_edge::platform_service;
use smartbox_egress::{Limits, ModelPlan};
use smartbox_testkit::{Client, TestApp};
use tower::ServiceExt as _;

use super::*;

/// Everything else is somewhere else.
async fn elsewhere(_request: Request<Body>) -> Result<Response<Full<Bytes>>, Infallible> {
    let mut response = Response::new(Full::default());
    *response.status_mut() = StatusCode::IM_A_TEAPOT;
    Ok(response)
}

/// What `/ai/…` answers to a request with this header.
async fn ask(app: &TestApp, path: &str, (name, value): (&str, &str)) -> (StatusCode, Value) {
    let gateway = AiGateway::new(ModelPlan::demo(), Limits::default()).unwrap();
    let door = AiDoor {
        control: app.control.clone(),
        gateway,
        rest: platform_service(tower::service_fn(elsewhere)),
    };
    let body =
        json!({ "model": "demo", "max_tokens": 9, "messages": [{ "role": "user", "content": "hello" }] });
    let body = Full::new(Bytes::from(body.to_string())).map_err(Into::into).boxed_unsync();
    let request = Request::builder().method(Method::POST).uri(path).header(name, value);
    let request = request.extension(Sockets::new(1)).body(body).unwrap();
    let response = door.oneshot(request).await.unwrap();
    let status = response.status();
    let body = response.into_body().collect().await.unwrap().to_bytes();
    (status, serde_json::from_slice(&body).unwrap_or_default())
}

async fn token(client: &Client, scope: &str, smartbox: Option<&str>) -> CreatedToken {
    let body = json!({ "name": "laptop", "scopes": [scope], "box": smartbox });
    client.post_json("/v1/tokens", &body).await.json(StatusCode::CREATED)
}

#[tokio::test]
async fn a_token_of_a_box_is_a_key_in_both_dialects_until_it_is_revoked() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.created_box(&client, "home").await;
    let made = token(&client, "models:use", Some("home")).await;
    let bearer = format!("Bearer {}", made.secret);
    for (path, header) in [
        ("/ai/v1/messages", ("x-api-key", made.secret.as_str())),
        ("/ai/v1/messages", ("authorization", bearer.as_str())),
        ("/ai/v1/chat/completions", ("authorization", bearer.as_str())),
    ] {
        let (status, answer) = ask(&app, path, header).await;
        assert_eq!(status, 200, "{path} {answer}");
        assert!(answer.to_string().contains("hello"), "{answer}");
    }
    let path = format!("/v1/tokens/{}", made.token.id);
    assert_eq!(client.delete(&path).await.status, StatusCode::NO_CONTENT);
    let (status, answer) = ask(&app, "/ai/v1/messages", ("x-api-key", &made.secret)).await;
    assert_eq!(
        (status, &answer["error"]["type"]),
        (StatusCode::UNAUTHORIZED, &json!("authentication_error"))
    );
}

#[tokio::test]
async fn a_key_that_is_none_is_told_apart_and_told_what_to_do() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.created_box(&client, "home").await;
    let weak = token(&client, "boxes:read", Some("home")).await.secret;
    let broad = token(&client, "models:use", None).await.secret;
    for (key, said) in [
        ("sbx_unknown", "not known"),
        ("sk-ant-real", "not known"),
        (weak.as_str(), "may not use models"),
        (broad.as_str(), "no box in particular"),
    ] {
        let (status, answer) = ask(&app, "/ai/v1/messages", ("x-api-key", key)).await;
        let message = answer["error"]["message"].as_str().unwrap();
        assert_eq!(status, StatusCode::UNAUTHORIZED);
        assert!(message.contains(said) && message.contains("smartbox token create"), "{message}");
        assert!(!message.contains(key), "{message}");
    }
    let (status, answer) = ask(&app, "/ai/v1/chat/completions", ("accept", "*/*")).await;
    assert_eq!((status, &answer["error"]["code"]), (StatusCode::UNAUTHORIZED, &json!("invalid_api_key")));
}

#[tokio::test]
async fn whatever_is_not_below_ai_goes_on() {
    let app = TestApp::start().await;
    assert_eq!(ask(&app, "/aid/v1/messages", ("accept", "*/*")).await.0, StatusCode::IM_A_TEAPOT);
}

#[test]
fn only_what_is_below_ai_is_the_gateways() {
    for (outside, inside) in [
        ("/ai/v1/messages?beta=true", Some("/v1/messages?beta=true")),
        ("/ai/", Some("/")),
        ("/ai", Some("/")),
        ("/aid/v1/messages", None),
        ("/v1/boxes", None),
    ] {
        let found = inner_uri(&outside.parse().unwrap()).map(|uri| uri.to_string());
        assert_eq!(found.as_deref(), inside, "{outside}");
    }
}
