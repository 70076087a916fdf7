//! Secrets of boxes and orgs: set, named, removed, and never shown.

mod list_of_box;
mod list_of_org;
mod remove_of_box;
mod remove_of_org;
mod rotate_key;
mod set_of_box;
mod set_of_org;
mod show_of_box;
mod show_of_org;

use axum::response::{IntoResponse as _, Response};
use http::StatusCode;
use http::header::ETAG;
use smartbox_api::SecretView;
use smartbox_control::KeptSecret;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;
use crate::body::json;
use crate::precondition::etag;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(list_of_box::list_of_box))
        .routes(routes!(show_of_box::show_of_box, set_of_box::set_of_box, remove_of_box::remove_of_box))
        .routes(routes!(list_of_org::list_of_org))
        .routes(routes!(show_of_org::show_of_org, set_of_org::set_of_org, remove_of_org::remove_of_org))
        .routes(routes!(rotate_key::rotate_key))
}

pub(super) fn secret_view(kept: &KeptSecret) -> SecretView {
    SecretView {
        name: kept.name.to_string(),
        level: if kept.box_id.is_some() { "box" } else { "org" }.to_owned(),
        delivery: kept.delivery.as_str().to_owned(),
        last_four: kept.last_four.clone(),
        placeholder: kept.name.placeholder(),
        version: kept.version,
        changed_at: kept.changed_at.to_string(),
        changed_by: kept.changed_by.clone(),
    }
}

/// A secret with its version as entity tag.
fn tagged(kept: &KeptSecret) -> Response {
    ([(ETAG, etag(kept.version))], json(StatusCode::OK, &secret_view(kept))).into_response()
}
