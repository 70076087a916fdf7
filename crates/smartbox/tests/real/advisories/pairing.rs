//! Devices and codes: what makes something known for longer than a socket lasts.

use reqwest::StatusCode;
use serde_json::json;

use super::socket::is_forbidden;
use super::world::{EVERY_SCOPE, World, claiming};

pub(super) async fn a_member_mints_no_device_token(world: &World) {
    for person in [&world.viewer, &world.operator] {
        let mut socket = world.greeted(person).await;
        for method in
            ["device.token.rotate", "device.token.revoke", "device.pair.approve", "device.pair.remove"]
        {
            let wanted =
                json!({ "deviceId": "x", "requestId": "x", "role": "operator", "scopes": EVERY_SCOPE });
            let answer = socket.call(method, wanted).await;
            assert!(is_forbidden(&answer), "{method}: {answer:#}");
        }
    }
}

pub(super) async fn a_setup_code_pairs_nobody_and_a_sign_in_code_works_once(world: &World) {
    let before = world.state().await;
    // The same twice: a code that was used and one that never was are worth the same here.
    for _ in 0..2 {
        let mut socket = world.open(&world.viewer, &[]).await;
        let device = json!({ "id": "11".repeat(32), "publicKey": "B".repeat(43), "signature": "B".repeat(86),
            "signedAt": 1, "nonce": "replayed" });
        let auth = json!({ "bootstrapToken": "setup-code" });
        let params =
            claiming(json!({ "auth": auth, "device": device, "role": "node", "scopes": EVERY_SCOPE }));
        let hello = socket.greet(params).await;
        assert!(!hello.to_string().contains("operator.admin"), "{hello:#}");
    }
    assert_eq!(world.state().await, before);

    let platform = &world.platform;
    let link = platform.cli_ok(&["open", "--print"]);
    let code = link.trim().rsplit_once('#').expect("a code behind #").1.to_owned();
    let redeem = async || {
        let request = platform.http().post(platform.url("/sign-in")).header("origin", platform.url(""));
        request.json(&json!({ "code": code })).send().await.unwrap().status()
    };
    assert_eq!(redeem().await, StatusCode::OK);
    assert!(redeem().await.is_client_error());
}

pub(super) async fn a_member_gets_no_pairing_code(world: &World) {
    for person in [&world.viewer, &world.operator] {
        let mut socket = world.greeted(person).await;
        for method in [
            "device.pair.setupCode",
            "device.pair.list",
            "node.pair.request",
            "node.pair.approve",
            "channels.pairing.list",
        ] {
            let answer = socket.call(method, json!({})).await;
            assert!(is_forbidden(&answer), "{method}: {answer:#}");
        }
    }
}
