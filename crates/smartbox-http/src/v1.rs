//! The resource API.

mod audit;
mod backups;
mod boxes;
mod devices;
mod operations;
mod orgs;
mod routes;
mod schedules;
mod sessions;
mod sign_in_links;
mod sleep;
mod tickets;
mod tiers;
mod tokens;
mod users;

use utoipa_axum::router::OpenApiRouter;

use crate::HttpState;

/// Every route under `/v1`.
pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .merge(audit::routes())
        .merge(backups::routes())
        .merge(boxes::routes())
        .merge(devices::routes())
        .merge(operations::routes())
        .merge(orgs::routes())
        .merge(routes::routes())
        .merge(schedules::routes())
        .merge(sessions::routes())
        .merge(sign_in_links::routes())
        .merge(tickets::routes())
        .merge(tiers::routes())
        .merge(tokens::routes())
        .merge(users::routes())
}
