//! A code for an ID token (RFC 6749 §4.1.3).

use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use form_urlencoded::{Serializer, byte_serialize};
use reqwest::header::HeaderValue;
use secrecy::ExposeSecret as _;
use secrecy::zeroize::Zeroize as _;
use serde::Deserialize;

use super::discovery::Provider;
use super::{OidcConfig, OidcError, Pending};
use crate::fetch::{Answer, Fetcher};

/// When to try again after the issuer failed at the exchange. The code is spent or not, nobody knows: a new sign-in.
const RETRY_AFTER: Duration = Duration::from_secs(5);
/// Longest error word that is repeated.
const CODE_CHARS_MAX: usize = 64;

/// The parties of an exchange.
pub(super) struct Exchange<'a> {
    pub(super) fetcher: &'a Fetcher,
    pub(super) config: &'a OidcConfig,
    pub(super) provider: &'a Provider,
}

/// The access token that comes along is dropped: nobody here calls the issuer in a person's name.
#[derive(Deserialize)]
struct Tokens {
    id_token: Option<String>,
}

#[derive(Deserialize)]
struct Refusal {
    error: String,
}

impl Exchange<'_> {
    /// What is posted for a code. A function of its own: the serializer may not live across an await.
    fn form(&self, code: &str, pending: &Pending, names_client: bool) -> String {
        let mut form = Serializer::new(String::new());
        form.append_pair("grant_type", "authorization_code")
            .append_pair("code", code)
            .append_pair("redirect_uri", pending.redirect_uri())
            .append_pair("code_verifier", pending.verifier());
        if names_client {
            form.append_pair("client_id", &self.config.client_id);
        }
        form.finish()
    }

    /// The ID token for a code.
    pub(super) async fn redeem(&self, code: &str, pending: &Pending) -> Result<String, OidcError> {
        let basic = self.basic()?;
        let form = self.form(code, pending, basic.is_none());
        let answer = self.fetcher.post_form(&self.provider.token_endpoint, form, basic).await;
        let answer = answer.map_err(|error| {
            tracing::warn!(url = %self.provider.token_endpoint, %error, "a sign-in code cannot be exchanged");
            OidcError::Unavailable { retry_after: RETRY_AFTER }
        })?;
        if answer.status == 200 {
            let tokens: Tokens = serde_json::from_slice(&answer.body)
                .map_err(|_error| OidcError::Answer("the token answer is not JSON"))?;
            return tokens.id_token.ok_or(OidcError::Answer("there is no ID token"));
        }
        Err(refusal(&answer))
    }

    /// Both parts are form-encoded before they are joined (RFC 6749 §2.3.1).
    fn basic(&self) -> Result<Option<HeaderValue>, OidcError> {
        let Some(secret) = &self.config.client_secret else { return Ok(None) };
        let encode = |text: &str| byte_serialize(text.as_bytes()).collect::<String>();
        let mut pair = format!("{}:{}", encode(&self.config.client_id), encode(secret.expose_secret()));
        let mut value = format!("Basic {}", STANDARD.encode(&pair));
        pair.zeroize();
        let header = HeaderValue::from_str(&value);
        value.zeroize();
        let mut header = header.map_err(|_error| OidcError::Answer("the client secret cannot be sent"))?;
        header.set_sensitive(true);
        Ok(Some(header))
    }
}

/// The issuer's word for it, in characters that can do no harm in a page or a log.
fn refusal(answer: &Answer) -> OidcError {
    if answer.status >= 500 || answer.status == 429 {
        return OidcError::Unavailable { retry_after: RETRY_AFTER };
    }
    let Ok(refusal) = serde_json::from_slice::<Refusal>(&answer.body) else {
        return OidcError::Answer("it refused without an error code");
    };
    let word = refusal.error.chars().filter(|c| c.is_ascii_alphanumeric() || matches!(c, '_' | '-' | '.'));
    OidcError::Refused { code: word.take(CODE_CHARS_MAX).collect() }
}
