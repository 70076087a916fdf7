//! `PUT /v1/boxes/{box}/secrets/{name}`

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use smartbox_api::{SecretView, SetSecret};
use smartbox_control::{GivenSecret, Whose};

use super::tagged;
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;

/// Set a secret of a box
///
/// A new value counts for the next request that it is put into; with `delivery` `environment`, from the gateway's next start on.
#[utoipa::path(
    put,
    path = "/v1/boxes/{box}/secrets/{name}",
    tag = "secrets",
    operation_id = "setBoxSecret",
    params(
        ("box" = String, Path, description = "Id, name or `default`."),
        ("name" = String, Path, description = "Its name, such as GITHUB_TOKEN."),
        ("If-Match" = Option<String>, Header, description = "The version of the secret that the decision rests on; 0 if there was none."),
    ),
    request_body = SetSecret,
    responses((
        status = OK,
        description = "What is known of it. Its value is not shown.",
        body = SecretView,
        headers(("ETag" = String, description = "Its version, for If-Match."))
    )),
)]
pub(crate) async fn set_of_box(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path((reference, name)): Path<(String, String)>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<SetSecret>,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    let given = GivenSecret { value: body.value.into(), delivery: body.delivery };
    Ok(tagged(&state.control().set_secret(&op, Whose::Box(&reference), &name, &given, version).await?))
}
