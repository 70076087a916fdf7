//! Boxes: views, and one file per route.

mod agent_sessions;
mod archive;
mod channels;
mod clone;
mod create;
mod delete;
mod exec;
mod exec_stream;
mod exec_sync;
mod execs;
mod list;
mod logs;
mod model_calls;
mod restart;
mod send_message;
mod set_egress;
mod show;
mod show_egress;
mod show_message;
mod sleep;
mod start;
mod state;
mod stop;
mod timeline;
mod update;
mod upgrade;
mod wake;
mod why;

pub(crate) use exec_sync::run_to_the_end;
pub(crate) use list::selector;
pub(crate) use logs::stream_logs;
pub(crate) use send_message::ask;
pub(crate) use show_egress::box_egress_view;
pub(crate) use state::look_view;

use std::collections::BTreeMap;

use axum::extract::{FromRequestParts, Path};
use axum::response::{IntoResponse, Response};
use http::StatusCode;
use http::request::Parts;
use smartbox_api::{BoxErrorView, BoxView, BreakerView, Launched};
use smartbox_control::{BoxError, Error, Intended, SleepState, Smartbox, phase_of, stage_of};
use smartbox_core::{Labels, Observed};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::operations::operation_view;
use super::sleep::{policy_view, sleep_view};
use crate::HttpState;
use crate::body::json;
use crate::precondition::etag;
use crate::problem::ApiError;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(create::create, list::list))
        .routes(routes!(show::show, update::update, delete::delete))
        .routes(routes!(show_egress::show_egress, set_egress::set_egress))
        .routes(routes!(start::start))
        .routes(routes!(stop::stop))
        .routes(routes!(restart::restart))
        .routes(routes!(sleep::sleep))
        .routes(routes!(wake::wake))
        .routes(routes!(upgrade::upgrade))
        .routes(routes!(clone::clone))
        .routes(routes!(channels::channels))
        .routes(routes!(archive::archive))
        .routes(routes!(timeline::timeline))
        .routes(routes!(why::why))
        .routes(routes!(logs::logs))
        .routes(routes!(model_calls::model_calls))
        .routes(routes!(exec_sync::exec_sync))
        .routes(routes!(exec_stream::exec_stream))
        .merge(execs::routes())
        .routes(routes!(send_message::send_message))
        .routes(routes!(show_message::show_message))
        .routes(routes!(agent_sessions::agent_sessions))
        .routes(routes!(state::state))
}

/// The `{box}` of a path: an id, a name or `default`.
pub(crate) struct BoxReference(pub(crate) String);

impl FromRequestParts<HttpState> for BoxReference {
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, state: &HttpState) -> Result<Self, ApiError> {
        let path = Path::<String>::from_request_parts(parts, state).await;
        // A path that is no text is the name of no box.
        path.map(|Path(reference)| Self(reference)).map_err(|_rejection| Error::NotFound("box").into())
    }
}

/// A box as its owner sees it. The log of a failed one is added by whoever has it.
pub(crate) fn box_view(row: &Smartbox, log_tail: Vec<String>) -> BoxView {
    BoxView {
        id: row.id.to_string(),
        org: row.org.to_string(),
        name: row.name.to_string(),
        kind: row.kind.to_string(),
        tier: row.tier.clone(),
        is_default: row.is_default,
        labels: labels_view(&row.labels),
        phase: phase_of(row).as_str().to_owned(),
        stage: stage_of(row).map(|stage| stage.as_str().to_owned()),
        desired: row.desired.as_str().to_owned(),
        version: row.version,
        runtime_version: row.runtime_version.clone(),
        upgrade: row.upgrade.map(|stage| stage.to_string()),
        channels: row.is_quiet.then(|| "off".to_owned()),
        archive: row.archive.map(|stage| stage.to_string()),
        path: format!("/b/{}/", row.name),
        created_at: row.created_at.to_string(),
        observed_at: row.observed_at.map(|at| at.to_string()),
        restarts: row.restarts,
        oom_kills: row.oom_kills,
        pid: row.pid,
        error: row.last_error.as_ref().map(|error| error_view(error, log_tail)),
        retry_at: row.retry_at.filter(|_at| will_be_retried(row)).map(|at| at.to_string()),
        breaker: row.breaker.open.as_ref().map(|open| BreakerView {
            open_since: open.since.to_string(),
            reason: open.reason.clone(),
            next_trial_at: open.trial_at.to_string(),
            is_trying: open.is_trying,
        }),
        purge_at: row.purge_at.map(|at| at.to_string()),
        sleep: SleepState::of(row).map(sleep_view),
        sleep_policy: (!row.sleep.is_empty()).then(|| policy_view(&row.sleep)),
        sleep_after: None,
        backup: None,
    }
}

/// Labels as the API shows them.
pub(crate) fn labels_view(labels: &Labels) -> BTreeMap<String, String> {
    labels.iter().map(|(key, value)| (key.to_owned(), value.to_owned())).collect()
}

/// Whether the loop tries again by itself: a refused configuration waits for a change.
fn will_be_retried(row: &Smartbox) -> bool {
    !matches!(&row.observed, Observed::Dead(reason) if !reason.is_retryable())
}

pub(crate) fn error_view(error: &BoxError, log_tail: Vec<String>) -> BoxErrorView {
    BoxErrorView {
        code: error.code.clone(),
        detail: error.what.clone(),
        remedy: error.remedy.clone(),
        log_tail,
    }
}

/// 202 with the box and its operation.
pub(super) fn launched(intended: &Intended) -> Response {
    let view = Launched {
        smartbox: box_view(&intended.smartbox, Vec::new()),
        operation: operation_view(&intended.operation),
    };
    tagged(json(StatusCode::ACCEPTED, &view), &intended.smartbox)
}

/// Adds the box's version as entity tag.
fn tagged(response: Response, row: &Smartbox) -> Response {
    ([(http::header::ETAG, etag(row.version))], response).into_response()
}
