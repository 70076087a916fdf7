//! Service tokens.

mod create;
mod list;
mod revoke;

use smartbox_api::TokenView;
use smartbox_control::ServiceToken;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(create::create, list::list)).routes(routes!(revoke::revoke))
}

pub(super) fn token_view(token: &ServiceToken) -> TokenView {
    TokenView {
        id: token.id.to_string(),
        org: token.org.to_string(),
        name: token.name.clone(),
        scopes: token.scopes.iter().map(|scope| scope.to_string()).collect(),
        only: token.only.map(|only| only.to_string()),
        created_by: token.created_by.clone(),
        created_at: token.created_at.to_string(),
        expires_at: token.expires_at.to_string(),
        last_used_at: token.last_used_at.map(|at| at.to_string()),
    }
}
