//! `GET /v1/models/providers/{provider}`

use axum::extract::{Path, State};
use axum::response::Response;
use smartbox_api::{ModelScopeQuery, ProviderView};

use super::{provider_response, wish};
use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Look at a provider of models
///
/// One of this very box, org or platform. Its key is not among what is shown.
#[utoipa::path(
    get,
    path = "/v1/models/providers/{provider}",
    tag = "models",
    operation_id = "showModelProvider",
    params(("provider" = String, Path, description = "Its name."), ModelScopeQuery),
    responses((
        status = OK,
        description = "The provider.",
        body = ProviderView,
        headers(("ETag" = String, description = "Its version, for If-Match."))
    )),
)]
pub(crate) async fn show_provider(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(provider): Path<String>,
    QueryOf(query): QueryOf<ModelScopeQuery>,
) -> Result<Response, ApiError> {
    Ok(provider_response(&state.control().model_provider(&op, &wish(query), &provider).await?))
}
