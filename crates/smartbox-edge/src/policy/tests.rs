use smartbox_core::Permission::{BoxesAdminister, BoxesExec, BoxesRead, BoxesTalk};

use super::*;

fn policy() -> Policy {
    let handshake = Handshake { method: "connect", kept_auth: &[], signed_auth: &[] };
    let methods: &[(Permission, &[&str])] = &[
        (BoxesRead, &["chat.history"]),
        (BoxesTalk, &["chat.*"]),
        (BoxesExec, &["chat.deep.*"]),
        (BoxesAdminister, &["chat.inject"]),
    ];
    let rule = |path, look, change| PathRule { path, look, change };
    let paths = [
        rule("", BoxesRead, BoxesAdminister),
        rule("/v1", BoxesRead, BoxesTalk),
        rule("/v1/admin", BoxesAdminister, BoxesAdminister),
    ];
    Policy::new(handshake, methods, &paths)
}

#[test]
fn a_whole_name_counts_more_than_its_family_and_a_longer_family_more_than_a_shorter_one() {
    let policy = policy();
    assert_eq!(policy.for_method("chat.history"), BoxesRead);
    assert_eq!(policy.for_method("chat.send"), BoxesTalk);
    assert_eq!(policy.for_method("chat.deep.dive"), BoxesExec);
    assert_eq!(policy.for_method("chat.inject"), BoxesAdminister);
}

#[test]
fn what_nobody_has_thought_of_is_for_administrators() {
    let policy = policy();
    for unknown in ["", "chat", "chats.send", "CHAT.send", " chat.send", "brand.new"] {
        assert_eq!(policy.for_method(unknown), BoxesAdminister, "{unknown}");
    }
    let bare = Policy::new(policy.handshake, &[], &[]);
    assert_eq!(bare.for_path(&Method::GET, "/"), BoxesAdminister);
}

#[test]
fn the_longest_path_counts_and_its_case_does_not() {
    let policy = policy();
    let needs = |method: Method, path: &str| policy.for_path(&method, path);
    assert_eq!(needs(Method::GET, "/"), BoxesRead);
    assert_eq!(needs(Method::POST, "/"), BoxesAdminister);
    assert_eq!(needs(Method::POST, "/v1/x"), BoxesTalk);
    assert_eq!(needs(Method::HEAD, "/v1x"), BoxesRead);
    assert_eq!(needs(Method::POST, "/v1x"), BoxesAdminister);
    assert_eq!(needs(Method::GET, "/V1/Admin/"), BoxesAdminister);
}

#[test]
fn what_nobody_asks_for_is_known_by_its_whole_path() {
    let handshake = Handshake { method: "connect", kept_auth: &[], signed_auth: &[] };
    let policy =
        Policy::new(handshake, &[], &[]).with_background(&["health"], &["/healthz", "/api/users/*/avatar"]);
    assert!(policy.passive("health").is_some() && policy.passive("health.deep").is_none());
    for path in ["/healthz", "/api/users/1/avatar"] {
        assert!(policy.is_quiet(&Method::GET, path) && policy.is_quiet(&Method::HEAD, path), "{path}");
        assert!(!policy.is_quiet(&Method::POST, path), "{path}");
    }
    for path in ["/", "/healthz/", "/healthz/x", "/api/users/1", "/api/users/1/2/avatar", "/api/users/avatar"]
    {
        assert!(!policy.is_quiet(&Method::GET, path), "{path}");
    }
}
