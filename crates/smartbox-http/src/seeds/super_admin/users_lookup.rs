//! `GET /api/super/users/lookup/{name}`

use axum::Json;
use axum::extract::{Path, State};
use smartbox_api::SeedUser;
use smartbox_control::Error;

use super::target::SuperAdmin;
use super::users::{tiers, user_view};
use crate::HttpState;
use crate::problem::ApiError;

/// Find a person by name, in the older shape
#[utoipa::path(
    get,
    path = "/api/super/users/lookup/{name}",
    tag = "seeds",
    operation_id = "seedUserLookup",
    params(("name" = String, Path, description = "Their name.")),
    responses((status = OK, description = "Who that is.", body = SeedUser)),
)]
pub(crate) async fn users_lookup(
    State(state): State<HttpState>,
    SuperAdmin(op): SuperAdmin,
    Path(name): Path<String>,
) -> Result<Json<SeedUser>, ApiError> {
    let found = state.control().users_named(&op, &name).await?;
    match found.as_slice() {
        [] => Err(Error::NotFound("user").into()),
        [user] => Ok(Json(user_view(user, &tiers(&state, &op)?))),
        // Of several orgs: nobody can say who is meant.
        _ => Err(Error::Conflict {
            what: format!("{} people of different orgs have this name", found.len()),
            remedy: "find the id with `GET /api/super/users`".to_owned(),
        }
        .into()),
    }
}
