//! OpenID Connect against a made-up issuer that answers everything with one document: for answers that no real issuer
//! gives. The real one is in `tests/peers`.

use serde_json::{Value, json};
use smartbox_identity::{Begun, Callback, OidcClient, OidcConfig, OidcError, Pending, TokenError, Verified};

use crate::issuer::{Issuer, Mode};
use crate::keys::{Key, NOW, at, hs256};

const CALLBACK: &str = "https://smartbox.example/sign-in/oidc";

/// An issuer, what it publishes, and us.
struct Rig {
    issuer: Issuer,
    document: Value,
    key: Key,
    client: OidcClient,
}

impl Rig {
    async fn start() -> Self {
        let issuer = Issuer::start(&json!({})).await;
        let key = Key::ec("k");
        let document = json!({
            "issuer": issuer.url(""), "authorization_endpoint": issuer.url("/auth?tenant=1"),
            "token_endpoint": issuer.url("/token"), "jwks_uri": issuer.url("/jwks"), "keys": [key.jwk()],
        });
        issuer.publish(&document);
        let client = OidcClient::new(OidcConfig {
            issuer: issuer.url(""),
            client_id: "smartbox".to_owned(),
            client_secret: Some("s3cret:with/odd chars".into()),
            scopes: vec!["openid".to_owned(), "email".to_owned()],
        });
        Self { issuer, document, key, client: client.unwrap() }
    }

    async fn begin(&self) -> Begun {
        self.client.begin(CALLBACK, [7; 96], at(0)).await.unwrap()
    }

    fn claims(&self, begun: &Begun) -> Value {
        json!({
            "iss": self.issuer.url(""), "aud": "smartbox", "sub": "ada", "exp": NOW + 300, "iat": NOW,
            "nonce": parameter(begun, "nonce"), "email": "ada@example.com", "email_verified": true, "sid": "s1",
        })
    }

    /// The issuer gives this token for a code.
    fn give(&self, id_token: &str) {
        let mut document = self.document.clone();
        document["id_token"] = id_token.into();
        self.issuer.publish(&document);
    }

    async fn finish(&self, pending: Pending) -> Result<Verified, OidcError> {
        let state = pending.state().to_owned();
        self.client.finish(pending, Callback { code: "c0de", state: &state, iss: None }, at(60)).await
    }
}

fn parameter(begun: &Begun, name: &str) -> String {
    let url = reqwest::Url::parse(&begun.url).unwrap();
    let value = url.query_pairs().find(|(found, _value)| found == name);
    value.map(|(_name, value)| value.into_owned()).unwrap_or_default()
}

#[tokio::test]
async fn the_address_has_all_that_the_protocol_wants() {
    let rig = Rig::start().await;
    let begun = rig.begin().await;
    assert!(begun.url.starts_with(&rig.issuer.url("/auth?tenant=1&response_type=code")));
    for (name, value) in [
        ("client_id", "smartbox"),
        ("redirect_uri", CALLBACK),
        ("scope", "openid email"),
        ("state", begun.pending.state()),
        ("code_challenge_method", "S256"),
    ] {
        assert_eq!(parameter(&begun, name), value);
    }
    assert_eq!(parameter(&begun, "code_challenge").len(), 43);
    // It survives the way through a cookie, and is not for the log.
    let text = serde_json::to_string(&begun.pending).unwrap();
    let pending: Pending = serde_json::from_str(&text).unwrap();
    assert_eq!(pending.state(), begun.pending.state());
    let debug = format!("{begun:?}");
    assert!(!debug.contains(pending.state()) && debug.contains(CALLBACK));
}

#[tokio::test]
async fn a_good_answer_says_who_somebody_is() {
    let rig = Rig::start().await;
    let begun = rig.begin().await;
    rig.give(&rig.key.token(&rig.claims(&begun)));
    let verified = rig.finish(begun.pending).await.unwrap();
    assert_eq!(verified.subject, "ada");
    assert_eq!(verified.session_id.as_deref(), Some("s1"));
    assert!(verified.email_verified);
}

#[tokio::test]
async fn an_answer_to_somebody_elses_sign_in_is_refused_before_the_code_is_sent() {
    let rig = Rig::start().await;
    let begun = rig.begin().await;
    let requests = rig.issuer.requests();
    let refused = async |code: &str, state: &str, iss: Option<&str>, now| {
        let callback = Callback { code, state, iss };
        rig.client.finish(begun.pending.clone(), callback, now).await.unwrap_err()
    };
    let state = begun.pending.state();
    assert_eq!(refused("c", "another", None, at(1)).await, OidcError::Mismatch);
    assert_eq!(refused("c", "", None, at(1)).await, OidcError::Mismatch);
    assert_eq!(refused("", state, None, at(1)).await, OidcError::Mismatch);
    assert_eq!(refused(&"c".repeat(5000), state, None, at(1)).await, OidcError::Mismatch);
    assert_eq!(refused("c", state, None, at(901)).await, OidcError::TooOld);
    assert_eq!(refused("c", state, Some("https://evil.example"), at(1)).await, OidcError::Issuer);
    assert_eq!(rig.issuer.requests(), requests);
}

#[tokio::test]
async fn an_issuer_that_says_it_names_itself_always_does() {
    let mut rig = Rig::start().await;
    rig.document["authorization_response_iss_parameter_supported"] = true.into();
    rig.issuer.publish(&rig.document);
    let begun = rig.begin().await;
    rig.give(&rig.key.token(&rig.claims(&begun)));
    assert_eq!(rig.finish(begun.pending.clone()).await.unwrap_err(), OidcError::Issuer);
    let (state, iss) = (begun.pending.state().to_owned(), rig.issuer.url(""));
    let callback = Callback { code: "c", state: &state, iss: Some(&iss) };
    assert!(rig.client.finish(begun.pending, callback, at(1)).await.is_ok());
}

#[tokio::test]
async fn id_tokens_that_are_not_for_this_sign_in_are_refused() {
    let rig = Rig::start().await;
    let begun = rig.begin().await;
    let token = |error| Err(OidcError::Token(error));
    for (name, value, expected) in [
        ("nonce", json!("another"), Err(OidcError::Mismatch)),
        ("nonce", json!(null), Err(OidcError::Mismatch)),
        ("aud", json!("another"), token(TokenError::Audience)),
        ("aud", json!(["smartbox", "another"]), token(TokenError::Audience)),
        ("azp", json!("another"), token(TokenError::Audience)),
        ("iss", json!("https://evil.example"), token(TokenError::Issuer)),
        ("exp", json!(NOW - 1), token(TokenError::Expired)),
        ("azp", json!("smartbox"), Ok(())),
    ] {
        let mut claims = rig.claims(&begun);
        claims[name] = value.clone();
        rig.give(&rig.key.token(&claims));
        assert_eq!(rig.finish(begun.pending.clone()).await.map(drop), expected, "{name} {value}");
    }
    let claims = rig.claims(&begun);
    rig.give(&Key::ec("k").token(&claims));
    assert_eq!(rig.finish(begun.pending.clone()).await.map(drop), token(TokenError::Signature));
    rig.give(&hs256("s3cret:with/odd chars", &claims));
    assert_eq!(rig.finish(begun.pending).await.map(drop), token(TokenError::Algorithm));
}

#[tokio::test]
async fn what_the_token_endpoint_says_is_told_apart() {
    let rig = Rig::start().await;
    let begun = rig.begin().await;
    let refused = async |status, body: &str| {
        rig.issuer.set(Mode::Answer(status, body.to_owned()));
        rig.finish(begun.pending.clone()).await.unwrap_err()
    };
    let code = "invalid_grant".to_owned();
    assert_eq!(refused(400, r#"{"error":"invalid_grant"}"#).await, OidcError::Refused { code });
    let code = "scriptalert1script".to_owned();
    assert_eq!(refused(400, r#"{"error":"<script>alert(1)</script>\n"}"#).await, OidcError::Refused { code });
    assert!(matches!(refused(404, "<html>").await, OidcError::Answer(_)));
    assert!(matches!(refused(200, "<html>").await, OidcError::Answer(_)));
    assert!(matches!(refused(200, "{}").await, OidcError::Answer(_)));
    assert!(matches!(refused(302, "{}").await, OidcError::Answer(_)));
    assert!(matches!(refused(200, &" ".repeat(300 * 1024)).await, OidcError::Unavailable { .. }));
    assert!(matches!(refused(503, "{}").await, OidcError::Unavailable { .. }));
}

#[tokio::test]
async fn an_issuer_that_is_down_or_is_another_one_is_unavailable() {
    let rig = Rig::start().await;
    let mut document = rig.document.clone();
    for (issuer, now) in [("https://evil.example".to_owned(), at(0)), (rig.issuer.url("/"), at(10))] {
        document["issuer"] = issuer.into();
        rig.issuer.publish(&document);
        let refused = rig.client.begin(CALLBACK, [0; 96], now).await;
        assert!(matches!(refused, Err(OidcError::Unavailable { .. })));
    }
    let mut document = rig.document.clone();
    document["token_endpoint"] = "http://issuer.example/token".into();
    rig.issuer.publish(&document);
    let refused = rig.client.begin(CALLBACK, [0; 96], at(20)).await;
    assert!(matches!(refused, Err(OidcError::Unavailable { .. })));
    rig.issuer.publish(&rig.document);
    assert!(rig.client.begin(CALLBACK, [0; 96], at(40)).await.is_ok());
}
