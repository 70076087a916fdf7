//! Ways in: addresses, missing credentials, foreign pages, forged headers, the HTTP surface.

use reqwest::Method;
use serde_json::json;

use super::socket::{is_forbidden, scopes};
use super::world::{EVERY_SCOPE, World, refused};

pub(super) async fn an_address_carries_no_gateway_and_no_token(world: &World) {
    let cookie = [("cookie", world.owner.cookie.as_str())];
    for query in
        ["gatewayUrl=wss://evil.example", "token=x", "Password=x", "a=1;token=x", "gateway%55rl=ws://e"]
    {
        let page = world.ask(Method::GET, &format!("/b/home/?{query}"), &cookie).await;
        assert_eq!(page, refused(400, "credential-in-url"), "{query}");
        let socket = world.knock(&format!("/b/home?{query}"), &cookie).await;
        assert_eq!(socket, refused(400, "credential-in-url"), "{query}");
    }
    assert_eq!(world.ask(Method::GET, "/b/home/?session=main", &cookie).await, refused(200, ""));
}

pub(super) async fn a_stranger_opens_no_socket_and_applies_no_configuration(world: &World) {
    let guesses: [&[(&str, &str)]; 4] = [
        &[],
        &[("cookie", "smartbox_session=guessed")],
        &[("authorization", "Bearer guessed")],
        &[("x-openclaw-token", "guessed"), ("sec-websocket-protocol", "guessed")],
    ];
    for guess in guesses {
        assert_eq!(world.knock("/b/home", guess).await.status, 401, "{guess:?}");
        assert_eq!(world.ask(Method::GET, "/b/home/v1/models", guess).await.status, 401, "{guess:?}");
    }
    // Whoever is known but no administrator applies none either.
    for person in [&world.viewer, &world.operator] {
        let mut socket = world.greeted(person).await;
        for method in
            ["config.apply", "config.patch", "config.set", "config.get", "update.run", "wizard.start"]
        {
            let answer = socket.call(method, json!({ "raw": "{}", "baseHash": "x" })).await;
            assert!(is_forbidden(&answer), "{method}: {answer:#}");
        }
        assert_eq!(socket.call("health", json!({})).await["ok"], true, "the socket goes on");
    }
}

pub(super) async fn a_page_of_another_site_opens_no_socket(world: &World) {
    let cookie = ("cookie", world.owner.cookie.as_str());
    for origin in ["https://evil.example", "null", "http://localhost:1", "http://smartbox.invalid"] {
        let socket = world.knock("/b/home", &[cookie, ("origin", origin)]).await;
        assert_eq!(socket, refused(403, "bad-origin"), "{origin}");
    }
    // A name that the attacker points at this machine.
    assert_eq!(world.knock("/b/home", &[cookie, ("host", "evil.example")]).await, refused(421, "bad-host"));
    let own = world.platform.url("");
    let socket = world.knock("/b/home", &[cookie, ("origin", &own)]).await;
    assert_eq!(socket.status, 101, "the page of the platform itself may");
    // Plain HTTP relaxes nothing in the gateway: what would is in none of its configuration.
    let (_code, config, _err) = world.platform.exec("home", &["cat", "/run/smartbox/openclaw.json"]);
    assert!(config.contains("trusted-proxy"), "{config}");
    for loose in ["allowInsecureAuth", "dangerously"] {
        assert!(!config.contains(loose), "{config}");
    }
}

pub(super) async fn forwarding_headers_make_nobody_local_or_known(world: &World) {
    let forged = [
        ("x-forwarded-for", "127.0.0.1"),
        ("x-real-ip", "127.0.0.1"),
        ("forwarded", "for=127.0.0.1;host=localhost"),
        ("x-forwarded-host", "localhost"),
        ("x-forwarded-user", "owner"),
        ("tailscale-user-login", "owner@example.org"),
        ("x-openclaw-scopes", "operator.admin"),
        ("x-smartbox-user-0", "admin"),
    ];
    assert_eq!(world.knock("/b/home", &forged).await.status, 401);
    for path in ["/b/home/v1/models", "/b/home/hooks/agent", "/b/home/bluebubbles-webhook"] {
        assert_eq!(world.ask(Method::POST, path, &forged).await.status, 401, "{path}");
    }
    let viewer = [&forged[..], &[("cookie", world.viewer.cookie.as_str())]].concat();
    for path in ["/b/home/hooks/agent", "/b/home/bluebubbles-webhook", "/b/home/tools/invoke"] {
        let answer = world.ask(Method::POST, path, &viewer).await;
        assert_eq!(answer, refused(403, "missing-permission"), "{path}");
    }
    let header = [("x-openclaw-scopes", "operator.admin")];
    let (_socket, hello) = world.with_device(&world.viewer, json!({ "scopes": EVERY_SCOPE }), &header).await;
    assert!(scopes(&hello).iter().all(|scope| scope == "operator.read"), "{hello:#}");
}

pub(super) async fn tools_are_invoked_by_administrators_alone(world: &World) {
    for person in [&world.viewer, &world.operator] {
        let cookie = [("cookie", person.cookie.as_str())];
        for path in ["/tools/invoke", "/TOOLS/invoke", "/tools/invoke/", "/tool%73/invoke"] {
            let answer = world.ask(Method::POST, &format!("/b/home{path}"), &cookie).await;
            assert_eq!(answer, refused(403, "missing-permission"), "{path}");
        }
        for path in ["/tools%2finvoke", "//tools/invoke", "/x/..%2ftools/invoke", "/tools%252finvoke"] {
            let answer = world.ask(Method::POST, &format!("/b/home{path}"), &cookie).await;
            assert_eq!(answer, refused(400, "bad-request"), "{path}");
        }
        let mut socket = world.greeted(person).await;
        let answer = socket.call("tools.invoke", json!({ "name": "exec", "args": {} })).await;
        assert!(is_forbidden(&answer), "{answer:#}");
    }
    // An administrator's request is the gateway's to answer.
    let owner = [("cookie", world.owner.cookie.as_str())];
    let answer = world.ask(Method::POST, "/b/home/tools/invoke", &owner).await;
    assert!(answer.code.is_empty() && answer.status != 401 && answer.status != 403, "{answer:?}");
}
