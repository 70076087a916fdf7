//! Rights that end while a socket is open.

use reqwest::Method;
use serde_json::json;

use super::device::Device;
use super::world::{ACCESS_ENDED, Person, World, sign_in};

pub(super) async fn an_open_socket_dies_with_its_session(world: &World) {
    let mut other = world.greeted(&world.viewer).await;
    let (id, cookie) = (world.operator.id.clone(), sign_in(&world.platform, &world.operator.id).await);
    let leaving = Person { id, cookie, device: Device::new() };
    let mut socket = world.greeted(&leaving).await;
    assert_eq!(socket.call("health", json!({})).await["ok"], true);

    let origin = world.platform.url("");
    let cookie = leaving.cookie.as_str();
    let signed_out = world.ask(Method::POST, "/sign-out", &[("cookie", cookie), ("origin", &origin)]).await;
    assert!(signed_out.status.is_success() || signed_out.status.is_redirection(), "{signed_out:?}");
    assert_eq!(socket.ended().await, ACCESS_ENDED);
    assert_eq!(world.knock("/b/home", &[("cookie", cookie)]).await.status, 401);

    // A whole person: each of their sessions at once.
    let mut frozen = world.greeted(&world.operator).await;
    let request =
        world.platform.http().patch(world.platform.url(&format!("/v1/users/{}", world.operator.id)));
    let request = request.header("x-admin-secret", world.platform.admin_secret());
    let answer = request.json(&json!({ "status": "frozen" })).send().await.unwrap();
    assert!(answer.status().is_success(), "{}", answer.status());
    assert_eq!(frozen.ended().await, ACCESS_ENDED);
    assert_eq!(other.call("health", json!({})).await["ok"], true, "nobody else notices");
}
