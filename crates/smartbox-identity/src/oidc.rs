//! Signing in with OpenID Connect: authorization code with PKCE (S256), state and nonce.

mod discovery;
mod error;
mod exchange;
mod pending;

use std::fmt;

use aws_lc_rs::constant_time::verify_slices_are_equal;
use aws_lc_rs::digest::{SHA256, digest};
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use secrecy::SecretString;

use crate::fetch::{Fetcher, trusted_url};
use crate::jwt::{Algorithm, Expected, Token};
use crate::remote::Remote;
use crate::{ConfigError, TokenError, Verified};
use discovery::{Provider, WELL_KNOWN};
pub use error::OidcError;
use exchange::Exchange;
pub use pending::{Begun, Pending};

/// The endpoints for the browser and for tokens that a discovery document names.
#[cfg(feature = "fuzzing")]
pub(crate) fn read_discovery(body: &[u8], issuer: &str) -> Option<[String; 2]> {
    static FETCHER: std::sync::LazyLock<Option<Fetcher>> = std::sync::LazyLock::new(|| Fetcher::new().ok());
    let provider = Provider::parse(body, issuer, FETCHER.as_ref()?).ok()?;
    Some([provider.authorization_endpoint.into(), provider.token_endpoint.into()])
}

/// Longest `code`, `state` and `iss` of a call-back.
const PARAMETER_BYTES_MAX: usize = 4096;

/// Who signs people in, and as whom we ask.
#[derive(Clone, Debug)]
pub struct OidcConfig {
    /// The issuer, letter by letter as it calls itself: https, or http on a loopback address.
    pub issuer: String,
    /// Our name there.
    pub client_id: String,
    /// Sent as `client_secret_basic`. Without one we are a public client.
    pub client_secret: Option<SecretString>,
    /// Besides `openid`.
    pub scopes: Vec<String>,
}

/// What the browser brought back.
#[derive(Clone, Copy)]
pub struct Callback<'a> {
    /// `code`.
    pub code: &'a str,
    /// `state`.
    pub state: &'a str,
    /// `iss` (RFC 9207), if there was one.
    pub iss: Option<&'a str>,
}

/// Signs people in with one issuer. Keep one per issuer: it remembers the discovery document and the keys.
pub struct OidcClient {
    config: OidcConfig,
    expected: Expected,
    fetcher: Fetcher,
    provider: Remote<Provider>,
}

impl OidcClient {
    /// Checks the configuration. Nothing is fetched before the first sign-in.
    ///
    /// # Errors
    /// [`ConfigError`] says what to change.
    pub fn new(config: OidcConfig) -> Result<Self, ConfigError> {
        if config.client_id.is_empty() {
            return Err(ConfigError::Missing("the client id"));
        }
        let issuer = trusted_url("the issuer", &config.issuer)?;
        if issuer.query().is_some() || issuer.fragment().is_some() {
            // Discovery §3: an issuer has neither, and a path behind them would go astray.
            return Err(ConfigError::Invalid { what: "the issuer", value: config.issuer });
        }
        let document = format!("{}{WELL_KNOWN}", config.issuer.trim_end_matches('/'));
        let document = trusted_url("the issuer", &document)?;
        let fetcher = Fetcher::new()?;
        let (issuer, keys) = (config.issuer.clone(), fetcher.clone());
        let parse = Box::new(move |body: &[u8]| Provider::parse(body, &issuer, &keys));
        let expected = Expected {
            issuer: config.issuer.clone(),
            audiences: vec![config.client_id.clone()],
            vouches_for_emails: false,
        };
        let provider = Remote::new(document, fetcher.clone(), parse);
        Ok(Self { config, expected, fetcher, provider })
    }

    /// Where to send a browser, and what to remember until it is back: sealed in a cookie or in the store, for this
    /// browser only. `random` is fresh from the system's generator.
    ///
    /// # Errors
    /// [`OidcError::Unavailable`] while the issuer is down.
    pub async fn begin(
        &self,
        redirect_uri: &str,
        random: [u8; 96],
        now: Timestamp,
    ) -> Result<Begun, OidcError> {
        let provider = self.provider.get(now).await?;
        let pending = Pending::new(redirect_uri, random, now);
        let challenge = URL_SAFE_NO_PAD.encode(digest(&SHA256, pending.verifier().as_bytes()));
        let scopes = self.config.scopes.iter().map(String::as_str).filter(|scope| *scope != "openid");
        let scopes: Vec<&str> = std::iter::once("openid").chain(scopes).collect();
        let mut url = provider.authorization_endpoint.clone();
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &self.config.client_id)
            .append_pair("redirect_uri", redirect_uri)
            .append_pair("scope", &scopes.join(" "))
            .append_pair("state", pending.state())
            .append_pair("nonce", pending.nonce())
            .append_pair("code_challenge", &challenge)
            .append_pair("code_challenge_method", "S256");
        Ok(Begun { url: url.into(), pending })
    }

    /// Exchanges the code, and verifies the ID token that comes for it. `pending` is spent, whatever the outcome: the
    /// caller forgets it before the call.
    ///
    /// # Errors
    /// [`OidcError`] says what to do: begin again, wait, or look at the settings.
    pub async fn finish(
        &self,
        pending: Pending,
        callback: Callback<'_>,
        now: Timestamp,
    ) -> Result<Verified, OidcError> {
        check_callback(&pending, callback, now)?;
        let provider = self.provider.get(now).await?;
        match callback.iss {
            Some(iss) if iss != self.config.issuer => return Err(OidcError::Issuer),
            // RFC 9207 §2.4: who says that they always send it, always sends it.
            None if provider.sends_iss => return Err(OidcError::Issuer),
            _ => {}
        }
        let exchange = Exchange { fetcher: &self.fetcher, config: &self.config, provider: &provider };
        let id_token = exchange.redeem(callback.code, &pending).await?;
        self.verify(&provider, &id_token, &pending, now).await
    }

    /// OpenID Connect Core §3.1.3.7.
    async fn verify(
        &self,
        provider: &Provider,
        id_token: &str,
        pending: &Pending,
        now: Timestamp,
    ) -> Result<Verified, OidcError> {
        let token = Token::parse(id_token)?;
        if token.header.algorithm == Algorithm::Hs256 {
            return Err(TokenError::Algorithm.into());
        }
        let key = provider.keys.find(token.header.algorithm, token.header.kid.as_deref(), now).await?;
        let claims = token.verified(key.algorithm, key.decoding())?;
        let is_nonce = |nonce: &String| is_same(nonce, pending.nonce());
        if !claims.nonce.as_ref().is_some_and(is_nonce) {
            return Err(OidcError::Mismatch);
        }
        let is_party = match &claims.azp {
            Some(azp) => *azp == self.config.client_id,
            None => claims.audiences().len() == 1,
        };
        if !is_party {
            return Err(TokenError::Audience.into());
        }
        Ok(claims.check(&self.expected, now)?)
    }
}

fn check_callback(pending: &Pending, callback: Callback<'_>, now: Timestamp) -> Result<(), OidcError> {
    let texts = [callback.code, callback.state, callback.iss.unwrap_or_default()];
    let is_bounded = texts.iter().all(|text| text.len() <= PARAMETER_BYTES_MAX);
    if !is_bounded || callback.code.is_empty() || !is_same(callback.state, pending.state()) {
        return Err(OidcError::Mismatch);
    }
    if pending.is_too_old(now) { Err(OidcError::TooOld) } else { Ok(()) }
}

/// Takes the same time whatever differs.
fn is_same(one: &str, other: &str) -> bool {
    verify_slices_are_equal(one.as_bytes(), other.as_bytes()).is_ok()
}

impl fmt::Debug for OidcClient {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("OidcClient").field("config", &self.config).finish_non_exhaustive()
    }
}

impl fmt::Debug for Callback<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Callback").field("iss", &self.iss).finish_non_exhaustive()
    }
}
