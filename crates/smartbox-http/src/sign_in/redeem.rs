//! `POST /sign-in`

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::SET_COOKIE;
use http::request::Parts;
use smartbox_api::{RedeemSignIn, SignedIn};
use smartbox_control::Error;

use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::{check_origin_if_given, set_session};
use crate::problem::ApiError;
use crate::request::is_over_tls;

/// Longest code that is looked up. Ours have 43 characters.
const CODE_LENGTH_MAX: usize = 128;

/// Sign in
///
/// Exchanges the code of a sign-in link for a cookie. A code works once.
#[utoipa::path(
    post,
    path = "/sign-in",
    tag = "sign-in",
    operation_id = "signIn",
    security(()),
    request_body = RedeemSignIn,
    responses((
        status = OK,
        description = "Signed in.",
        body = SignedIn,
        headers(("Set-Cookie" = String, description = "The session."))
    )),
)]
pub(crate) async fn redeem(
    State(state): State<HttpState>,
    parts: Parts,
    JsonBody(body): JsonBody<RedeemSignIn>,
) -> Result<Response, ApiError> {
    // Another website must not be able to sign a person in as somebody else.
    check_origin_if_given(&parts)?;
    if body.code.is_empty() || body.code.len() > CODE_LENGTH_MAX {
        return Err(Error::NotFound("sign-in code").into());
    }
    let session = state.control().redeem_sign_in_code(&body.code).await?;
    let cookie = set_session(&session.token, session.ttl, is_over_tls(&parts.headers))
        .ok_or_else(|| Error::internal("a session token does not fit into a header"))?;
    let view = SignedIn { user: session.user.to_string(), org: session.org.to_string() };
    let mut response = Json(view).into_response();
    response.headers_mut().insert(SET_COOKIE, cookie);
    Ok(response)
}
