//! `POST /v1/support-sessions`

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use secrecy::ExposeSecret;
use smartbox_api::{OpenSupport, OpenedSupport};
use smartbox_control::NewSupport;

use super::support_view;
use crate::HttpState;
use crate::body::{JsonBody, json};
use crate::caller::Caller;
use crate::problem::ApiError;

/// Open support access
///
/// Whoever runs the platform acts in the name of a person, to help: with a reason that the person reads, for a while, and with less
/// than the person may do. The credential is shown once, so the request takes no `Idempotency-Key`. What is done with it is in the
/// org's audit log, and the person can end it at any time.
#[utoipa::path(
    post,
    path = "/v1/support-sessions",
    tag = "support",
    operation_id = "openSupport",
    request_body = OpenSupport,
    responses((status = CREATED, description = "It is open. Its credential is shown once.", body = OpenedSupport)),
)]
pub(crate) async fn open(
    State(state): State<HttpState>,
    Caller(op): Caller,
    JsonBody(body): JsonBody<OpenSupport>,
) -> Result<Response, ApiError> {
    let new = NewSupport {
        user: body.user,
        org: body.org,
        reason: body.reason,
        level: body.level,
        minutes: body.minutes,
        operator: body.operator,
    };
    let opened = state.control().open_support(&op, &new).await?;
    let token = opened.token.expose_secret().to_owned();
    // As a sign-in link: what stands behind `#` reaches no server's log.
    let link = state.public_url().absolute(&format!("/sign-in#{token}"));
    let session = support_view(&opened.session, state.control().clock().now());
    Ok(json(StatusCode::CREATED, &OpenedSupport { session, token, link }))
}
