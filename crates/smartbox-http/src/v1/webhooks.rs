//! Webhooks: addresses to which an org's events are sent.

mod create;
mod deliveries;
mod list;
mod ping;
mod remove;
mod replay;
mod replay_delivery;
mod rotate;
mod show;
mod update;

use axum::response::{IntoResponse, Response};
use http::StatusCode;
use secrecy::ExposeSecret as _;
use smartbox_api::{CreatedWebhook, DeliveryView, WebhookView};
use smartbox_control::{DeliveryState, MadeWebhook, Webhook, WebhookDelivery};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;
use crate::body::json;
use crate::precondition::etag;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(create::create, list::list))
        .routes(routes!(show::show, update::update, remove::remove))
        .routes(routes!(rotate::rotate))
        .routes(routes!(ping::ping))
        .routes(routes!(replay::replay))
        .routes(routes!(deliveries::deliveries))
        .routes(routes!(replay_delivery::replay_delivery))
}

fn webhook_view(webhook: &Webhook) -> WebhookView {
    WebhookView {
        id: webhook.id.to_string(),
        org: webhook.org.to_string(),
        url: webhook.url.expose_secret().to_owned(),
        description: webhook.plan.description.clone(),
        types: webhook.plan.types.patterns().map(str::to_owned).collect(),
        box_id: webhook.plan.about.map(|id| id.to_string()),
        enabled: webhook.plan.enabled,
        disabled_reason: webhook.disabled_why.clone(),
        failing_since: webhook.failing_since.map(|at| at.to_string()),
        delivered_at: webhook.delivered_at.map(|at| at.to_string()),
        version: webhook.version,
        created_by: webhook.created_by.clone(),
        created_at: webhook.created_at.to_string(),
    }
}

fn delivery_view(delivery: &WebhookDelivery) -> DeliveryView {
    let waits = delivery.state == DeliveryState::Waiting;
    DeliveryView {
        event: delivery.event.to_string(),
        kind: delivery.kind.clone(),
        state: delivery.state.as_str().to_owned(),
        attempts: delivery.attempts,
        next_at: waits.then(|| delivery.next_at.to_string()),
        last_at: delivery.last_at.map(|at| at.to_string()),
        status: delivery.status,
        reason: delivery.why.clone(),
        created_at: delivery.created_at.to_string(),
    }
}

/// A webhook with its version as entity tag.
fn tagged(webhook: &Webhook) -> Response {
    let tag = [(http::header::ETAG, etag(webhook.version))];
    (tag, json(StatusCode::OK, &webhook_view(webhook))).into_response()
}

/// A webhook with its key, which is shown this once.
fn with_secret(status: StatusCode, made: &MadeWebhook) -> Response {
    let tag = [(http::header::ETAG, etag(made.webhook.version))];
    let secret = made.secret.expose_secret().to_owned();
    let view = CreatedWebhook { webhook: webhook_view(&made.webhook), secret };
    (tag, json(status, &view)).into_response()
}
