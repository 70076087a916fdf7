//! Operations.

mod cancel;
mod show;

use smartbox_api::OperationView;
use smartbox_control::{Operation, Outcome};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::boxes::error_view;
use crate::HttpState;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(show::show)).routes(routes!(cancel::cancel))
}

pub(super) fn operation_view(operation: &Operation) -> OperationView {
    let error = match &operation.outcome {
        Some(Outcome::Failed(error)) => Some(error_view(error, Vec::new())),
        Some(Outcome::Succeeded | Outcome::Superseded | Outcome::Cancelled) | None => None,
    };
    OperationView {
        id: operation.id.to_string(),
        box_id: operation.box_id.to_string(),
        kind: operation.kind.to_string(),
        state: operation.outcome.as_ref().map_or("running", Outcome::as_str).to_owned(),
        created_at: operation.created_at.to_string(),
        finished_at: operation.finished_at.map(|at| at.to_string()),
        step: None,
        progress: None,
        error,
    }
}
