//! Tokens of one issuer, verified.

mod cache;

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use jsonwebtoken::DecodingKey;
use secrecy::{ExposeSecret as _, SecretString};

use crate::fetch::{Fetcher, trusted_url};
use crate::jwks::Jwks;
use crate::jwt::{Algorithm, Expected, TOKEN_BYTES_MAX, Token};
use crate::{ConfigError, TokenError, Verified};
use cache::Cache;

/// Least length of a shared secret: as much as the hash gives (RFC 7518 §3.2).
const SECRET_BYTES_MIN: usize = 32;
/// Most addresses of keys of one issuer.
const URLS_MAX: usize = 8;

/// Which tokens are accepted.
#[derive(Clone, Debug, Default)]
pub struct VerifierConfig {
    /// `iss`, letter by letter. For Supabase `https://<project>.supabase.co/auth/v1`.
    pub issuer: String,
    /// `aud` must name one of these. For Supabase `authenticated`.
    pub audiences: Vec<String>,
    /// Verifies HS256, and nothing else. At least 32 bytes.
    pub hs256_secret: Option<SecretString>,
    /// Where keys for RS256, ES256 and EdDSA are published: https, or http on a loopback address.
    pub jwks_urls: Vec<String>,
    /// Take e-mail addresses for verified when a token says nothing about it. For issuers that identify people by
    /// their address.
    pub vouches_for_emails: bool,
}

/// Verifies tokens of one issuer. Cheap to clone; clones share keys and cache.
#[derive(Clone)]
pub struct Verifier {
    inner: Arc<Inner>,
}

struct Inner {
    expected: Expected,
    secret: Option<DecodingKey>,
    jwks: Option<Jwks>,
    cache: Cache,
}

impl Verifier {
    /// Checks the configuration. Nothing is fetched before a token needs it.
    ///
    /// # Errors
    /// [`ConfigError`] says what to change.
    pub fn new(config: VerifierConfig) -> Result<Self, ConfigError> {
        if config.issuer.is_empty() {
            return Err(ConfigError::Missing("the issuer"));
        }
        if config.audiences.is_empty() || config.audiences.iter().any(String::is_empty) {
            return Err(ConfigError::Missing("the audience"));
        }
        if config.jwks_urls.len() > URLS_MAX {
            return Err(ConfigError::TooMany("JWKS addresses"));
        }
        let secret = config.hs256_secret.as_ref().map(hs256_key).transpose()?;
        let urls = config.jwks_urls.iter().map(|url| trusted_url("the JWKS address", url));
        let urls = urls.collect::<Result<Vec<_>, _>>()?;
        if secret.is_none() && urls.is_empty() {
            return Err(ConfigError::NoKeys);
        }
        let jwks = if urls.is_empty() { None } else { Some(Jwks::new(urls, &Fetcher::new()?)) };
        let expected = Expected {
            issuer: config.issuer,
            audiences: config.audiences,
            vouches_for_emails: config.vouches_for_emails,
        };
        Ok(Self { inner: Arc::new(Inner { expected, secret, jwks, cache: Cache::new() }) })
    }

    /// Who `token` is about. A token that was verified a moment ago costs a hash and a look-up.
    ///
    /// # Errors
    /// [`TokenError`] says why not. Nothing about a token that was refused is remembered.
    pub async fn verify(&self, token: &str, now: Timestamp) -> Result<Arc<Verified>, TokenError> {
        if token.len() > TOKEN_BYTES_MAX {
            return Err(TokenError::Malformed("it is too long"));
        }
        let digest = Cache::digest(token);
        if let Some(verified) = self.inner.cache.get(&digest, now) {
            return Ok(verified);
        }
        let verified = Arc::new(self.inner.verify(token, now).await?);
        self.inner.cache.insert(digest, Arc::clone(&verified));
        Ok(verified)
    }

    /// Whose tokens these are. Choose among verifiers by it, not by what a token says before it is verified.
    pub fn issuer(&self) -> &str {
        &self.inner.expected.issuer
    }
}

impl Inner {
    async fn verify(&self, text: &str, now: Timestamp) -> Result<Verified, TokenError> {
        let token = Token::parse(text)?;
        // The secret belongs to HS256 and published keys to the others: a public key is never taken for a secret.
        let claims = match token.header.algorithm {
            Algorithm::Hs256 => {
                let secret = self.secret.as_ref().ok_or(TokenError::Algorithm)?;
                token.verified(Algorithm::Hs256, secret)?
            }
            algorithm => {
                let jwks = self.jwks.as_ref().ok_or(TokenError::Algorithm)?;
                let key = jwks.find(algorithm, token.header.kid.as_deref(), now).await?;
                token.verified(key.algorithm, key.decoding())?
            }
        };
        claims.check(&self.expected, now)
    }
}

fn hs256_key(secret: &SecretString) -> Result<DecodingKey, ConfigError> {
    let bytes = secret.expose_secret().as_bytes();
    if bytes.len() < SECRET_BYTES_MIN {
        return Err(ConfigError::ShortSecret { what: "the shared secret", bytes_min: SECRET_BYTES_MIN });
    }
    Ok(DecodingKey::from_secret(bytes))
}

impl fmt::Debug for Verifier {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Verifier")
            .field("expected", &self.inner.expected)
            .field("jwks", &self.inner.jwks)
            .finish_non_exhaustive()
    }
}
