//! Upgrades of many boxes, in waves.

mod cancel;
mod create;
mod list;
mod show;

use smartbox_api::{RolloutBoxView, RolloutView};
use smartbox_control::{Error, Rollout, RolloutBox, RolloutState};
use smartbox_core::RolloutId;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;
use crate::problem::ApiError;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(list::list, create::create))
        .routes(routes!(show::show, cancel::cancel))
}

/// The `{rollout}` of a path. Text that is no id is the name of no rollout.
fn rollout_id(text: &str) -> Result<RolloutId, ApiError> {
    text.parse().map_err(|_error| Error::NotFound("rollout").into())
}

fn rollout_view(rollout: &Rollout) -> RolloutView {
    RolloutView {
        id: rollout.id.to_string(),
        org: rollout.org.map(|org| org.to_string()),
        to: rollout.to.clone(),
        wave: rollout.wave,
        stop_after: rollout.stop_after,
        state: rollout.ended.map_or("running", |(_at, how)| how.as_str()).to_owned(),
        asked_by: rollout.asked_by.clone(),
        created_at: rollout.created_at.to_string(),
        finished_at: rollout.ended.map(|(at, _how)| at.to_string()),
        boxes: Vec::new(),
    }
}

fn state_view(state: &RolloutState) -> RolloutView {
    let view = |one: &RolloutBox| RolloutBoxView {
        id: one.box_id.to_string(),
        name: one.name.clone(),
        state: one.progress.to_string(),
        operation: one.operation.map(|id| id.to_string()),
        detail: one.what.clone(),
    };
    RolloutView { boxes: state.boxes.iter().map(view).collect(), ..rollout_view(&state.rollout) }
}
