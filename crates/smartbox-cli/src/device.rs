//! This program as a device of a person: an Ed25519 key that stays here, and proofs that it is held.
//!
//! A proof is a JWT for one request (DPoP, RFC 9449), signed with Ed25519 (RFC 8037).

mod file;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair as _};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde_json::json;

pub(crate) use file::DeviceFile;

/// A device's key. It has no text form: what leaves it are proofs and the public half.
pub(crate) struct DeviceKey(Ed25519KeyPair);

/// The request that a proof is for.
pub(crate) struct ProofOf<'a> {
    /// In capitals, as it is sent.
    pub(crate) method: &'a str,
    /// Its address; the proof leaves out what stands behind the path.
    pub(crate) url: &'a reqwest::Url,
    /// The SHA-256 of the token that goes with it, base64url (`ath`).
    pub(crate) token_hash: &'a str,
    /// Identifier that no other proof has (`jti`).
    pub(crate) id: &'a str,
    /// When it is made.
    pub(crate) at: Timestamp,
}

impl DeviceKey {
    /// A key out of its PKCS#8 document; `None` if it is none of Ed25519.
    fn of_pkcs8(document: &[u8]) -> Option<Self> {
        Ed25519KeyPair::from_pkcs8(document).ok().map(Self)
    }

    /// A proof that this key is held, for one request (RFC 9449 §4.2).
    pub(crate) fn prove(&self, of: &ProofOf<'_>) -> String {
        let mut address = of.url.clone();
        address.set_query(None);
        address.set_fragment(None);
        let key = URL_SAFE_NO_PAD.encode(self.0.public_key().as_ref());
        let header = json!({
            "typ": "dpop+jwt", "alg": "EdDSA", "jwk": { "kty": "OKP", "crv": "Ed25519", "x": key },
        });
        let claims = json!({
            "jti": of.id, "htm": of.method, "htu": address.as_str(), "iat": of.at.as_second(), "ath": of.token_hash,
        });
        let part = |value: &serde_json::Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", part(&header), part(&claims));
        let signature = self.0.sign(signed.as_bytes());
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

#[cfg(test)]
mod tests {
    use aws_lc_rs::rand::SystemRandom;
    use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
    use serde_json::Value;

    use super::*;

    #[test]
    fn a_proof_is_signed_and_names_its_request_without_the_query() {
        let document = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).unwrap();
        let key = DeviceKey::of_pkcs8(document.as_ref()).unwrap();
        let url = reqwest::Url::parse("https://smartbox.example/v1/devices/dev_1?wait=30s#x").unwrap();
        let at = Timestamp::from_second(1_767_225_600).unwrap();
        let proof = key.prove(&ProofOf { method: "GET", url: &url, token_hash: "abc", id: "0a", at });
        let parts: Vec<&str> = proof.split('.').collect();
        let read =
            |part: &str| -> Value { serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap() };
        let public = key.0.public_key().as_ref();
        assert_eq!(
            read(parts[0]),
            json!({"typ": "dpop+jwt", "alg": "EdDSA",
                "jwk": {"kty": "OKP", "crv": "Ed25519", "x": URL_SAFE_NO_PAD.encode(public)}})
        );
        assert_eq!(
            read(parts[1]),
            json!({"jti": "0a", "htm": "GET", "htu": "https://smartbox.example/v1/devices/dev_1",
                "iat": 1_767_225_600, "ath": "abc"})
        );
        let signed = format!("{}.{}", parts[0], parts[1]);
        let signature = URL_SAFE_NO_PAD.decode(parts[2]).unwrap();
        UnparsedPublicKey::new(&ED25519, public).verify(signed.as_bytes(), &signature).unwrap();
    }
}
