//! Tickets: each is good for one request.

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// Asks for a ticket.
#[derive(Clone, Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub struct CreateTicket {
    /// The box, by id or name.
    #[serde(rename = "box")]
    #[schema(example = "home")]
    pub reference: String,
    /// Exactly the path of the request, without its query.
    #[schema(example = "/b/home/media/report.pdf")]
    pub path: String,
    /// The page that will send it, such as `https://app.example.com`. Without one no page of another site can use it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub origin: Option<String>,
}

/// A ticket: put it into the query of the request as `ticket`.
#[derive(Clone, Serialize, Deserialize, ToSchema)]
pub struct TicketView {
    /// The ticket itself. It works once.
    #[schema(example = "tkt_…")]
    pub ticket: String,
    /// Until when (RFC 3339); at most a minute.
    pub expires_at: String,
}
