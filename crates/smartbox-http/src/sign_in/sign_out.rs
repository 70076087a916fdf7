//! `POST /sign-out`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::SET_COOKIE;
use http::request::Parts;

use crate::HttpState;
use crate::caller::{check_origin, clear_session, session_token};
use crate::problem::ApiError;
use crate::request::is_over_tls;

/// Sign out
///
/// Ends the session of the cookie. Without one there is nothing to do.
#[utoipa::path(
    post,
    path = "/sign-out",
    tag = "sign-in",
    operation_id = "signOut",
    security((), ("session" = [])),
    responses((status = NO_CONTENT, description = "Signed out.")),
)]
pub(crate) async fn sign_out(State(state): State<HttpState>, parts: Parts) -> Result<Response, ApiError> {
    let mut response = StatusCode::NO_CONTENT.into_response();
    if let Some(token) = session_token(&parts.headers) {
        check_origin(&parts)?;
        state.control().sign_out(&token).await?;
        if let Some(cookie) = clear_session(is_over_tls(&parts.headers)) {
            response.headers_mut().insert(SET_COOKIE, cookie);
        }
    }
    Ok(response)
}
