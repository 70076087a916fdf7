//! Commands that run by themselves: one file per route.

mod kill;
mod list;
mod resize;
mod show;
mod signal;
mod start;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(start::start, list::list))
        .routes(routes!(show::show, kill::kill))
        .routes(routes!(signal::signal))
        .routes(routes!(resize::resize))
}
