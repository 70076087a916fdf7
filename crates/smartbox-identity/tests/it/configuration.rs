//! Settings that would verify nothing, or anything.

use smartbox_identity::{OidcClient, OidcConfig, UrlKeys, Verifier, VerifierConfig};

use crate::keys::{ISSUER, SECRET};

fn config() -> VerifierConfig {
    VerifierConfig {
        issuer: ISSUER.to_owned(),
        audiences: vec!["authenticated".to_owned()],
        hs256_secret: Some(SECRET.into()),
        ..VerifierConfig::default()
    }
}

fn problem(config: VerifierConfig) -> String {
    Verifier::new(config).unwrap_err().to_string()
}

#[test]
fn what_is_missing_is_said() {
    assert!(Verifier::new(config()).is_ok());
    assert!(problem(VerifierConfig { issuer: String::new(), ..config() }).contains("issuer"));
    assert!(problem(VerifierConfig { audiences: vec![], ..config() }).contains("audience"));
    assert!(problem(VerifierConfig { audiences: vec![String::new()], ..config() }).contains("audience"));
    assert!(problem(VerifierConfig { hs256_secret: None, ..config() }).contains("JWKS"));
    let many = vec!["https://issuer.example/jwks".to_owned(); 9];
    assert!(problem(VerifierConfig { jwks_urls: many, ..config() }).contains("too many"));
}

#[test]
fn short_secrets_are_refused_and_not_repeated() {
    let text = problem(VerifierConfig { hs256_secret: Some("hunter2-hunter2".into()), ..config() });
    assert!(text.contains("32 bytes"));
    assert!(!text.contains("hunter2"));
    assert!(UrlKeys::new(&["hunter2".into()], &[]).is_err());
    assert!(UrlKeys::new(&[], &[("a".to_owned(), "hunter2".into())]).is_err());
    let secret = || ("a".to_owned(), SECRET.into());
    assert!(UrlKeys::new(&[], &[secret(), secret()]).is_err());
    assert!(UrlKeys::new(&[], &[("a b".to_owned(), SECRET.into())]).is_err());
    assert!(UrlKeys::new(&vec![SECRET.into(); 9], &[]).is_err());
}

#[test]
fn keys_come_from_encrypted_addresses_or_this_machine() {
    for url in
        ["https://issuer.example/jwks", "http://127.0.0.1:9/jwks", "http://[::1]/jwks", "http://localhost/"]
    {
        assert!(
            Verifier::new(VerifierConfig { jwks_urls: vec![url.to_owned()], ..config() }).is_ok(),
            "{url}"
        );
    }
    for url in [
        "http://issuer.example/jwks",
        "http://10.0.0.1/jwks",
        "http://127.0.0.1.evil.example/jwks",
        "http://localhost.evil.example/jwks",
        "ftp://127.0.0.1/jwks",
        "file:///etc/passwd",
        "data:application/json,{}",
        "https://user:password@issuer.example/jwks",
        "jwks",
        "",
    ] {
        let text = problem(VerifierConfig { jwks_urls: vec![url.to_owned()], ..config() });
        assert!(text.contains("https"), "{url}");
        assert!(!text.contains("user:password"));
    }
}

#[test]
fn an_issuer_that_signs_people_in_has_an_address_and_knows_us_by_a_name() {
    let new = |issuer: &str, client: &str| {
        OidcClient::new(OidcConfig {
            issuer: issuer.to_owned(),
            client_id: client.to_owned(),
            client_secret: Some("hunter2".into()),
            scopes: vec![],
        })
    };
    assert!(!format!("{:?}", new("https://issuer.example", "smartbox").unwrap()).contains("hunter2"));
    assert!(new("http://issuer.example", "smartbox").is_err());
    assert!(new("issuer.example", "smartbox").is_err());
    assert!(new("https://issuer.example?tenant=1", "smartbox").is_err());
    assert!(new("https://issuer.example", "").is_err());
}
