//! `GET /v1/fleet/summary`

use std::collections::HashMap;

use axum::Json;
use axum::extract::State;
use smartbox_api::{FleetBoxView, FleetQuery, FleetSummaryView};
use smartbox_control::{BoxState, GatewayLook};
use smartbox_core::BoxId;

use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Caller;
use crate::page;
use crate::problem::ApiError;
use crate::v1::boxes::{labels_view, look_view, selector};

/// Look at the fleet
///
/// How many boxes are in each phase, and a page of them, out of what was seen last: no box is asked unless `live` says so. Then the
/// gateways of the page are asked at the same time, as by `GET /v1/boxes/{box}/state`.
#[utoipa::path(
    get,
    path = "/v1/fleet/summary",
    tag = "fleet",
    operation_id = "fleetSummary",
    params(FleetQuery),
    responses((status = OK, description = "The fleet.", body = FleetSummaryView)),
)]
pub(crate) async fn summary(
    State(state): State<HttpState>,
    Caller(op): Caller,
    QueryOf(query): QueryOf<FleetQuery>,
) -> Result<Json<FleetSummaryView>, ApiError> {
    let control = state.control();
    let after = query.cursor.as_deref().map(str::parse::<BoxId>).transpose();
    let asked = smartbox_control::FleetQuery {
        org: control.org_of_query(&op, query.org.as_deref()).await?,
        selector: query.label.as_deref().map(selector).transpose()?,
        after: after
            .map_err(|_bad| ApiError::field("cursor", "must be the `next_cursor` of the page before"))?,
        limit: usize::try_from(page::limit(query.limit)?).unwrap_or(usize::MAX),
    };
    let found = control.fleet_summary(&op, &asked)?;
    let looks = if query.live.unwrap_or(false) {
        control.look_at_gateways(&found.boxes).await
    } else {
        HashMap::new()
    };
    Ok(Json(FleetSummaryView {
        total: found.total,
        phases: found.counts.iter().map(|(phase, count)| ((*phase).to_owned(), *count)).collect(),
        items: found.boxes.iter().map(|state| box_view(state, looks.get(&state.id))).collect(),
        next_cursor: found.next.map(|id| id.to_string()),
    }))
}

fn box_view(state: &BoxState, look: Option<&GatewayLook>) -> FleetBoxView {
    FleetBoxView {
        id: state.id.to_string(),
        org: state.org.to_string(),
        name: state.name.to_string(),
        tier: state.tier.clone(),
        labels: labels_view(&state.labels),
        phase: state.phase.as_str().to_owned(),
        since: state.since.map(|at| at.to_string()),
        error: state.error.as_ref().map(|error| error.code.clone()),
        gateway: look.map(look_view),
    }
}
