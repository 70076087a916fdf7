//! `PUT /v1/boxes/{box}/channels`

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use smartbox_api::{ChannelsWord, Launched, SetChannels};

use super::{BoxReference, launched};
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;

/// Let the channels and jobs of a box run, or not
///
/// In a copy of another box they are off until somebody confirms them here, so that nothing is sent or done twice. It takes a restart; a box
/// that sleeps or is stopped has it when it is needed next.
#[utoipa::path(
    put,
    path = "/v1/boxes/{box}/channels",
    tag = "boxes",
    operation_id = "setChannels",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("If-Match" = Option<String>, Header, description = "The version of the box that the decision rests on."),
    ),
    request_body = SetChannels,
    responses((status = ACCEPTED, description = "It is under way.", body = Launched)),
)]
pub(crate) async fn channels(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    headers: HeaderMap,
    JsonBody(body): JsonBody<SetChannels>,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    let are_on = body.channels == ChannelsWord::On;
    Ok(launched(&state.control().set_channels(&op, &reference, are_on, version).await?))
}
