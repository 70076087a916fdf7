//! `POST /v1/tickets`

use axum::extract::State;
use axum::response::Response;
use http::StatusCode;
use secrecy::ExposeSecret;
use smartbox_api::{CreateTicket, ENTER_PATH, TicketView};
use smartbox_control::TicketFor;

use crate::HttpState;
use crate::body::{JsonBody, json};
use crate::caller::AnyDevice;
use crate::problem::{ApiError, codes};

/// Make a ticket
///
/// For a WebSocket or a download that cannot show a credential: with `?ticket=` one `GET` of exactly this path is let in, in the
/// caller's name, within a minute. It is shown once, so the request takes no `Idempotency-Key`.
#[utoipa::path(
    post,
    path = "/v1/tickets",
    tag = "boxes",
    operation_id = "createTicket",
    request_body = CreateTicket,
    responses((status = CREATED, description = "The ticket. It is shown once.", body = TicketView)),
)]
pub(crate) async fn create(
    State(state): State<HttpState>,
    AnyDevice { op, who }: AnyDevice,
    JsonBody(body): JsonBody<CreateTicket>,
) -> Result<Response, ApiError> {
    if !who.is_paired {
        return Err(ApiError::known(&codes::DEVICE_NOT_APPROVED));
    }
    // With a ticket for that path a browser comes in as somebody: nobody makes one to hand it to others.
    if body.path == ENTER_PATH {
        return Err(ApiError::field("path", "is where the platform itself sends browsers"));
    }
    let wanted = TicketFor { reference: &body.reference, path: &body.path, origin: body.origin.as_deref() };
    let made = state.control().create_ticket(&op, wanted, who.expires_at).await?;
    let view = TicketView {
        ticket: made.ticket.expose_secret().to_owned(),
        expires_at: made.expires_at.to_string(),
    };
    Ok(json(StatusCode::CREATED, &view))
}
