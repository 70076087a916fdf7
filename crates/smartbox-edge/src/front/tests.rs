use super::*;

/// Reference, prefix and path; or where to.
type Read = Option<Result<(Option<String>, String, String), String>>;

fn target_of(uri: &str, headers: &[(&str, &str)]) -> Read {
    let mut request = Request::builder().uri(uri);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let head = request.body(()).unwrap().into_parts().0;
    target(&head).map(|target| match target {
        Ok(target) => Ok((target.reference, target.prefix, target.path_and_query.to_string())),
        Err(redirect) => Err(redirect.headers()[LOCATION].to_str().unwrap().to_owned()),
    })
}

fn boxed(reference: &str, prefix: &str, path: &str) -> Read {
    let reference = Some(reference.to_owned()).filter(|reference| !reference.is_empty());
    Some(Ok((reference, prefix.to_owned(), path.to_owned())))
}

#[test]
fn a_path_means_a_named_box_or_the_default_one() {
    assert_eq!(target_of("/b/home/chat?x=1", &[]), boxed("home", "/b/home", "/chat?x=1"));
    assert_eq!(target_of("/b/home/", &[]), boxed("home", "/b/home", "/"));
    assert_eq!(target_of("/b/home//evil/", &[]), boxed("home", "/b/home", "//evil/"));
    assert_eq!(target_of("/chat?x=1", &[]), boxed("", "", "/chat?x=1"));
    assert_eq!(target_of("/bb/home", &[]), boxed("", "", "/bb/home"));
}

#[test]
fn a_box_without_a_slash_is_redirected_unless_its_socket_is_meant() {
    assert_eq!(target_of("/b/home?x=1", &[]), Some(Err("/b/home/?x=1".into())));
    let socket = [("connection", "keep-alive, Upgrade"), ("upgrade", "websocket")];
    assert_eq!(target_of("/b/home", &socket), boxed("home", "/b/home", "/"));
    assert_eq!(target_of("/b/home?x=1", &socket), boxed("home", "/b/home", "/?x=1"));
}

#[test]
fn the_platforms_paths_are_whole_segments() {
    for path in [
        "/v1",
        "/v1/boxes",
        "/ai/v1/messages",
        "/health",
        "/healthz",
        "/_smartbox/x",
        "/sign-in",
        "/api/status",
        "/plans",
        "/agents",
        "/agents/a/usage",
        "/agents/a/vps/start",
        "/agents/gateway",
        "/admin/vps-configs/standard-1",
        "/api/v1/instances",
        "/users/me",
    ] {
        assert!(is_platform_path(path), "{path}");
    }
    for path in [
        "/",
        "/v1x",
        "/aide",
        "/healthy",
        "/api/statuses",
        "/api",
        "//v1",
        "/b/home/v1",
        "/agentsx",
        "/agents/a/gateway",
        "/agents/a/gateway/usage",
        "/admin",
        "/users",
        "/api/v1x",
    ] {
        assert!(!is_platform_path(path), "{path}");
    }
}

#[test]
fn a_page_of_the_gateways_own_ui_is_no_list_of_agents() {
    for (path, is_page) in
        [("/agents", true), ("/agents/a", true), ("/agents/a/usage", false), ("/agents/a/gateway", false)]
    {
        assert_eq!(is_agents_page(path), is_page, "{path}");
    }
}

#[test]
fn an_agents_gateway_is_that_of_its_box() {
    let mounted = |path: &str| boxed("home", "/agents/home/gateway", path);
    assert_eq!(target_of("/agents/home/gateway/chat?x=1", &[]), mounted("/chat?x=1"));
    assert_eq!(target_of("/agents/home/gateway/", &[]), mounted("/"));
    assert_eq!(target_of("/agents/home/gateway/ws", &[]), mounted("/ws"), "no socket: a path like any other");
    assert_eq!(target_of("/agents/home/gateway?x=1", &[]), Some(Err("/agents/home/gateway/?x=1".into())));
    let socket = [("connection", "Upgrade"), ("upgrade", "websocket")];
    assert_eq!(target_of("/agents/home/gateway/ws", &socket), mounted("/"));
    assert_eq!(target_of("/agents/home/gateway", &socket), mounted("/"));
    assert_eq!(target_of("/agents//gateway/x", &[]), boxed("", "", "/agents//gateway/x"));
    assert_eq!(target_of("/agents/home/gatewayx", &[]), boxed("", "", "/agents/home/gatewayx"));
}
