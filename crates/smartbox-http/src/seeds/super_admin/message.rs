//! `POST /api/super/users/{id}/message`

use axum::extract::State;
use axum::response::Response;
use http::{HeaderMap, StatusCode};
use smartbox_api::{MessageView, SeedAnswer, SeedBoxQuery, SeedMessage};
use smartbox_control::Error;

use super::target::Target;
use crate::HttpState;
use crate::body::JsonBody;
use crate::idempotency::once;
use crate::problem::ApiError;
use crate::v1::boxes::ask;

/// Say something to an agent, in the older shape
///
/// 200 with the answer when the agent ends within 25 seconds, else 202 with where it can be read later. The agent goes on.
#[utoipa::path(
    post,
    path = "/api/super/users/{id}/message",
    tag = "seeds",
    operation_id = "seedMessage",
    params(("id" = String, Path, description = "A person's id: their default box; or a box's id or name."), SeedBoxQuery),
    request_body = SeedMessage,
    responses(
        (status = OK, description = "The answer.", body = SeedAnswer),
        (status = ACCEPTED, description = "The agent works.", body = SeedAnswer),
    ),
)]
pub(crate) async fn message(
    State(state): State<HttpState>,
    target: Target,
    headers: HeaderMap,
    JsonBody(body): JsonBody<SeedMessage>,
) -> Result<Response, ApiError> {
    let said = (body.message.clone(), body.session_key.clone());
    let asked = ask(state.clone(), target.op.clone(), target.reference(), said);
    let user = target.user.clone();
    let work = async move {
        let (status, message) = asked.await?;
        match message.why {
            Some(why) => Err(Error::Agent(why).into()),
            None => Ok((status, answer(status, user, message))),
        }
    };
    let same = (target.reference(), body);
    once(&state, &target.op, &headers, "POST /api/super/users/{id}/message", None, &same, work).await
}

fn answer(status: StatusCode, user_id: String, message: MessageView) -> SeedAnswer {
    SeedAnswer {
        status: if status == StatusCode::OK { "complete" } else { "pending" }.to_owned(),
        user_id,
        session_key: message.session,
        response: message.answer,
        message_id: message.id,
        poll_url: message.path,
    }
}
