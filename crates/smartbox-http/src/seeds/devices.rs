//! Devices of people and the gateway of the default box, in an older API.

mod approve;
mod approve_all;
mod list;
mod restart_gateway;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(list::list))
        .routes(routes!(approve_all::approve_all))
        .routes(routes!(approve::approve))
        .routes(routes!(restart_gateway::restart_gateway))
}
