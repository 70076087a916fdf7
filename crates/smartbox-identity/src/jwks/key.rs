//! One JSON web key: which algorithm it is for, and nothing else.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use serde::Deserialize;
use serde_json::Value;

use crate::jwt::{Algorithm, KID_BYTES_MAX};

/// RSA moduli in bytes: 2048 to 8192 bits. Shorter ones can be factored, longer ones cost time.
const RSA_MODULUS_BYTES: std::ops::RangeInclusive<usize> = 256..=1024;
/// RSA exponents in bytes. Real ones have three.
const RSA_EXPONENT_BYTES: std::ops::RangeInclusive<usize> = 1..=5;
/// Coordinates of P-256 and Ed25519.
const COORDINATE_BYTES: usize = 32;

/// A public key for one algorithm.
#[derive(Debug)]
pub(crate) struct Key {
    pub(crate) kid: Option<String>,
    pub(crate) algorithm: Algorithm,
    pub(super) decoding: DecodingKey,
}

#[derive(Deserialize)]
struct Jwk {
    kty: String,
    alg: Option<String>,
    kid: Option<String>,
    #[serde(rename = "use")]
    purpose: Option<String>,
    key_ops: Option<Vec<String>>,
    crv: Option<String>,
    n: Option<String>,
    e: Option<String>,
    x: Option<String>,
    y: Option<String>,
    /// Only private keys have it.
    d: Option<serde::de::IgnoredAny>,
}

impl Key {
    /// The key, if it is a public one that can be used here. Shared secrets (`oct`) never are: a published secret is
    /// none.
    pub(crate) fn parse(value: Value) -> Option<Self> {
        let jwk: Jwk = serde_json::from_value(value).ok()?;
        let is_for_signatures = jwk.purpose.as_deref().is_none_or(|purpose| purpose == "sig")
            && jwk.key_ops.as_ref().is_none_or(|ops| ops.iter().any(|op| op == "verify"));
        let kid_fits = jwk.kid.as_ref().is_none_or(|kid| kid.len() <= KID_BYTES_MAX);
        if !is_for_signatures || !kid_fits || jwk.d.is_some() {
            return None;
        }
        let (algorithm, decoding) = jwk.public_key()?;
        let names_another = jwk.alg.as_deref().is_some_and(|alg| alg != algorithm.name());
        (!names_another).then_some(Self { kid: jwk.kid, algorithm, decoding })
    }
}

impl Jwk {
    fn public_key(&self) -> Option<(Algorithm, DecodingKey)> {
        match (self.kty.as_str(), self.crv.as_deref()) {
            ("RSA", _) => {
                let (n, e) = (decode(self.n.as_ref())?, decode(self.e.as_ref())?);
                let fits = RSA_MODULUS_BYTES.contains(&n.len()) && RSA_EXPONENT_BYTES.contains(&e.len());
                let key = DecodingKey::from_rsa_raw_components(&n, &e);
                fits.then_some((Algorithm::Rs256, key))
            }
            ("EC", Some("P-256")) => {
                let (x, y) = (coordinate(self.x.as_ref())?, coordinate(self.y.as_ref())?);
                // The uncompressed form of SEC 1 §2.3.3.
                let point = [&[0x04], x.as_slice(), y.as_slice()].concat();
                Some((Algorithm::Es256, DecodingKey::from_ec_der(&point)))
            }
            ("OKP", Some("Ed25519")) => {
                let x = coordinate(self.x.as_ref())?;
                Some((Algorithm::EdDsa, DecodingKey::from_ed_der(&x)))
            }
            _ => None,
        }
    }
}

fn decode(text: Option<&String>) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text?).ok()
}

fn coordinate(text: Option<&String>) -> Option<Vec<u8>> {
    decode(text).filter(|bytes| bytes.len() == COORDINATE_BYTES)
}
