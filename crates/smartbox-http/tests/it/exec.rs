//! Commands in boxes, as far as they go without a supervisor. What runs is tested with real boxes.

use futures_util::{SinkExt, StreamExt};
use http::{HeaderValue, StatusCode};
use serde_json::json;
use smartbox_api::{EXEC_CHANNEL_CONTROL, ExecStreamControl, Problem};
use smartbox_testkit::{ADMIN_SECRET, TestApp};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode;
use tokio_tungstenite::tungstenite::{Error, Message};

/// Opens an exec stream, says `first`, and gives the problem that it ends with.
async fn refusal(app: &TestApp, first: Message) -> Problem {
    let served = app.serve().await;
    let url = format!("ws://{}/v1/boxes/home/exec:stream", served.address);
    let mut request = url.into_client_request().unwrap();
    request.headers_mut().insert("x-admin-secret", HeaderValue::from_static(ADMIN_SECRET));
    let (mut socket, _) = tokio_tungstenite::connect_async(request).await.unwrap();
    socket.send(first).await.unwrap();
    let Some(Ok(Message::Binary(frame))) = socket.next().await else { panic!("a control frame") };
    assert_eq!(frame[0], EXEC_CHANNEL_CONTROL);
    let ExecStreamControl::Failed { problem } = serde_json::from_slice(&frame[1..]).unwrap() else {
        panic!("{frame:?}")
    };
    let Some(Ok(Message::Close(Some(close)))) = socket.next().await else { panic!("a close") };
    assert_eq!(close.code, CloseCode::Normal);
    *problem
}

#[tokio::test]
async fn a_box_whose_supervisor_does_not_answer_is_told_as_such() {
    let app = TestApp::start().await;
    app.expect_log("SSH");
    let client = app.admin();
    app.running_box(&client, "home").await;
    let problem = client.post_json("/v1/boxes/home/exec:sync", &json!({ "argv": ["id"] })).await.problem();
    assert_eq!((problem.status, problem.code.as_str()), (503, "box-unavailable"));
    let problem = refusal(&app, Message::text(r#"{"argv":["id"]}"#)).await;
    assert_eq!((problem.status, problem.code.as_str()), (503, "box-unavailable"));
    assert!(problem.instance.is_some());
}

#[tokio::test]
async fn a_stream_that_begins_with_anything_but_a_command_is_refused_in_it() {
    let app = TestApp::start().await;
    app.running_box(&app.admin(), "home").await;
    for (first, field) in [
        (Message::text("{"), "body"),
        (Message::text("{}"), "argv"),
        (Message::text(r#"{"argv":[]}"#), "argv"),
        (Message::text(r#"{"argv":["sh"],"tty":{"cols":0,"rows":0}}"#), "tty"),
        (Message::binary(vec![0, b'x']), "start"),
    ] {
        let problem = refusal(&app, first.clone()).await;
        assert_eq!((problem.status, problem.errors[0].field.as_str()), (422, field), "{first:?}");
    }
}

#[tokio::test]
async fn a_plain_request_to_the_stream_is_told_what_it_is() {
    let app = TestApp::start().await;
    app.running_box(&app.admin(), "home").await;
    let problem = app.admin().get("/v1/boxes/home/exec:stream").await.problem();
    assert_eq!((problem.status, problem.code.as_str()), (426, "upgrade-required"));
}

#[tokio::test]
async fn a_stream_is_refused_before_it_opens_for_who_may_not_have_it() {
    let app = TestApp::start().await;
    app.running_box(&app.admin(), "home").await;
    let served = app.serve().await;
    for (reference, secret, status) in
        [("home", "wrong", StatusCode::UNAUTHORIZED), ("other", ADMIN_SECRET, StatusCode::NOT_FOUND)]
    {
        let url = format!("ws://{}/v1/boxes/{reference}/exec:stream", served.address);
        let mut request = url.into_client_request().unwrap();
        request.headers_mut().insert("x-admin-secret", HeaderValue::from_static(secret));
        let Err(Error::Http(response)) = tokio_tungstenite::connect_async(request).await else {
            panic!("refused")
        };
        assert_eq!(response.status(), status);
    }
}
