//! Documents: the API's, for programs and for language models, and a page for each problem.

mod error_pages;

pub use error_pages::{PAGES as ERROR_PAGES, find as find_error_page};

use std::sync::LazyLock;

use axum::extract::Path;
use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::HttpState;
use crate::problem::{ApiError, codes};

static OPENAPI: LazyLock<String> = LazyLock::new(|| crate::openapi().to_json().unwrap_or_default());

pub(crate) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new()
        .routes(routes!(openapi_json)) //
        .routes(routes!(llms_txt))
        .routes(routes!(error_page))
}

/// The API's document
#[utoipa::path(
    get,
    path = "/openapi.json",
    tag = "docs",
    operation_id = "openapiDocument",
    security(()),
    responses((status = OK, description = "OpenAPI 3.1.", body = serde_json::Value)),
)]
async fn openapi_json() -> Response {
    ([(CONTENT_TYPE, "application/json")], OPENAPI.as_str()).into_response()
}

/// What a language model needs to know to use the API
#[utoipa::path(
    get,
    path = "/llms.txt",
    tag = "docs",
    operation_id = "llmsText",
    security(()),
    responses((status = OK, description = "Plain text.", body = String, content_type = "text/plain")),
)]
async fn llms_txt() -> &'static str {
    include_str!("docs/llms.txt")
}

/// What a problem means and what to do
#[utoipa::path(
    get,
    path = "/docs/errors/{code}",
    tag = "docs",
    operation_id = "errorPage",
    security(()),
    params(("code" = String, Path, description = "The `code` of a problem.")),
    responses((status = OK, description = "Text in Markdown.", body = String, content_type = "text/markdown")),
)]
async fn error_page(
    path: Result<Path<String>, axum::extract::rejection::PathRejection>,
) -> Result<Response, ApiError> {
    let page = path.ok().and_then(|Path(code)| find_error_page(&code));
    let page = page.ok_or_else(|| ApiError::known(&codes::NOT_FOUND))?;
    Ok(([(CONTENT_TYPE, "text/markdown; charset=utf-8")], page).into_response())
}
