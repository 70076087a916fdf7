//! The header of a token: everything in it was written by whoever made the token.

use serde::de::IgnoredAny;
use serde::{Deserialize, Deserializer};

use super::{Algorithm, KID_BYTES_MAX};
use crate::TokenError;

/// What a header says. Keys and addresses of keys in it (`jwk`, `jku`, `x5u`, `x5c`) are never looked at.
pub(crate) struct Header {
    pub(crate) algorithm: Algorithm,
    pub(crate) kid: Option<String>,
}

#[derive(Deserialize)]
struct Raw {
    alg: String,
    kid: Option<String>,
    typ: Option<String>,
    #[serde(default, deserialize_with = "is_there")]
    crit: bool,
}

impl Header {
    pub(super) fn parse(json: &[u8]) -> Result<Self, TokenError> {
        let raw: Raw = serde_json::from_slice(json)
            .map_err(|_error| TokenError::Malformed("its header is not valid"))?;
        if raw.crit {
            // RFC 7515 §4.1.11: what must be understood and is not, makes the token invalid. We know no extension.
            return Err(TokenError::Malformed("it demands an extension (crit)"));
        }
        if raw.kid.as_ref().is_some_and(|kid| kid.len() > KID_BYTES_MAX) {
            return Err(TokenError::Malformed("the name of its key is too long"));
        }
        if !raw.typ.as_deref().is_none_or(is_token_type) {
            return Err(TokenError::Malformed("it is of another kind (typ)"));
        }
        let algorithm = match raw.alg.as_str() {
            "HS256" => Algorithm::Hs256,
            "RS256" => Algorithm::Rs256,
            "ES256" => Algorithm::Es256,
            "EdDSA" => Algorithm::EdDsa,
            // `none` in any case of letters, and all that we do not know.
            _ => return Err(TokenError::Algorithm),
        };
        Ok(Self { algorithm, kid: raw.kid })
    }
}

/// Kinds that say who somebody is (RFC 8725 §3.11): a logout token or a request object of the same issuer does not.
fn is_token_type(typ: &str) -> bool {
    let typ = typ.to_ascii_lowercase();
    matches!(typ.strip_prefix("application/").unwrap_or(&typ), "jwt" | "at+jwt")
}

fn is_there<'de, D: Deserializer<'de>>(value: D) -> Result<bool, D::Error> {
    IgnoredAny::deserialize(value).map(|_any| true)
}
