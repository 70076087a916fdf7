//! One thing that is done with many boxes.

mod cancel;
mod create;
mod list;
mod show;

use smartbox_api::{BulkBoxView, BulkRunView};
use smartbox_control::{BulkBox, BulkRun, BulkState, Error};
use smartbox_core::BulkId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;
use crate::problem::ApiError;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(show::show, cancel::cancel))
}

/// The `{bulk}` of a path. Text that is no id is the name of no run.
fn bulk_id(text: &str) -> Result<BulkId, ApiError> {
    text.parse().map_err(|_error| Error::NotFound("bulk run").into())
}

fn run_view(run: &BulkRun) -> BulkRunView {
    BulkRunView {
        id: Some(run.id.to_string()),
        org: run.org.map(|org| org.to_string()),
        action: run.action.to_string(),
        state: run.ended.map_or("running", |(_at, how)| how.as_str()).to_owned(),
        delay_ms: u64::try_from(run.terms.delay.as_millis()).unwrap_or(u64::MAX),
        stop_after: run.terms.stop_after as u64,
        canary: run.terms.canary as u64,
        asked_by: run.asked_by.clone(),
        created_at: run.created_at.to_string(),
        finished_at: run.ended.map(|(at, _how)| at.to_string()),
        boxes: Vec::new(),
    }
}

fn bulk_box_view(one: &BulkBox) -> BulkBoxView {
    BulkBoxView {
        id: one.box_id.to_string(),
        name: one.name.clone(),
        state: one.progress.to_string(),
        operation: one.operation.map(|id| id.to_string()),
        begun_at: one.begun_at.map(|at| at.to_string()),
        finished_at: one.finished_at.map(|at| at.to_string()),
        detail: one.what.clone(),
    }
}

fn state_view(state: &BulkState) -> BulkRunView {
    BulkRunView { boxes: state.boxes.iter().map(bulk_box_view).collect(), ..run_view(&state.run) }
}
