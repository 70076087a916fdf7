//! `POST /v1/tokens`

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use secrecy::ExposeSecret;
use smartbox_api::{CreateToken, CreatedToken};
use smartbox_control::NewToken;

use super::token_view;
use crate::HttpState;
use crate::body::{JsonBody, json};
use crate::caller::Caller;
use crate::problem::ApiError;

/// Make a service token
///
/// It acts for the org with at most its maker's permissions. It is shown once, so the request takes no
/// `Idempotency-Key`: an answer that can be repeated would have to be kept.
#[utoipa::path(
    post,
    path = "/v1/tokens",
    tag = "people",
    operation_id = "createToken",
    request_body = CreateToken,
    responses((status = CREATED, description = "The token. It is shown once.", body = CreatedToken)),
)]
pub(crate) async fn create(
    State(state): State<HttpState>,
    Caller(op): Caller,
    JsonBody(body): JsonBody<CreateToken>,
) -> Result<Response, ApiError> {
    let new = NewToken {
        name: body.name,
        scopes: body.scopes,
        expires_in_days: body.expires_in_days,
        org: body.org,
        only: body.only,
    };
    let made = state.control().create_token(&op, &new).await?;
    let secret = made.secret.expose_secret().to_owned();
    // `?token=` is what people know from gateways: it is taken out of the address at once (`sign_in/enter.rs`).
    let link = made.token.only.map(|only| state.public_url().absolute(&format!("/b/{only}/?token={secret}")));
    Ok(json(StatusCode::CREATED, &CreatedToken { token: token_view(&made.token), secret, link }))
}
