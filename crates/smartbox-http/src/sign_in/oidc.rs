//! `GET /sign-in/oidc` and `GET /sign-in/oidc/callback`

use axum::extract::State;
use axum::response::Response;
use http::header::SET_COOKIE;
use http::request::Parts;
use serde::Deserialize;
use smartbox_control::{Callback, Error, NewSession};
use utoipa::IntoParams;

use super::redirect;
use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::{clear_oidc, oidc_handle, set_oidc, set_session};
use crate::problem::ApiError;
use crate::request::{is_over_tls, origin_of};

const CALLBACK_PATH: &str = "/sign-in/oidc/callback";

/// Sign in with the OpenID provider
///
/// Sends the browser there. What it must bring back is bound to this browser by a cookie.
#[utoipa::path(
    get,
    path = "/sign-in/oidc",
    tag = "sign-in",
    operation_id = "beginOidc",
    security(()),
    responses((status = SEE_OTHER, description = "To the provider.")),
)]
pub(crate) async fn begin(State(state): State<HttpState>, parts: Parts) -> Result<Response, ApiError> {
    let redirect_uri = state.public_url().absolute(CALLBACK_PATH);
    let begun = match state.control().begin_oidc(&redirect_uri).await {
        Ok(begun) => begun,
        Err(error @ Error::Unavailable { .. }) => return Ok(back(word(&error), &parts)),
        Err(error) => return Err(error.into()),
    };
    let cookie = set_oidc(&begun.handle, begun.ttl, is_over_tls(&parts.headers));
    Ok(redirect(&begun.url, cookie))
}

/// What a provider adds to the address.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct CallbackQuery {
    /// The code, if the person agreed.
    code: Option<String>,
    /// What we sent along.
    state: Option<String>,
    /// Who answers (RFC 9207).
    iss: Option<String>,
}

/// Back from the OpenID provider
///
/// Exchanges the code for a session. Whatever goes wrong is told on the sign-in page.
#[utoipa::path(
    get,
    path = "/sign-in/oidc/callback",
    tag = "sign-in",
    operation_id = "finishOidc",
    security(()),
    params(CallbackQuery),
    responses((status = SEE_OTHER, description = "Signed in, or back to the sign-in page.")),
)]
pub(crate) async fn callback(
    State(state): State<HttpState>,
    parts: Parts,
    QueryOf(query): QueryOf<CallbackQuery>,
) -> Result<Response, ApiError> {
    if !state.control().has_oidc() {
        return Err(Error::NotFound("sign-in service").into());
    }
    Ok(match finish(&state, &parts, &query).await {
        Ok(session) => welcome(&session, &parts),
        Err(error) => {
            if let Error::Internal(cause) = &error {
                tracing::error!(error = &**cause as &dyn std::error::Error, "a sign-in failed");
            }
            back(word(&error), &parts)
        }
    })
}

async fn finish(state: &HttpState, parts: &Parts, query: &CallbackQuery) -> Result<NewSession, Error> {
    let (Some(handle), Some(code), Some(given)) =
        (oidc_handle(&parts.headers), query.code.as_deref(), query.state.as_deref())
    else {
        return Err(Error::BadToken("the provider or the browser sent no answer".to_owned()));
    };
    let callback = Callback { code, state: given, iss: query.iss.as_deref() };
    state.control().finish_oidc(&origin_of(&parts.headers), &handle, callback).await
}

fn welcome(session: &NewSession, parts: &Parts) -> Response {
    let over_tls = is_over_tls(&parts.headers);
    // The page shows the device, then goes on.
    let mut response = redirect("/sign-in/device", set_session(&session.token, session.ttl, over_tls));
    response.headers_mut().extend(clear_oidc(over_tls).map(|cookie| (SET_COOKIE, cookie)));
    response
}

/// Back to the sign-in page, which has words for each of these.
fn word(error: &Error) -> &'static str {
    match error {
        Error::NotTaken => "unknown",
        Error::AccountPending => "pending",
        Error::AccountFrozen => "frozen",
        Error::Unavailable { .. } => "unavailable",
        _ => "refused",
    }
}

fn back(word: &str, parts: &Parts) -> Response {
    redirect(&format!("/sign-in?failed={word}"), clear_oidc(is_over_tls(&parts.headers)))
}
