//! Requests' bodies and queries. Whatever is wrong is said by the field's name.

use axum::Json;
use axum::extract::{FromRequest, FromRequestParts, Query, Request};
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::request::Parts;
use http::{HeaderMap, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::problem::{ApiError, codes};

/// Largest body of a request to the API.
pub(crate) const BODY_BYTES_MAX: usize = 1024 * 1024;
/// Names the body in a list of wrong fields, when no part of it can be named.
const WHOLE_BODY: &str = "body";
/// Names the query in such a list.
const WHOLE_QUERY: &str = "query";

/// A JSON body.
pub(crate) struct JsonBody<T>(pub(crate) T);

impl<S, T> FromRequest<S> for JsonBody<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !is_json(request.headers()) {
            return Err(ApiError::known(&codes::UNSUPPORTED_MEDIA_TYPE));
        }
        parse(&read(request, state).await?).map(Self)
    }
}

/// A merge patch (RFC 7396), by its own media type or as plain JSON.
pub(crate) struct MergePatch<T>(pub(crate) T);

impl<S, T> FromRequest<S> for MergePatch<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        if !has_media(request.headers(), "application/merge-patch+json") && !is_json(request.headers()) {
            return Err(ApiError::known(&codes::UNSUPPORTED_MEDIA_TYPE));
        }
        parse(&read(request, state).await?).map(Self)
    }
}

/// As [`JsonBody`]; no body at all means every default.
pub(crate) struct OptionalJsonBody<T>(pub(crate) T);

impl<S, T> FromRequest<S> for OptionalJsonBody<T>
where
    S: Send + Sync,
    T: DeserializeOwned + Default,
{
    type Rejection = ApiError;

    async fn from_request(request: Request, state: &S) -> Result<Self, ApiError> {
        let is_empty = http_body::Body::is_end_stream(request.body());
        if is_empty && !request.headers().contains_key(CONTENT_TYPE) {
            return Ok(Self(T::default()));
        }
        Ok(Self(JsonBody::from_request(request, state).await?.0))
    }
}

async fn read<S: Send + Sync>(request: Request, state: &S) -> Result<Bytes, ApiError> {
    Bytes::from_request(request, state).await.map_err(|rejection| {
        let code = match rejection.status() {
            StatusCode::PAYLOAD_TOO_LARGE => &codes::BODY_TOO_LARGE,
            _ => &codes::BAD_REQUEST,
        };
        ApiError::known(code)
    })
}

fn is_json(headers: &HeaderMap) -> bool {
    has_media(headers, "application/json")
}

pub(crate) fn has_media(headers: &HeaderMap, wanted: &str) -> bool {
    let media = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let essence = media.split(';').next().unwrap_or_default().trim();
    essence.eq_ignore_ascii_case(wanted)
}

pub(crate) fn parse<T: DeserializeOwned>(body: &[u8]) -> Result<T, ApiError> {
    let mut deserializer = serde_json::Deserializer::from_slice(body);
    let parsed = serde_path_to_error::deserialize(&mut deserializer).map_err(|error| {
        let path = error.path().to_string();
        let error = error.into_inner();
        match error.classify() {
            serde_json::error::Category::Data => wrong_field(&path, &error.to_string(), WHOLE_BODY),
            _ => {
                let (line, column) = (error.line(), error.column());
                ApiError::field(WHOLE_BODY, format!("is not valid JSON at line {line}, column {column}"))
            }
        }
    })?;
    let rest = deserializer.end();
    rest.map_err(|_error| ApiError::field(WHOLE_BODY, "has something behind the JSON value"))?;
    Ok(parsed)
}

/// The query of a request.
pub(crate) struct QueryOf<T>(pub(crate) T);

impl<S, T> FromRequestParts<S> for QueryOf<T>
where
    S: Send + Sync,
    T: DeserializeOwned,
{
    type Rejection = ApiError;

    async fn from_request_parts(parts: &mut Parts, _state: &S) -> Result<Self, ApiError> {
        let parsed = Query::try_from_uri(&parts.uri).map_err(|rejection| {
            // Text is all that the rejection gives: `…: <field>: <message>` or `…: <message>`.
            let text = rejection.body_text();
            let message = text.split_once(": ").map_or(text.as_str(), |(_, message)| message);
            match message.split_once(": ") {
                Some((path, message)) if !path.contains([' ', '`']) => {
                    wrong_field(path, message, WHOLE_QUERY)
                }
                _ => wrong_field("", message, WHOLE_QUERY),
            }
        })?;
        Ok(Self(parsed.0))
    }
}

/// Says which field is wrong. serde names a missing or unknown field in its text, every other in the path.
fn wrong_field(path: &str, text: &str, whole: &str) -> ApiError {
    // Where in the text of the request it was met helps nobody who is told the field.
    let text = text.split(" at line ").next().unwrap_or(text);
    let quoted = |prefix: &str| text.strip_prefix(prefix)?.split('`').next();
    let path = Some(path).filter(|path| !path.is_empty() && *path != ".");
    let within = |field: &str| match path {
        // The path of an unknown field ends in it already.
        Some(path) if path == field || path.ends_with(&format!(".{field}")) => path.to_owned(),
        Some(path) => format!("{path}.{field}"),
        None => field.to_owned(),
    };
    if let Some(field) = quoted("missing field `") {
        return ApiError::field(&within(field), "is missing");
    }
    if let Some(field) = quoted("unknown field `") {
        let known = text.split_once(", ").map_or("", |(_, expected)| expected);
        return ApiError::field(&within(field), format!("is not known here; {known}"));
    }
    if let Some(field) = quoted("duplicate field `") {
        return ApiError::field(&within(field), "is given twice");
    }
    ApiError::field(path.unwrap_or(whole), without_type_names(text))
}

/// serde tells names of our types (`expected struct CreateBox`), which mean nothing to a caller.
fn without_type_names(text: &str) -> String {
    match text.split_once("expected struct ") {
        Some((before, _name)) => format!("{before}expected an object"),
        None => text.to_owned(),
    }
}

/// A JSON answer with another status than 200.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    (status, Json(body)).into_response()
}

#[cfg(test)]
mod tests;
