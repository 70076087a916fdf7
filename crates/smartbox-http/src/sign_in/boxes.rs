//! `GET /sign-in/box`

use axum::extract::State;
use axum::response::Response;
use http::request::Parts;
use http::uri::Authority;
use secrecy::ExposeSecret;
use serde::Deserialize;
use smartbox_api::ENTER_PATH;
use smartbox_control::TicketFor;
use smartbox_core::box_host;
use utoipa::IntoParams;

use super::{redirect, return_path};
use crate::HttpState;
use crate::body::QueryOf;
use crate::caller::AnyDevice;
use crate::problem::ApiError;
use crate::request::is_over_tls;

/// Where a person wants to go.
#[derive(Debug, Deserialize, IntoParams)]
#[into_params(parameter_in = Query)]
pub(crate) struct BoxQuery {
    /// The box's host, such as `home.boxes.example.com`.
    host: String,
    /// The path there.
    to: Option<String>,
}

/// Go to a box's own origin
///
/// A box at a host of its own shares no cookie with the platform: the browser is sent there with a ticket. Whoever is not signed in
/// does that first.
#[utoipa::path(
    get,
    path = "/sign-in/box",
    tag = "sign-in",
    operation_id = "signInToBox",
    security((), ("session" = [])),
    params(BoxQuery),
    responses((status = SEE_OTHER, description = "To the box, or to the sign-in page.")),
)]
pub(crate) async fn go(
    State(state): State<HttpState>,
    caller: Result<AnyDevice, ApiError>,
    parts: Parts,
    QueryOf(query): QueryOf<BoxQuery>,
) -> Result<Response, ApiError> {
    let wrong = || ApiError::field("host", "is the host of a box, such as `home.boxes.example.com`");
    let host: Authority = query.host.parse().map_err(|_error| wrong())?;
    if host.as_str().contains('@') {
        return Err(wrong());
    }
    let label = box_host::label(host.host(), state.box_domains()).ok_or_else(wrong)?;
    let here = parts.uri.path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    let here: String = form_urlencoded::byte_serialize(here.as_bytes()).collect();
    let who = match caller {
        Ok(AnyDevice { op, who }) if who.is_paired => (op, who.expires_at),
        Ok(_unpaired) => return Ok(redirect(&format!("/sign-in/device?to={here}"), None)),
        Err(_stranger) => return Ok(redirect(&format!("/sign-in?to={here}"), None)),
    };
    let (op, until) = who;
    let scheme = if is_over_tls(&parts.headers) { "https" } else { "http" };
    let origin = format!("{scheme}://{}", host.as_str().to_ascii_lowercase());
    let wanted =
        TicketFor { reference: &box_host::reference(label), path: ENTER_PATH, origin: Some(&origin) };
    let ticket = state.control().create_ticket(&op, wanted, until).await?.ticket;
    let to = return_path(query.to.as_deref());
    let to: String = form_urlencoded::byte_serialize(to.as_bytes()).collect();
    Ok(redirect(&format!("{origin}{ENTER_PATH}?ticket={}&to={to}", ticket.expose_secret()), None))
}
