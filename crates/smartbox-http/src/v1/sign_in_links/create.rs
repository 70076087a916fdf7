//! `POST /v1/sign-in-links`

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use secrecy::ExposeSecret;
use smartbox_api::{CreateSignInLink, SignInLink};

use crate::HttpState;
use crate::body::{OptionalJsonBody, json};
use crate::caller::Caller;
use crate::problem::ApiError;

/// Make a sign-in link
///
/// It works once, in any browser, for a short time.
#[utoipa::path(
    post,
    path = "/v1/sign-in-links",
    tag = "sign-in",
    operation_id = "createSignInLink",
    request_body = Option<CreateSignInLink>,
    responses((status = CREATED, description = "The link. It is shown once.", body = SignInLink)),
)]
pub(crate) async fn create(
    State(state): State<HttpState>,
    Caller(op): Caller,
    OptionalJsonBody(body): OptionalJsonBody<CreateSignInLink>,
) -> Result<Response, ApiError> {
    let made = state.control().create_sign_in_code(&op, body.org.as_deref(), body.user.as_deref()).await?;
    let path = format!("/sign-in#{}", made.code.expose_secret());
    let url = state.public_url().absolute(&path);
    Ok(json(StatusCode::CREATED, &SignInLink { path, url, expires_at: made.expires_at.to_string() }))
}
