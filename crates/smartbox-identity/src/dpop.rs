//! Proof that a client holds a device's key: DPoP (RFC 9449), signed with Ed25519 (RFC 8037).
//!
//! A proof is good for one request: it names method and address, carries an identifier that the caller must not accept
//! twice, and is a minute old at most. Of the many algorithms that RFC 9449 allows this takes the one that devices here use.

use aws_lc_rs::digest;
use aws_lc_rs::signature::{ED25519, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use serde::Deserialize;

/// The header that carries a proof (RFC 9449 §4.1).
pub const DPOP_HEADER: &str = "dpop";

/// Longest proof; ours have 500 bytes.
const PROOF_BYTES_MAX: usize = 4 * 1024;
/// Longest identifier of a proof.
const JTI_BYTES_MAX: usize = 128;
/// How far a proof's time may lie off ours, in seconds, either way.
const SKEW_SECS_MAX: i64 = 60;
/// An Ed25519 key (RFC 8032 §5.1.5).
const KEY_BYTES: usize = 32;

/// The request that a proof came with.
#[derive(Clone, Copy, Debug)]
pub struct ProofRequest<'a> {
    /// As sent, in capitals.
    pub method: &'a str,
    /// Name and port, as the client addressed them.
    pub host: &'a str,
    /// Path without query.
    pub path: &'a str,
    /// The bearer token that came with it, if one did: the proof must be made for that one.
    pub token: Option<&'a str>,
}

/// A key that was proved to be held.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProvedKey {
    /// Raw Ed25519 key, base64url without padding.
    pub public_key: String,
    /// Identifier of the proof: whoever accepts it must not accept another with the same, of this key.
    pub jti: String,
}

/// Why a proof is not accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// It cannot be read, or is of another kind.
    #[error("the proof of the device's key is not a DPoP proof with an Ed25519 key: {0}")]
    Malformed(&'static str),
    /// The key did not sign it.
    #[error("the proof of the device's key is signed wrongly")]
    Signature,
    /// It is for another request.
    #[error("the proof of the device's key is for another {0}")]
    Other(&'static str),
    /// It is too old, or of a time to come.
    #[error("the proof of the device's key was made more than a minute ago, or the clocks differ")]
    Stale,
}

#[derive(Deserialize)]
struct Header {
    typ: String,
    alg: String,
    jwk: Jwk,
    crit: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    crv: String,
    x: String,
    d: Option<serde_json::Value>,
}

#[derive(Deserialize)]
struct Claims {
    jti: String,
    htm: String,
    htu: String,
    iat: i64,
    ath: Option<String>,
}

/// Checks a proof.
///
/// # Errors
/// Why it is not accepted.
pub fn verify_proof(
    proof: &str,
    request: &ProofRequest<'_>,
    now: Timestamp,
) -> Result<ProvedKey, ProofError> {
    if proof.len() > PROOF_BYTES_MAX {
        return Err(ProofError::Malformed("it is too long"));
    }
    let mut parts = proof.split('.');
    let (Some(header), Some(payload), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(ProofError::Malformed("it does not have three parts"));
    };
    let key = key_of(&decoded(header)?)?;
    let signed = &proof[..header.len() + 1 + payload.len()];
    UnparsedPublicKey::new(&ED25519, &key)
        .verify(signed.as_bytes(), &decoded(signature)?)
        .map_err(|_error| ProofError::Signature)?;
    let claims: Claims = serde_json::from_slice(&decoded(payload)?)
        .map_err(|_error| ProofError::Malformed("its claims cannot be read"))?;
    check(&claims, request, now)?;
    Ok(ProvedKey { public_key: URL_SAFE_NO_PAD.encode(key), jti: claims.jti })
}

fn key_of(header: &[u8]) -> Result<Vec<u8>, ProofError> {
    let header: Header = serde_json::from_slice(header)
        .map_err(|_error| ProofError::Malformed("its header cannot be read"))?;
    if header.typ != "dpop+jwt" || header.alg != "EdDSA" || header.crit.is_some() {
        return Err(ProofError::Malformed("it must have `typ` dpop+jwt and `alg` EdDSA"));
    }
    let jwk = header.jwk;
    if jwk.kty != "OKP" || jwk.crv != "Ed25519" || jwk.d.is_some() {
        return Err(ProofError::Malformed("its key must be a public one of kind OKP Ed25519"));
    }
    let key = decoded(&jwk.x)?;
    if key.len() == KEY_BYTES { Ok(key) } else { Err(ProofError::Malformed("its key has another length")) }
}

fn check(claims: &Claims, request: &ProofRequest<'_>, now: Timestamp) -> Result<(), ProofError> {
    if claims.jti.is_empty() || claims.jti.len() > JTI_BYTES_MAX {
        return Err(ProofError::Malformed("it needs a short identifier"));
    }
    if claims.htm != request.method {
        return Err(ProofError::Other("method"));
    }
    if !is_addressed(&claims.htu, request) {
        return Err(ProofError::Other("address"));
    }
    if now.as_second().checked_sub(claims.iat).is_none_or(|age| age.abs() > SKEW_SECS_MAX) {
        return Err(ProofError::Stale);
    }
    // Made for one token it is good with no other, and with none (RFC 9449 §4.3, items 12 and 13).
    let expected = request.token.map(|token| {
        URL_SAFE_NO_PAD.encode(digest::digest(&digest::SHA256, token.as_bytes())) //
    });
    if claims.ath == expected { Ok(()) } else { Err(ProofError::Other("token")) }
}

/// Whether `htu` is the address of the request. The scheme is not compared: TLS may end in front of us.
fn is_addressed(htu: &str, request: &ProofRequest<'_>) -> bool {
    let rest = htu.strip_prefix("https://").or_else(|| htu.strip_prefix("http://"));
    let Some(rest) = rest else { return false };
    let end = rest.find('/').unwrap_or(rest.len());
    let (host, path) = rest.split_at(end);
    let path = path.split(['?', '#']).next().unwrap_or_default();
    host.eq_ignore_ascii_case(request.host) && (if path.is_empty() { "/" } else { path }) == request.path
}

fn decoded(part: &str) -> Result<Vec<u8>, ProofError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_error| ProofError::Malformed("a part is not base64url"))
}

#[cfg(test)]
mod tests;
