//! What a handshake claims: scopes, roles, kinds of clients, devices.

use serde_json::{Value, json};

use super::socket::{is_forbidden, scopes};
use super::world::{EVERY_SCOPE, MEMBER, Person, World, claiming};

/// Opens a socket with these params, and returns the scopes it was given; none if it was refused.
async fn given(world: &World, person: &Person, params: Value) -> Vec<String> {
    let mut socket = world.open(person, &[]).await;
    let hello = socket.greet(params).await;
    let given = scopes(&hello);
    if !given.is_empty() {
        let answer = socket.call("config.get", json!({})).await;
        assert!(is_forbidden(&answer), "{answer:#}");
    }
    given
}

fn are_within(given: &[String], most: &[&str]) -> bool {
    given.iter().all(|scope| most.contains(&scope.as_str()))
}

pub(super) async fn declared_scopes_are_cut_to_what_the_person_has(world: &World) {
    for (person, most) in [(&world.viewer, &MEMBER[..1]), (&world.operator, &MEMBER[..])] {
        // With the device that they use, whose signature covers what it claims: what they have, and too much.
        let (mut socket, hello) = world.with_device(person, json!({ "scopes": most }), &[]).await;
        assert_eq!(scopes(&hello).len(), most.len(), "{hello:#}");
        assert_eq!(socket.call("health", json!({})).await["ok"], true);
        let (mut socket, hello) = world.with_device(person, json!({ "scopes": EVERY_SCOPE }), &[]).await;
        assert!(are_within(&scopes(&hello), most), "{hello:#}");
        let config = socket.call("config.get", json!({})).await;
        assert!(is_forbidden(&config) || config["closed"].is_u64(), "{config:#}");
        // Without one, unsigned.
        for role in ["operator", "node", "admin"] {
            let given = given(world, person, claiming(json!({ "role": role, "scopes": EVERY_SCOPE }))).await;
            assert!(are_within(&given, most), "{role}: {given:?}");
        }
    }
    // A member that comes twice is read by two parsers in two ways.
    let twice = r#"{"type":"req","id":"connect","method":"connect","params":{},"params":{"scopes":["operator.admin"]}}"#;
    let mut socket = world.open(&world.viewer, &[]).await;
    assert!(socket.send_raw(twice).await["closed"].is_u64());
    let mut owner = world.open(&world.owner, &[]).await;
    let hello = owner.greet(claiming(json!({ "scopes": EVERY_SCOPE }))).await;
    assert!(scopes(&hello).iter().any(|scope| scope == "operator.admin"), "{hello:#}");
}

pub(super) async fn no_client_id_gives_more(world: &World) {
    let clients = [
        ("openclaw-control-ui", "ui"),
        ("webchat-ui", "webchat"),
        ("cli", "cli"),
        ("gateway-client", "backend"),
        ("node-host", "node"),
        ("test", "test"),
    ];
    for (id, mode) in clients {
        let client = json!({ "id": id, "version": "0.0.1", "platform": "linux", "mode": mode });
        let params = claiming(json!({ "client": client.clone(), "scopes": EVERY_SCOPE }));
        let given = given(world, &world.viewer, params).await;
        assert!(are_within(&given, &MEMBER[..1]), "{id}: {given:?}");
        let claims = json!({ "client": client, "scopes": EVERY_SCOPE });
        let (_socket, hello) = world.with_device(&world.viewer, claims, &[]).await;
        assert!(are_within(&scopes(&hello), &MEMBER[..1]), "{id}: {hello:#}");
    }
}

pub(super) async fn a_device_that_is_not_proven_gives_nothing(world: &World) {
    let forged = json!({ "id": "00".repeat(32), "publicKey": "A".repeat(43), "signature": "A".repeat(86),
        "signedAt": 1, "nonce": "guessed" });
    for device in [forged.clone(), json!({}), json!(null), json!("owner")] {
        let params = claiming(json!({ "device": device, "scopes": EVERY_SCOPE }));
        let given = given(world, &world.viewer, params).await;
        assert!(are_within(&given, &MEMBER[..1]), "{device}: {given:?}");
    }
    // A secret of the gateway's own proves nobody through the edge, with a device or without one.
    for auth in
        [json!({ "token": "guessed" }), json!({ "password": "guessed" }), json!({ "deviceToken": "guessed" })]
    {
        for device in [json!(null), forged.clone()] {
            let params = claiming(json!({ "auth": auth, "device": device, "scopes": EVERY_SCOPE }));
            let given = given(world, &world.viewer, params).await;
            assert!(are_within(&given, &MEMBER[..1]), "{auth}: {given:?}");
        }
    }
}

pub(super) async fn a_socket_that_asked_for_nothing_gets_nothing_later(world: &World) {
    let mut socket = world.open(&world.viewer, &[]).await;
    let hello = socket.greet(claiming(json!({ "scopes": [] }))).await;
    assert!(are_within(&scopes(&hello), &MEMBER[..1]), "{hello:#}");
    drop(socket);
    // A device that came with nothing first, and with everything then.
    let first = json!({ "scopes": [] });
    for claims in [first, json!({ "scopes": EVERY_SCOPE })] {
        let (_socket, hello) = world.with_device(&world.viewer, claims, &[]).await;
        assert!(are_within(&scopes(&hello), &MEMBER[..1]), "{hello:#}");
    }
    let mut socket = world.greeted(&world.viewer).await;
    // A second handshake on the same socket does not reach the gateway.
    let again = socket.greet(claiming(json!({ "scopes": EVERY_SCOPE }))).await;
    assert_eq!(again["error"]["details"]["code"], "CONNECTED_ALREADY", "{again:#}");
    assert!(is_forbidden(&socket.call("config.get", json!({})).await));
}
