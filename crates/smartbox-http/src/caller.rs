//! Who asks.

mod cookie;
mod origin;
mod proof;
mod recognise;
mod right;
mod support;

pub(crate) use cookie::{clear_oidc, clear_session, oidc_handle, set_box, set_oidc, set_session};
pub(crate) use origin::{check_origin, check_origin_if_given, own_origin};
pub(crate) use proof::proof_of;
pub use recognise::{IdentifyError, identify};
pub(crate) use right::{Listener, Right};
pub(crate) use support::SupportMark;

use axum::extract::FromRequestParts;
use http::header::UPGRADE;
use http::request::Parts;
use http::{HeaderMap, Method};
use smartbox_control::{DPOP_HEADER, Op, Recognised};

use crate::HttpState;
use crate::problem::{ApiError, codes};
use crate::request::origin_of;
use recognise::{Found, Reading, recognise};

/// The authenticated caller. Refuses a cookie that another website may have sent.
pub(crate) struct Caller(pub(crate) Op);

impl Caller {
    async fn find(parts: &Parts, state: &HttpState) -> Result<Option<Self>, ApiError> {
        Ok(Self::authenticate(parts, state).await?.map(|(op, _who)| Self(op)))
    }

    /// The caller, and how they were recognised.
    async fn authenticate(parts: &Parts, state: &HttpState) -> Result<Option<(Op, Recognised)>, ApiError> {
        let found = authenticate(parts, state, Reading::Api).await?;
        if found.as_ref().is_some_and(|(_op, who)| !who.is_paired) {
            return Err(ApiError::known(&codes::DEVICE_NOT_APPROVED));
        }
        Ok(found)
    }
}

async fn authenticate(
    parts: &Parts,
    state: &HttpState,
    reading: Reading,
) -> Result<Option<(Op, Recognised)>, ApiError> {
    let found = match parts.extensions.get::<Vouched>() {
        Some(Vouched(who)) => Some(Found { who: who.clone(), by_cookie: false }),
        None => recognise(state.control(), parts, reading).await?,
    };
    let Some(Found { who, by_cookie }) = found else { return Ok(None) };
    if by_cookie && (changes_state(&parts.method) || is_websocket(&parts.headers)) {
        check_origin(parts)?;
    }
    support::check(parts, &who)?;
    let op = Op::new(who.principal.clone()).in_session(who.session).with_origin(origin_of(&parts.headers));
    Ok(Some((op, who)))
}

/// A caller who was recognised by a route that makes requests to other routes in their name: as an extension of such a
/// request it stands for their credential. Nobody outside of this crate can make one.
#[derive(Clone)]
pub(crate) struct Vouched(Recognised);

impl FromRequestParts<HttpState> for Vouched {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self, ApiError> {
        let found = Caller::authenticate(parts, state).await?;
        found.map(|(_op, who)| Self(who)).ok_or_else(|| ApiError::known(&codes::NOT_SIGNED_IN))
    }
}

/// The caller of a route that helps people to be let in: whether their device is approved is not asked.
pub(crate) struct AnyDevice {
    pub(crate) op: Op,
    pub(crate) who: Recognised,
}

impl FromRequestParts<HttpState> for AnyDevice {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self, ApiError> {
        // A proof that is shown to be put down is read by the route itself: it is good once.
        let shows = parts.method == Method::POST && parts.headers.contains_key(DPOP_HEADER);
        let reading = if shows { Reading::Pairing } else { Reading::Api };
        let found = authenticate(parts, state, reading).await?;
        let (op, who) = found.ok_or_else(|| ApiError::known(&codes::NOT_SIGNED_IN))?;
        Ok(Self { op, who })
    }
}

impl FromRequestParts<HttpState> for Caller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self, ApiError> {
        Self::find(parts, state).await?.ok_or_else(|| ApiError::known(&codes::NOT_SIGNED_IN))
    }
}

/// The caller of a route that also answers strangers. A wrong credential is refused here, too.
pub(crate) struct MaybeCaller(pub(crate) Option<Op>);

impl FromRequestParts<HttpState> for MaybeCaller {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self, ApiError> {
        Ok(Self(Caller::find(parts, state).await?.map(|caller| caller.0)))
    }
}

/// The session cookie of a request, whether it is valid or not.
pub(crate) fn session_token(headers: &HeaderMap) -> Option<String> {
    match cookie::session(headers) {
        cookie::Session::Token(token) => Some(token),
        cookie::Session::None | cookie::Session::Unusable => None,
    }
}

fn changes_state(method: &Method) -> bool {
    !matches!(*method, Method::GET | Method::HEAD | Method::OPTIONS)
}

/// A browser sends cookies with a WebSocket of any website, and reads the answer (no same-origin policy there).
fn is_websocket(headers: &HeaderMap) -> bool {
    headers.get(UPGRADE).is_some_and(|upgrade| upgrade.as_bytes().eq_ignore_ascii_case(b"websocket"))
}
