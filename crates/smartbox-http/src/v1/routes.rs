//! Routes: where the requests of the admin API and of boxes go.

mod list;
mod show;
mod update;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::ETAG;
use smartbox_api::{RolledBackView, RouteView};
use smartbox_control::RoutingRow;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;
use crate::body::json;
use crate::precondition::etag;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(list::list)).routes(routes!(show::show, update::update))
}

fn route_view(row: &RoutingRow) -> RouteView {
    let flag = &row.flag;
    RouteView {
        name: flag.name.as_str().to_owned(),
        primary: flag.primary.to_string(),
        candidate: flag.candidate.to_string(),
        percentage: flag.percentage,
        rollback_at: flag.rollback.at_percent,
        min_requests: flag.rollback.min_requests,
        window_secs: flag.rollback.window_secs,
        version: flag.version,
        changed_at: row.changed_at.map(|at| at.to_string()),
        changed_by: row.changed_by.clone(),
        rolled_back: row
            .rolled_back
            .as_ref()
            .map(|back| RolledBackView { at: back.at.to_string(), reason: back.reason.clone() }),
    }
}

/// The route with its version as entity tag.
fn tagged(row: &RoutingRow) -> Response {
    ([(ETAG, etag(row.flag.version))], json(StatusCode::OK, &route_view(row))).into_response()
}
