use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};
use serde_json::{Value, json};

use super::*;

const NOW: i64 = 1_800_000_000;

fn pair() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[7; 32]).unwrap()
}

fn request() -> ProofRequest<'static> {
    ProofRequest { method: "POST", host: "boxes.example:8443", path: "/v1/devices", token: None }
}

fn header() -> Value {
    let x = URL_SAFE_NO_PAD.encode(pair().public_key());
    json!({ "typ": "dpop+jwt", "alg": "EdDSA", "jwk": { "kty": "OKP", "crv": "Ed25519", "x": x } })
}

fn claims() -> Value {
    json!({ "jti": "a", "htm": "POST", "htu": "https://boxes.example:8443/v1/devices", "iat": NOW })
}

fn signed(header: &Value, claims: &Value) -> String {
    let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
    let text = format!("{}.{}", encode(header), encode(claims));
    let signature = URL_SAFE_NO_PAD.encode(pair().sign(text.as_bytes()));
    format!("{text}.{signature}")
}

fn verify(proof: &str) -> Result<ProvedKey, ProofError> {
    verify_proof(proof, &request(), Timestamp::from_second(NOW).unwrap())
}

/// The document with one field changed.
fn with(mut value: Value, field: &str, to: Value) -> Value {
    value.pointer_mut(field).map_or_else(|| panic!("{field}"), |found| *found = to);
    value
}

#[test]
fn a_proof_shows_which_key_is_held() {
    let proved = verify(&signed(&header(), &claims())).unwrap();
    assert_eq!(proved.public_key, header()["jwk"]["x"].as_str().unwrap());
    assert_eq!(proved.jti, "a");
}

#[test]
fn a_proof_of_another_request_is_refused() {
    for (field, to, other) in [
        ("/htm", "GET", "method"),
        ("/htu", "https://boxes.example:8443/v1/boxes", "address"),
        ("/htu", "https://evil.example/v1/devices", "address"),
        ("/htu", "https://boxes.example:8443.evil.example/v1/devices", "address"),
        ("/htu", "//boxes.example:8443/v1/devices", "address"),
    ] {
        let proof = signed(&header(), &with(claims(), field, json!(to)));
        assert_eq!(verify(&proof), Err(ProofError::Other(other)), "{to}");
    }
}

#[test]
fn a_proof_is_good_with_the_one_token_that_it_was_made_for() {
    let mut bound = claims();
    bound["ath"] = json!(URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, b"secret")));
    let now = Timestamp::from_second(NOW).unwrap();
    let proof = signed(&header(), &bound);
    for (token, is_good) in [(Some("secret"), true), (Some("other"), false), (None, false)] {
        let request = ProofRequest { token, ..request() };
        assert_eq!(verify_proof(&proof, &request, now).is_ok(), is_good, "{token:?}");
        let unbound = verify_proof(&signed(&header(), &claims()), &request, now);
        assert_eq!(unbound.is_ok(), token.is_none(), "{token:?}");
    }
}

#[test]
fn old_proofs_and_those_of_the_future_are_refused() {
    for (iat, is_good) in
        [(NOW - 60, true), (NOW - 61, false), (NOW + 60, true), (NOW + 61, false), (i64::MIN, false)]
    {
        assert_eq!(verify(&signed(&header(), &with(claims(), "/iat", json!(iat)))).is_ok(), is_good, "{iat}");
    }
}

#[test]
fn another_kind_of_token_is_no_proof() {
    for (field, to) in [
        ("/typ", json!("JWT")),
        ("/alg", json!("none")),
        ("/alg", json!("HS256")),
        ("/jwk/kty", json!("RSA")),
        ("/jwk/crv", json!("X25519")),
        ("/jwk/x", json!("AAAA")),
        ("/jwk", json!(null)),
    ] {
        let refused = verify(&signed(&with(header(), field, to.clone()), &claims()));
        assert!(matches!(refused, Err(ProofError::Malformed(_))), "{field} {to}");
    }
    let mut private = header();
    private["jwk"]["d"] = json!("AAAA");
    assert!(verify(&signed(&private, &claims())).is_err());
    let mut critical = header();
    critical["crit"] = json!(["b64"]);
    assert!(verify(&signed(&critical, &claims())).is_err());
}

#[test]
fn what_the_key_did_not_sign_is_refused() {
    let other = Ed25519KeyPair::from_seed_unchecked(&[8; 32]).unwrap();
    let mut stolen = header();
    stolen["jwk"]["x"] = json!(URL_SAFE_NO_PAD.encode(other.public_key()));
    assert_eq!(verify(&signed(&stolen, &claims())), Err(ProofError::Signature));
    let proof = signed(&header(), &claims());
    let (text, _signature) = proof.rsplit_once('.').unwrap();
    for bad in
        [format!("{text}."), format!("{text}.AAAA"), text.to_owned(), format!("{proof}.x"), String::new()]
    {
        assert!(verify(&bad).is_err(), "{bad}");
    }
}

#[test]
fn long_proofs_and_long_identifiers_are_refused() {
    assert!(verify(&"a".repeat(PROOF_BYTES_MAX + 1)).is_err());
    for jti in [String::new(), "j".repeat(JTI_BYTES_MAX + 1)] {
        assert!(verify(&signed(&header(), &with(claims(), "/jti", json!(jti)))).is_err());
    }
}
