//! `GET /v1/operations/{operation}`

use std::time::Duration;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use futures_util::{Stream, stream};
use http::HeaderMap;
use http::header::ACCEPT;
use smartbox_api::{OperationQuery, OperationView};
use smartbox_control::{Error, Op, Operation};
use smartbox_core::OperationId;

use super::operation_view;
use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Listener;
use crate::duration;
use crate::problem::ApiError;
use crate::request::Instance;
use crate::stream::{StreamEvent, events};
use crate::v1::backups::work_view;

/// Between two looks of a stream, if the operation does not end before.
const PERIOD: Duration = Duration::from_secs(1);

/// Look at an operation
///
/// With `wait` the answer comes when the operation has ended, or when the time is over. With `Accept: text/event-stream` it is followed:
/// an event `operation` whenever something has changed, once a second at most, until it has ended.
#[utoipa::path(
    get,
    path = "/v1/operations/{operation}",
    tag = "operations",
    operation_id = "showOperation",
    params(("operation" = String, Path, description = "Its id."), OperationQuery),
    responses((status = OK, description = "The operation as it is now, or as it goes on.", content(
        (OperationView = "application/json"),
        (OperationView = "text/event-stream"),
    ))),
)]
pub(crate) async fn show(
    State(state): State<HttpState>,
    Listener(op, right): Listener,
    id: Result<Path<String>, axum::extract::rejection::PathRejection>,
    QueryOf(query): QueryOf<OperationQuery>,
    Instance(instance): Instance,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let id = id.ok().and_then(|Path(id)| id.parse::<OperationId>().ok());
    let id = id.ok_or(Error::NotFound("operation"))?;
    if wants_stream(&headers) {
        // Whoever may not see it is told before anything is streamed.
        state.control().find_operation(&op, id).await?;
        let permit = state.stream_permit()?;
        let followed = follow(state.clone(), op, id, instance);
        return Ok(events(&state, right, permit, followed));
    }
    let wait = match query.wait.as_deref() {
        None => Duration::ZERO,
        Some(wait) => {
            let bad = || ApiError::field("wait", "is a duration such as `30s` or `500ms`");
            duration::parse(wait).ok_or_else(bad)?
        }
    };
    let operation = wait_for(&state, &op, id, wait).await?;
    Ok(Json(view(&state, &operation).await?).into_response())
}

fn wants_stream(headers: &HeaderMap) -> bool {
    headers.get(ACCEPT).and_then(|accept| accept.to_str().ok()) == Some("text/event-stream")
}

async fn wait_for(state: &HttpState, op: &Op, id: OperationId, wait: Duration) -> Result<Operation, Error> {
    let ended = state.control().wait_for_operation(op, id, wait);
    let stop = state.stop();
    tokio::select! {
        operation = ended => operation,
        () = stop.cancelled() => state.control().find_operation(op, id).await,
    }
}

async fn view(state: &HttpState, operation: &Operation) -> Result<OperationView, Error> {
    let progress = state.control().operation_progress(operation);
    Ok(OperationView {
        step: state.control().operation_step(operation).await?,
        progress: progress.as_ref().map(work_view),
        ..operation_view(operation)
    })
}

/// What a stream has told.
#[derive(Default)]
struct Told {
    last: Option<OperationView>,
    is_over: bool,
}

fn follow(
    state: HttpState,
    op: Op,
    id: OperationId,
    instance: String,
) -> impl Stream<Item = StreamEvent> + Send {
    stream::unfold(Told::default(), move |mut told| {
        let (state, op, instance) = (state.clone(), op.clone(), instance.clone());
        async move {
            while !told.is_over {
                match look(&state, &op, id, told.last.is_some()).await {
                    Ok(seen) if told.last.as_ref() == Some(&seen) => {}
                    Ok(seen) => {
                        told.is_over = seen.is_finished();
                        let event = StreamEvent::named("operation", &seen);
                        told.last = Some(seen);
                        return Some((event, told));
                    }
                    Err(error) => {
                        told.is_over = true;
                        return Some((StreamEvent::problem(&ApiError::from(error).report(&instance)), told));
                    }
                }
            }
            None
        }
    })
}

async fn look(state: &HttpState, op: &Op, id: OperationId, is_told: bool) -> Result<OperationView, Error> {
    let wait = if is_told { PERIOD } else { Duration::ZERO };
    let operation = wait_for(state, op, id, wait).await?;
    view(state, &operation).await
}
