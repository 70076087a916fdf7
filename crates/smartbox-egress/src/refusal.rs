//! Answers of the gateway itself: what is wrong, and what to do about it.

use std::borrow::Cow;

use bytes::Bytes;
use http::header::{ALLOW, CONTENT_TYPE, HeaderValue, RETRY_AFTER};
use http::{Response, StatusCode};
use http_body_util::{BodyExt as _, Full};
use serde_json::Value;

use crate::call::ReplyBody;
use crate::dialect::Dialect;
use crate::upstream::UpstreamFailure;

/// Why the gateway answers instead of a model.
#[derive(Debug)]
pub(crate) enum Refusal {
    /// No such path.
    UnknownRoute,
    /// The path exists for another method.
    MethodNotAllowed { allowed: &'static str },
    /// A web page asked.
    FromWebPage,
    /// The body is larger than the limit.
    BodyTooLarge { max: usize },
    /// The body stopped coming.
    BodyTooSlow,
    /// The body ended early or was not HTTP.
    BodyBroken,
    /// Too much is being read already.
    Busy,
    /// The body is not the JSON it should be; the text says where.
    Malformed(String),
    /// No upstream speaks this dialect, though another one is configured.
    NoUpstream(Dialect),
    /// The demo model was asked for embeddings.
    DemoHasNoEmbeddings,
    /// The upstream did not do its part.
    Upstream(UpstreamFailure),
}

impl Refusal {
    /// The status that is answered.
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::UnknownRoute | Self::NoUpstream(_) | Self::DemoHasNoEmbeddings => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed { .. } => StatusCode::METHOD_NOT_ALLOWED,
            Self::FromWebPage => StatusCode::FORBIDDEN,
            Self::BodyTooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
            Self::BodyTooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::BodyBroken | Self::Malformed(_) => StatusCode::BAD_REQUEST,
            Self::Busy => StatusCode::SERVICE_UNAVAILABLE,
            Self::Upstream(failure) => failure.status(),
        }
    }

    /// A stable name for programs.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::UnknownRoute => "unknown_route",
            Self::MethodNotAllowed { .. } => "method_not_allowed",
            Self::FromWebPage => "web_page_refused",
            Self::BodyTooLarge { .. } => "request_too_large",
            Self::BodyTooSlow => "request_timeout",
            Self::BodyBroken => "request_incomplete",
            Self::Busy => "gateway_busy",
            Self::Malformed(_) => "malformed_request",
            Self::NoUpstream(_) => "no_upstream",
            Self::DemoHasNoEmbeddings => "no_embeddings",
            Self::Upstream(failure) => failure.code(),
        }
    }

    /// What is wrong and what to do, for people. Holds no address and no key.
    pub(crate) fn message(&self) -> Cow<'static, str> {
        match self {
            Self::UnknownRoute => "The Smartbox AI gateway has no such path. It serves POST /v1/messages, \
                 /v1/messages/count_tokens, /v1/chat/completions, /v1/responses, /v1/embeddings and GET /v1/models."
                .into(),
            Self::MethodNotAllowed { allowed } => format!("This path takes {allowed} only.").into(),
            Self::FromWebPage => "Web pages may not use the models of this box. Call the gateway from a program \
                 in the box instead."
                .into(),
            Self::BodyTooLarge { max } => format!("The request is larger than {max} bytes. Send less.").into(),
            Self::BodyTooSlow => "The rest of the request did not come in time. Send it again.".into(),
            Self::BodyBroken => "The request ended before it was complete. Send it again.".into(),
            Self::Busy => "The AI gateway is reading too many large requests. Try again in a moment.".into(),
            Self::Malformed(what) => {
                format!("The request is not valid: {what}. Send a JSON document as the API describes it.").into()
            }
            Self::NoUpstream(dialect) => format!(
                "No model that speaks the {dialect} API is configured on this Smartbox. Whoever runs it can set {} \
                 or {} and start it again.",
                dialect.key_setting(),
                dialect.base_url_setting()
            )
            .into(),
            Self::DemoHasNoEmbeddings => {
                format!("The built-in demo model makes no embeddings. {}", crate::demo::REMEDY).into()
            }
            Self::Upstream(failure) => failure.message().into(),
        }
    }

    /// The answer, in the shape of the dialect.
    pub(crate) fn into_response(self, dialect: Dialect) -> Response<ReplyBody> {
        let document = dialect.error(self.status(), self.code(), &self.message());
        let mut response = json_response(self.status(), &document);
        match self {
            Self::MethodNotAllowed { allowed } => {
                response.headers_mut().insert(ALLOW, HeaderValue::from_static(allowed));
            }
            Self::Busy => {
                response.headers_mut().insert(RETRY_AFTER, HeaderValue::from_static("1"));
            }
            _ => {}
        }
        response
    }
}

impl From<UpstreamFailure> for Refusal {
    fn from(failure: UpstreamFailure) -> Self {
        Self::Upstream(failure)
    }
}

/// A whole JSON document as an answer.
pub(crate) fn json_response(status: StatusCode, document: &Value) -> Response<ReplyBody> {
    let mut response = Response::new(whole(Bytes::from(document.to_string())));
    *response.status_mut() = status;
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

/// A body that is known already.
pub(crate) fn whole(bytes: Bytes) -> ReplyBody {
    Full::new(bytes).map_err(|never| match never {}).boxed_unsync()
}
