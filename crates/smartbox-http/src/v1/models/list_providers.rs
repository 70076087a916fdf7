//! `GET /v1/models/providers`

use axum::Json;
use axum::extract::State;
use smartbox_api::{ModelScopeQuery, ProviderList, ProviderView};

use super::{provider_view, settings_view, wish};
use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Caller;
use crate::problem::ApiError;

/// List who serves models
///
/// The providers that count for a box, for an org, or for everybody, in the order in which they are asked: the nearest that
/// has a model answers. `demo` is the built-in model, which answers where nobody else is.
#[utoipa::path(
    get,
    path = "/v1/models/providers",
    tag = "models",
    operation_id = "listModelProviders",
    params(ModelScopeQuery),
    responses((status = OK, description = "Every provider, the nearest first.", body = ProviderList)),
)]
pub(crate) async fn list_providers(
    State(state): State<HttpState>,
    Caller(op): Caller,
    QueryOf(query): QueryOf<ModelScopeQuery>,
) -> Result<Json<ProviderList>, ApiError> {
    let providers = state.control().model_providers(&op, &wish(query)).await?;
    let mut items: Vec<ProviderView> = providers.found.iter().map(provider_view).collect();
    items.extend(providers.of_settings.iter().map(settings_view));
    if providers.has_demo {
        items.push(demo());
    }
    Ok(Json(ProviderList { items }))
}

/// The built-in model. It speaks both dialects.
fn demo() -> ProviderView {
    ProviderView {
        name: "demo".to_owned(),
        scope: "platform".to_owned(),
        dialect: "anthropic".to_owned(),
        base_url: None,
        key_hint: None,
        models: vec![smartbox_api::ProviderModel {
            id: "demo".to_owned(),
            context_window: None,
            output_tokens_max: None,
        }],
        price: None,
        inside: false,
        in_settings: true,
        version: 0,
        changed_at: None,
        changed_by: None,
    }
}
