//! Cloudflare Access: the assertion that its proxy adds to each request.
//!
//! Cloudflare signs with RS256, publishes its keys at `https://<team domain>/cdn-cgi/access/certs`, and writes the
//! application's AUD tag into `aud`. Whoever trusts the assertion must verify it: the header alone can be sent by
//! anybody who reaches this server beside Cloudflare.

use crate::{ConfigError, Verifier, VerifierConfig};

/// The request header with the assertion. Look here and not into the cookie of the same content.
pub const ACCESS_HEADER: &str = "cf-access-jwt-assertion";

/// Longest host name (RFC 1035 §2.3.4).
const DOMAIN_BYTES_MAX: usize = 253;

/// Which Access application.
#[derive(Clone, Debug)]
pub struct AccessConfig {
    /// `<team>.cloudflareaccess.com`, without scheme.
    pub team_domain: String,
    /// The application's audience tag.
    pub audience: String,
    /// Where the keys are, if not at Cloudflare.
    pub certs_url: Option<String>,
}

/// A verifier of assertions. People are identified by their address there, so it counts as verified. Service tokens
/// name nobody and are refused.
///
/// # Errors
/// [`ConfigError`] says what to change.
pub fn access_verifier(config: AccessConfig) -> Result<Verifier, ConfigError> {
    let team = &config.team_domain;
    let is_host = !team.is_empty()
        && team.len() <= DOMAIN_BYTES_MAX
        && team
            .bytes()
            .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b".-".contains(&byte));
    if !is_host {
        return Err(ConfigError::Invalid {
            what: "the team domain",
            value: team.chars().take(200).collect(),
        });
    }
    let issuer = format!("https://{team}");
    let certs = config.certs_url.unwrap_or_else(|| format!("{issuer}/cdn-cgi/access/certs"));
    Verifier::new(VerifierConfig {
        issuer,
        audiences: vec![config.audience],
        hs256_secret: None,
        jwks_urls: vec![certs],
        vouches_for_emails: true,
    })
}
