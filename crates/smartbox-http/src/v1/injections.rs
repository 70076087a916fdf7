//! Where secrets are put in.

mod set_of_box;
mod set_of_org;
mod show_of_box;
mod show_of_org;

use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::ETAG;
use smartbox_api::InjectionsView;
use smartbox_control::{InjectionRow, Injections};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;
use crate::body::json;
use crate::precondition::etag;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(show_of_box::show_of_box, set_of_box::set_of_box))
        .routes(routes!(show_of_org::show_of_org, set_of_org::set_of_org))
}

/// The rules with their version as entity tag.
fn tagged(injections: &Injections) -> Response {
    let view = injections_view(injections);
    ([(ETAG, etag(view.version))], json(StatusCode::OK, &view)).into_response()
}

pub(super) fn injections_view(injections: &Injections) -> InjectionsView {
    let lines = |row: &Option<InjectionRow>| {
        row.iter().flat_map(|row| row.rules.iter().map(ToString::to_string)).collect()
    };
    let own = injections.own.as_ref();
    InjectionsView {
        rules: lines(&injections.own),
        org_rules: lines(&injections.org),
        waits_for_restart: injections.waits_for_restart,
        version: own.map_or(0, |row| row.version),
        changed_at: own.map(|row| row.changed_at.to_string()),
        changed_by: own.map(|row| row.changed_by.clone()),
    }
}
