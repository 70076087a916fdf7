//! `Idempotency-Key`: a creation that is asked for twice is done once.

use std::future::Future;

use axum::response::{IntoResponse, Response};
use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderName, HeaderValue, StatusCode};
use serde::Serialize;
use smartbox_api::IDEMPOTENCY_KEY_HEADER;
use smartbox_control::{Control, Idempotency, Op, token_hash};
use smartbox_core::OrgId;
use tracing::Instrument;

use crate::HttpState;
use crate::body::json;
use crate::problem::{ApiError, codes};

/// Marks an answer that was given before.
const REPLAYED_HEADER: HeaderName = HeaderName::from_static("idempotency-replayed");
/// Longest key.
const KEY_LENGTH_MAX: usize = 200;

/// What a creation answers.
pub(crate) type Answer<T> = Result<(StatusCode, T), ApiError>;

/// Does `work`, or gives the answer it had before under the same key.
///
/// With a key the work goes on when the client leaves: a repeated request gets its answer.
pub(crate) fn once<B, T, W>(
    state: &HttpState,
    op: &Op,
    headers: &HeaderMap,
    route: &'static str,
    named_org: Option<&str>,
    body: &B,
    work: W,
) -> impl Future<Output = Result<Response, ApiError>>
where
    B: Serialize,
    T: Serialize + Send + 'static,
    W: Future<Output = Answer<T>> + Send + 'static,
{
    // It is large, and would be in the future of its caller more than once.
    claimed(state, op, headers, (route, named_org), body, Box::pin(work))
}

async fn claimed<B, T, W>(
    state: &HttpState,
    op: &Op,
    headers: &HeaderMap,
    (route, named_org): (&'static str, Option<&str>),
    body: &B,
    work: W,
) -> Result<Response, ApiError>
where
    B: Serialize,
    T: Serialize + Send + 'static,
    W: Future<Output = Answer<T>> + Send + 'static,
{
    let Some(key) = key(headers)? else {
        return work.await.map(|(status, body)| json(status, &body));
    };
    let org = state.control().idempotency_org(op, named_org).await?;
    // A key belongs to its caller as well: nobody is given an answer that was made for somebody else.
    let route = format!("{route} {}", op.principal.known_as());
    let hash = token_hash(&serde_json::to_string(body).map_err(internal)?);
    let claim = KeyClaim { control: state.control().clone(), org, key, route, hash };
    let done = state.work().spawn(claim.answer(work).in_current_span()).await;
    done.map_err(internal)?
}

struct KeyClaim {
    control: Control,
    org: OrgId,
    key: String,
    route: String,
    hash: [u8; 32],
}

impl KeyClaim {
    async fn answer<T: Serialize>(self, work: impl Future<Output = Answer<T>>) -> Result<Response, ApiError> {
        let Self { control, org, key, route, hash } = &self;
        match control.begin_idempotent(*org, key, route, hash).await? {
            Idempotency::Fresh => {}
            Idempotency::Replay { status, body } => return replay(status, body),
            Idempotency::InProgress => return Err(ApiError::known(&codes::IDEMPOTENCY_IN_PROGRESS)),
            Idempotency::Mismatch => return Err(ApiError::known(&codes::IDEMPOTENCY_MISMATCH)),
        }
        match work.await {
            Ok((status, body)) => {
                let text = serde_json::to_string(&body).map_err(internal)?;
                control.finish_idempotent(*org, key, Some((status.as_u16(), &text))).await?;
                Ok(written(status, text))
            }
            Err(error) => {
                // Nothing was created, so the key is free again; the caller is told about the first failure.
                control.finish_idempotent(*org, key, None).await?;
                Err(error)
            }
        }
    }
}

fn key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let mut values = headers.get_all(IDEMPOTENCY_KEY_HEADER).iter();
    let Some(value) = values.next() else { return Ok(None) };
    let text = value.to_str().unwrap_or_default().trim();
    let fits = (1..=KEY_LENGTH_MAX).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    if !fits || values.next().is_some() {
        let rule = format!("must be one key of 1 to {KEY_LENGTH_MAX} visible ASCII characters");
        return Err(ApiError::field("Idempotency-Key", rule));
    }
    Ok(Some(text.to_owned()))
}

fn replay(status: u16, body: String) -> Result<Response, ApiError> {
    let status = StatusCode::from_u16(status).map_err(internal)?;
    let mut response = written(status, body);
    response.headers_mut().insert(REPLAYED_HEADER, HeaderValue::from_static("true"));
    Ok(response)
}

fn written(status: StatusCode, body: String) -> Response {
    (status, [(CONTENT_TYPE, HeaderValue::from_static("application/json"))], body).into_response()
}

fn internal(error: impl std::error::Error + Send + Sync + 'static) -> ApiError {
    smartbox_control::Error::internal(error).into()
}
