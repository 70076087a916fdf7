//! What an issuer says about itself (OpenID Connect Discovery 1.0).

use reqwest::Url;
use serde::Deserialize;

use crate::fetch::{FetchError, Fetcher, trusted_url};
use crate::jwks::Jwks;

/// Where the document is, below the issuer.
pub(super) const WELL_KNOWN: &str = "/.well-known/openid-configuration";

/// An issuer with its addresses and its keys.
#[derive(Debug)]
pub(super) struct Provider {
    pub(super) authorization_endpoint: Url,
    pub(super) token_endpoint: Url,
    pub(super) keys: Jwks,
    /// Answers carry `iss` (RFC 9207).
    pub(super) sends_iss: bool,
}

#[derive(Deserialize)]
struct Document {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
}

impl Provider {
    /// The issuer must call itself what we call it, letter by letter (§4.3): else somebody else answered.
    pub(super) fn parse(body: &[u8], issuer: &str, fetcher: &Fetcher) -> Result<Self, FetchError> {
        let document: Document = serde_json::from_slice(body)
            .map_err(|error| FetchError::Content(format!("no discovery document: {error}")))?;
        if document.issuer != issuer {
            return Err(FetchError::Content(
                "the issuer calls itself otherwise than the settings do".to_owned(),
            ));
        }
        let address = |what, text: &str| {
            trusted_url(what, text).map_err(|error| FetchError::Content(error.to_string()))
        };
        Ok(Self {
            authorization_endpoint: address("the authorization endpoint", &document.authorization_endpoint)?,
            token_endpoint: address("the token endpoint", &document.token_endpoint)?,
            keys: Jwks::new([address("the JWKS address", &document.jwks_uri)?], fetcher),
            sends_iss: document.authorization_response_iss_parameter_supported,
        })
    }
}
