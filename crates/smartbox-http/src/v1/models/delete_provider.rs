//! `DELETE /v1/models/providers/{provider}`

use axum::extract::{Path, State};
use http::StatusCode;
use smartbox_api::ModelScopeQuery;

use super::wish;
use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Take a provider of models away
///
/// With its key. Calls that are under way end as they are; the next ones go to whoever is left.
#[utoipa::path(
    delete,
    path = "/v1/models/providers/{provider}",
    tag = "models",
    operation_id = "deleteModelProvider",
    params(("provider" = String, Path, description = "Its name."), ModelScopeQuery),
    responses((status = NO_CONTENT, description = "It is gone.")),
)]
pub(crate) async fn delete_provider(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(provider): Path<String>,
    QueryOf(query): QueryOf<ModelScopeQuery>,
) -> Result<StatusCode, ApiError> {
    state.control().delete_model_provider(&op, &wish(query), &provider).await?;
    Ok(StatusCode::NO_CONTENT)
}
