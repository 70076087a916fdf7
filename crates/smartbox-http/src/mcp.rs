//! The API as tools of the Model Context Protocol (<https://modelcontextprotocol.io>, Streamable HTTP without sessions).
//!
//! A tool is a route: its name, arguments and texts come out of the OpenAPI document, and a call of it is a request to the
//! same router in the name of whoever called. So scopes, checks, limits and problems are those of the API, and there are no
//! others.

mod answer;
mod catalog;
mod request;
mod server;

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::response::Response;
use axum::{Extension, Router};
use http::StatusCode;
use rmcp::transport::streamable_http_server::session::never::NeverSessionManager;
use rmcp::transport::streamable_http_server::{StreamableHttpServerConfig, StreamableHttpService};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;
use crate::body::{BODY_BYTES_MAX, has_media};
use crate::caller::Vouched;
use crate::problem::{ApiError, codes};
use server::ToolServer;

pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(mcp))
}

/// The router that calls of tools go to: everything but this route.
#[derive(Clone)]
pub(crate) struct Api(pub(crate) Router);

/// Speak the Model Context Protocol
///
/// Streamable HTTP without sessions: each request is answered on its own, as JSON. `tools/list` tells what can be done, which is
/// what the caller's credential may do with the API.
#[utoipa::path(
    post,
    path = "/mcp",
    tag = "mcp",
    operation_id = "mcp",
    request_body(
        content = serde_json::Value,
        content_type = "application/json",
        description = "A message of JSON-RPC 2.0. The header `Accept` names `application/json` and `text/event-stream`.",
    ),
    responses(
        (status = OK, description = "The answer to a request.", body = serde_json::Value),
        (status = ACCEPTED, description = "A notification was taken."),
        (status = BAD_REQUEST, description = "What JSON-RPC has to say, or why the request cannot be read.", content(
            (serde_json::Value = "application/json"),
            (smartbox_api::Problem = "application/problem+json"),
        )),
        (status = NOT_FOUND, description = "There is no such method.", content(
            (serde_json::Value = "application/json"),
            (smartbox_api::Problem = "application/problem+json"),
        )),
    ),
)]
async fn mcp(
    State(state): State<HttpState>,
    Extension(Api(api)): Extension<Api>,
    who: Vouched,
    request: Request,
) -> Result<Response, ApiError> {
    let server = ToolServer::new(api, who, &request, state.version());
    let config = StreamableHttpServerConfig::default()
        .with_legacy_session_mode(false)
        .with_json_response(true)
        .with_sse_keep_alive(None)
        .with_max_request_body_bytes(BODY_BYTES_MAX)
        // The edge has checked both.
        .disable_allowed_hosts()
        .disable_allowed_origins();
    let sessions = Arc::new(NeverSessionManager::default());
    let service = StreamableHttpService::new(move || Ok(server.clone()), sessions, config);
    said(service.handle(request).await.map(axum::body::Body::new))
}

/// What the library refuses without JSON-RPC is told as everything else is that is refused.
fn said(answer: Response) -> Result<Response, ApiError> {
    let is_told = has_media(answer.headers(), "application/json");
    let code = match answer.status() {
        status if is_told || !status.is_client_error() => return Ok(answer),
        StatusCode::NOT_ACCEPTABLE => &codes::NOT_ACCEPTABLE,
        StatusCode::UNSUPPORTED_MEDIA_TYPE => &codes::UNSUPPORTED_MEDIA_TYPE,
        StatusCode::PAYLOAD_TOO_LARGE => &codes::BODY_TOO_LARGE,
        _ => &codes::BAD_REQUEST,
    };
    Err(ApiError::known(code))
}
