//! `GET /v1/boxes/{box}/egress`

use axum::extract::State;
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::ETAG;
use smartbox_api::EgressView;
use smartbox_control::BoxEgress;
use smartbox_core::egress_policy::Rules;

use super::BoxReference;
use crate::HttpState;
use crate::body::json;
use crate::caller::Caller;
use crate::precondition::etag;
use crate::problem::ApiError;

/// Look at what a box may reach
///
/// The rules of platform, tier, org and box, as its forward proxy goes by them.
#[utoipa::path(
    get,
    path = "/v1/boxes/{box}/egress",
    tag = "boxes",
    operation_id = "showEgress",
    params(("box" = String, Path, description = "Id, name or `default`.")),
    responses((
        status = OK,
        description = "The rules.",
        body = EgressView,
        headers(("ETag" = String, description = "Version of the box's own rules, for If-Match."))
    )),
)]
pub(crate) async fn show_egress(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
) -> Result<Response, ApiError> {
    Ok(tagged(&state.control().box_egress(&op, &reference).await?))
}

/// The rules with their version as entity tag.
pub(super) fn tagged(egress: &BoxEgress) -> Response {
    let view = box_egress_view(egress);
    ([(ETAG, etag(view.version))], json(StatusCode::OK, &view)).into_response()
}

pub(crate) fn box_egress_view(egress: &BoxEgress) -> EgressView {
    let lines = |rules: &Rules| rules.iter().map(ToString::to_string).collect();
    let own = egress.own.as_ref();
    EgressView {
        box_id: egress.box_id.to_string(),
        platform_rules: lines(&egress.platform),
        tier_rules: lines(&egress.tier),
        org_rules: egress.org.as_ref().map(|row| lines(&row.rules)).unwrap_or_default(),
        rules: own.map(|row| lines(&row.rules)).unwrap_or_default(),
        version: own.map_or(0, |row| row.version),
        changed_at: own.map(|row| row.changed_at.to_string()),
        changed_by: own.map(|row| row.changed_by.clone()),
    }
}
