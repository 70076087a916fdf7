//! What happens, as it happens.

mod follow;

pub(super) use follow::moment;

use smartbox_api::{EVENT_SCHEMA, EventMessage};
use smartbox_control::Event;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(follow::follow))
}

/// An event as everybody is told of it who follows events: the stream, and receivers of webhooks.
pub fn event_message(event: &Event) -> EventMessage {
    EventMessage {
        id: event.id.to_string(),
        kind: event.action.clone(),
        schema: EVENT_SCHEMA,
        timestamp: event.at.to_string(),
        org: event.org.map(|id| id.to_string()),
        box_id: event.box_id.map(|id| id.to_string()),
        actor: event.actor.clone(),
        outcome: event.outcome.as_str().to_owned(),
        reason: event.reason.clone(),
        data: event.detail.clone(),
    }
}
