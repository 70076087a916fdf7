//! `PUT /v1/models/providers/{provider}`

use axum::extract::{Path, State};
use axum::response::Response;
use http::HeaderMap;
use smartbox_api::{ModelScopeQuery, ProviderView, SetProvider};
use smartbox_control::ProviderWish;
use smartbox_core::models::Offered;

use super::{provider_response, wish};
use crate::HttpState;
use crate::body::{JsonBody, QueryOf};
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;

/// Make or replace a provider of models
///
/// It counts from the next call on, without a restart. Its key is sealed, never shown again, and never enters a box. An address that
/// is not public, or is spoken to without TLS, is for the platform's admin to allow.
#[utoipa::path(
    put,
    path = "/v1/models/providers/{provider}",
    tag = "models",
    operation_id = "setModelProvider",
    params(
        ("provider" = String, Path, description = "Its name: lower-case letters, digits and `-`."),
        ModelScopeQuery,
        ("If-Match" = Option<String>, Header, description = "The version that the decision rests on."),
    ),
    request_body = SetProvider,
    responses((
        status = OK,
        description = "The provider as it is now.",
        body = ProviderView,
        headers(("ETag" = String, description = "Its version, for If-Match."))
    )),
)]
pub(crate) async fn set_provider(
    State(state): State<HttpState>,
    Caller(op): Caller,
    Path(provider): Path<String>,
    QueryOf(query): QueryOf<ModelScopeQuery>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<SetProvider>,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    let set = provider_wish(body)?;
    let row = state.control().put_model_provider(&op, &wish(query), (&provider, &set), version).await?;
    Ok(provider_response(&row))
}

fn provider_wish(body: SetProvider) -> Result<ProviderWish, ApiError> {
    let key = match (body.key, body.no_key) {
        (Some(_), true) => return Err(ApiError::field("no_key", "contradicts `key`".to_owned())),
        (Some(key), false) => Some(Some(key.into())),
        (None, true) => Some(None),
        (None, false) => None,
    };
    let price = body.price.map(|price| {
        let or_input = |text: Option<String>| text.unwrap_or_else(|| price.input.clone());
        [price.input.clone(), price.output, or_input(price.cache_read), or_input(price.cache_write)]
    });
    let models = body.models.into_iter().map(|model| Offered {
        id: model.id,
        context_window: model.context_window,
        output_tokens_max: model.output_tokens_max,
    });
    Ok(ProviderWish {
        dialect: body.dialect,
        base_url: body.base_url,
        key,
        models: models.collect(),
        price,
        may_be_inside: body.inside,
    })
}
