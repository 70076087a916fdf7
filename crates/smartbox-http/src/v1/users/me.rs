//! `GET /v1/me`

use axum::Json;
use axum::extract::State;
use smartbox_api::Me;

use super::super::support_sessions::support_view;
use super::user_view;
use crate::HttpState;
use crate::caller::AnyDevice;
use crate::problem::ApiError;

/// Who am I?
#[utoipa::path(
    get,
    path = "/v1/me",
    tag = "people",
    operation_id = "me",
    responses((status = OK, description = "The caller, and what they may do.", body = Me)),
)]
pub(crate) async fn me(
    State(state): State<HttpState>,
    AnyDevice { op, who }: AnyDevice,
) -> Result<Json<Me>, ApiError> {
    let user = match op.principal.user_id() {
        Some(_) => Some(user_view(&state.control().find_user(&op, "me").await?)),
        None => None,
    };
    let support = match op.principal.as_support() {
        Some(own) => {
            let control = state.control();
            let session = control.find_support_session(&op, &own.session.to_string()).await?;
            Some(support_view(&session, control.clock().now()))
        }
        None => None,
    };
    let permissions = op.principal.permissions().iter().map(|permission| permission.to_string()).collect();
    Ok(Json(Me {
        id: op.principal.known_as(),
        org: op.principal.org().map(|org| org.to_string()),
        permissions,
        user,
        device: who.device.map(|device| device.to_string()),
        is_paired: who.is_paired,
        support,
    }))
}
