//! Published keys: fetched when needed, and no more often than that.

use std::time::Duration;

use serde_json::json;
use smartbox_identity::{TokenError, Verifier, VerifierConfig};

use crate::issuer::{Issuer, Mode};
use crate::keys::{ISSUER, Key, NOW, at, claims, key_set};

/// Accepts keys at these addresses.
pub(crate) fn verifier(urls: Vec<String>) -> Verifier {
    Verifier::new(VerifierConfig {
        issuer: ISSUER.to_owned(),
        audiences: vec!["authenticated".to_owned()],
        jwks_urls: urls,
        ..VerifierConfig::default()
    })
    .unwrap()
}

/// A token nobody has seen: the cache of verified tokens does not answer for it.
pub(crate) fn fresh_token(key: &Key, number: i64) -> String {
    let mut claims = claims(ISSUER);
    claims["exp"] = (NOW + 90_000_000 + number).into();
    claims["jti"] = number.into();
    key.token(&claims)
}

#[tokio::test]
async fn keys_are_fetched_once_for_many_tokens() {
    let key = Key::ed("a");
    let issuer = Issuer::start(&key_set(&[&key])).await;
    let verifier = verifier(vec![issuer.url("/")]);
    for number in 0..20 {
        verifier.verify(&fresh_token(&key, number), at(number)).await.unwrap();
    }
    assert_eq!(issuer.requests(), 1);
}

#[tokio::test]
async fn callers_at_the_same_time_cause_one_fetch() {
    let key = Key::ed("a");
    let issuer = Issuer::start(&json!({})).await;
    issuer.set(Mode::Slow(Duration::from_millis(200), key_set(&[&key]).to_string()));
    let verifier = verifier(vec![issuer.url("/")]);
    let mut callers = tokio::task::JoinSet::new();
    for number in 0..50 {
        let (verifier, token) = (verifier.clone(), fresh_token(&key, number));
        // They read the clock at different moments, and arrive in another order.
        callers.spawn(async move { verifier.verify(&token, at(number % 3)).await.map(drop) });
    }
    assert!(callers.join_all().await.iter().all(Result::is_ok));
    assert_eq!(issuer.requests(), 1);
}

#[tokio::test]
async fn a_rotated_key_is_found_by_exactly_one_fetch_more() {
    let (old, new) = (Key::ec("old"), Key::ec("new"));
    let issuer = Issuer::start(&key_set(&[&old])).await;
    let verifier = verifier(vec![issuer.url("/")]);
    verifier.verify(&fresh_token(&old, 0), at(0)).await.unwrap();

    issuer.publish(&key_set(&[&old, &new]));
    verifier.verify(&fresh_token(&new, 1), at(20)).await.unwrap();
    assert_eq!(issuer.requests(), 2);
    verifier.verify(&fresh_token(&old, 2), at(20)).await.unwrap();
    verifier.verify(&fresh_token(&new, 3), at(20)).await.unwrap();
    assert_eq!(issuer.requests(), 2);
}

#[tokio::test]
async fn unknown_keys_cannot_cause_a_storm_of_fetches() {
    let key = Key::ed("a");
    let issuer = Issuer::start(&key_set(&[&key])).await;
    let verifier = verifier(vec![issuer.url("/")]);
    verifier.verify(&fresh_token(&key, 0), at(0)).await.unwrap();
    for number in 0..200 {
        let stranger = Key::ed(&format!("stranger-{number}"));
        // Twenty seconds pass: there may be a fetch each ten.
        let refused = verifier.verify(&fresh_token(&stranger, number), at(10 + number / 10)).await;
        assert_eq!(refused.unwrap_err(), TokenError::UnknownKey);
    }
    assert_eq!(issuer.requests(), 3);
    verifier.verify(&fresh_token(&key, 1), at(30)).await.unwrap();
}

#[tokio::test]
async fn a_withdrawn_key_stops_working_when_keys_are_renewed() {
    let (old, new) = (Key::ed("old"), Key::ed("new"));
    let issuer = Issuer::start(&key_set(&[&old])).await;
    let verifier = verifier(vec![issuer.url("/")]);
    verifier.verify(&fresh_token(&old, 0), at(0)).await.unwrap();
    issuer.publish(&key_set(&[&new]));
    verifier.verify(&fresh_token(&old, 1), at(600)).await.unwrap();
    let refused = verifier.verify(&fresh_token(&old, 2), at(601)).await;
    assert_eq!(refused.unwrap_err(), TokenError::UnknownKey);
}

#[tokio::test]
async fn a_token_without_a_key_name_is_verified_with_the_only_fitting_key() {
    let (rsa, ec) = (Key::rsa("r"), Key::ec("e"));
    let issuer = Issuer::start(&key_set(&[&rsa, &ec])).await;
    let verifier = verifier(vec![issuer.url("/")]);
    let nameless = ec.token_with(&json!({ "alg": "ES256" }), &claims(ISSUER));
    verifier.verify(&nameless, at(0)).await.unwrap();
    issuer.publish(&key_set(&[&ec, &Key::ec("e2")]));
    let verifier = self::verifier(vec![issuer.url("/")]);
    assert_eq!(verifier.verify(&nameless, at(0)).await.unwrap_err(), TokenError::UnknownKey);
}

#[tokio::test]
async fn keys_may_be_at_several_addresses_of_which_one_is_down() {
    let (one, two) = (Key::ed("one"), Key::ed("two"));
    let first = Issuer::start(&key_set(&[&one])).await;
    let second = Issuer::start(&key_set(&[&two])).await;
    let verifier = verifier(vec![first.url("/"), second.url("/")]);
    verifier.verify(&fresh_token(&one, 0), at(0)).await.unwrap();
    verifier.verify(&fresh_token(&two, 1), at(0)).await.unwrap();

    first.set(Mode::Answer(503, String::new()));
    let verifier = self::verifier(vec![first.url("/"), second.url("/")]);
    verifier.verify(&fresh_token(&two, 2), at(0)).await.unwrap();
    let refused = verifier.verify(&fresh_token(&one, 3), at(0)).await;
    assert!(matches!(refused, Err(TokenError::Unavailable { .. })));
}
