//! The resource API.

mod boxes;
mod operations;
mod orgs;
mod sign_in_links;
mod tiers;

use utoipa_axum::router::OpenApiRouter;

use crate::HttpState;

/// Every route under `/v1`.
pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .merge(boxes::routes())
        .merge(operations::routes())
        .merge(orgs::routes())
        .merge(sign_in_links::routes())
        .merge(tiers::routes())
}
