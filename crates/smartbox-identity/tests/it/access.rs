//! Cloudflare Access.

use serde_json::{Value, json};
use smartbox_identity::{AccessConfig, TokenError, Verifier, access_verifier};

use crate::issuer::Issuer;
use crate::keys::{Key, NOW, at, hs256, key_set};

const AUD: &str = "4714c1358e65fe4b408ad6d432a5f878f08194bdb4752441fd56faefa9b2b6f2";

fn verifier(issuer: &Issuer) -> Verifier {
    access_verifier(AccessConfig {
        team_domain: "team.cloudflareaccess.com".to_owned(),
        audience: AUD.to_owned(),
        certs_url: Some(issuer.url("/cdn-cgi/access/certs")),
    })
    .unwrap()
}

/// As Cloudflare documents it: application tokens have a list of audiences.
fn assertion() -> Value {
    json!({
        "aud": [AUD], "email": "ada@example.com", "exp": NOW + 600, "iat": NOW, "nbf": NOW,
        "iss": "https://team.cloudflareaccess.com", "type": "app", "identity_nonce": "6ei69kawdKzMIAPF",
        "sub": "7335d417-61da-459d-899c-0a01c76a2f94", "country": "US",
    })
}

#[tokio::test]
async fn an_assertion_says_who_somebody_is() {
    let key = Key::rsa("1a1c3986");
    let issuer = Issuer::start(&key_set(&[&key])).await;
    let verified = verifier(&issuer).verify(&key.token(&assertion()), at(0)).await.unwrap();
    assert_eq!(verified.subject, "7335d417-61da-459d-899c-0a01c76a2f94");
    assert_eq!(verified.email.as_deref(), Some("ada@example.com"));
    assert!(verified.email_verified);
}

#[tokio::test]
async fn assertions_of_other_applications_teams_and_keys_are_refused() {
    let key = Key::rsa("k");
    let issuer = Issuer::start(&key_set(&[&key])).await;
    let verifier = verifier(&issuer);
    let refused = async |name: &str, value: Value| {
        let mut claims = assertion();
        claims[name] = value;
        verifier.verify(&key.token(&claims), at(0)).await.unwrap_err()
    };
    assert_eq!(refused("aud", json!(["another application"])).await, TokenError::Audience);
    assert_eq!(refused("iss", json!("https://evil.cloudflareaccess.com")).await, TokenError::Issuer);
    assert_eq!(refused("exp", json!(NOW - 61)).await, TokenError::Expired);
    // A service token has no subject.
    assert!(matches!(refused("sub", json!("")).await, TokenError::Malformed(_)));
    let symmetric = hs256("a secret of more than thirty-two bytes", &assertion());
    assert_eq!(verifier.verify(&symmetric, at(0)).await.unwrap_err(), TokenError::Algorithm);
    let another = Key::rsa("k").token(&assertion());
    assert_eq!(verifier.verify(&another, at(0)).await.unwrap_err(), TokenError::Signature);
}

#[test]
fn a_team_domain_is_a_host_name() {
    for team in ["", "https://team.cloudflareaccess.com", "team.cloudflareaccess.com/x", "a b", "a@b"] {
        let config = AccessConfig { team_domain: team.to_owned(), audience: AUD.to_owned(), certs_url: None };
        assert!(access_verifier(config).is_err(), "{team}");
    }
    let team_domain = "team.cloudflareaccess.com".to_owned();
    let config = AccessConfig { team_domain, audience: AUD.to_owned(), certs_url: None };
    assert_eq!(access_verifier(config).unwrap().issuer(), "https://team.cloudflareaccess.com");
}
