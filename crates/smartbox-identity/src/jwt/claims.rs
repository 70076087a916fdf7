//! The claims of a token whose signature was right.

use jiff::{SignedDuration, Timestamp};
use serde::Deserialize;
use serde_json::Number;

use crate::{TokenError, Verified};

/// How far the clocks of an issuer and of this server may be apart.
pub(crate) const CLOCK_SKEW: SignedDuration = SignedDuration::from_secs(60);
/// Longest subject: what OpenID Connect Core §2 allows.
const SUBJECT_BYTES_MAX: usize = 255;
/// Longest e-mail address (RFC 5321 §4.5.3.1).
const EMAIL_BYTES_MAX: usize = 320;
/// Longest name of a session, and of other words of the issuer.
const WORD_BYTES_MAX: usize = 255;
/// Most audiences of a token.
const AUDIENCES_MAX: usize = 32;

/// Claims that are used here; others are passed over. A claim that is there twice makes the token malformed.
#[derive(Deserialize)]
pub(crate) struct Claims {
    iss: Option<String>,
    sub: Option<String>,
    aud: Option<OneOrMany>,
    exp: Option<Number>,
    nbf: Option<Number>,
    iat: Option<Number>,
    email: Option<String>,
    email_verified: Option<Flag>,
    session_id: Option<String>,
    sid: Option<String>,
    is_anonymous: Option<bool>,
    role: Option<String>,
    aal: Option<String>,
    name: Option<String>,
    pub(crate) nonce: Option<String>,
    pub(crate) azp: Option<String>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum OneOrMany {
    One(String),
    Many(Vec<String>),
}

/// Some issuers write truth as text.
#[derive(Deserialize)]
#[serde(untagged)]
enum Flag {
    Bool(bool),
    Text(String),
}

/// Who must have made a token, and for whom.
#[derive(Debug)]
pub(crate) struct Expected {
    pub(crate) issuer: String,
    /// One of these.
    pub(crate) audiences: Vec<String>,
    /// Addresses count as verified when the issuer says nothing.
    pub(crate) vouches_for_emails: bool,
}

impl Claims {
    pub(super) fn parse(json: &[u8]) -> Result<Self, TokenError> {
        serde_json::from_slice(json).map_err(|_error| TokenError::Malformed("its claims are not valid"))
    }

    pub(crate) fn audiences(&self) -> &[String] {
        match &self.aud {
            None => &[],
            Some(OneOrMany::One(one)) => std::slice::from_ref(one),
            Some(OneOrMany::Many(many)) => many,
        }
    }

    /// Checks issuer, audience and times, and takes what is of use.
    pub(crate) fn check(self, expected: &Expected, now: Timestamp) -> Result<Verified, TokenError> {
        if self.iss.as_deref() != Some(expected.issuer.as_str()) {
            return Err(TokenError::Issuer);
        }
        let audiences = self.audiences();
        let is_for_us = audiences.iter().any(|audience| expected.audiences.contains(audience));
        if !is_for_us || audiences.len() > AUDIENCES_MAX {
            return Err(TokenError::Audience);
        }
        let exp = self.exp.as_ref().ok_or(TokenError::Malformed("it has no expiry (exp)"))?;
        let expires_at = moment(exp)?;
        let issued_at = self.iat.as_ref().map(moment).transpose()?;
        let not_before = self.nbf.as_ref().map(moment).transpose()?;
        if is_expired(expires_at, now) {
            return Err(TokenError::Expired);
        }
        let latest = now.saturating_add(CLOCK_SKEW).unwrap_or(now);
        if [issued_at, not_before].into_iter().flatten().any(|moment| moment > latest) {
            return Err(TokenError::NotYetValid);
        }
        let email_verified = match self.email_verified {
            Some(Flag::Bool(is_verified)) => is_verified,
            Some(Flag::Text(text)) => text == "true",
            None => expected.vouches_for_emails,
        };
        let email = bounded(self.email, EMAIL_BYTES_MAX)?;
        Ok(Verified {
            subject: subject(self.sub)?,
            issuer: expected.issuer.clone(),
            email_verified: email_verified && email.is_some(),
            email,
            name: bounded(self.name, WORD_BYTES_MAX)?,
            session_id: bounded(self.session_id.or(self.sid), WORD_BYTES_MAX)?,
            is_anonymous: self.is_anonymous.unwrap_or(false),
            role: bounded(self.role, WORD_BYTES_MAX)?,
            assurance: bounded(self.aal, WORD_BYTES_MAX)?,
            issued_at,
            expires_at,
        })
    }
}

/// Whether a token is over at `now`: a skew after the time it names.
pub(crate) fn is_expired(expires_at: Timestamp, now: Timestamp) -> bool {
    now >= expires_at.saturating_add(CLOCK_SKEW).unwrap_or(Timestamp::MAX)
}

fn subject(sub: Option<String>) -> Result<String, TokenError> {
    let sub = sub.filter(|sub| !sub.is_empty());
    let sub = sub.ok_or(TokenError::Malformed("it names nobody (sub)"))?;
    if sub.len() > SUBJECT_BYTES_MAX || sub.chars().any(char::is_control) {
        return Err(TokenError::Malformed("the name in it is not valid (sub)"));
    }
    Ok(sub)
}

/// Nothing in place of an empty text; longer ones than anybody has are not taken.
fn bounded(text: Option<String>, bytes_max: usize) -> Result<Option<String>, TokenError> {
    match text.filter(|text| !text.is_empty()) {
        Some(text) if text.len() > bytes_max => Err(TokenError::Malformed("a claim in it is too long")),
        other => Ok(other),
    }
}

/// A NumericDate of RFC 7519 §2: seconds, with a fraction if the issuer likes. A fraction is dropped.
fn moment(number: &Number) -> Result<Timestamp, TokenError> {
    let outside = TokenError::Malformed("a time in it is not valid");
    let seconds = match (number.as_i64(), number.as_f64()) {
        (Some(seconds), _) => seconds,
        (None, Some(seconds)) if seconds.abs() < 1e12 => whole(seconds),
        _ => return Err(outside),
    };
    Timestamp::from_second(seconds).map_err(|_error| outside)
}

#[expect(clippy::cast_possible_truncation, reason = "the caller has checked the range")]
fn whole(seconds: f64) -> i64 {
    seconds.floor() as i64
}
