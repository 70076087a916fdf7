use secrecy::SecretString;

use super::*;

fn client(token: Option<&str>) -> Client {
    let _ = rustls::crypto::aws_lc_rs::default_provider().install_default();
    let url = Url::parse("http://127.0.0.1:1/base/").unwrap();
    let token = token.map(SecretString::from);
    Client::new(Platform { url, token, written_by: None, warnings: Vec::new(), pinned: None }).unwrap()
}

#[test]
fn nothing_a_user_types_leaves_its_place_in_the_path() {
    let base = Url::parse("http://127.0.0.1:1/base/").unwrap();
    let on = |route: Route<'_>| route.on(&base).to_string();
    assert_eq!(
        on(Route::v1(&["boxes", "home", "exec:stream"])),
        "http://127.0.0.1:1/base/v1/boxes/home/exec:stream"
    );
    assert_eq!(on(Route::v1(&["boxes", "a/b?c#d"])), "http://127.0.0.1:1/base/v1/boxes/a%2Fb%3Fc%23d");
    assert_eq!(on(Route::root(&["health"])), "http://127.0.0.1:1/base/health");
    let query = [("wait", "30s"), ("x", "a&b=c")];
    assert_eq!(on(Route::v1(&["o"]).query(&query)), "http://127.0.0.1:1/base/v1/o?wait=30s&x=a%26b%3Dc");
}

#[test]
fn a_path_from_the_server_stays_on_the_server() {
    let client = client(None);
    assert_eq!(client.address("/sign-in#abc").unwrap().as_str(), "http://127.0.0.1:1/base/sign-in#abc");
    for bad in ["", "x", "//evil.example/", "/\\evil.example", "https://evil.example", "@evil.example/"] {
        assert!(client.address(bad).is_err(), "{bad:?}");
    }
}

#[test]
fn the_kind_of_token_decides_the_header() {
    let request = |token| client(Some(token)).request(Method::GET, &Route::v1(&["boxes"]));
    assert_eq!(request("sbx_1").headers()["authorization"], "Bearer sbx_1");
    assert_eq!(request("hush").headers()["x-admin-secret"], "hush");
    assert!(request("hush").headers().get("authorization").is_none());
    assert!(request("hush").headers()["x-admin-secret"].is_sensitive());
    assert!(!format!("{:?}", request("hush")).contains("hush"));
}

#[test]
fn no_two_idempotency_keys_are_alike() {
    assert_ne!(idempotency_key().unwrap(), idempotency_key().unwrap());
}
