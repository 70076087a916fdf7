//! Versions of boxes: `ETag` and `If-Match`.

use http::header::{ETAG, IF_MATCH};
use http::{Method, StatusCode};
use smartbox_api::Launched;
use smartbox_testkit::{Answer, Client, TestApp};

async fn changed_if(client: &Client, method: Method, path: &str, tag: &str) -> Answer {
    let client = client.clone().with(IF_MATCH, tag);
    client.send(client.request(method, path, "")).await
}

#[tokio::test]
async fn a_change_that_rests_on_an_old_version_is_refused() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    app.running_box(&client, "home").await;
    let read = client.get("/v1/boxes/home").await;
    let tag = read.header(ETAG).to_owned();
    assert_eq!(tag, format!("\"{}\"", read.json::<smartbox_api::BoxView>(StatusCode::OK).version));

    let stop = changed_if(&client, Method::POST, "/v1/boxes/home/stop", &tag).await;
    let newer = stop.header(ETAG).to_owned();
    assert!(stop.json::<Launched>(StatusCode::ACCEPTED).smartbox.version > 0 && newer != tag);

    for (method, path) in [
        (Method::POST, "/v1/boxes/home/start"),
        (Method::POST, "/v1/boxes/home/stop"),
        (Method::POST, "/v1/boxes/home/restart"),
        (Method::DELETE, "/v1/boxes/home"),
    ] {
        let refused = changed_if(&client, method.clone(), path, &tag).await.problem();
        assert_eq!((refused.status, refused.code.as_str()), (412, "version-mismatch"), "{method} {path}");
    }
    assert_eq!(app.show(&client, "home").await.desired, "stopped");
    let start = changed_if(&client, Method::POST, "/v1/boxes/home/start", &newer).await;
    assert_eq!(start.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn what_is_observed_does_not_change_the_version() {
    let app = TestApp::start().await;
    let client = app.first_tenant().await.client;
    let version = app.created_box(&client, "home").await.smartbox.version;
    app.settle().await;
    assert_eq!(app.show(&client, "home").await.version, version);
    let any = changed_if(&client, Method::POST, "/v1/boxes/home/stop", "*").await;
    assert_eq!(any.status, StatusCode::ACCEPTED);
}
