//! `POST /v1/imports`
//!
//! Not below `/v1/boxes`: there every name is that of a box.

use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use futures_util::TryStreamExt as _;
use http::header::CONTENT_TYPE;
use http::{HeaderMap, StatusCode};
use smartbox_api::{ChannelsWord, CreatedBox, ImportQuery};
use smartbox_control::{ImportWish, NewBox};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use super::boxes::box_view;
use super::operations::operation_view;
use crate::HttpState;
use crate::body::{QueryOf, json};
use crate::caller::Caller;
use crate::problem::{ApiError, codes};

/// What an archive is sent as.
const MEDIA_TYPES: [&str; 2] = ["application/zstd", "application/octet-stream"];

pub(super) fn routes() -> OpenApiRouter<HttpState> {
    OpenApiRouter::new().routes(routes!(import))
}

/// Make a box that begins with an archive
///
/// The archive is one that was downloaded as a backup, from this platform or another: tar, compressed with zstd. It becomes the first backup of
/// the box. Keys, gateway credential, identity and device pairings are new. What was under way is not done again, and channels and jobs are
/// off until somebody confirms that they may run. An archive that was saved by a newer version of OpenClaw than any that is installed is
/// refused.
#[utoipa::path(
    post,
    path = "/v1/imports",
    tag = "boxes",
    operation_id = "importBox",
    params(ImportQuery),
    request_body(content = String, content_type = "application/zstd", description = "The archive."),
    responses((status = ACCEPTED, description = "The box exists and is being started.", body = CreatedBox)),
)]
pub(crate) async fn import(
    State(state): State<HttpState>,
    Caller(op): Caller,
    QueryOf(query): QueryOf<ImportQuery>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !MEDIA_TYPES.iter().any(|known| media.trim().eq_ignore_ascii_case(known)) {
        return Err(ApiError::known(&codes::UNSUPPORTED_MEDIA_TYPE));
    }
    let wish = ImportWish {
        new: NewBox {
            labels: std::collections::BTreeMap::new(),
            name: query.name,
            kind: query.kind,
            tier: query.tier,
            org: query.org,
            start: None,
            runtime_version: query.runtime_version,
        },
        has_channels: query.channels == ChannelsWord::On,
    };
    let content = body.into_data_stream().map_err(std::io::Error::other);
    let created = state.control().import_box(&op, &wish, content).await?;
    let smartbox = box_view(&created.smartbox, Vec::new());
    let view = CreatedBox { smartbox, operation: operation_view(&created.operation) };
    Ok(json(StatusCode::ACCEPTED, &view))
}
