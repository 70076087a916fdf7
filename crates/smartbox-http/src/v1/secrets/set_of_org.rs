//! `PUT /v1/orgs/{org}/secrets/{name}`

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

/// Set a secret of an org
///
/// A new value counts for the next request that it is put into; with `delivery` `environment`, from the gateway's next start on.
#[utoipa::path(
    put,
    path = "/v1/orgs/{org}/secrets/{name}",
    tag = "secrets",
    operation_id = "setOrgSecret",
    params(
        ("org" = String, Path, description = "Id or name; `me` is your own."),
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
pub(crate) async fn set_of_org(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path((org, name)): Path<(String, String)>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<SetSecret>,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    let given = GivenSecret { value: body.value.into(), delivery: body.delivery };
    Ok(tagged(&state.control().set_secret(&op, Whose::Org(&org), &name, &given, version).await?))
}
