//! `POST /v1/boxes/{box}/clone`

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use smartbox_api::{ChannelsWord, CloneBox, CreatedBox};
use smartbox_control::CloneWish;

use super::{BoxReference, box_view};
use crate::HttpState;
use crate::body::JsonBody;
use crate::caller::Caller;
use crate::idempotency::once;
use crate::problem::ApiError;
use crate::v1::operations::operation_view;

/// Make a box like another
///
/// It begins with the state of a backup, by default of one that is made now if something has changed. Keys, gateway credential, identity,
/// device pairings and backups are its own; secrets and settings that the platform keeps for the other box are not copied. What was under
/// way is not done again. Channels and jobs are off until somebody confirms that they may run, because the other box has them, too.
/// Whoever clones a box gets every secret that its agent has, so this asks for the same permission as taking a backup along.
#[utoipa::path(
    post,
    path = "/v1/boxes/{box}/clone",
    tag = "boxes",
    operation_id = "cloneBox",
    params(
        ("box" = String, Path, description = "Id, name or `default` of the box that is copied."),
        ("Idempotency-Key" = Option<String>, Header, description = "Makes the request repeatable for 24 hours."),
    ),
    request_body = CloneBox,
    responses((status = ACCEPTED, description = "The new box exists and is being started.", body = CreatedBox)),
)]
pub(crate) async fn clone(
    State(state): State<HttpState>,
    Caller(op): Caller,
    BoxReference(reference): BoxReference,
    headers: HeaderMap,
    JsonBody(body): JsonBody<CloneBox>,
) -> Result<Response, ApiError> {
    let wish = CloneWish {
        name: body.name.clone(),
        backup: body.backup.clone(),
        org: body.org.clone(),
        has_channels: body.channels == ChannelsWord::On,
    };
    let (control, caller) = (state.control().clone(), op.clone());
    // The same key for another box is another request.
    let asked = (reference.clone(), &body);
    let work = async move {
        let created = control.clone_box(&caller, &reference, &wish).await?;
        let smartbox = box_view(&created.smartbox, Vec::new());
        Ok((StatusCode::ACCEPTED, CreatedBox { smartbox, operation: operation_view(&created.operation) }))
    };
    once(&state, &op, &headers, "POST /v1/boxes/{box}/clone", body.org.as_deref(), &asked, work).await
}
