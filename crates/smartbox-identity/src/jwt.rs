//! JSON web tokens in compact form (RFC 7519, RFC 7515), read with the strictness of RFC 8725.

mod claims;
mod header;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jsonwebtoken::DecodingKey;
use jsonwebtoken::errors::ErrorKind;

use crate::TokenError;
pub(crate) use claims::{Claims, Expected, is_expired};
pub(crate) use header::Header;

/// Longest token. Supabase's have 1 to 2 KiB, and a header of 8 KiB is what most proxies let through.
pub(crate) const TOKEN_BYTES_MAX: usize = 8 * 1024;
/// Longest name of a key.
pub(crate) const KID_BYTES_MAX: usize = 256;

/// How a token may be signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Algorithm {
    Hs256,
    Rs256,
    Es256,
    EdDsa,
}

impl Algorithm {
    /// As in `alg` of RFC 7518 §3.1 and RFC 8037 §3.1.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Hs256 => "HS256",
            Self::Rs256 => "RS256",
            Self::Es256 => "ES256",
            Self::EdDsa => "EdDSA",
        }
    }

    fn of_library(self) -> jsonwebtoken::Algorithm {
        match self {
            Self::Hs256 => jsonwebtoken::Algorithm::HS256,
            Self::Rs256 => jsonwebtoken::Algorithm::RS256,
            Self::Es256 => jsonwebtoken::Algorithm::ES256,
            Self::EdDsa => jsonwebtoken::Algorithm::EdDSA,
        }
    }
}

/// A token taken apart, and not believed yet.
pub(crate) struct Token<'a> {
    pub(crate) header: Header,
    /// Header and payload, as signed.
    signed: &'a str,
    payload: &'a str,
    signature: &'a str,
}

impl<'a> Token<'a> {
    /// Takes a token apart and reads its header.
    pub(crate) fn parse(text: &'a str) -> Result<Self, TokenError> {
        if text.len() > TOKEN_BYTES_MAX {
            return Err(TokenError::Malformed("it is too long"));
        }
        let three = TokenError::Malformed("it does not have three parts");
        let (signed, signature) = text.rsplit_once('.').ok_or_else(|| three.clone())?;
        let (header, payload) = signed.split_once('.').ok_or_else(|| three.clone())?;
        if payload.contains('.') || header.is_empty() || payload.is_empty() {
            return Err(three);
        }
        let header = Header::parse(&decode(header)?)?;
        Ok(Self { header, signed, payload, signature })
    }

    /// The claims, if `key` signed them with `algorithm`. There is no other way to them.
    pub(crate) fn verified(&self, algorithm: Algorithm, key: &DecodingKey) -> Result<Claims, TokenError> {
        // An unsigned text is the same as one with a wrong signature, whatever a library thinks of zero bytes.
        if self.signature.is_empty() {
            return Err(TokenError::Algorithm);
        }
        let checked =
            jsonwebtoken::crypto::verify(self.signature, self.signed.as_bytes(), key, algorithm.of_library());
        match checked {
            Ok(true) => Claims::parse(&decode(self.payload)?),
            Ok(false) => Err(TokenError::Signature),
            Err(error) if matches!(error.kind(), ErrorKind::Base64(_)) => Err(not_base64()),
            Err(_unusable_key) => Err(TokenError::Signature),
        }
    }
}

/// Base64url without padding and without stray bits: a token has one spelling.
fn decode(part: &str) -> Result<Vec<u8>, TokenError> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_error| not_base64())
}

fn not_base64() -> TokenError {
    TokenError::Malformed("a part is not base64url")
}
