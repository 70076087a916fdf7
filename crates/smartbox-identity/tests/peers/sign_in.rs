//! Whole sign-ins with a certified provider.

use std::collections::BTreeMap;

use jiff::Timestamp;
use secrecy::SecretString;
use smartbox_identity::{Begun, Callback, OidcClient, OidcConfig, OidcError, Pending, Verified};

use crate::provider::{Browser, Provider};

const CALLBACK: &str = "http://127.0.0.1:1/sign-in/oidc";
/// As in `provider.mjs`: every character that the encoding of RFC 6749 §2.3.1 changes.
const CLIENT_SECRET: &str = "a secret/with:odd+characters%";

#[expect(clippy::disallowed_methods, reason = "the provider lives by the system's clock, so this test does")]
fn now() -> Timestamp {
    Timestamp::now()
}

fn client(provider: &Provider, id: &str, secret: Option<&str>) -> OidcClient {
    OidcClient::new(OidcConfig {
        issuer: provider.issuer.clone(),
        client_id: id.to_owned(),
        client_secret: secret.map(SecretString::from),
        scopes: vec!["email".to_owned()],
    })
    .unwrap()
}

async fn finish(
    client: &OidcClient,
    pending: &Pending,
    back: &BTreeMap<String, String>,
) -> Result<Verified, OidcError> {
    let callback =
        Callback { code: &back["code"], state: &back["state"], iss: back.get("iss").map(String::as_str) };
    client.finish(pending.clone(), callback, now()).await
}

async fn begin(client: &OidcClient, random: u8) -> Begun {
    client.begin(CALLBACK, [random; 96], now()).await.unwrap()
}

#[tokio::test]
async fn a_person_signs_in_and_the_code_works_once() {
    let provider = Provider::start().await;
    // One client with a secret and ES256, one without and with RS256.
    for (id, secret) in [("confidential", Some(CLIENT_SECRET)), ("public", None)] {
        let client = client(&provider, id, secret);
        let begun = begin(&client, 1).await;
        let back = Browser::new().sign_in(&begun.url, "Ada", CALLBACK).await;
        assert_eq!(back["iss"], provider.issuer);
        let verified = finish(&client, &begun.pending, &back).await.unwrap();
        assert_eq!(verified.subject, "Ada", "{id}");
        assert_eq!(verified.issuer, provider.issuer);
        assert_eq!(verified.email.as_deref(), Some("Ada@example.com"));
        assert!(verified.email_verified);

        let again = finish(&client, &begun.pending, &back).await.unwrap_err();
        assert_eq!(again, OidcError::Refused { code: "invalid_grant".to_owned() });
    }
}

#[tokio::test]
async fn an_answer_to_another_sign_in_is_refused() {
    let provider = Provider::start().await;
    let client = client(&provider, "confidential", Some(CLIENT_SECRET));
    let (mine, theirs) = (begin(&client, 1).await, begin(&client, 2).await);
    let mut browser = Browser::new();
    let back = browser.sign_in(&theirs.url, "Mallory", CALLBACK).await;

    // Their answer in my browser.
    assert_eq!(finish(&client, &mine.pending, &back).await.unwrap_err(), OidcError::Mismatch);
    // Their code with my state: the provider holds it to their verifier.
    let mut forged = back.clone();
    forged.insert("state".to_owned(), mine.pending.state().to_owned());
    let refused = finish(&client, &mine.pending, &forged).await.unwrap_err();
    assert_eq!(refused, OidcError::Refused { code: "invalid_grant".to_owned() });
    // Without the provider's name, which it says it always sends (RFC 9207).
    let mut nameless = browser.sign_in(&mine.url, "Ada", CALLBACK).await;
    nameless.remove("iss");
    assert_eq!(finish(&client, &mine.pending, &nameless).await.unwrap_err(), OidcError::Issuer);
}

#[tokio::test]
async fn a_token_with_the_nonce_of_another_sign_in_is_refused() {
    let provider = Provider::start().await;
    let client = client(&provider, "public", None);
    let begun = begin(&client, 1).await;
    // Somebody changes the nonce on the way to the provider; all else fits, so the provider gives a token for it.
    let (before, rest) = begun.url.split_once("nonce=").unwrap();
    let (_, after) = rest.split_once('&').unwrap();
    let changed = format!("{before}nonce=another&{after}");
    let back = Browser::new().sign_in(&changed, "Ada", CALLBACK).await;
    assert_eq!(finish(&client, &begun.pending, &back).await.unwrap_err(), OidcError::Mismatch);
}

#[tokio::test]
async fn a_wrong_client_secret_and_a_provider_that_is_down_are_told_apart() {
    let mut provider = Provider::start().await;
    let client = client(&provider, "confidential", Some("another secret"));
    let begun = begin(&client, 1).await;
    let back = Browser::new().sign_in(&begun.url, "Ada", CALLBACK).await;
    let refused = finish(&client, &begun.pending, &back).await.unwrap_err();
    assert_eq!(refused, OidcError::Refused { code: "invalid_client".to_owned() });

    provider.stop();
    let refused = finish(&client, &begun.pending, &back).await.unwrap_err();
    assert!(matches!(refused, OidcError::Unavailable { .. }), "{refused}");
    let client = self::client(&provider, "public", None);
    let refused = client.begin(CALLBACK, [0; 96], now()).await.unwrap_err();
    assert!(matches!(refused, OidcError::Unavailable { .. }), "{refused}");
}
