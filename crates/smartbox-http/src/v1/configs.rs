//! What owners add to the configuration of their boxes.

mod history;
mod patch;
mod reload;
mod rollback;
mod set;
mod show;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::header::ETAG;
use serde_json::{Map, Value};
use smartbox_api::{ConfigChangeView, ConfigView};
use smartbox_control::{BoxConfig, ConfigChanged};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::boxes::box_view;
use super::operations::operation_view;
use crate::HttpState;
use crate::body::json;
use crate::precondition::etag;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(show::show, set::set, patch::patch))
        .routes(routes!(history::history))
        .routes(routes!(rollback::roll_back))
        .routes(routes!(reload::reload))
}

fn config_view(config: &BoxConfig) -> ConfigView {
    ConfigView {
        version: config.version,
        config: object(&config.owner),
        effective: object(&config.effective),
        stage: config.stage.map(|stage| stage.to_string()),
    }
}

fn object(document: &Value) -> Map<String, Value> {
    document.as_object().cloned().unwrap_or_default()
}

/// 202 when an operation tells how it goes on, 200 when nothing is to be waited for.
fn changed(changed: &ConfigChanged) -> Response {
    let view = ConfigChangeView {
        smartbox: box_view(&changed.config.smartbox, Vec::new()),
        config: config_view(&changed.config),
        applies: changed.applies.as_str().to_owned(),
        operation: changed.operation.as_ref().map(operation_view),
    };
    let status = if changed.operation.is_some() { StatusCode::ACCEPTED } else { StatusCode::OK };
    ([(ETAG, etag(changed.config.version))], json(status, &view)).into_response()
}
