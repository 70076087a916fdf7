//! The library of the Standard Webhooks project verifies what we send.

use std::process::{Command, Stdio};

use http::StatusCode;
use serde_json::json;
use smartbox_api::CreatedWebhook;
use smartbox_control::{Clock as _, SystemClock};
use smartbox_testkit::{Receipt, Receiver, TestApp};

use crate::installed::installed;

/// Reads what was received as JSON, and says whether the signature is right.
const VERIFY: &str = "
import json, sys
from standardwebhooks import Webhook, WebhookVerificationError
given = json.load(sys.stdin)
try:
    Webhook(given['secret']).verify(given['body'], given['headers'])
    print('right')
except WebhookVerificationError as error:
    print('wrong:', error)
";

fn verified(secret: &str, receipt: &Receipt, body: &str) -> String {
    let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let headers: serde_json::Map<_, _> =
        names.map(|name| (name.to_owned(), receipt.header(name).into())).into_iter().collect();
    let given = json!({ "secret": secret, "body": body, "headers": headers }).to_string();
    let mut python = Command::new(installed("python/bin/python"))
        .args(["-c", VERIFY])
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    std::io::Write::write_all(&mut python.stdin.take().unwrap(), given.as_bytes()).unwrap();
    let output = python.wait_with_output().unwrap();
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

#[tokio::test]
async fn another_implementation_verifies_our_signatures_and_finds_what_was_altered() {
    let app = TestApp::start().await;
    // The library refuses what is not of now.
    app.clock.advance(SystemClock.now().duration_since(app.clock.now()));
    let client = app.first_tenant().await.client;
    let receiver = Receiver::start().await;
    let body = json!({ "url": receiver.url, "types": ["webhook.ping"] });
    let made: CreatedWebhook = client.post_json("/v1/webhooks", &body).await.json(StatusCode::CREATED);
    let rotated = client.post(&format!("/v1/webhooks/{}/rotate", made.webhook.id)).await;
    let rotated: CreatedWebhook = rotated.json(StatusCode::OK);
    client.post(&format!("/v1/webhooks/{}/ping", made.webhook.id)).await;
    app.send_webhooks().await;
    let receipt = receiver.take().remove(0);
    let sent = String::from_utf8(receipt.body.to_vec()).unwrap();
    for secret in [&made.secret, &rotated.secret] {
        assert_eq!(verified(secret, &receipt, &sent), "right");
        assert!(verified(secret, &receipt, &sent.replace("ping", "pong")).starts_with("wrong"));
    }
    let foreign = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw";
    assert!(verified(foreign, &receipt, &sent).starts_with("wrong"));
}
