//! Signed URLs: `?userId=&exp=&sig=` as Automna's dashboard makes them, and a form that is bound to one request.
//!
//! The texts that are signed, and how to reproduce them by hand, are in `docs/signed-urls.md`.

mod query;
mod sign;

use std::fmt;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use secrecy::{ExposeSecret as _, SecretString};

use crate::ConfigError;
use query::Parameters;
pub use query::strip;
pub use sign::{sign, sign_bound};

/// Least length of a secret.
const SECRET_BYTES_MIN: usize = 16;
/// Most secrets that are tried for one URL.
const SECRETS_MAX: usize = 8;
/// Longest user id.
const USER_BYTES_MAX: usize = 255;
/// Digits of `exp`: enough for 30,000 years.
const EXP_DIGITS_MAX: usize = 12;
/// Longest name of a key.
const KID_BYTES_MAX: usize = 64;
/// Lengths of a nonce: 22 characters are 128 bits.
const NONCE_BYTES: std::ops::RangeInclusive<usize> = 16..=128;
/// What user ids begin with.
const USER_PREFIX: &str = "user_";

/// Why a signed URL was refused. The text is fit for the client.
#[derive(Clone, Copy, Debug, thiserror::Error, PartialEq, Eq)]
pub enum SignedUrlError {
    /// `userId`, `exp` or `sig` is not there: this is no signed URL.
    #[error("the address is not signed: userId, exp and sig belong together")]
    Missing,
    /// A parameter is there twice, or cannot be read.
    #[error("the address is not valid: {0}")]
    Malformed(&'static str),
    /// Too old: ask for a new one.
    #[error("the address has expired")]
    Expired,
    /// Not somebody who can be signed in like this.
    #[error("the user id is not valid")]
    User,
    /// The signature is not that of this address.
    #[error("the signature is wrong")]
    Signature,
}

/// The request that a URL came with.
#[derive(Clone, Copy, Debug)]
pub struct UrlRequest<'a> {
    /// `GET`, in capitals.
    pub method: &'a str,
    /// The path as it was sent, with its percent signs.
    pub path: &'a str,
    /// What follows the question mark, as it was sent.
    pub query: &'a str,
}

/// Who a signed URL is about.
#[derive(Clone, PartialEq, Eq)]
pub struct SignedUser {
    /// The user id, letter by letter: ids that differ in case are different people.
    pub user_id: String,
    /// When the URL stops working.
    pub expires_at: Timestamp,
    /// Of the bound form: accept it once, and remember it until `expires_at`. Without it the URL can be used again by
    /// whoever sees it.
    pub nonce: Option<String>,
}

/// Secrets that sign URLs.
pub struct UrlKeys {
    unnamed: Vec<hmac::Key>,
    named: Vec<(String, hmac::Key)>,
}

impl UrlKeys {
    /// `unnamed` verify the plain form, each in turn, so that a secret can be exchanged; `named` verify the bound form.
    ///
    /// # Errors
    /// [`ConfigError`] for secrets below 16 bytes, more than 8 of a kind, bad names and the same name twice.
    pub fn new(unnamed: &[SecretString], named: &[(String, SecretString)]) -> Result<Self, ConfigError> {
        if unnamed.len() > SECRETS_MAX || named.len() > SECRETS_MAX {
            return Err(ConfigError::TooMany("secrets for signed URLs"));
        }
        let mut keys = Self { unnamed: Vec::new(), named: Vec::new() };
        for secret in unnamed {
            keys.unnamed.push(hmac_key(secret)?);
        }
        for (name, secret) in named {
            let is_new = keys.named.iter().all(|(known, _key)| known != name);
            if !is_new || !is_word(name, 1..=KID_BYTES_MAX) {
                let value = name.chars().take(KID_BYTES_MAX).collect();
                return Err(ConfigError::Invalid { what: "the name of a secret for signed URLs", value });
            }
            keys.named.push((name.clone(), hmac_key(secret)?));
        }
        Ok(keys)
    }

    /// Who the URL is about. The checks and their order are those of Automna's validator; a parameter that is there
    /// twice is refused besides. `exp` has no skew: it is compared in whole seconds, and counts to its end.
    ///
    /// # Errors
    /// [`SignedUrlError`] says why not.
    pub fn verify(&self, request: &UrlRequest<'_>, now: Timestamp) -> Result<SignedUser, SignedUrlError> {
        let parameters = Parameters::parse(request.query)?;
        let (Some(user), Some(exp), Some(sig)) = (&parameters.user, &parameters.exp, &parameters.sig) else {
            return Err(SignedUrlError::Missing);
        };
        let expires_at = moment(exp)?;
        if expires_at.as_second() < now.as_second() {
            return Err(SignedUrlError::Expired);
        }
        if !is_user(user) {
            return Err(SignedUrlError::User);
        }
        let signature = URL_SAFE_NO_PAD.decode(sig).map_err(|_error| SignedUrlError::Signature)?;
        let nonce = match (&parameters.kid, &parameters.nonce) {
            (None, None) => {
                let text = sign::plain_text(user, exp);
                // All are tried: how long it takes tells nothing about which one fits.
                let fits = |key: &hmac::Key| hmac::verify(key, text.as_bytes(), &signature).is_ok();
                let fitting = self.unnamed.iter().filter(|key| fits(key)).count();
                (fitting > 0).then_some(None)
            }
            (Some(kid), Some(nonce)) => {
                if !is_word(nonce, NONCE_BYTES) {
                    return Err(SignedUrlError::Malformed("its nonce is not valid"));
                }
                let text = sign::bound_text(kid, request.method, request.path, user, exp, nonce);
                let named = self.named.iter().find(|(name, _key)| name == kid);
                let fits = |key: &hmac::Key| hmac::verify(key, text.as_bytes(), &signature).is_ok();
                named.filter(|(_name, key)| fits(key)).map(|_fitting| Some(nonce.clone()))
            }
            _ => return Err(SignedUrlError::Malformed("sigKid and sigNonce belong together")),
        };
        let nonce = nonce.ok_or(SignedUrlError::Signature)?;
        Ok(SignedUser { user_id: user.clone(), expires_at, nonce })
    }
}

/// `exp` is a number of seconds, and nothing else that a language may take for a number.
fn moment(exp: &str) -> Result<Timestamp, SignedUrlError> {
    let not_a_number = SignedUrlError::Malformed("exp is not a number of seconds");
    if exp.is_empty() || exp.len() > EXP_DIGITS_MAX || !exp.bytes().all(|byte| byte.is_ascii_digit()) {
        return Err(not_a_number);
    }
    let seconds: i64 = exp.parse().map_err(|_error| not_a_number)?;
    Timestamp::from_second(seconds).map_err(|_error| not_a_number)
}

fn is_user(user: &str) -> bool {
    user.starts_with(USER_PREFIX) && user.len() <= USER_BYTES_MAX && !user.chars().any(char::is_control)
}

/// Characters that are the same in a query, in a signed text and in a file name.
fn is_word(text: &str, length: std::ops::RangeInclusive<usize>) -> bool {
    length.contains(&text.len())
        && text.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

fn hmac_key(secret: &SecretString) -> Result<hmac::Key, ConfigError> {
    let bytes = secret.expose_secret().as_bytes();
    if bytes.len() < SECRET_BYTES_MIN {
        let what = "a secret for signed URLs";
        return Err(ConfigError::ShortSecret { what, bytes_min: SECRET_BYTES_MIN });
    }
    Ok(hmac::Key::new(hmac::HMAC_SHA256, bytes))
}

impl fmt::Debug for UrlKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let named: Vec<&str> = self.named.iter().map(|(name, _key)| name.as_str()).collect();
        f.debug_struct("UrlKeys").field("named", &named).finish_non_exhaustive()
    }
}

/// The nonce is left out: together with the rest of a logged address it would be half of one.
impl fmt::Debug for SignedUser {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SignedUser")
            .field("user_id", &self.user_id)
            .field("expires_at", &self.expires_at)
            .finish_non_exhaustive()
    }
}
