//! Issuers that are down, or answer what they should not.

use std::time::Duration;

use serde_json::json;
use smartbox_identity::TokenError;

use crate::issuer::{Issuer, Mode};
use crate::jwks::{fresh_token, verifier};
use crate::keys::{Key, at, key_set};

#[tokio::test]
async fn known_keys_go_on_for_a_day_while_the_issuer_is_down_and_new_ones_have_to_wait() {
    let (known, new) = (Key::ed("known"), Key::ed("new"));
    let issuer = Issuer::start(&key_set(&[&known])).await;
    let verifier = verifier(vec![issuer.url("/")]);
    verifier.verify(&fresh_token(&known, 0), at(0)).await.unwrap();

    issuer.set(Mode::Answer(500, "down".to_owned()));
    for (number, time) in [(1, 30), (2, 700), (3, 12 * 3600), (4, 24 * 3600)] {
        verifier.verify(&fresh_token(&known, number), at(time)).await.unwrap();
        let refused = verifier.verify(&fresh_token(&new, number), at(time)).await.unwrap_err();
        let TokenError::Unavailable { retry_after } = refused else { panic!("{refused}") };
        assert!(retry_after >= Duration::from_secs(1) && retry_after <= Duration::from_secs(10));
    }
    let refused = verifier.verify(&fresh_token(&known, 5), at(24 * 3600 + 1)).await.unwrap_err();
    assert!(matches!(refused, TokenError::Unavailable { .. }));

    issuer.publish(&key_set(&[&known, &new]));
    verifier.verify(&fresh_token(&new, 6), at(24 * 3600 + 20)).await.unwrap();
    verifier.verify(&fresh_token(&known, 7), at(24 * 3600 + 20)).await.unwrap();
}

#[tokio::test]
async fn an_issuer_that_is_down_is_not_asked_more_than_once_per_spacing() {
    let key = Key::ed("a");
    let issuer = Issuer::start(&json!({})).await;
    issuer.set(Mode::Answer(502, String::new()));
    let verifier = verifier(vec![issuer.url("/")]);
    for number in 0..40 {
        let refused = verifier.verify(&fresh_token(&key, number), at(number / 4)).await.unwrap_err();
        assert!(matches!(refused, TokenError::Unavailable { .. }));
    }
    assert_eq!(issuer.requests(), 1);
    issuer.publish(&key_set(&[&key]));
    verifier.verify(&fresh_token(&key, 41), at(10)).await.unwrap();
    assert_eq!(issuer.requests(), 2);
}

#[tokio::test]
async fn answers_that_are_no_key_sets_are_not_taken() {
    let key = Key::ed("a");
    let good = key_set(&[&key]);
    let huge = format!("{}{}", " ".repeat(300 * 1024), good);
    let many: Vec<_> = (0..65).map(|_| key.jwk()).collect();
    let elsewhere = Issuer::start(&good).await;
    for mode in [
        Mode::Answer(200, "<html>".to_owned()),
        Mode::Answer(200, "{}".to_owned()),
        Mode::Answer(200, "[".repeat(100_000)),
        Mode::Answer(200, huge),
        Mode::Answer(200, json!({ "keys": many }).to_string()),
        Mode::Answer(404, good.to_string()),
        Mode::Answer(206, good.to_string()),
        Mode::Redirect(elsewhere.url("/")),
        Mode::Redirect("file:///etc/passwd".to_owned()),
    ] {
        let issuer = Issuer::start(&good).await;
        issuer.set(mode);
        let refused = verifier(vec![issuer.url("/")]).verify(&fresh_token(&key, 0), at(0)).await;
        assert!(matches!(refused, Err(TokenError::Unavailable { .. })), "{refused:?}");
    }
    assert_eq!(elsewhere.requests(), 0);
}

#[tokio::test]
async fn an_issuer_that_falls_silent_holds_callers_up_once() {
    let key = Key::ed("a");
    let issuer = Issuer::start(&key_set(&[&key])).await;
    let verifier = verifier(vec![issuer.url("/")]);
    verifier.verify(&fresh_token(&key, 0), at(0)).await.unwrap();
    issuer.set(Mode::Slow(Duration::from_secs(60), String::new()));

    // The keys are due: whoever comes waits for new ones, and goes on with the known ones when there are none.
    let mut waiting = tokio::task::JoinSet::new();
    for number in 1..20 {
        let (verifier, token) = (verifier.clone(), fresh_token(&key, number));
        waiting.spawn(async move { verifier.verify(&token, at(700)).await.map(drop) });
    }
    let answers = tokio::time::timeout(Duration::from_secs(20), waiting.join_all()).await;
    assert!(answers.expect("a fetch is bounded").iter().all(Result::is_ok));
    assert_eq!(issuer.requests(), 2);

    // From now on nobody waits, though it is asked again.
    let others = async {
        for number in 20..50 {
            verifier.verify(&fresh_token(&key, number), at(710)).await.unwrap();
        }
    };
    tokio::time::timeout(Duration::from_secs(3), others).await.expect("nobody waits for a silent issuer");
    while issuer.requests() < 3 {
        tokio::task::yield_now().await;
    }
}

#[tokio::test]
async fn a_caller_who_goes_away_does_not_take_the_keys_along() {
    let key = Key::ed("a");
    let issuer = Issuer::start(&json!({})).await;
    issuer.set(Mode::Slow(Duration::from_millis(200), key_set(&[&key]).to_string()));
    let verifier = verifier(vec![issuer.url("/")]);
    let (impatient, token) = (verifier.clone(), fresh_token(&key, 0));
    let mut callers = tokio::task::JoinSet::new();
    callers.spawn(async move { impatient.verify(&token, at(0)).await.map(drop) });
    while issuer.requests() < 1 {
        tokio::task::yield_now().await;
    }
    callers.shutdown().await;
    verifier.verify(&fresh_token(&key, 1), at(1)).await.unwrap();
    assert_eq!(issuer.requests(), 1);
}
