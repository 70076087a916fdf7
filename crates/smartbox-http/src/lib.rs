//! The HTTP API on axum: routes, views, problem documents, and the OpenAPI document.
//!
//! A handler extracts, authorises, calls one use-case and maps its result to a view. Only this crate knows status
//! codes; decisions are made in control. One file per route, and no route without an entry in the document: both
//! come out of the same `routes!`.

mod body;
mod caller;
mod debug;
mod docs;
mod document;
mod duration;
mod health;
mod idempotency;
mod mcp;
mod numbers;
mod page;
mod precondition;
mod problem;
mod request;
mod seeds;
mod sign_in;
mod state;
mod stream;
mod support_page;
mod v1;

use axum::extract::DefaultBodyLimit;
use axum::middleware::from_fn_with_state;
use axum::response::Response;
use axum::{Extension, Router};
use utoipa::openapi::OpenApi;
use utoipa_axum::router::OpenApiRouter;

pub use caller::{IdentifyError, identify};
pub use debug::{FromThisMachine, Insight, LogLevel};
pub use docs::{ERROR_PAGES, find_error_page};
pub use numbers::{ApiNumbers, ApiSeries};
pub use problem::codes::{ALL as CODES, Code};
pub use problem::{Explanation, explain};
pub use request::{Kept, MatchedRoute, RequestId};
pub use state::{HttpParts, HttpState, PublicUrl, ReadyCheck};
pub use v1::event_message;

use problem::{ApiError, codes};

/// Every route of the platform.
pub fn router(state: HttpState) -> Router {
    let v1 = v1::routes().merge(seeds::routes()).layer(from_fn_with_state(state.clone(), request::shed));
    let (api, _document) = open_routes().merge(v1).split_for_parts();
    // Calls of tools are requests to everything else.
    let (tools, _document) = mcp::routes().split_for_parts();
    let tools = tools.layer(Extension(mcp::Api(framed(api.clone(), &state))));
    framed(api.merge(tools), &state)
}

fn framed(router: Router<HttpState>, state: &HttpState) -> Router {
    // Read from the inside out: bound the body, refuse what has no route, give every request its id and its problem.
    router
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(not_found)
        .layer(DefaultBodyLimit::max(body::BODY_BYTES_MAX))
        .layer(from_fn_with_state(state.clone(), debug::gate))
        .layer(from_fn_with_state(state.clone(), request::layer))
        .with_state(state.clone())
}

/// The OpenAPI document of [`router`].
pub fn openapi() -> OpenApi {
    let routes = open_routes().merge(mcp::routes()).merge(v1::routes()).merge(seeds::routes());
    let mut document = routes.into_openapi();
    document::name_parts(&mut document);
    document::describe_streams(&mut document);
    document::add_problems(&mut document);
    document
}

/// The routes outside of `/v1`.
fn open_routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::with_openapi(document::frame())
        .merge(health::routes())
        .merge(sign_in::routes())
        .merge(support_page::routes())
        .merge(docs::routes())
        .merge(debug::routes())
}

async fn not_found() -> Result<Response, ApiError> {
    Err(ApiError::known(&codes::NOT_FOUND))
}

async fn method_not_allowed() -> Result<Response, ApiError> {
    Err(ApiError::known(&codes::METHOD_NOT_ALLOWED))
}
