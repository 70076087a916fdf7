//! `POST /sign-in`

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::header::SET_COOKIE;
use http::request::Parts;
use smartbox_api::{RedeemSignIn, SignedIn};
use smartbox_control::{Error, NewSession, Origin, SUPPORT_PREFIX};

use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::{check_origin_if_given, set_session};
use crate::problem::ApiError;
use crate::request::{is_over_tls, origin_of};

/// Longest code that is looked up. Ours have 43 characters.
const CODE_LENGTH_MAX: usize = 128;

/// Sign in
///
/// Exchanges the code of a sign-in link, or e-mail and password, for a cookie. A code works once. The credential of support access is
/// one that works until that ends.
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
    let origin = origin_of(&parts.headers);
    let session = match (body.code, body.email, body.password) {
        (Some(code), None, None) => redeem_code(&state, &origin, &code).await?,
        (None, Some(email), Some(password)) => {
            state.control().sign_in_with_password(&origin, &email, password.into()).await?
        }
        _ => return Err(ApiError::field("code", "give either `code`, or `email` and `password`")),
    };
    let cookie = set_session(&session.token, session.ttl, is_over_tls(&parts.headers))
        .ok_or_else(|| Error::internal("a session token does not fit into a header"))?;
    let view = SignedIn { user: session.user.to_string(), org: session.org.to_string() };
    let mut response = Json(view).into_response();
    response.headers_mut().insert(SET_COOKIE, cookie);
    Ok(response)
}

async fn redeem_code(state: &HttpState, origin: &Origin, code: &str) -> Result<NewSession, ApiError> {
    if code.is_empty() || code.len() > CODE_LENGTH_MAX {
        return Err(Error::NotFound("sign-in code").into());
    }
    if code.starts_with(SUPPORT_PREFIX) {
        return state
            .control()
            .enter_support(code)
            .await?
            .ok_or_else(|| Error::NotFound("sign-in code").into());
    }
    Ok(state.control().redeem_sign_in_code(origin, code).await?)
}
