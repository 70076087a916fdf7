//! Who asks, by what a request holds.

use http::HeaderMap;
use http::header::AUTHORIZATION;
use http::request::Parts;
use smartbox_api::ADMIN_SECRET_HEADER;
use smartbox_control::{ACCESS_HEADER, Control, Error, Recognised, SUPPORT_PREFIX, TOKEN_PREFIX};

use super::{cookie, proof};
use crate::problem::{ApiError, codes};
use crate::request::origin_of;

/// Header, claims, signature.
const JWT_PARTS: usize = 3;

/// Why nobody could be recognised although a credential was given.
#[derive(Debug, thiserror::Error)]
pub enum IdentifyError {
    /// The credential is wrong, ended, or of a kind that is not known.
    #[error("the credential is not valid")]
    WrongCredential,
    /// The credential is right and its owner is not let in, or it could not be looked up.
    #[error("the credential could not be accepted")]
    Failed(#[source] Error),
}

/// The caller behind a request's headers; `None` when they hold no credential.
///
/// The first of `X-Admin-Secret`, `Authorization`, Cloudflare's assertion and the session cookie decides alone: a wrong one never falls
/// through to another. Whether a cookie may be used from the request's origin is not asked here.
///
/// # Errors
/// When a credential was given and is not valid, or could not be checked.
pub async fn identify(control: &Control, head: &Parts) -> Result<Option<Recognised>, IdentifyError> {
    Ok(recognise(control, head, Reading::OfBox).await?.map(|found| found.who))
}

/// What a request's credentials are read for.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Reading {
    /// The platform's own API.
    Api,
    /// The same, of somebody who shows their device in the request itself.
    Pairing,
    /// A box: a browser may be good for one alone.
    OfBox,
}

pub(super) struct Found {
    pub(super) who: Recognised,
    pub(super) by_cookie: bool,
}

pub(super) async fn recognise(
    control: &Control,
    head: &Parts,
    reading: Reading,
) -> Result<Option<Found>, IdentifyError> {
    let headers = &head.headers;
    let found = match secret(headers) {
        Some(Given::Usable(secret)) => {
            let who = by_secret(control, headers, secret).await?.ok_or(IdentifyError::WrongCredential)?;
            Some(Found { who, by_cookie: false })
        }
        Some(Given::Unusable) => return Err(IdentifyError::WrongCredential),
        None => by_browser(control, headers, reading).await?.map(|who| Found { who, by_cookie: true }),
    };
    let Some(found) = found else { return Ok(None) };
    let who = match reading {
        Reading::Pairing => found.who,
        Reading::Api | Reading::OfBox => proof::with_device(control, head, found.who).await?,
    };
    // A person's session for one box is for that box, not for their account.
    if reading != Reading::OfBox && who.principal.only().is_some() && who.principal.user_id().is_some() {
        return Err(IdentifyError::WrongCredential);
    }
    Ok(Some(Found { who, ..found }))
}

/// Whoever a browser says it is: with what it sends along by itself.
async fn by_browser(
    control: &Control,
    headers: &HeaderMap,
    reading: Reading,
) -> Result<Option<Recognised>, IdentifyError> {
    // Support access was begun on purpose, by somebody who may be known here as themselves.
    if let cookie::Session::Token(token) = cookie::session(headers)
        && token.starts_with(SUPPORT_PREFIX)
    {
        return by_session(control, headers).await;
    }
    let by_access = by_access(control, headers).await?;
    let session = by_session(control, headers).await;
    if let Some(who) = by_access {
        // Cloudflare says who they are, the session which device they use.
        let own = session.ok().flatten().filter(|session| is_same_person(session, &who));
        return Ok(Some(own.filter(|_session| !who.is_paired).unwrap_or(who)));
    }
    if reading == Reading::OfBox
        && !matches!(session, Ok(Some(_)))
        && let cookie::Session::Token(token) = cookie::of_box(headers)
        && let Some(who) = control.find_box_credential(&token).await.map_err(IdentifyError::Failed)?
    {
        return Ok(Some(who));
    }
    if let Some(who) = session? {
        return Ok(Some(who));
    }
    if let Some(token) = control.jwt_cookie().and_then(|name| cookie::jwt(headers, name)) {
        let found = control.find_jwt(&origin_of(headers), &token).await.map_err(IdentifyError::Failed)?;
        return found.ok_or(IdentifyError::WrongCredential).map(Some);
    }
    control.developer().await.map_err(IdentifyError::Failed)
}

async fn by_session(control: &Control, headers: &HeaderMap) -> Result<Option<Recognised>, IdentifyError> {
    match cookie::session(headers) {
        cookie::Session::None => Ok(None),
        cookie::Session::Unusable => Err(IdentifyError::WrongCredential),
        cookie::Session::Token(token) => {
            let found = if token.starts_with(SUPPORT_PREFIX) {
                control.find_support(&token).await
            } else {
                control.find_session(&token).await
            };
            let found = found.map_err(IdentifyError::Failed)?;
            found.ok_or(IdentifyError::WrongCredential).map(Some)
        }
    }
}

fn is_same_person(one: &Recognised, other: &Recognised) -> bool {
    one.principal.user_id().is_some() && one.principal.user_id() == other.principal.user_id()
}

/// Whoever holds this secret: a program with a service token, a person with a token of another issuer, somebody with support
/// access, or the platform's admin.
async fn by_secret(
    control: &Control,
    headers: &HeaderMap,
    secret: &str,
) -> Result<Option<Recognised>, IdentifyError> {
    if control.is_admin_secret(secret) {
        return Ok(Some(Recognised::admin()));
    }
    let found = if secret.starts_with(TOKEN_PREFIX) {
        control.find_token(secret).await
    } else if secret.starts_with(SUPPORT_PREFIX) {
        control.find_support(secret).await
    } else if secret.split('.').count() == JWT_PARTS {
        control.find_jwt(&origin_of(headers), secret).await
    } else {
        Ok(None)
    };
    found.map_err(IdentifyError::Failed)
}

/// Whoever Cloudflare Access let through. Without its configuration the header says nothing.
///
/// A browser sends it with every request, like a cookie that it cannot be without; so it counts as one where the origin
/// of a request matters.
async fn by_access(control: &Control, headers: &HeaderMap) -> Result<Option<Recognised>, IdentifyError> {
    let mut assertions = headers.get_all(ACCESS_HEADER).iter();
    let (Some(assertion), None) = (assertions.next(), assertions.next()) else { return Ok(None) };
    let Ok(assertion) = assertion.to_str() else { return Ok(None) };
    control.find_access(&origin_of(headers), assertion).await.map_err(IdentifyError::Failed)
}

/// A credential in a header.
enum Given<'a> {
    Usable(&'a str),
    /// There are two, or it is of a kind that is not known.
    Unusable,
}

/// The secret that the headers hold.
fn secret(headers: &HeaderMap) -> Option<Given<'_>> {
    let only = |name: &str| {
        let mut values = headers.get_all(name).iter();
        let first = values.next()?;
        // Two values: nobody can tell which one was meant.
        let only = if values.next().is_none() { first.to_str().ok() } else { None };
        Some(only.map_or(Given::Unusable, Given::Usable))
    };
    if let Some(secret) = only(ADMIN_SECRET_HEADER) {
        return Some(secret);
    }
    Some(match only(AUTHORIZATION.as_str())? {
        Given::Usable(value) => match value.split_once(' ') {
            Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => Given::Usable(token.trim()),
            _ => Given::Unusable,
        },
        Given::Unusable => Given::Unusable,
    })
}

impl From<IdentifyError> for ApiError {
    fn from(error: IdentifyError) -> Self {
        match error {
            IdentifyError::WrongCredential => Self::known(&codes::WRONG_CREDENTIAL),
            // What is unavailable is the issuer, not a box.
            IdentifyError::Failed(Error::Unavailable { retry_after, .. }) => {
                Self::later(&codes::ISSUER_UNAVAILABLE, retry_after)
            }
            IdentifyError::Failed(error) => error.into(),
        }
    }
}
