//! `GET /v1/events`

use axum::extract::State;
use axum::response::Response;
use futures_util::{StreamExt, stream};
use http::HeaderMap;
use jiff::Timestamp;
use smartbox_api::EventsQuery;
use smartbox_control::{Error, Event, EventQuery};
use smartbox_core::EventId;

use super::event_message;
use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::Listener;
use crate::problem::ApiError;
use crate::request::Instance;
use crate::stream::{StreamEvent, events};

/// Follow what happens
///
/// Each event is a message named by its type whose data is an `EventMessage` and whose id is that of the event. Whoever reconnects with
/// `Last-Event-ID` misses nothing for 24 hours. With `audit:read`, everything of the org is told; with `boxes:read`, what is about boxes.
/// The platform's admin is told of all orgs. A client that reads too slowly is cut off, and goes on with `Last-Event-ID`. Comments fill
/// silences.
#[utoipa::path(
    get,
    path = "/v1/events",
    tag = "events",
    operation_id = "followEvents",
    params(
        EventsQuery,
        ("Last-Event-ID" = Option<String>, Header, description = "Goes on behind the event with this id."),
    ),
    responses((
        status = OK,
        description = "Events as they happen, as server-sent events; the data of each is an `EventMessage`.",
        body = smartbox_api::EventMessage,
        content_type = "text/event-stream"
    )),
)]
pub(crate) async fn follow(
    State(state): State<HttpState>,
    Listener(op, right): Listener,
    QueryOf(query): QueryOf<EventsQuery>,
    Instance(instance): Instance,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let query = EventQuery {
        org: query.org,
        about: query.about,
        types: query.types.as_deref().unwrap_or_default().parse().map_err(
            |bad: smartbox_core::event_filter::BadTypeFilter| ApiError::field("type", bad.to_string()),
        )?,
        after: last_event_id(&headers)?,
        since: query.since.as_deref().map(|text| moment("since", text)).transpose()?,
        follow: query.follow.unwrap_or(true),
    };
    let permit = state.stream_permit()?;
    let followed = state.control().stream_events(&op, query).await?;
    let followed = followed.map(move |event| told(event, &instance));
    let end = stream::once(async { StreamEvent::named("end", &serde_json::json!({})) });
    Ok(events(&state, right, permit, followed.chain(end)))
}

fn told(event: Result<Event, Error>, instance: &str) -> StreamEvent {
    match event {
        // Types are words of the platform: they have no line end.
        Ok(event) => StreamEvent::named(&event.action, &event_message(&event)).at(event.id),
        Err(error) => StreamEvent::problem(&ApiError::from(error).report(instance)),
    }
}

fn last_event_id(headers: &HeaderMap) -> Result<Option<EventId>, ApiError> {
    let Some(id) = headers.get("last-event-id") else { return Ok(None) };
    let id = id.to_str().ok().and_then(|id| id.parse().ok());
    id.map(Some).ok_or_else(|| ApiError::field("Last-Event-ID", "must be the id of an event of this stream"))
}

/// A moment of a request.
pub(in crate::v1) fn moment(field: &str, text: &str) -> Result<Timestamp, ApiError> {
    text.parse().map_err(|_bad| ApiError::field(field, "must be a moment such as `2026-01-31T09:00:00Z`"))
}
