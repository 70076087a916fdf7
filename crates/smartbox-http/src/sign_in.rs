//! Signing a browser in and out.
//!
//! The link's code stands behind `#`, which browsers send to nobody: it reaches no server log, and a mail program
//! that opens the link uses nothing up. The page's script reads it, takes it out of the address bar and posts it.

mod oidc;
mod page;
mod redeem;
mod sign_out;

use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;

pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(page::page, redeem::redeem)) //
        .routes(routes!(sign_out::sign_out))
        .routes(routes!(oidc::begin))
        .routes(routes!(oidc::callback))
}
