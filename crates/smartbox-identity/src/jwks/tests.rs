use serde_json::json;

use super::*;

fn set(keys: serde_json::Value) -> KeySet {
    KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).unwrap()
}

/// The example of RFC 8037 appendix A.2.
fn ed25519(kid: &str) -> serde_json::Value {
    let x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo";
    json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid, "x": x })
}

#[test]
fn only_public_signature_keys_of_known_kinds_are_used() {
    let with = |name: &str, value: &str| {
        let mut key = ed25519("a");
        key[name] = value.into();
        key
    };
    for unusable in [
        json!({ "kty": "oct", "kid": "a", "k": "c2VjcmV0" }),
        json!({ "kty": "oct", "kid": "a", "alg": "HS256", "k": "c2VjcmV0" }),
        json!({ "kty": "RSA", "kid": "a", "n": "AQAB", "e": "AQAB" }),
        json!({ "kty": "EC", "crv": "P-384", "kid": "a", "x": "AA", "y": "AA" }),
        json!({ "kty": "AKP", "alg": "ML-DSA-44", "kid": "a", "pub": "AA" }),
        json!("no key"),
        with("use", "enc"),
        with("alg", "HS256"),
        with("alg", "RS256"),
        with("d", "private"),
        with("x", "dG9vIHNob3J0"),
        with("kid", &"k".repeat(KID_TOO_LONG)),
    ] {
        assert!(set(json!([unusable.clone()])).keys.is_empty(), "{unusable}");
    }
    assert_eq!(set(json!([ed25519("a")])).keys.len(), 1);
}

const KID_TOO_LONG: usize = crate::jwt::KID_BYTES_MAX + 1;

#[test]
fn a_key_is_found_by_name_and_only_for_its_algorithm() {
    let set = set(json!([ed25519("a"), ed25519("b")]));
    assert_eq!(set.find(Algorithm::EdDsa, Some("b")).unwrap().kid.as_deref(), Some("b"));
    assert_eq!(set.find(Algorithm::Rs256, Some("b")).unwrap_err(), TokenError::Algorithm);
    assert_eq!(set.find(Algorithm::EdDsa, Some("c")).unwrap_err(), TokenError::UnknownKey);
}

#[test]
fn a_token_without_a_key_name_fits_only_one_key() {
    assert!(set(json!([ed25519("a")])).find(Algorithm::EdDsa, None).is_ok());
    let two = set(json!([ed25519("a"), ed25519("b")]));
    assert_eq!(two.find(Algorithm::EdDsa, None).unwrap_err(), TokenError::UnknownKey);
}

#[test]
fn a_document_with_too_many_keys_is_refused() {
    let keys: Vec<_> = (0..=KEYS_MAX).map(|number| ed25519(&number.to_string())).collect();
    assert!(KeySet::parse(json!({ "keys": keys }).to_string().as_bytes()).is_err());
    assert!(KeySet::parse(b"[]").is_err());
}
