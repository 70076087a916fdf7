//! Tokens that are accepted, and every kind that is not.

use serde_json::{Value, json};
use smartbox_identity::{TokenError, Verified, Verifier, VerifierConfig};

use crate::issuer::Issuer;
use crate::keys::{ISSUER, Key, NOW, SECRET, at, b64, claims, hs256, hs256_with, key_set};

/// Accepts the shared secret only.
pub(crate) fn with_secret() -> Verifier {
    Verifier::new(VerifierConfig {
        issuer: ISSUER.to_owned(),
        audiences: vec!["authenticated".to_owned()],
        hs256_secret: Some(SECRET.into()),
        ..VerifierConfig::default()
    })
    .unwrap()
}

/// Accepts the shared secret and the keys at `issuer`.
fn with_both(issuer: &Issuer) -> Verifier {
    Verifier::new(VerifierConfig {
        issuer: ISSUER.to_owned(),
        audiences: vec!["authenticated".to_owned()],
        hs256_secret: Some(SECRET.into()),
        jwks_urls: vec![issuer.url("/.well-known/jwks.json")],
        ..VerifierConfig::default()
    })
    .unwrap()
}

async fn verify(claims: &Value) -> Result<Verified, TokenError> {
    let verified = with_secret().verify(&hs256(SECRET, claims), at(0)).await?;
    Ok((*verified).clone())
}

/// The usual claims, one of them changed, or taken out with `null`.
fn changed(name: &str, value: impl Into<Value>) -> Value {
    let mut claims = claims(ISSUER);
    claims[name] = value.into();
    claims
}

#[tokio::test]
async fn a_supabase_token_says_who_somebody_is() {
    let verified = verify(&claims(ISSUER)).await.unwrap();
    assert_eq!(verified.subject, "5B8f-Case-Sensitive");
    assert_eq!(verified.issuer, ISSUER);
    assert_eq!(verified.email.as_deref(), Some("ada@example.com"));
    // People can write their own user_metadata: what it says about the address counts for nothing.
    assert!(!verified.email_verified);
    assert_eq!(verified.session_id.as_deref(), Some("8e0d3f0a"));
    assert_eq!(verified.role.as_deref(), Some("authenticated"));
    assert_eq!(verified.assurance.as_deref(), Some("aal1"));
    assert!(!verified.is_anonymous);
    assert_eq!(verified.expires_at, at(3600));
    assert_eq!(verified.issued_at, Some(at(0)));
}

#[tokio::test]
async fn flags_are_read_as_the_issuer_writes_them() {
    assert!(verify(&changed("email_verified", true)).await.unwrap().email_verified);
    assert!(verify(&changed("email_verified", "true")).await.unwrap().email_verified);
    assert!(!verify(&changed("email_verified", "yes")).await.unwrap().email_verified);
    assert!(verify(&changed("is_anonymous", true)).await.unwrap().is_anonymous);
    let mut nobody = changed("email_verified", true);
    nobody["email"] = "".into();
    let nobody = verify(&nobody).await.unwrap();
    assert_eq!((nobody.email, nobody.email_verified), (None, false));
}

#[tokio::test]
async fn every_algorithm_of_published_keys_is_accepted() {
    let keys = [Key::rsa("r"), Key::ec("e"), Key::ed("d")];
    let issuer = Issuer::start(&key_set(&[&keys[0], &keys[1], &keys[2]])).await;
    let verifier = with_both(&issuer);
    for key in &keys {
        let token = key.token(&claims(ISSUER));
        let verified = verifier.verify(&token, at(0)).await.unwrap();
        assert_eq!(verified.subject, "5B8f-Case-Sensitive", "{}", key.alg());
    }
    assert_eq!(issuer.requests(), 1);
}

#[tokio::test]
async fn times_have_a_skew_of_sixty_seconds_and_not_one_more() {
    let verifier = with_secret();
    let verify = async |name: &str, offset: i64| {
        let mut claims = claims(ISSUER);
        claims[name] = (NOW + offset).into();
        verifier.verify(&hs256(SECRET, &claims), at(0)).await.map(drop)
    };
    assert_eq!(verify("exp", -59).await, Ok(()));
    assert_eq!(verify("exp", -60).await, Err(TokenError::Expired));
    for name in ["nbf", "iat"] {
        assert_eq!(verify(name, 60).await, Ok(()), "{name}");
        assert_eq!(verify(name, 61).await, Err(TokenError::NotYetValid), "{name}");
    }
}

#[tokio::test]
async fn times_that_are_none_are_refused() {
    let malformed = |result: Result<Verified, _>| matches!(result, Err(TokenError::Malformed(_)));
    for value in [json!(null), json!("1800003600"), json!(1e300), json!(u64::MAX), json!(i64::MAX), json!([])]
    {
        assert!(malformed(verify(&changed("exp", value.clone())).await), "{value}");
    }
    assert!(malformed(verify(&changed("nbf", 1e13)).await));
    assert_eq!(
        verify(&changed("exp", i64::MIN / 2)).await.unwrap_err(),
        TokenError::Malformed("a time in it is not valid")
    );
    assert_eq!(verify(&changed("exp", -5)).await.unwrap_err(), TokenError::Expired);
    // A fraction is allowed (RFC 7519 §2).
    assert!(verify(&changed("exp", 1_800_000_010.75)).await.is_ok());
}

#[tokio::test]
async fn tokens_of_others_and_for_others_are_refused() {
    for issuer in
        [json!(null), json!("https://other"), json!(format!("{ISSUER}/")), json!(ISSUER.to_uppercase())]
    {
        assert_eq!(verify(&changed("iss", issuer)).await.unwrap_err(), TokenError::Issuer);
    }
    for audience in [json!(null), json!("anon"), json!([]), json!(["a", "b"]), json!("authenticated ")] {
        assert_eq!(verify(&changed("aud", audience)).await.unwrap_err(), TokenError::Audience);
    }
    assert!(verify(&changed("aud", json!(["other", "authenticated"]))).await.is_ok());
    let many: Vec<String> = (0..40).map(|_| "authenticated".to_owned()).collect();
    assert_eq!(verify(&changed("aud", many)).await.unwrap_err(), TokenError::Audience);
}

#[tokio::test]
async fn nobody_and_oversized_names_are_refused() {
    for subject in [json!(null), json!(""), json!("s".repeat(256)), json!("a\nb"), json!(7)] {
        let refused = verify(&changed("sub", subject)).await;
        assert!(matches!(refused, Err(TokenError::Malformed(_))), "{refused:?}");
    }
    assert_eq!(verify(&changed("sub", "s".repeat(255))).await.unwrap().subject.len(), 255);
    assert!(matches!(verify(&changed("email", "e".repeat(321))).await, Err(TokenError::Malformed(_))));
}

#[tokio::test]
async fn unsigned_and_oddly_signed_tokens_are_refused() {
    let verifier = with_secret();
    let good = claims(ISSUER).to_string();
    for alg in ["none", "None", "NONE", "HS384", "HS512", "PS256", "ES384", "hs256", ""] {
        let header = json!({ "alg": alg }).to_string();
        let refused = verifier.verify(&hs256_with(SECRET, &header, &good), at(0)).await;
        assert_eq!(refused.unwrap_err(), TokenError::Algorithm, "{alg}");
        let unsigned = format!("{}.{}.", b64(header.as_bytes()), b64(good.as_bytes()));
        assert_eq!(verifier.verify(&unsigned, at(0)).await.unwrap_err(), TokenError::Algorithm, "{alg}");
    }
    let unsigned = format!("{}.{}.", b64(br#"{"alg":"HS256"}"#), b64(good.as_bytes()));
    assert_eq!(verifier.verify(&unsigned, at(0)).await.unwrap_err(), TokenError::Algorithm);
    let by_another = hs256("another secret of more than thirty-two bytes", &claims(ISSUER));
    assert_eq!(verifier.verify(&by_another, at(0)).await.unwrap_err(), TokenError::Signature);
    // Without published keys, whatever claims to be signed with one is refused before anything is computed.
    let published = Key::ed("k").token(&claims(ISSUER));
    assert_eq!(verifier.verify(&published, at(0)).await.unwrap_err(), TokenError::Algorithm);
}

#[tokio::test]
async fn a_key_verifies_its_own_algorithm_only() {
    let (rsa, ec) = (Key::rsa("r"), Key::ec("e"));
    let issuer = Issuer::start(&key_set(&[&rsa, &ec])).await;
    let verifier = with_both(&issuer);
    let refused = async |token: String| verifier.verify(&token, at(0)).await.unwrap_err();
    let good = claims(ISSUER);
    // The classic: the public key, which everybody has, as an HMAC secret.
    let header = json!({ "alg": "HS256", "kid": "r" }).to_string();
    for secret in [rsa.public_pem(), rsa.jwk()["n"].as_str().unwrap().to_owned(), rsa.jwk().to_string()] {
        assert_eq!(refused(hs256_with(&secret, &header, &good.to_string())).await, TokenError::Signature);
    }
    let cross = ec.token_with(&json!({ "alg": "ES256", "kid": "r" }), &good);
    assert_eq!(refused(cross).await, TokenError::Algorithm);
    let cross = ec.token_with(&json!({ "alg": "RS256", "kid": "r" }), &good);
    assert_eq!(refused(cross).await, TokenError::Signature);
    let another = Key::rsa("r");
    assert_eq!(refused(another.token(&good)).await, TokenError::Signature);
    // A key that comes along in the header is not looked at.
    let header =
        json!({ "alg": "RS256", "kid": "r", "jwk": another.jwk(), "jku": "https://evil.example/jwks" });
    assert_eq!(refused(another.token_with(&header, &good)).await, TokenError::Signature);
}

#[tokio::test]
async fn what_is_no_token_is_refused() {
    let verifier = with_secret();
    let good = hs256(SECRET, &claims(ISSUER));
    let parts: Vec<&str> = good.split('.').collect();
    let malformed = async |token: &str| {
        let refused = verifier.verify(token, at(0)).await;
        matches!(refused, Err(TokenError::Malformed(_)))
    };
    for token in ["", ".", "..", "...", "a.b", "a.b.c", " ", "Bearer x.y.z", "{}.{}.{}"] {
        assert!(malformed(token).await, "{token}");
    }
    assert!(malformed(&format!("{}.{}", parts[0], parts[1])).await);
    assert!(malformed(&format!("{good}.{}", parts[2])).await);
    assert!(malformed(&format!("{good}=")).await);
    assert!(malformed(&format!(" {good}")).await);
    assert!(malformed(&format!("{good}\n")).await);
    let mut padded = claims(ISSUER);
    padded["padding"] = "p".repeat(8 * 1024).into();
    assert!(malformed(&hs256(SECRET, &padded)).await);
    for cut in [1, 10, good.len() / 2, good.len() - 1] {
        assert!(verifier.verify(&good[..cut], at(0)).await.is_err());
    }
    assert!(verifier.verify(&good, at(0)).await.is_ok());
}

#[tokio::test]
async fn headers_that_demand_or_confuse_are_refused() {
    let verifier = with_secret();
    let good = claims(ISSUER).to_string();
    for header in [
        r#"{"alg":"HS256","crit":["b64"],"b64":false}"#,
        r#"{"alg":"HS256","crit":[]}"#,
        r#"{"alg":"HS256","crit":null}"#,
        r#"{"alg":"HS256","alg":"none"}"#,
        r#"{"alg":"none","alg":"HS256"}"#,
        r#"{"alg":"HS256","kid":"a","kid":"b"}"#,
        r#"{"alg":"HS256","typ":"logout+jwt"}"#,
        r#"{"alg":["HS256"]}"#,
        r#"{"typ":"JWT"}"#,
        "[]",
        "null",
        "",
    ] {
        let refused = verifier.verify(&hs256_with(SECRET, header, &good), at(0)).await;
        assert!(matches!(refused, Err(TokenError::Malformed(_))), "{header}: {refused:?}");
    }
    let kid = "k".repeat(257);
    let header = json!({ "alg": "HS256", "kid": kid }).to_string();
    let refused = verifier.verify(&hs256_with(SECRET, &header, &good), at(0)).await;
    assert!(matches!(refused, Err(TokenError::Malformed(_))));
    // A legacy secret of Supabase has a name as well; it changes nothing.
    let header = r#"{"alg":"HS256","kid":"legacy","typ":"at+JWT"}"#;
    assert!(verifier.verify(&hs256_with(SECRET, header, &good), at(0)).await.is_ok());
}

#[tokio::test]
async fn a_claim_that_is_there_twice_makes_a_token_malformed() {
    let text = claims(ISSUER).to_string();
    for twice in [r#""sub":"somebody else","#, r#""exp":9999999999,"#, r#""iss":"x","#] {
        let text = format!("{{{twice}{}", &text[1..]);
        let refused = with_secret().verify(&hs256_with(SECRET, r#"{"alg":"HS256"}"#, &text), at(0)).await;
        assert!(matches!(refused, Err(TokenError::Malformed(_))), "{twice}");
    }
}

#[tokio::test]
async fn a_remembered_token_expires_all_the_same() {
    let verifier = with_secret();
    let token = hs256(SECRET, &changed("exp", NOW + 10));
    assert!(verifier.verify(&token, at(0)).await.is_ok());
    assert!(verifier.verify(&token, at(69)).await.is_ok());
    assert_eq!(verifier.verify(&token, at(70)).await.unwrap_err(), TokenError::Expired);
    // A clone shares what is remembered, and gives the very same answer.
    let token = hs256(SECRET, &claims(ISSUER));
    let first = verifier.verify(&token, at(0)).await.unwrap();
    let second = verifier.clone().verify(&token, at(0)).await.unwrap();
    assert!(std::sync::Arc::ptr_eq(&first, &second));
}

#[test]
fn secrets_are_in_no_debug_text() {
    let text = format!("{:?}", with_secret());
    assert!(text.contains(ISSUER));
    assert!(!text.contains(SECRET));
}
