//! `PUT /v1/models/rules`

use axum::extract::State;
use axum::response::Response;
use http::HeaderMap;
use smartbox_api::{ModelRulesView, ModelScopeQuery, SetModelRules};
use smartbox_core::models::ModelRules;

use super::{rules_response, wish};
use crate::HttpState;
use crate::body::{JsonBody, QueryOf};
use crate::caller::Caller;
use crate::precondition::if_match;
use crate::problem::ApiError;

/// Replace the rules about models
///
/// They count from the next call on. A box's rules can be stricter than its org's, and not laxer.
#[utoipa::path(
    put,
    path = "/v1/models/rules",
    tag = "models",
    operation_id = "setModelRules",
    params(
        ModelScopeQuery,
        ("If-Match" = Option<String>, Header, description = "The version that the decision rests on."),
    ),
    request_body = SetModelRules,
    responses((
        status = OK,
        description = "The rules as they are now.",
        body = ModelRulesView,
        headers(("ETag" = String, description = "Their version, for If-Match."))
    )),
)]
pub(crate) async fn set_rules(
    State(state): State<HttpState>,
    Caller(op): Caller,
    QueryOf(query): QueryOf<ModelScopeQuery>,
    headers: HeaderMap,
    JsonBody(body): JsonBody<SetModelRules>,
) -> Result<Response, ApiError> {
    let version = if_match(&headers)?;
    let rules = ModelRules {
        allow: body.allow,
        fallbacks: body.fallbacks.into_iter().collect(),
        requests_per_minute: body.requests_per_minute,
        tokens_per_minute: body.tokens_per_minute,
        keeps_prompts: body.keep_prompts,
        cache_secs: body.cache_secs,
    };
    let row = state.control().set_model_rules(&op, &wish(query), &rules, version).await?;
    Ok(rules_response(row.scope.word(), Some(&row)))
}
