//! What boxes may reach, as it is said of many at once.

mod set_org;
mod set_platform;
mod set_tier;
mod show_org;
mod show_platform;
mod show_tier;

use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::ETAG;
use smartbox_api::EgressLayerView;
use smartbox_control::{EgressRow, LayerRow, PlatformEgress};
use smartbox_core::egress_policy::Rules;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;
use crate::body::json;
use crate::precondition::etag;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(show_org::show_org, set_org::set_org))
        .routes(routes!(show_platform::show_platform, set_platform::set_platform))
        .routes(routes!(show_tier::show_tier, set_tier::set_tier))
}

fn lines(rules: &Rules) -> Vec<String> {
    rules.iter().map(ToString::to_string).collect()
}

fn of_org(row: Option<&EgressRow>) -> Response {
    tagged(&org_view(row))
}

pub(super) fn org_view(row: Option<&EgressRow>) -> EgressLayerView {
    EgressLayerView {
        rules: row.map(|row| lines(&row.rules)).unwrap_or_default(),
        settings_rules: Vec::new(),
        version: row.map_or(0, |row| row.version),
        changed_at: row.map(|row| row.changed_at.to_string()),
        changed_by: row.map(|row| row.changed_by.clone()),
    }
}

fn of_layer(row: Option<&LayerRow>) -> Response {
    tagged(&layer_view(row))
}

fn of_platform(egress: &PlatformEgress) -> Response {
    tagged(&EgressLayerView { settings_rules: lines(&egress.settings), ..layer_view(egress.own.as_ref()) })
}

fn layer_view(row: Option<&LayerRow>) -> EgressLayerView {
    EgressLayerView {
        rules: row.map(|row| lines(&row.rules)).unwrap_or_default(),
        settings_rules: Vec::new(),
        version: row.map_or(0, |row| row.version),
        changed_at: row.map(|row| row.changed_at.to_string()),
        changed_by: row.map(|row| row.changed_by.clone()),
    }
}

/// The rules with their version as entity tag.
fn tagged(view: &EgressLayerView) -> Response {
    ([(ETAG, etag(view.version))], json(StatusCode::OK, view)).into_response()
}
