//! `GET /v1/boxes/{box}/model-calls`

use axum::Json;
use axum::extract::State;
use smartbox_api::{ModelCallList, ModelCallView, PageQuery};
use smartbox_control::ModelCall;

use super::BoxReference;
use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Caller;
use crate::page;
use crate::problem::ApiError;

/// What a box has asked models
///
/// Every call of the last 30 days: who asked whom, what it took and cost, and how it ended. What was said is not kept, unless
/// the rules about models say so.
#[utoipa::path(
    get,
    path = "/v1/boxes/{box}/model-calls",
    tag = "models",
    operation_id = "listModelCalls",
    params(("box" = String, Path, description = "Id, name or `default`."), PageQuery),
    responses((status = OK, description = "A page of calls, newest first.", body = ModelCallList)),
)]
pub(crate) async fn model_calls(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    QueryOf(query): QueryOf<PageQuery>,
) -> Result<Json<ModelCallList>, ApiError> {
    let limit = page::limit(query.limit)?;
    let cursor = page::cursor(query.cursor.as_deref())?;
    let page = state.control().model_calls(&op, &reference, cursor.as_ref(), limit).await?;
    Ok(Json(ModelCallList {
        items: page.items.iter().map(view).collect(),
        next_cursor: page.next.map(|cursor| cursor.to_string()),
    }))
}

fn view(call: &ModelCall) -> ModelCallView {
    ModelCallView {
        at: call.at.to_string(),
        token: call.via.clone(),
        dialect: call.dialect.clone(),
        path: call.path.clone(),
        model: call.model.clone(),
        provider: call.provider.clone(),
        status: call.status,
        outcome: call.outcome.clone(),
        code: call.code.clone(),
        input_tokens: call.tokens.input,
        output_tokens: call.tokens.output,
        cache_read_tokens: call.tokens.cache_read,
        cache_write_tokens: call.tokens.cache_write,
        nanos: call.nanos,
        estimated: call.is_estimated,
        cached: call.is_cached,
        duration_ms: call.duration_ms,
        prompt: call.prompt.clone(),
    }
}
