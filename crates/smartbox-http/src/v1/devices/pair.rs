//! `POST /v1/devices`

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use http::header::{ORIGIN, SET_COOKIE};
use http::request::Parts;
use smartbox_api::{DeviceView, PairDevice};
use smartbox_control::{Error, Showing};

use super::device_view;
use crate::HttpState;
use crate::body::{JsonBody, json};
use crate::caller::{AnyDevice, proof_of, set_session};
use crate::problem::ApiError;
use crate::request::is_over_tls;

/// Show a device
///
/// Its key is shown by a proof in the header `DPoP` (RFC 9449), signed with Ed25519. A device that was shown before stays as it
/// is. The caller's session is bound to the device; a browser whose person has none gets one.
#[utoipa::path(
    post,
    path = "/v1/devices",
    tag = "devices",
    operation_id = "pairDevice",
    params(("DPoP" = String, Header, description = "The proof. It is good once, and for a minute.")),
    request_body = PairDevice,
    responses((status = CREATED, description = "The device. `pending` until somebody approves it.", body = DeviceView)),
)]
pub(crate) async fn pair(
    State(state): State<HttpState>,
    AnyDevice { op, who }: AnyDevice,
    parts: Parts,
    JsonBody(body): JsonBody<PairDevice>,
) -> Result<Response, ApiError> {
    let (proof, request) = proof_of(&parts)
        .ok_or_else(|| Error::BadToken("send one proof of the device's key in the header DPoP".to_owned()))?;
    let showing =
        Showing { op: &op, until: who.expires_at, wants_session: parts.headers.contains_key(ORIGIN) };
    let paired = state.control().pair_device(&showing, &body.name, proof, &request).await?;
    let mut response = json(StatusCode::CREATED, &device_view(&paired.device));
    if let Some(session) = paired.session {
        let cookie = set_session(&session.token, session.ttl, is_over_tls(&parts.headers));
        response.headers_mut().extend(cookie.map(|cookie| (SET_COOKIE, cookie)));
    }
    Ok(response)
}
