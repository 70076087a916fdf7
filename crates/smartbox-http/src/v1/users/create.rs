//! `POST /v1/users`

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use smartbox_api::{CreateUser, UserView};
use smartbox_control::NewPerson;

use super::user_view;
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::idempotency::once;
use crate::problem::ApiError;

/// Add a person
///
/// They can sign in with a link that is made for them, or with a password once one is set.
#[utoipa::path(
    post,
    path = "/v1/users",
    tag = "people",
    operation_id = "createUser",
    params(("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours.")),
    request_body = CreateUser,
    responses((status = CREATED, description = "The person was added.", body = UserView)),
)]
pub(crate) async fn create(
    State(state): State<HttpState>,
    Caller(op): Caller,
    headers: HeaderMap,
    JsonBody(body): JsonBody<CreateUser>,
) -> Result<Response, ApiError> {
    let (control, caller, asked) = (state.control().clone(), op.clone(), body.clone());
    let work = async move {
        let new = NewPerson { name: asked.name, role: asked.role, email: asked.email, org: asked.org };
        Ok((StatusCode::CREATED, user_view(&control.create_user(&caller, &new).await?)))
    };
    once(&state, &op, &headers, "POST /v1/users", None, &body, work).await
}
