//! `GET /v1/models/rules`

use axum::extract::State;
use axum::response::Response;
use smartbox_api::{ModelRulesView, ModelScopeQuery};

use super::{rules_response, wish};
use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Caller;
use crate::problem::ApiError;

/// Look at the rules about models
///
/// Those of this very box, org or platform: what may be asked for, how often, and where a call goes on when a model fails.
#[utoipa::path(
    get,
    path = "/v1/models/rules",
    tag = "models",
    operation_id = "showModelRules",
    params(ModelScopeQuery),
    responses((
        status = OK,
        description = "The rules.",
        body = ModelRulesView,
        headers(("ETag" = String, description = "Their version, for If-Match."))
    )),
)]
pub(crate) async fn show_rules(
    State(state): State<HttpState>,
    Caller(op): Caller,
    QueryOf(query): QueryOf<ModelScopeQuery>,
) -> Result<Response, ApiError> {
    let (scope, row) = state.control().model_rules(&op, &wish(query)).await?;
    Ok(rules_response(scope.word(), row.as_ref()))
}
